"""The circuits of an array by the keys that name them, so that a result can say whose models it stands on."""

from circuitsim.spec.arguments import checked
from circuitsim.spec.array import WITH_FILES, ArraySpec


@checked
def named_circuits(spec: ArraySpec) -> dict[str, str]:
    """Return the shipped model, the folder or the file of each part that is a circuit: {"device.model": "rram_sinh"}.

    Of folders and files only the names are returned.
    """
    found = {}
    for section in WITH_FILES:
        part = getattr(spec, section)
        for key in () if part is None else part.sources:
            value = getattr(part, key)
            found[f"{section}.{key}"] = value if isinstance(value, str) else value.name
    return found

"""Write the comment at the top of a deck: its purpose, and every effective value of the specification."""

from pathlib import Path

from pydantic import BaseModel

from circuitsim import __version__
from circuitsim.spec import ArraySpec

_SECTIONS = ("array", "device", "access", "wire", "driver", "sense")


def header_lines(spec: ArraySpec, what: str, *, converters: bool = False) -> list[str]:
    """Write the title of a deck, which ends in `what`, and its comments: ASCII only, one line per key.

    Paths are reduced to their last part. With `converters`, the keys of the ADC are there too.
    """
    rows, cols = spec.shape
    lines = [
        f"* {rows} x {cols} array of {spec.array.cell} cells, input on {spec.array.input_line}, {what}",
        f"* written by circuitsim {__version__}; specification sha256 {spec.digest}",
        "* run by hand: ngspice -b THIS_FILE, or ngspice -b -r out.raw THIS_FILE for all digits",
        "* column currents: vsense_j#branch, or i(vsense_j) in the raw file; positive into the sense amplifier",
        "*",
    ]
    for section in (*_SECTIONS, *(("adc",) if converters else ())):
        part = getattr(spec, section)
        if part is None:
            continue
        for key, field in type(part).model_fields.items():
            value = getattr(part, key)
            only_for_files = key in ("ports", "state") and part.file is None
            if value is not None and value != {} and not only_for_files:
                lines.append(_ascii(f"* {section}.{key} = {_plain(value)}    ({field.description})"))
    return [*lines, "*"]


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, Path):
        return value.name  # without its folder, so that the digest of the deck does not depend on it
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        numbers = [number for line in value for number in line]
        return f"{min(numbers):.6g} to {max(numbers):.6g}, given per segment"
    if isinstance(value, tuple) and all(isinstance(item, float) for item in value):
        return ", ".join(map(_plain, value))
    if isinstance(value, BaseModel):
        return " ".join(f"{key}={_plain(item)}" for key, item in value if item is not None)
    return repr(value) if isinstance(value, dict) else str(value)


def _ascii(text: str) -> str:
    """Escape a text into one line of ASCII: a line break in a file's name must not end the comment."""
    return text.replace("°", "deg ").encode("unicode_escape").decode("ascii")

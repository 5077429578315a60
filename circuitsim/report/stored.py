"""What the cells of a certificate store and put out, in the words of its sentences."""

from circuitsim.results import Certificate

_OUTPUTS = {"A": "current", "C": "charge"}


def stored(certificate: Certificate) -> str:
    """Name what cells are programmed to: "conductance", or "capacitance" of cells read as charge."""
    return "capacitance" if certificate.state_unit == "F" else "conductance"


def output_noun(unit: str) -> str:
    """Name an output of a column by its unit: "current" or "charge"; "output" of a sense amplifier's voltage."""
    return _OUTPUTS.get(unit, "output")

"""The tables of the circuits around a network's tiles."""

from dataclasses import replace

from circuitsim.characterization import characterize, check_sense_contents
from circuitsim.periphery import Periphery
from circuitsim.results import SenseTable
from circuitsim.spec import ArraySpec, checked, with_ideal


@checked
def circuit_tables(spec: ArraySpec, *, sense: SenseTable | None = None) -> Periphery | None:
    """Return the tables of the circuits that an array names; None where all parts are ideal.

    Args:
        spec: The array.
        sense: Table of its sense amplifiers, such as that of a calibrated model; None: they are characterized.

    Raises:
        SpecError, InputError, OutsideRangeError, SimulatorError: As `characterize`.
    """
    if not any(part.block is not None for part in (spec.driver, spec.sense, spec.adc)):
        return None
    if sense is None:
        return characterize(spec)
    check_sense_contents(spec, sense)
    return replace(characterize(with_ideal(spec, "sense")), sense=sense)

"""A comparator as a table: where it decides, how fast, at what energy, and with what noise."""

from dataclasses import dataclass

import numpy as np

from circuitsim.errors import InputError
from circuitsim.results.provenance import Provenance
from circuitsim.spec import by_value


@by_value
@dataclass(frozen=True)
class ComparatorTable:
    """A comparator: a converter of one bit.

    Attributes:
        block: Name of the characterized circuit.
        threshold: Voltage at `in` from which on the bit is 1 [V].
        offset: `threshold` above the voltage at `ref` [V]; None for a circuit without `ref`.
        noise: Standard deviation of the threshold from one decision to the next, by white noise of the transistors,
            flicker noise left out [V]; None: unknown, the card does not name the nodes of its latch.
        overdrive: (n,) rising inputs above the threshold [V].
        delay: (n,) time from the start of its clock until the bit is decided, at these inputs; inf where it is not
            decided when the bit is taken [s].
        energy: (n,) energy that the supply delivers in one cycle of the clock, at these inputs [J]; the clock itself is
            not in it.
        reference: Voltage at `ref` [V]; None for a circuit without.
        supply: Supply voltage [V]; None for a circuit without.
        temperature_c: Temperature [°C].
        provenance: Origin.
    """

    block: str
    threshold: float
    offset: float | None
    noise: float | None
    overdrive: np.ndarray
    delay: np.ndarray
    energy: np.ndarray
    reference: float | None
    supply: float | None
    temperature_c: float
    provenance: Provenance

    def __post_init__(self) -> None:
        for name in ("delay", "energy"):
            values = getattr(self, name)
            if values.shape != self.overdrive.shape or np.any(np.isnan(values)):
                raise InputError(
                    f"comparator: {name} has shape {values.shape}: expected numbers of shape {self.overdrive.shape}, "
                    "one per overdrive"
                )

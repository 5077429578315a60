"""How long columns take to settle by their load, and which read time a network needs."""

from dataclasses import dataclass

import numpy as np

from circuitsim.results.provenance import Provenance
from circuitsim.spec import by_value


@by_value
@dataclass(frozen=True)
class SettlingModel:
    """Settling time of a column, t = d + τ ln(i / band), with delay d and time constant τ affine in two loads.

    The loads are the mean conductance of the column and that of the whole array, over g_max. i is the column's final
    current, and band the half width within which it counts as settled.

    Attributes:
        delay: (3,) d at loads 0, and its slopes by the load of the column and of the array [s].
        tau: (3,) the same of τ [s].
        loads: Least and largest load of a column in the reads of the fit.
        ratio: Largest i / band in the reads of the fit.
        reads: Number of reads of the fit, and of those held out.
        error: Rms error of settling times on held-out reads, as a fraction of the time predicted.
        late: Largest fraction of the predicted time by which a held-out column settled later; 0: none did.
        provenance: Origin: level, specification.
    """

    delay: np.ndarray
    tau: np.ndarray
    loads: tuple[float, float]
    ratio: float
    reads: tuple[int, int]
    error: float
    late: float
    provenance: Provenance

    def time(self, load: np.ndarray, array_load: float, ratio: np.ndarray | float) -> np.ndarray:
        """Predict settling times [s] of columns from loads and i / band, without any margin."""
        of = np.stack([np.ones_like(load), load, np.full_like(load, array_load)], axis=-1)
        return of @ self.delay + (of @ self.tau) * np.log(ratio)


@dataclass(frozen=True)
class LayerSettling:
    """How long the slowest column of a layer's tiles takes to settle.

    Attributes:
        name: Name of the layer.
        load: Load of this column.
        time: Settling time to half an LSB from its largest current, or from full scale where that is less, later by
            the model's `late` [s].
        inside: Whether all columns lie within the loads of the model's fit.
        tile, column: Number of its tile within the layer, and of the column within the array.
        lsb: LSB of this column's ADC [A].
    """

    name: str
    load: float
    time: float
    inside: bool
    tile: int
    column: int
    lsb: float

"""Waveforms of one code on its way through a chain: rows, columns, sense amplifiers, clocks and bits of the ADCs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from circuitsim.results.provenance import Provenance
from circuitsim.spec import by_value

if TYPE_CHECKING:
    import xarray as xr


@by_value
@dataclass(frozen=True)
class ChainWaveforms:
    """Waveforms of the first code of a run, from the start of its first read to the end of its last.

    The simulator chooses the time points; they are not equally spaced.

    Attributes:
        time: (points,) [s].
        v_in: (points, rows) voltage behind each driver [V].
        i_out: (points, cols) current into each sense amplifier [A].
        v_out: (points, cols) output of each sense amplifier [V]; None where it is ideal.
        bits: (points, cols, bits) bits of each ADC, the lowest first [V]; None for an ADC without bits.
        counts: (points, cols) output of each ADC without bits [V]; None for one with bits.
        clocks: (points,) voltage of each clock by its name, "sense_reset", "adc_sample" [V].
        taken: (reads,) moments at which the ADCs take their inputs [s].
        codes: (rows,) the DAC codes.
        provenance: Origin.
    """

    time: np.ndarray
    v_in: np.ndarray
    i_out: np.ndarray
    v_out: np.ndarray | None
    bits: np.ndarray | None
    counts: np.ndarray | None
    clocks: Mapping[str, np.ndarray]
    taken: np.ndarray
    codes: np.ndarray
    provenance: Provenance


# name of the field -> axes, unit, meaning
_FIELDS = {
    "v_in": (("time", "row"), "V", "voltage behind each row driver"),
    "i_out": (("time", "col"), "A", "current into each sense amplifier"),
    "v_out": (("time", "col"), "V", "output of each sense amplifier"),
    "bits": (("time", "col", "bit"), "V", "bits of each ADC, the lowest first"),
    "counts": (("time", "col"), "V", "output of each ADC without bits"),
    "taken": (("read",), "s", "moments at which the ADCs take their inputs"),
    "codes": (("row",), "1", "DAC code of each row"),
}


def chain_dataset(waves: ChainWaveforms) -> "xr.Dataset":
    """Convert waveforms to a data set: axes time, row, col, bit, read, clock; variables have `units`, `long_name`."""
    import xarray as xr  # takes 0.4 s, so reading an array does not import it

    data = xr.Dataset(coords={"time": ("time", waves.time, {"units": "s"})})
    for name, (dims, unit, meaning) in _FIELDS.items():
        values = getattr(waves, name)
        if values is not None:
            data[name] = (dims, values, {"units": unit, "long_name": meaning})
    if waves.clocks:
        values = np.stack(list(waves.clocks.values()), axis=1)
        data["clocks"] = (("time", "clock"), values, {"units": "V", "long_name": "clocks of sense amplifiers and ADCs"})
        data = data.assign_coords(clock=list(waves.clocks))
    data.attrs = {"level": waves.provenance.level, "spec_digest": str(waves.provenance.spec_digest)}
    return data

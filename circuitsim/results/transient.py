"""A read in time: waveforms, and their evaluation."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from circuitsim.errors import InputError, SettlingWarning
from circuitsim.results.provenance import Provenance
from circuitsim.results.waveforms import crossing_time, settling_time
from circuitsim.spec import by_value

if TYPE_CHECKING:
    import xarray as xr


@by_value
@dataclass(frozen=True)
class Transient:
    """Waveforms of one read in time, by ngspice or by the array solver.

    The simulator chooses the time points; they are not equally spaced. A quantity that a level does not simulate is
    None.

    Attributes:
        time: (points,) [s].
        v_in: (points, rows) voltage of each row's source [V].
        i_row: (points, rows) current that each row driver delivers into the array [A].
        i_out: (points, cols) current into each sense amplifier [A].
        charge: (cols,) charge into each sense amplifier over the run [C].
        energy_row: (rows,) energy that each row driver's source delivers [J].
        energy_bias: Energy that each of the other sources delivers [J]. These are the word lines, or the bit lines if
            the input is on the word lines. Empty without transistors; None if gates are not simulated.
        energy_sense: (cols,) energy that each sense amplifier's reference delivers [J]: −v_ref · charge.
        i_final: (cols,) current to which each output settles [A]: that of the array at rest with its inputs held. Where
            pulse widths code the input it is the current at the end of the longest pulse.
        delay: (cols,) time from the middle of the input edge until the output first reaches half of `i_final` [s],
            negative where gates push it there before; inf if it does not, or if `i_final` is within `band` of 0.
        settling: (cols,) time from the start of the pulse until the output stays within `band` of `i_final` [s]; inf if
            it does not before the pulse ends.
        band: Half width of the band around `i_final` [A]; half an LSB by default.
        provenance: Origin of the waveforms.
        v_row: (points, rows, cols) voltage of the row wire at each cell [V]; None if not requested.
        v_col: (points, rows, cols) voltage of the column wire at each cell [V]; None if not requested.
    """

    time: np.ndarray
    v_in: np.ndarray
    i_row: np.ndarray
    i_out: np.ndarray
    charge: np.ndarray
    energy_row: np.ndarray
    energy_bias: np.ndarray | None
    energy_sense: np.ndarray
    i_final: np.ndarray
    delay: np.ndarray
    settling: np.ndarray
    band: float
    provenance: Provenance
    v_row: np.ndarray | None = None
    v_col: np.ndarray | None = None

    @property
    def energy(self) -> float:
        """Energy that all simulated sources together deliver during the run [J]."""
        bias = 0.0 if self.energy_bias is None else self.energy_bias.sum()
        return float(self.energy_row.sum() + bias + self.energy_sense.sum())


def read_off(
    time: np.ndarray,
    v_in: np.ndarray,
    i_row: np.ndarray,
    i_out: np.ndarray,
    *,
    v_ref: float,
    i_final: np.ndarray,
    t_edge: float,
    plateau: slice | np.ndarray,
    band: float,
    charge: np.ndarray,
    energy_row: np.ndarray,
    energy_bias: np.ndarray | None,
    provenance: Provenance,
    v_row: np.ndarray | None = None,
    v_col: np.ndarray | None = None,
) -> Transient:
    """Compute delay, settling and the energy of the sense references from the waveforms of one read.

    Args:
        time, v_in, i_row, i_out, i_final, band, provenance, v_row, v_col: As in `Transient`.
        charge, energy_row, energy_bias: As in `Transient`; the simulator that took the steps integrates them by its own
            formula.
        v_ref: Voltage at which the sense amplifiers hold the columns [V].
        t_edge: Rise time of the inputs [s].
        plateau: Time points up to the end of the pulse, from which delay and settling are computed.
    """
    delay = crossing_time(time[plateau], i_out[plateau], i_final / 2) - t_edge / 2
    return Transient(
        time=time,
        v_in=v_in,
        i_row=i_row,
        i_out=i_out,
        charge=charge,
        energy_row=energy_row,
        energy_bias=energy_bias,
        energy_sense=-v_ref * charge,
        i_final=i_final,
        delay=np.where(np.abs(i_final) > band, delay, np.inf),
        settling=settling_time(time[plateau], i_out[plateau], i_final, band),
        band=band,
        provenance=provenance,
        v_row=v_row,
        v_col=v_col,
    )


def check_band(band: float) -> None:
    """Refuse a settling band [A] that is no current above 0.

    Raises:
        InputError: It is not.
    """
    if not (np.isfinite(band) and band > 0):
        raise InputError(f"band = {band:g} A, expected a current > 0")


def tell_unsettled(reads: Sequence[Transient], t_stop: float, *, stacklevel: int) -> None:
    """Tell reads that end at `t_stop` [s] before a column has settled; `stacklevel` as of `warnings.warn`."""
    late = [(k, int(b)) for k, read in enumerate(reads) for b in np.flatnonzero(np.isinf(read.settling))]
    if not late:
        return
    vectors, columns = len({k for k, _ in late}), len({b for _, b in late})
    off, k, b = max((abs(_held(reads[k], t_stop)[b] - reads[k].i_final[b]), k, b) for k, b in late)
    warnings.warn(
        f"the read ends after {t_stop:.3g} s, before {columns} of {len(reads[0].settling)} columns have settled in "
        f"{vectors} of {len(reads)} input vectors: column {b} in vector {k} is still {off:.2g} A beside its current at "
        f"rest, and the band is {reads[k].band:.2g} A; raise driver.t_read",
        SettlingWarning,
        stacklevel=stacklevel,
    )


def _held(read: Transient, t_stop: float) -> np.ndarray:
    """Outputs (cols,) [A] at the end of the pulse."""
    return read.i_out[np.flatnonzero(read.time <= t_stop * (1 + 1e-12))[-1]]


# name of the field -> axes, unit, meaning
_FIELDS = {
    "v_in": (("time", "row"), "V", "voltage of each row's source"),
    "i_row": (("time", "row"), "A", "current that each row driver delivers into the array"),
    "i_out": (("time", "col"), "A", "current into each sense amplifier"),
    "charge": (("col",), "C", "charge into each sense amplifier"),
    "energy_row": (("row",), "J", "energy that each row driver's source delivers"),
    "energy_sense": (("col",), "J", "energy that each sense amplifier's reference delivers"),
    "energy_bias": (("bias",), "J", "energy that each of the other sources delivers: word lines, or bit lines"),
    "i_final": (("col",), "A", "current the outputs settle to"),
    "delay": (("col",), "s", "from the middle of the input edge to half of the final output"),
    "settling": (("col",), "s", "until the output stays within half an LSB of its final value"),
    "v_row": (("time", "row", "col"), "V", "voltage of the row wire at each cell"),
    "v_col": (("time", "row", "col"), "V", "voltage of the column wire at each cell"),
}


def transient_dataset(transient: Transient) -> "xr.Dataset":
    """Convert a read in time to a data set: axes time, row, col, bias; each variable has `units` and `long_name`."""
    import xarray as xr  # takes 0.4 s, so reading an array does not import it

    data = xr.Dataset(coords={"time": ("time", transient.time, {"units": "s"})})
    for name, (dims, unit, meaning) in _FIELDS.items():
        values = getattr(transient, name)
        if values is not None:
            data[name] = (dims, values, {"units": unit, "long_name": meaning})
    data.attrs = {"level": transient.provenance.level, "spec_digest": transient.provenance.spec_digest}
    data.attrs["band_A"] = transient.band
    return data

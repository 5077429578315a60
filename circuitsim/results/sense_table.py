"""A sense amplifier between the array and numbers, as a table."""

from dataclasses import dataclass

import numpy as np

from circuitsim.errors import InputError
from circuitsim.results.provenance import Provenance
from circuitsim.spec import by_value


@by_value
@dataclass(frozen=True)
class SenseDynamics:
    """What a sense amplifier does in time, against the column current and the conductance of the column.

    The column is its conductance to v_ref beside a source of current; the conductance is free of noise here, because
    the cells' own noise counts elsewhere.

    Attributes:
        current: (n,) column currents [A].
        conductance: (m,) conductances of the column [S].
        settling: (n, m) time after a step from rest until the output stays within `band` of its final value [s].
        band: Half width of that band, as a fraction of the change of the output.
        bandwidth: (n, m) frequency at which the response to the source has fallen by 3 dB [Hz].
        noise_density: (n, m) noise of the amplifier, as a current of that source, at `noise_frequency` [A/√Hz].
        noise_frequency: The frequency [Hz].
        noise_rms: (n, m) noise of the output within `noise_band` [unit of the table].
        noise_band: Lower and upper frequency [Hz].
        energy: (n, m) energy that the supply delivers while the output settles [J].
    """

    current: np.ndarray
    conductance: np.ndarray
    settling: np.ndarray
    band: float
    bandwidth: np.ndarray
    noise_density: np.ndarray
    noise_frequency: float
    noise_rms: np.ndarray
    noise_band: tuple[float, float]
    energy: np.ndarray

    def __post_init__(self) -> None:
        shape = (len(self.current), len(self.conductance))
        for name in ("settling", "bandwidth", "noise_density", "noise_rms", "energy"):
            value = getattr(self, name)
            if value.shape != shape or not np.all(np.isfinite(value)):
                raise InputError(f"sense: {name} has shape {value.shape}: expected finite values of shape {shape}")


@by_value
@dataclass(frozen=True)
class SenseTable:
    """A sense amplifier: its voltage drop at the end of a column, and what it reports of the current.

    Attributes:
        gain: Ratio of reported current to input current, where `reported` is None.
        offset: Reported current without input [A], where `reported` is None.
        noise: Standard deviation of what is reported, independent in each read [unit].
        current: (points,) rising input currents [A]; None if the input resistance is constant and part of the tile.
        drop: (points,) voltage between the end of the column and v_ref at these currents [V]; it does not fall with
            the current.
        provenance: Origin of a characterized amplifier.
        reported: (points,) output at these currents [unit]; None: it is gain · current + offset.
        unit: Unit of what is reported: "A", or "V" for a circuit whose output is a voltage.
        block: Name of the characterized circuit; empty for a table that no circuit made.
        power: (points,) power that the supply delivers at these currents [W]; None: unknown.
        supply: Supply voltage at which the table holds [V]; None: no supply, or unknown.
        reference: Voltage v_ref at which it holds [V]; None: unknown.
        temperature_c: Temperature at which it holds [°C]; None: unknown.
        drop_error: Largest error of `drop` at currents between its points, from a thousandth of the largest current on
            [V]; None: unknown.
        reported_error: Largest error of `reported` there, as a fraction of its span; None: unknown.
        t_ready: Time from the start of a read until the output is taken, for a clocked circuit [s]; None: not clocked.
        dynamics: Settling, noise, bandwidth and energy; None: unknown.
    """

    gain: float = 1.0
    offset: float = 0.0
    noise: float = 0.0
    current: np.ndarray | None = None
    drop: np.ndarray | None = None
    provenance: Provenance | None = None
    reported: np.ndarray | None = None
    unit: str = "A"
    block: str = ""
    power: np.ndarray | None = None
    supply: float | None = None
    reference: float | None = None
    temperature_c: float | None = None
    drop_error: float | None = None
    reported_error: float | None = None
    t_ready: float | None = None
    dynamics: SenseDynamics | None = None

    def __post_init__(self) -> None:
        if not (np.isfinite(self.noise) and self.noise >= 0):
            raise InputError(f"sense: noise = {self.noise:g} {self.unit}: expected a standard deviation >= 0")
        if (self.current is None) != (self.drop is None):
            raise InputError("sense: current and drop go together: expected both or neither")
        if self.current is None or self.drop is None:
            if self.reported is not None or self.power is not None:
                raise InputError("sense: reported and power belong to points of current: give current and drop too")
            return
        if self.current.shape != self.drop.shape or self.current.ndim != 1 or len(self.current) < 2:
            raise InputError(
                f"sense: current {self.current.shape} and drop {self.drop.shape}: expected equal lengths >= 2"
            )
        for name in ("reported", "power"):
            values = getattr(self, name)
            if values is not None and values.shape != self.current.shape:
                raise InputError(f"sense: {name} {values.shape}: expected one value per current {self.current.shape}")
        if not np.all(np.diff(self.current) > 0):
            raise InputError("sense: current must rise from point to point")
        if not np.all(np.diff(self.drop) >= 0):
            raise InputError("sense: drop must rise with the current, or stay")

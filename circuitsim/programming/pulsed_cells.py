"""Cells that are moved by equal pulses, one by one: their steps, bounds, noise, wear and energy."""

from dataclasses import dataclass, replace

import numpy as np

from circuitsim.errors import InputError
from circuitsim.programming.pulse_kernels import move_cells
from circuitsim.results import PulseResponse
from circuitsim.spec import Count, by_value, checked


@by_value
@dataclass(frozen=True)
class PulsedCells:
    """Cells of one kind of device, with what pulses have done to them; all arrays have the shape of `g`.

    A cell moves by the response at its place between its own bounds, times its own factor. Cells with as many pulses
    as the response's endurance stay where they are.

    Attributes:
        response: What a pulse does to the mean device.
        g: Conductances [S].
        low, high: Bounds of each cell [S].
        up_factor, down_factor: Of each cell, on the steps of the response.
        pulses: Pulses that each cell has received.
        clipped: Number of pulses whose step a bound cut.
        energy: Of all pulses [J]; None: the response does not state it.

    Valid for: pulses so far apart that each finds the cell at rest; cells beside them do not move.
    """

    response: PulseResponse
    g: np.ndarray
    low: np.ndarray
    high: np.ndarray
    up_factor: np.ndarray
    down_factor: np.ndarray
    pulses: np.ndarray
    clipped: int = 0
    energy: float | None = None

    @property
    def worn(self) -> np.ndarray:
        """Whether each cell has received as many pulses as its endurance; False where that is unknown."""
        endurance = self.response.endurance
        return np.zeros(self.g.shape, dtype=bool) if endurance is None else self.pulses >= endurance

    @property
    def symmetry(self) -> np.ndarray:
        """Conductance [S] of each cell at which its up and its down pulse cancel; a bound where they never do."""
        share = (self.response.g - self.response.g[0]) / np.ptp(self.response.g)
        drift = self.up_factor.reshape(-1, 1) * self.response.up + self.down_factor.reshape(-1, 1) * self.response.down
        falls = (drift[:, :-1] > 0) & (drift[:, 1:] <= 0)
        k, cells = falls.argmax(axis=1), np.arange(len(drift))
        before, after = drift[cells, k], drift[cells, k + 1]
        crossed = falls.any(axis=1)
        within = share[k] + np.where(crossed, before / np.where(crossed, before - after, 1.0), 0.0) * np.diff(share)[k]
        at = np.where(crossed, within, np.where(drift[:, -1] > 0, 1.0, 0.0)).reshape(self.g.shape)
        return self.low + at * (self.high - self.low)


@checked
def draw_cells(
    response: PulseResponse, g: np.ndarray, *, rng: np.random.Generator, g_range: tuple[float, float] | None = None
) -> PulsedCells:
    """Return cells at conductances g (any shape) [S], with bounds and factors of their own, drawn as the response says.

    A conductance beyond the bounds of its cell is put onto the bound. Bounds do not pass the middle of the range, and
    factors do not fall below 0.

    Args:
        response: The response of the mean device.
        g: Conductances at the beginning [S].
        rng: Draws bounds and factors.
        g_range: Lowest and highest bound [S] that a cell may have, as those of an array; None: 0 S and any.

    Raises:
        InputError: A conductance is not finite.
    """
    if not np.all(np.isfinite(g)):
        raise InputError("g holds a number that is not finite: expected conductances in S")
    ends, middle = (response.g[0], response.g[-1]), (response.g[0] + response.g[-1]) / 2
    up, down = (np.maximum(1.0 + response.step_spread * rng.standard_normal(g.shape), 0.0) for _ in range(2))
    spread = response.bound_spread * (ends[1] - ends[0])
    bounds = [end + spread * rng.standard_normal(g.shape) for end in ends]
    least, most = g_range or (0.0, np.inf)
    margin = 1e-3 * (ends[1] - ends[0])
    low, high = np.clip(bounds[0], least, middle - margin), np.clip(bounds[1], middle + margin, most)
    known = response.energy_up is not None and response.energy_down is not None
    return PulsedCells(
        response,
        np.clip(np.asarray(g, dtype=np.float64), low, high),
        low,
        high,
        up,
        down,
        np.zeros(g.shape, dtype=np.int64),
        energy=0.0 if known else None,
    )


@checked
def apply_pulses(cells: PulsedCells, counts: np.ndarray, *, rng: np.random.Generator) -> PulsedCells:
    """Return the cells after pulses: up where a count (the cells' shape) is above 0, down where it is below.

    Args:
        cells: The cells before.
        counts: Whole numbers of pulses.
        rng: Draws the write noise, a number for each pulse of a response that has some.

    Raises:
        InputError: The counts are no whole numbers, or have another shape than the cells.
    """
    if counts.shape != cells.g.shape or counts.dtype.kind != "i":
        raise InputError(
            f"counts are {counts.dtype} of shape {counts.shape}: expected whole numbers of shape {cells.g.shape}"
        )
    response, numbers = cells.response, np.ascontiguousarray(counts, dtype=np.int64).ravel()
    noise, pulses = np.zeros(0), cells.pulses.ravel().copy()
    if response.write_noise:
        noise = response.write_noise * rng.standard_normal(int(np.abs(numbers).sum()))
    state = np.stack([cells.g.ravel(), cells.low.ravel(), cells.high.ravel()])
    factors = np.stack([cells.up_factor.ravel(), cells.down_factor.ravel()])
    share = (response.g - response.g[0]) / (response.g[-1] - response.g[0])
    steps, energies = np.stack([response.up, response.down]), np.zeros((2, len(share)))
    if response.energy_up is not None and response.energy_down is not None:
        energies = np.stack([response.energy_up, response.energy_down])
    limit = np.inf if response.endurance is None else response.endurance
    clipped, energy = move_cells(numbers, state, factors, pulses, share, steps, energies, noise, limit)
    return replace(
        cells,
        g=state[0].reshape(counts.shape),
        pulses=pulses.reshape(counts.shape),
        clipped=cells.clipped + clipped,
        energy=None if cells.energy is None else cells.energy + energy,
    )


@checked
def coincidences(rows: np.ndarray, cols: np.ndarray, bit_length: Count, *, rng: np.random.Generator) -> np.ndarray:
    """Return how many pulses meet at each cell (rows, cols), signed, where trains of bits run along rows and columns.

    A cell is pulsed where both of its lines have a pulse in the same slot, so that of n slots it receives
    n · |p_row p_col| pulses in the mean, with a variance of n · |p| (1 − |p|) for p = p_row p_col.

    Args:
        rows: (rows,) probabilities of a pulse in a slot; their signs count.
        cols: (cols,) the same along the columns.
        bit_length: Number of slots.
        rng: Draws the bits.

    Raises:
        InputError: A probability is beyond −1 to 1.

    Source: T. Gokmen, Y. Vlasov, Front. Neurosci. 10, 333 (2016), equation 4.
    """
    for name, given in (("rows", rows), ("cols", cols)):
        if not np.abs(given).max(initial=0.0) <= 1.0:
            raise InputError(f"{name} holds a probability beyond -1 to 1, or one that is no number")
    on_rows = (rng.random((bit_length, len(rows))) < np.abs(rows)) * np.sign(rows)
    on_cols = (rng.random((bit_length, len(cols))) < np.abs(cols)) * np.sign(cols)
    return (on_rows.T @ on_cols).astype(np.int64)  # sums of ±1 are exact

"""Random errors of the device in an error budget, and the outputs from which the budget is computed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from circuitsim import characterization
from circuitsim.devices.statistics import Statistics, read_sigma, sample_programmed
from circuitsim.results import Experiment
from circuitsim.spec import ArraySpec, WireGrid


@dataclass(frozen=True)
class BudgetOutputs:
    """Outputs from which a budget is computed; all vectors and columns are flattened into one axis.

    Attributes:
        ideal: (outputs,) outputs of ideal devices between ideal wires [A]: products of voltages and conductances, in
            strings the bias over the sum of the resistances of the selected cells.
        single: (outputs,) outputs with one cause alone, by the name of the cause [A].
        together: (outputs,) outputs with all causes [A].
        open_share: Share of the cells whose programming error ends below 0 S: they are open, in strings the smallest
            conductance that the cell is characterized for.
        left_out: What the outputs do not contain, and why.
    """

    ideal: np.ndarray
    single: dict[str, np.ndarray]
    together: np.ndarray
    open_share: float = 0.0
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """An experiment with one sample of its random errors.

    Attributes:
        g: (rows, cols) intended conductances [S].
        v_in: (batch, rows) inputs [V].
        programmed: (rows, cols) conductances after programming [S]; None without a programming error.
        noise: (batch, rows, cols) read noise of each cell [S]; None without read noise.
    """

    g: np.ndarray
    v_in: np.ndarray
    programmed: np.ndarray | None
    noise: np.ndarray | None


def draw_sample(
    spec: ArraySpec, experiment: Experiment, statistics: Statistics | None, rng: np.random.Generator
) -> Sample:
    """Draw the random errors of an experiment: what programming leaves, and the read noise of every read."""
    g, v_in = experiment.g, experiment.v_in
    if statistics is None:
        return Sample(g, v_in, None, None)
    closed = g > 0
    programmed, noise = None, None
    if statistics.table.programming is not None:
        programmed = g.copy()
        programmed[closed] = sample_programmed(statistics, g[closed], rng=rng)
        programmed = characterization.opened(spec, programmed)
    if statistics.table.read_noise is not None:
        sigma = np.zeros_like(g)
        t = 0.0 if statistics.table.drift is None else statistics.table.drift.t_min
        sigma[closed] = read_sigma(statistics, g[closed], g[closed], t)
        noise = sigma * rng.standard_normal((len(v_in), *g.shape))
    return Sample(g, v_in, programmed, noise)


def transistors_spread(spec: ArraySpec) -> bool:
    """Whether the access transistors of an array differ from each other."""
    return spec.access is not None and (spec.access.a_vt > 0 or spec.access.a_beta > 0)


def without_wires(wires: WireGrid) -> WireGrid:
    """Return wires of 0 ohm, cut where these are cut; resistances of drivers and sense amplifiers stay."""

    def bare(r: np.ndarray) -> np.ndarray:
        return np.where(np.isinf(r), r, 0.0)

    r_bl = None if wires.r_bl is None else bare(wires.r_bl)
    return replace(wires, r_row=bare(wires.r_row), r_col=bare(wires.r_col), r_bl=r_bl, strap_row=None, strap_col=None)


def in_one_row(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Flatten arrays into one."""
    return np.concatenate([part.ravel() for part in parts])

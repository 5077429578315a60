"""Monte Carlo: repeat a read with random devices and transistors; each sample is a point with its own generator."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.campaign.points import Point, run_points
from circuitsim.devices import programmable_range
from circuitsim.errors import InputError
from circuitsim.levels import Level
from circuitsim.netlist import sample_mismatch
from circuitsim.results import Certificate, TileModel
from circuitsim.spec import ArraySpec, by_value, checked, real_numbers
from circuitsim.spec.matrices import check_arrays
from circuitsim.spice import Progress

if TYPE_CHECKING:
    import xarray as xr

Program = Callable[[np.ndarray, np.random.Generator], np.ndarray]


@checked
def monte_carlo(
    spec: ArraySpec,
    g: ArrayLike,
    x: ArrayLike,
    *,
    draws: int,
    rng: np.random.Generator,
    program: Program | None = None,
    level: Level = "ngspice",
    model: TileModel | None = None,
    certificate: Certificate | None = None,
    n_jobs: int = 2,
    folder: str | Path | None = None,
    progress: Progress | None = None,
) -> "xr.DataArray":
    """Read an array `draws` times, each time with a new sample of its devices and transistors.

    Each sample has its own generator, spawned from `rng`, so that the results do not depend on `n_jobs`.

    Args:
        spec: The array; `access.a_vt` and `access.a_beta` set the spread of its transistors.
        g: Target conductances (rows, cols) [S].
        x: Inputs (batch, rows); see `netlist.crossbar`.
        draws: Number of samples.
        rng: Source of all randomness.
        program: Function of a copy of `g` and a generator that returns the programmed conductances (rows, cols) [S],
            such as `normal_spread` or one from `circuitsim.devices.statistics`. None: the devices reach their targets.
        level: Level that reads the array; only "ngspice" can vary the transistors.
        model, certificate: Calibrated model and its certificate, for level "behavioral".
        n_jobs: Number of samples that are read at the same time.
        folder: Where to keep a numbered run folder per sample; None removes them after success.
        progress: Called with (finished, total).

    Returns:
        Outputs (currents [A] or charges [C]) with dimensions draw, batch, col.

    Raises:
        InputError: Nothing varies, or a shape or value cannot be used.
        OutsideRangeError: A target lies outside g_min to g_max, or a programmed conductance where the device does not
            reach. What `program` draws may lie outside g_min to g_max, see `devices.programmable_range`: the cell is
            characterized as far as it reaches. At level "behavioral" the surface of the model has to reach it.
        DecksFailedError: Some decks failed. No sample is dropped silently.
    """
    import xarray as xr  # takes 0.4 s to import; other campaigns do not need it

    if not spec.technique.changes_size:  # arrays of a technique are checked after their expansion
        g, x = check_arrays(spec, g, x, g_range=programmable_range(spec))
    g, x = real_numbers("g", g), real_numbers("x", x)
    spread = spec.access is not None and (spec.access.a_vt > 0 or spec.access.a_beta > 0)
    if draws < 1:
        raise InputError(f"draws = {draws}, expected 1 or more")
    if program is None and not spread:
        raise InputError("nothing varies: expected program, or access.a_vt or access.a_beta > 0")
    if spread and level != "ngspice":
        raise InputError(
            f"access.a_vt and access.a_beta vary the transistors, but level = {level!r} has one for all cells: "
            "expected level = 'ngspice', or both 0"
        )
    if spread and spec.technique.changes_size:
        raise InputError(
            "access.a_vt and access.a_beta spread the transistors of rows x cols cells, and [technique] draws other "
            "arrays: expected both 0, or none of its keys that change the size"
        )
    generators = rng.spawn(draws)

    def draw(k: int) -> Point:
        own = g.copy()  # `program` may work in place
        programmed = own if program is None else program(own, generators[k])
        mismatch = sample_mismatch(spec, generators[k]) if spread else None
        return Point(spec, programmed, x, level, mismatch, model, certificate, drawn=program is not None)

    solutions = run_points(draws, draw, n_jobs=n_jobs, folder=folder, progress=progress)
    first = solutions[0]
    attributes = {
        "units": first.unit,
        "long_name": f"{first.quantity} into the sense amplifier",
        "level": level,
        "spec_digest": spec.digest,
    }
    out = np.stack([solution.out for solution in solutions])
    return xr.DataArray(out, dims=("draw", "batch", "col"), name="out", attrs=attributes)


@by_value
@dataclass(frozen=True)
class NormalSpread:
    """Programming with a normally distributed error; negative conductances are set to 0.

    Attributes:
        sigma: Standard deviation [S], (rows, cols) or a scalar.
    """

    sigma: np.ndarray

    def __call__(self, g: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return np.maximum(g + self.sigma * rng.standard_normal(g.shape), 0.0)


@checked
def normal_spread(sigma: ArrayLike) -> NormalSpread:
    """Return programming with a normal error of standard deviation `sigma` [S], (rows, cols) or a scalar."""
    return NormalSpread(real_numbers("sigma", sigma))

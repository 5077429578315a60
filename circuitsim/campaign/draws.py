"""Monte Carlo: the same read with drawn devices and transistors, every draw a point with a generator of its own."""

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
from circuitsim.spec import ArraySpec
from circuitsim.spec.arrays import check_arrays
from circuitsim.spice import Progress

if TYPE_CHECKING:
    import xarray as xr

Program = Callable[[np.ndarray, np.random.Generator], np.ndarray]


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
    """Read an array `draws` times with devices and transistors drawn anew.

    Every draw has a generator of its own, spawned from `rng`: results do not depend on `n_jobs`.

    Args:
        spec: The array; `access.a_vt` and `access.a_beta` spread its transistors.
        g: Wanted conductances (rows, cols) [S].
        x: Inputs (batch, rows); see `netlist.crossbar`.
        draws: How many.
        rng: Source of all draws.
        program: Conductances (rows, cols) that programming the wanted ones gives, from `g` and a generator; for example
            `circuitsim.devices.statistics` or `normal_spread`. None: exactly the wanted ones.
        level: Level that reads the array; only "ngspice" spreads transistors.
        model, certificate: For level "behavioral".
        n_jobs: Draws that are read at the same time.
        folder: Keeps every run in a numbered folder; None: removed after success.
        progress: Called with (finished, all).

    Returns:
        Outputs (currents [A], or charges [C]), dimensions draw, batch, col.

    Raises:
        InputError: Nothing varies, or a shape or value cannot be used.
        OutsideRangeError: A drawn conductance lies outside the device's range: `program` decides how it is limited.
        DecksFailedError: Some decks failed; none is left out silently.
    """
    import xarray as xr  # 0.4 s that other campaigns should not wait for

    if not spec.technique.changes_size:  # drawn arrays are checked as they are laid out
        g, x = check_arrays(spec, g, x, g_range=programmable_range(spec))
    g, x = np.asarray(g, dtype=float), np.asarray(x, dtype=float)
    spread = spec.access is not None and (spec.access.a_vt > 0 or spec.access.a_beta > 0)
    if draws < 1:
        raise InputError(f"draws = {draws}, expected 1 or more")
    if program is None and not spread:
        raise InputError("nothing varies: give program, or access.a_vt or access.a_beta")
    if spread and level != "ngspice":
        raise InputError(
            f"access.a_vt and access.a_beta spread the transistors, and level = {level!r} has one for all cells: "
            "expected level = 'ngspice', or both 0"
        )
    if spread and spec.technique.changes_size:
        raise InputError(
            "access.a_vt and access.a_beta spread the transistors of rows x cols cells, and [technique] draws other "
            "arrays: expected both 0, or none of its keys that change the size"
        )
    generators = rng.spawn(draws)

    def draw(k: int) -> Point:
        programmed = g if program is None else program(g, generators[k])
        mismatch = sample_mismatch(spec, generators[k]) if spread else None
        return Point(spec, programmed, x, level, mismatch, model, certificate)

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


@dataclass(frozen=True)
class NormalSpread:
    """Programming with a normal error; conductances do not fall below 0.

    Attributes:
        sigma: Standard deviation, (rows, cols) or one number [S].
    """

    sigma: np.ndarray

    def __call__(self, g: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return np.maximum(g + self.sigma * rng.standard_normal(g.shape), 0.0)


def normal_spread(sigma: ArrayLike) -> NormalSpread:
    """Programming with a normal error of standard deviation `sigma` (rows, cols) or one number [S]; not below 0."""
    return NormalSpread(np.asarray(sigma, dtype=float))

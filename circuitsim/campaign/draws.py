"""Monte Carlo: the same read with drawn devices and transistors, every draw a deck of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.characterization.states import array_states
from circuitsim.devices import programmable_range
from circuitsim.errors import InputError
from circuitsim.netlist import crossbar, sample_mismatch
from circuitsim.spec import ArraySpec
from circuitsim.spec.arrays import check_arrays
from circuitsim.spice.batch import run
from circuitsim.spice.pool import run_many

if TYPE_CHECKING:
    import xarray as xr

Program = Callable[[np.ndarray, np.random.Generator], np.ndarray]

# Decks held in memory at a time: that of a 64 x 64 array has 0.7 MB.
_CHUNK = 64


def monte_carlo(
    spec: ArraySpec,
    g: ArrayLike,
    x: ArrayLike,
    *,
    draws: int,
    rng: np.random.Generator,
    program: Program | None = None,
    n_jobs: int = 2,
    folder: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
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
        n_jobs: Decks that run at the same time.
        folder: Keeps every run in a numbered folder; None: removed after success.
        progress: Called with (finished, all).

    Returns:
        Output currents, dimensions draw, batch, col [A].

    Raises:
        InputError: Nothing varies, or a shape or value cannot be used.
        OutsideRangeError: A drawn conductance lies outside the device's range: `program` decides how it is limited.
        DecksFailedError: Some decks failed; none is left out silently.
    """
    import xarray as xr  # 0.4 s that other runs of ngspice should not wait for

    g, x = check_arrays(spec, g, x, g_range=programmable_range(spec))
    spread = spec.access is not None and (spec.access.a_vt > 0 or spec.access.a_beta > 0)
    if draws < 1:
        raise InputError(f"draws = {draws}, expected 1 or more")
    if program is None and not spread:
        raise InputError("nothing varies: give program, or access.a_vt or access.a_beta")
    out = np.empty((draws, len(x), spec.array.cols))
    for start in range(0, draws, _CHUNK):
        count = min(_CHUNK, draws - start)
        decks = []
        for own in rng.spawn(count):
            drawn = g if program is None else program(g, own)
            mismatch = sample_mismatch(spec, own) if spread else None
            decks.append(crossbar(spec, drawn, x, state=array_states(spec, drawn, run), mismatch=mismatch))
        place = None if folder is None else Path(folder) / f"draws_{start:05d}"
        raws = run_many(decks, n_jobs=n_jobs, folder=place)
        for k, (deck, raw) in enumerate(zip(decks, raws, strict=True)):
            out[start + k] = raw.columns(deck.i_out)
        if progress is not None:
            progress(start + count, draws)
    attributes = {"units": "A", "long_name": "current into the sense amplifier", "spec_digest": spec.digest}
    return xr.DataArray(out, dims=("draw", "batch", "col"), name="out", attrs=attributes)


def normal_spread(sigma: ArrayLike) -> Program:
    """Programming with a normal error of standard deviation `sigma` (rows, cols) or one number [S]; not below 0."""
    return lambda g, rng: np.maximum(g + np.asarray(sigma) * rng.standard_normal(g.shape), 0.0)

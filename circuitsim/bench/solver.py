"""Time the array solver and its peers on the same arrays, in one run on one thread."""

import contextlib
import logging
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from circuitsim import characterization, nodal, truth
from circuitsim.bench.machine import describe_machine
from circuitsim.bench.timing import Announce, median_ms
from circuitsim.spec import ArraySpec, parse_spec

SIZES = (16, 32, 64, 128, 256, 512)
TRANSISTOR_SIZES = (64, 128)
GATED_SIZES = (64, 128)
SEED = 0
V_READ = 0.2
_BADCROSSBAR_UP_TO = 128  # larger arrays take seconds
_SPARSE_UP_TO = 256  # factoring 512 × 512 cells takes more than ten seconds
_MATRIX_UP_TO = 256
_SCALING_SIZES = (64, 128, 256, 512, 1024)
_SLOW_MS = 1000  # a peer that takes longer runs once


def solver_benchmark(
    *,
    sizes: tuple[int, ...] = SIZES,
    transistor_sizes: tuple[int, ...] = TRANSISTOR_SIZES,
    gated_sizes: tuple[int, ...] = GATED_SIZES,
    batch: int = 100,
    repeats: int = 5,
    ngspice_up_to: int = 64,
    progress: Announce | None = None,
) -> dict[str, Any]:
    """Time the array solver, ngspice, scipy's splu and, if installed, badcrossbar and CHOLMOD.

    Arrays are N × N with R = 10^U(4,6) ohm and 1 ohm segments, seed 0. Times are medians of `repeats` runs [ms], wall
    clock. `prepare` programs the array; up to 256 × 256 ohmic cells this includes its matrix. `read` reads one vector
    of the programmed array. `read_nodes` also returns all node voltages.

    Args:
        sizes: N of the linear arrays.
        transistor_sizes: N of the 1T1R arrays.
        gated_sizes: N of the 1T1R arrays whose inputs switch word lines, half of them on, with 2 ohm segments.
        batch: Number of vectors in a batch.
        repeats: Runs of each timing.
        ngspice_up_to: Largest N that ngspice solves; version 39 without KLU needs a minute for 128.
        progress: Called with the name of each part before it runs.

    Returns:
        `machine` and `method`; `linear`, `nonlinear` and `gated` with one entry per size; `scaling`, the time per
        vector against the number of cells at constant IR drop, by the input line; `ratios`, times of the peers over
        those of the array solver.

    Raises:
        SimulatorError: ngspice is missing or failed.
    """
    say = progress or (lambda _: None)
    linear = []
    for n in sizes:
        say(f"linear {n} x {n}")
        linear.append(_linear(n, batch, repeats, ngspice_up_to))
    nonlinear = []
    for n in transistor_sizes:
        say(f"1T1R BSIM4 {n} x {n}")
        nonlinear.append(_nonlinear(n, batch, repeats, ngspice_up_to))
    say("scaling at fixed drop")
    scaling_sizes = tuple(n for n in _SCALING_SIZES if n <= max(sizes))
    measure = partial(median_ms, repeats=repeats)
    scaling = {line: time_against_size(line, scaling_sizes, measure) for line in ("bl", "wl")}
    say("inputs on word lines")
    gated = [_gated(n, batch, repeats) for n in gated_sizes]
    return {
        "machine": describe_machine(),
        "method": {"threads": 1, "repeats": repeats, "batch": batch, "seed": SEED, "tolerance": nodal.TOLERANCE},
        "linear": linear,
        "nonlinear": nonlinear,
        "gated": gated,
        "scaling": scaling,
        "ratios": _ratios(linear, nonlinear),
    }


def linear_spec(n: int, r: float = 1.0) -> ArraySpec:
    """Return the passive N × N array of the benchmark; r is the resistance of a segment [ohm]."""
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": n, "cols": n, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": r, "r_col": r},
            "driver": {"v_read": V_READ},
        }
    )


def transistor_spec(n: int, r: float = 1.0) -> ArraySpec:
    """Return the 1T1R N × N array of the benchmark: BSIM4 with W 1 µm, L 0.13 µm, gate at 1.8 V."""
    data = linear_spec(n, r).model_dump(by_alias=True)
    data["array"]["cell"] = "1t1r"
    data["access"] = {"model": "nmos_bsim4_default", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.8}
    return parse_spec(data)


def _random_array(n: int, batch: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(SEED)
    return 10 ** rng.uniform(-6, -4, (n, n)), rng.uniform(0, V_READ, (batch, n))


def _linear(n: int, batch: int, repeats: int, ngspice_up_to: int) -> dict[str, Any]:
    spec = linear_spec(n)
    g, v_in = _random_array(n, batch)
    array = nodal.prepare(spec, g)
    assert isinstance(array, nodal.PreparedArray)
    entry: dict[str, Any] = {"n": n, "cells": n * n}
    entry["prepare_ms"] = median_ms(lambda: nodal.prepare(spec, g), repeats)
    entry["read_ms"] = median_ms(lambda: nodal.read(array, v_in[:1]), repeats)
    entry["read_batch_ms_per_vector"] = median_ms(lambda: nodal.read(array, v_in), repeats) / batch
    entry["read_nodes_ms"] = median_ms(lambda: nodal.read(array, v_in[:1], nodes=True), repeats)
    if n <= _MATRIX_UP_TO:
        assert array.plan is not None
        entry["effective_matrix_ms"] = median_ms(lambda plan=array.plan: nodal.terminal_matrices(plan), repeats)
        entry["prepare_and_matrix_ms"] = median_ms(lambda: nodal.effective_matrix(nodal.prepare(spec, g)), repeats)
    out = nodal.read(array, v_in[:1]).out
    peers: dict[str, Callable[[], np.ndarray]] = {}
    if n <= _SPARSE_UP_TO:
        peers |= _sparse_peers(spec, g, v_in[:1])
    if n <= _BADCROSSBAR_UP_TO:
        peers |= _badcrossbar(g, v_in[:1])
    if n <= ngspice_up_to:
        peers["ngspice"] = lambda: _ngspice(spec, g, v_in[:1])
    entry["peers"] = {}
    for name, compute in peers.items():
        start = time.perf_counter()
        expected = compute()
        once = 1e3 * (time.perf_counter() - start)
        runs = 1 if once > _SLOW_MS else repeats
        entry["peers"][name] = {
            "ms": once if runs == 1 else median_ms(compute, runs),
            "runs": runs,
            "difference": float(np.abs(out - expected).max() / np.abs(expected).max()),
        }
    return entry


def _nonlinear(n: int, batch: int, repeats: int, ngspice_up_to: int) -> dict[str, Any]:
    spec = transistor_spec(n)
    g, v_in = _random_array(n, batch)
    with tempfile.TemporaryDirectory() as empty:
        start = time.perf_counter()
        surface = characterization.cell(spec, cache=Path(empty))
        entry: dict[str, Any] = {"n": n, "characterize_ms": 1e3 * (time.perf_counter() - start)}
    array = nodal.prepare(spec, g, surface)
    entry["surface_bound"] = surface.bound
    entry["prepare_ms"] = median_ms(lambda: nodal.prepare(spec, g, surface), repeats)
    entry["read_ms"] = median_ms(lambda: nodal.read(array, v_in[:1]), repeats)
    entry["read_batch_ms_per_vector"] = median_ms(lambda: nodal.read(array, v_in), repeats) / batch
    entry["peers"] = {}
    if n <= ngspice_up_to:
        vectors = v_in[:10]  # one deck with an index sweep is the fastest way in ngspice
        start = time.perf_counter()
        expected = _ngspice(spec, g, vectors)
        per_vector = 1e3 * (time.perf_counter() - start) / len(vectors)
        difference = np.abs(nodal.read(array, vectors).out - expected).max() / np.abs(expected).max()
        entry["peers"]["ngspice"] = {"ms": per_vector, "difference": float(difference)}
        saved = per_vector - entry["read_batch_ms_per_vector"]
        entry["pays_after_vectors"] = int(np.ceil((entry["characterize_ms"] + entry["prepare_ms"]) / saved))
    return entry


def gated_spec(n: int, r: float = 2.0) -> ArraySpec:
    """Return the 1T1R N × N array of the benchmark with its input on the word lines."""
    data = transistor_spec(n, r).model_dump(by_alias=True)
    data["array"]["input_line"] = "wl"
    data["wire"]["r_bl"] = r
    return parse_spec(data)


def _gated_array(n: int, batch: int, r: float) -> tuple[nodal.NodalArray, np.ndarray]:
    spec, (g, v_in) = gated_spec(n, r), _random_array(n, batch)
    on, off = characterization.gated_cells(spec)
    return nodal.prepare(spec, g, on, off=off), (v_in > 0.5 * V_READ).astype(float)


def _gated(n: int, batch: int, repeats: int) -> dict[str, Any]:
    array, x = _gated_array(n, batch, 2.0)
    return {
        "n": n,
        "read_ms": median_ms(lambda: nodal.read(array, x[:1]), repeats),
        "read_batch_ms_per_vector": median_ms(lambda: nodal.read(array, x), repeats) / batch,
    }


def time_against_size(
    line: str, sizes: tuple[int, ...], milliseconds: Callable[[Callable[[], object]], float]
) -> dict[str, Any]:
    """Time one vector of a batch of 16 against the number of cells, at constant total IR drop.

    Args:
        line: Input line, `bl` (ohmic cells) or `wl`.
        sizes: N of the arrays.
        milliseconds: Returns the time of some work [ms].

    Returns:
        `points`, and `exponent_in_cells` of a power law through them; None for a single size.
    """
    points = []
    for n in sizes:
        r = (64 / n) ** 2 * 4.0
        if line == "wl":
            array, x = _gated_array(n, 16, r)
            solve = partial(nodal.read, array, x)
        else:
            g, x = _random_array(n, 16)
            array = nodal.prepare(linear_spec(n, r), g)
            assert isinstance(array, nodal.PreparedArray)
            assert array.plan is not None
            solve = partial(nodal.sweep_batch, array.plan, x, tol=nodal.TOLERANCE, most=nodal.MOST_PASSES)
        points.append({"n": n, "cells": n * n, "ms_per_vector": milliseconds(solve) / 16})
    x, y = (np.log([point[key] for point in points]) for key in ("cells", "ms_per_vector"))
    exponent = float(np.polyfit(x, y, 1)[0]) if len(points) > 1 else None
    return {"points": points, "exponent_in_cells": exponent}


def _ratios(linear: list[dict[str, Any]], nonlinear: list[dict[str, Any]]) -> dict[str, float]:
    ratios = {}
    for kind, entries in (("linear", linear), ("nonlinear", nonlinear)):
        for entry in entries:
            # Nonlinear peers were timed in a batch, linear ones on single vectors.
            ours = entry["read_ms"] if kind == "linear" else entry["read_batch_ms_per_vector"]
            for name, peer in entry["peers"].items():
                ratios[f"{kind}_{entry['n']}_{name}_over_read"] = peer["ms"] / ours
            if "splu" in entry["peers"] and "prepare_and_matrix_ms" in entry:
                ratios[f"linear_{entry['n']}_splu_over_prepare_and_matrix"] = (
                    entry["peers"]["splu"]["ms"] / entry["prepare_and_matrix_ms"]
                )
    return ratios


def _sparse_peers(spec: ArraySpec, g: np.ndarray, v_in: np.ndarray) -> dict[str, Callable[[], np.ndarray]]:
    """Return peers that factor and solve the assembled matrix, as a careful user of a sparse solver would."""
    array = nodal.linear_array(spec.wires, g)
    grid, matrix = array.grid, array.matrix

    def splu() -> np.ndarray:
        factorized = nodal.LinearArray(grid, g, matrix, nodal.factorize(grid, matrix))
        return nodal.solve_linear(factorized, v_in).i_out

    peers: dict[str, Callable[[], np.ndarray]] = {"splu": splu}
    with contextlib.suppress(ImportError):
        from sksparse.cholmod import cholesky  # pyright: ignore[reportMissingImports]

        inner = matrix[: grid.free, : grid.free].tocsc()
        v_terminals = np.concatenate([v_in[0], np.zeros(grid.cols)])
        drive = -(matrix[: grid.free, grid.free :] @ v_terminals)
        outward = matrix[grid.free + grid.rows :, : grid.free]
        peers["cholmod"] = lambda: -(outward @ cholesky(inner)(drive))[None]
    return peers


def _badcrossbar(g: np.ndarray, v_in: np.ndarray) -> dict[str, Callable[[], np.ndarray]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from badcrossbar import compute  # pyright: ignore[reportMissingImports, reportAttributeAccessIssue]
        except ImportError:
            return {}

    def solve() -> np.ndarray:
        with _quiet():
            return np.asarray(compute(v_in.T, 1 / g, 1.0, 1.0).currents.output)

    return {"badcrossbar": solve}


def _ngspice(spec: ArraySpec, g: np.ndarray, v_in: np.ndarray) -> np.ndarray:
    return truth.read(truth.prepare(spec, g), v_in, time_limit_s=3600).out


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence a library that logs every step."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)

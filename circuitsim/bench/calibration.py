"""Compare behavioral models, published ones and those of this package, on the same arrays: error and run time."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from circuitsim import behavioral, characterization
from circuitsim.bench.learned_peer import FittedPeer, fit_peer, prepare_peer, read_peer
from circuitsim.bench.machine import describe_machine
from circuitsim.bench.peer_models import MODELS
from circuitsim.bench.solver import transistor_spec
from circuitsim.bench.timing import Announce, median_ms
from circuitsim.calibration import (
    error_statistics,
    full_scale_of_box,
    random_experiments,
    solve_in_ngspice,
    solve_in_nodal,
)
from circuitsim.results import CellSurface, Experiment, Solution, TileModel
from circuitsim.spec import ArraySpec

SEED = 0
HOLD_OUT = ("log_uniform", "few_high", "binary")
VECTORS = {"uniform": 8, "sparse": 4, "binary": 4, "faint": 2, "all_on": 1}
FITTING = ("log_uniform", "uniform", "log_uniform", "few_high", "binary", "log_uniform")


@dataclass(frozen=True)
class Case:
    """One array of the benchmark: 1T1R with the BSIM4 card of the benchmarks, gate at 1.8 V.

    Attributes:
        device: "ohmic", or "sinh" with v0 = 0.25 V.
        n: Rows and columns.
        r_wire: Resistance of a segment [ohm].
        v_read: Largest input [V].
    """

    device: str
    n: int
    r_wire: float
    v_read: float


CASES = (
    Case("ohmic", 64, 5.0, 0.2),
    Case("sinh", 64, 1.0, 0.4),
    Case("sinh", 64, 5.0, 0.4),
    Case("ohmic", 128, 2.0, 0.2),
    Case("sinh", 128, 2.0, 0.4),
)


@dataclass(frozen=True)
class _HoldOut:
    """Experiments, their true solutions, and what errors are divided by: the largest current of the box [A]."""

    experiments: Sequence[Experiment]
    truths: Sequence[Solution]
    full_scale: float


def calibration_benchmark(
    *,
    cases: Sequence[Case] = CASES,
    batch: int = 1024,
    repeats: int = 7,
    ngspice_up_to: int = 0,
    progress: Announce | None = None,
) -> dict[str, Any]:
    """Compare models with the truth on the same matrices and inputs, and time them in the same run.

    The published closed forms do not describe transistors. They use the least-squares conductance of each cell over
    the range of inputs, transistor included, as grade 1 does.

    Args:
        cases: Arrays.
        batch: Number of vectors in a timed read, float32.
        repeats: Runs of each timing; the median counts.
        ngspice_up_to: Largest N whose hold-out is solved by ngspice; beyond, the array solver is the truth.
        progress: Called with the name of each part before it runs.

    Returns:
        `machine`, `method` and `cases`. Each case has its parameters, the level of its `truth`, the mean fraction of
        current lost with all rows on, the time of a plain product [ms], and `models`. Each model has `name`,
        `products` (number of matrix products; None for the neural network), `rms` and `max` (errors on the hold-out as
        fractions of `full_scale_A` of the case, the largest current of its box as in certificates), `program_ms`,
        `read_ms`, and `over_plain_product` (read time over that of a plain product).

    Raises:
        MissingExtraError: scikit-learn is not installed.
        SimulatorError: ngspice is missing or failed.
    """
    say = progress or (lambda _: None)
    results = []
    for case in cases:
        say(f"1T1R {case.device}, {case.n} x {case.n}, {case.r_wire:g} ohm, {case.v_read:g} V")
        results.append(_case(case, batch, repeats, case.n <= ngspice_up_to))
    method = {"threads": 1, "repeats": repeats, "batch": batch, "dtype": "float32", "seed": SEED}
    return {"machine": describe_machine(), "method": method, "cases": results}


def case_spec(case: Case) -> ArraySpec:
    """Return the array of a case."""
    spec = transistor_spec(case.n, case.r_wire).replace(driver={"v_read": case.v_read})
    if case.device == "ohmic":
        return spec
    return spec.replace(device={"model": "rram_sinh", "params": {"v0": 0.25}})


def _case(case: Case, batch: int, repeats: int, in_ngspice: bool) -> dict[str, Any]:
    spec = case_spec(case)
    rng = np.random.default_rng(SEED)
    surface = characterization.cell(spec)
    drawn = random_experiments(spec, rng, matrices=HOLD_OUT, vectors=VECTORS)
    truths = solve_in_ngspice(spec, drawn) if in_ngspice else solve_in_nodal(spec, surface, drawn)
    hold_out = _HoldOut(drawn, truths, full_scale_of_box(spec, surface)[0])
    fitting = random_experiments(spec, rng, matrices=FITTING, vectors=VECTORS)
    start = time.perf_counter()
    peer = fit_peer(fitting, solve_in_nodal(spec, surface, fitting), rng=rng)
    fit_s = time.perf_counter() - start
    v_in = rng.uniform(0, case.v_read, (batch, case.n)).astype(np.float32)
    w = drawn[0].g.astype(np.float32)
    plain = median_ms(lambda: v_in @ w, repeats)
    models = [
        *_peers(spec, surface, hold_out, plain),
        _learned(peer, hold_out, v_in, plain) | {"fit_s": fit_s},
        *(
            _grade(TileModel(spec, surface, grade, (0.0, case.v_read)), hold_out, v_in, plain, repeats)
            for grade in behavioral.GRADES
        ),
    ]
    all_on = np.full((1, case.n), case.v_read)
    lost = 1 - solve_in_nodal(spec, surface, [Experiment("", drawn[0].g, ("all_on",), all_on)])[0].out / (
        all_on @ behavioral.reference_conductance(surface, drawn[0].g, 0.0, case.v_read, 0.0)
    )
    return {
        "device": case.device,
        "n": case.n,
        "r_wire_ohm": case.r_wire,
        "v_read_V": case.v_read,
        "truth": truths[0].provenance.level,
        "full_scale_A": hold_out.full_scale,
        "mean_current_lost_all_on": float(lost.mean()),
        "plain_product_ms": plain,
        "models": models,
    }


def _peers(spec: ArraySpec, surface: CellSurface, hold_out: _HoldOut, plain: float) -> list[dict[str, Any]]:
    """Evaluate the closed forms on the least-squares conductance of each cell; a read is one plain product."""
    entries = []
    for name, model in MODELS.items():
        start = time.perf_counter()
        matrices = [
            model(spec.wires, behavioral.reference_conductance(surface, e.g, 0.0, spec.driver.v_read, 0.0))
            for e in hold_out.experiments
        ]
        program_ms = 1e3 * (time.perf_counter() - start) / len(hold_out.experiments)
        outs = [e.v_in @ w for e, w in zip(hold_out.experiments, matrices, strict=True)]
        entries.append(_entry(name, outs, hold_out, products=1, program_ms=program_ms, read_ms=plain, plain=plain))
    return entries


def _learned(
    peer: FittedPeer,
    hold_out: _HoldOut,
    v_in: np.ndarray,
    plain: float,
) -> dict[str, Any]:
    outs = [read_peer(prepare_peer(peer, e.g), e.v_in) for e in hold_out.experiments]
    program_ms = median_ms(lambda: prepare_peer(peer, hold_out.experiments[0].g), 3)
    prepared = prepare_peer(peer, hold_out.experiments[0].g)
    read_ms = median_ms(lambda: read_peer(prepared, v_in), 3)
    return _entry("neural network", outs, hold_out, products=None, program_ms=program_ms, read_ms=read_ms, plain=plain)


def _grade(
    model: TileModel,
    hold_out: _HoldOut,
    v_in: np.ndarray,
    plain: float,
    repeats: int,
) -> dict[str, Any]:
    outs = [np.asarray(behavioral.mvm(behavioral.program(model, e.g), e.v_in)) for e in hold_out.experiments]
    program_ms = median_ms(lambda: behavioral.program(model, hold_out.experiments[0].g, dtype="float32"), 2)
    tile = behavioral.program(model, hold_out.experiments[0].g, dtype="float32")
    read_ms = median_ms(lambda: behavioral.mvm(tile, v_in), repeats)
    name = f"grade {model.grade}"
    return _entry(name, outs, hold_out, products=tile.products, program_ms=program_ms, read_ms=read_ms, plain=plain)


def _entry(
    name: str,
    outs: Sequence[np.ndarray],
    hold_out: _HoldOut,
    *,
    products: int | None,
    program_ms: float,
    read_ms: float,
    plain: float,
) -> dict[str, Any]:
    pairs = zip(outs, hold_out.truths, strict=True)
    error = error_statistics(np.concatenate([(o - truth.out) / hold_out.full_scale for o, truth in pairs]))
    return {
        "name": name,
        "products": products,
        "rms": error.rms,
        "max": error.max,
        "program_ms": program_ms,
        "read_ms": read_ms,
        "over_plain_product": read_ms / plain,
    }

"""A small report with invented numbers, to test that what is given is what is shown."""

import numpy as np
import pytest

from circuitsim.report.content import Comparison, IrDrop, ReportContent
from circuitsim.results import Certificate, ErrorStatistics, LoadTable, Provenance, ReadCase, Witness, WorstFound
from circuitsim.results.evaluation import (
    Accuracy,
    Check,
    DeckRecord,
    EnergyPart,
    InferenceEnergy,
    LayerTiles,
    LoopLayer,
    SpiceLoop,
    Step,
    WirePoint,
    WireSweep,
)
from circuitsim.spec import ArraySpec, parse_spec

ROWS, COLS, VECTORS = 6, 5, 4


@pytest.fixture(scope="session")
def spec() -> ArraySpec:
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": ROWS, "cols": COLS},
            "device": {"model": "rram_sinh", "params": {"v0": 0.25}, "g_min": "1u", "g_max": "100u"},
            "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8},
            "wire": {"r_row": 2.0, "r_col": 3.0, "c_row": "0.2f"},
            "driver": {"v_read": 0.2, "r_out": 50},
            "adc": {"bits": 8},
        }
    )


@pytest.fixture(scope="session")
def certificate(spec) -> Certificate:
    error = ErrorStatistics(5.33e-5, 6.27e-4, 4e-5, -6.7e-7, 3e-5, 1e-4, 1.84e-4, 5e-4, VECTORS * COLS)
    columns = tuple(ErrorStatistics(1e-5 * (j + 1), 1e-4 * (j + 1), 0, 0, 0, 0, 0, 0, VECTORS) for j in range(COLS))
    matrix = np.full((ROWS, COLS), 1e-6)
    matrix[:, 0] = 1e-4
    case = ReadCase.of(matrix, np.array([0, 0, 0, 0.2, 0.2, 0.2]), 0, "hot column, first")
    witness = Witness(case, 9.0e-5, 9.0e-5 - 1.4e-3 * 1.482e-4, 9.0e-5 - 1.4e-3 * 1.482e-4)
    return Certificate(
        rows=ROWS,
        cols=COLS,
        grade=3,
        products=9,
        form="nine matrix products",
        truth="ngspice",
        full_scale=1.482e-4,
        full_scale_case=ReadCase.of(matrix, np.full(ROWS, 0.2), 0, "one hot column"),
        typical=error,
        by_column=columns,
        by_input={"uniform": error, "all_on": error},
        by_matrix={"binary": error},
        g_range=(1e-6, 1e-4),
        v_range=(0.0, 0.2),
        temperature_c=27.0,
        surface_bound=3.1e-8,
        matrices=2,
        vectors=VECTORS,
        model_digest="cd" * 32,
        decks=("01" * 32,),
        provenance=Provenance("ngspice", spec.digest, "ab" * 32, "39.3", {"reltol": "1e-10"}),
        created="2026-01-01T12:00:00+00:00",
        worst=WorstFound(1.4e-3, witness, programs=329, vectors=10257),
        by_load=LoadTable((0.1, 0.5, 1.0), (2e-4, 6e-4, 1.4e-3), 3e-3),
    )


@pytest.fixture(scope="session")
def content(spec, certificate) -> ReportContent:
    rng = np.random.default_rng(0)
    truth = rng.uniform(0, 1.482e-4, (VECTORS, COLS))
    comparison = Comparison(
        kinds=("uniform", "uniform", "sparse", "all_on"),
        truth=truth,
        predicted=truth + 1.482e-4 * rng.uniform(-6e-4, 6e-4, truth.shape),
        r_squared=0.99999871,
        full_scale=1.482e-4,
        error=certificate.typical,
        lsb=5.81e-7,
        ideal=1.1 * truth,
    )
    points = (
        WirePoint(0.5, 0.9801, 0.021, 2e-5, 1.2e-4, 2.2e-5, 1.4e-4),
        WirePoint(2.0, 0.9733, 0.124, 5.4e-5, 3.2e-4),
    )
    drop = IrDrop("all rows on", *rng.uniform(0, 0.2, (3, ROWS, COLS)), v_applied=0.2, worst=0.2987)
    return ReportContent(
        title="A title with <marks> & signs",
        created="2026-01-01T12:03:24Z",
        spec=spec,
        certificate=certificate,
        comparison=comparison,
        ir_drop=drop,
        accuracies=(Accuracy("float", "as trained", 0.9822, 450), Accuracy("array", "with wires", 0.9711, 450, 7)),
        wire_sweep=WireSweep(points, 450, 0.9822, 2.0),
        spice_loop=SpiceLoop(
            10, 9, (LoopLayer("fc1", 40, 2560, 4.4e-5, 3.1e-4, 2560, 21, 18.4, 31.2, 1, 1.4e-3),), holds=True
        ),
        own_tiles=(LayerTiles("fc1", 4, 0.22, 6e-4, 1.1e-4), LayerTiles("fc2", 1, 0.08, 2e-4)),
        energy=InferenceEnergy(
            (EnergyPart("fc1", 6.4e-12, "rows"), EnergyPart("fc2", 0.31e-12)), 6.71e-12, 7104, 9.4e-16, "Cells."
        ),
        checks=(Check("logits", 3.1e-7, 1e-5, "1", True), Check("run time", 204.0, 300.0, "s", True)),
        steps=(Step("hold-out", 61.5), Step("report", 2.25)),
        decks=(
            DeckRecord("hold-out 0", "hold_out/0/deck.cir", "9a" * 32, 20.31, 2),
            DeckRecord("untimed", "b.cir", "9b" * 32),
        ),
        versions={"numpy": "2.4.6"},
        notes=("Not modelled: drift.",),
    )

"""Certificates of capacitors: the grade that settling asks for, the worst matrix, what is told of it and of changes."""

from dataclasses import replace

import numpy as np
import pytest

from circuitsim import behavioral
from circuitsim.calibration import (
    audit,
    calibrate,
    find_worst,
    full_scale_of_box,
    outside_certificate,
    random_experiments,
    verify,
)
from circuitsim.calibration.calibrate import choose_grade
from circuitsim.calibration.certify import certify
from circuitsim.calibration.extrapolate import extrapolate
from circuitsim.calibration.solve_experiments import solve_in_nodal
from circuitsim.calibration.worst import is_own_product, seek_worst
from circuitsim.chain import exact_outputs, model_array
from circuitsim.errors import InputError, SpecError
from circuitsim.results import CapacitorCell, Provenance, TileModel, load_model, save_model
from circuitsim.spec import parse_spec

LOW, HIGH, C_UNIT, R_ON = 1e-16, 1.5e-15, 1.6e-15, 5e3
MIDDLE, HALF = (LOW + HIGH) / 2, (HIGH - LOW) / 2
CELL = CapacitorCell(
    np.array([[MIDDLE, HALF], [R_ON * MIDDLE, R_ON * HALF], [0.0, 0.0], [C_UNIT - MIDDLE, -HALF]]),
    (LOW, HIGH),
    1e-9,
    Provenance(level="nodal", spec_digest=None),
)


def charge_spec(t_read, **parts):
    data = {
        "schema": 1,
        "array": {"rows": 4, "cols": 3, "cell": "1c"},
        "device": {"model": "charge_cell", "g_min": LOW, "g_max": HIGH},
        "wire": {"r_row": 300.0, "r_col": 200.0, "c_row": 2e-16, "c_col": 3e-16},
        "driver": {"v_read": 0.4, "t_read": t_read, "r_out": 700.0},
    }
    for part, keys in parts.items():
        data[part] = {**data.get(part, {}), **keys}
    return parse_spec(data)


SPEC = charge_spec(1e-10)
MODEL = TileModel(SPEC, CELL, 1, (0.0, 0.4))
FULL_SCALE = full_scale_of_box(SPEC, CELL)[0]
READS = random_experiments(
    SPEC, np.random.default_rng(0), matrices=("uniform", "dense"), vectors={"uniform": 9, "all_on": 1}
)


def certified(model):
    truths = solve_in_nodal(model.spec, CELL, READS)
    return certify(model, READS, truths, provenance=truths[0].provenance), truths


@pytest.mark.parametrize(("t_read", "grade"), [(1e-9, 1), (2e-11, 2)])
def test_settled_reads_take_the_grade_that_solves_no_array(t_read, grade):
    model, tried = choose_grade(charge_spec(t_read), CELL, READS, max_rms=2e-4)
    assert model.grade == grade and len(tried) == grade
    assert (tried["grade 1"].rms > 1e-2) == (grade == 2)
    assert is_own_product(model) == (grade == 2)


def test_the_search_finds_the_worst_matrix_and_input_of_settled_charges():
    high = np.full(SPEC.shape, HIGH)
    exact = exact_outputs(model_array(MODEL, high), np.full((1, 4), 0.4))[0]
    unsettled = np.abs(behavioral.mvm(behavioral.program(MODEL, high), np.full((1, 4), 0.4))[0] - exact).max()
    found = find_worst(MODEL, FULL_SCALE, rng=np.random.default_rng(0), families="few", most_programs=30)
    assert found.error == pytest.approx(unsettled / FULL_SCALE, rel=1e-9) and found.error > 1e-5
    rng = np.random.default_rng(1)
    for _ in range(10):  # no other matrix or input errs more
        g, x = rng.choice([LOW, HIGH], SPEC.shape, p=[0.1, 0.9]), rng.choice([0.0, 0.4], (8, 4), p=[0.1, 0.9])
        off = behavioral.mvm(behavioral.program(MODEL, g), x) - exact_outputs(model_array(MODEL, g), x)
        assert np.abs(off).max() / FULL_SCALE <= found.error * (1 + 1e-9)


def test_tiles_of_the_array_solvers_own_product_are_not_searched():
    model = replace(MODEL, grade=2)
    truths = solve_in_nodal(SPEC, CELL, READS)
    predicted = [behavioral.mvm(behavioral.program(model, e.g), e.v_in) for e in READS]
    worst, table = seek_worst(model, FULL_SCALE, READS, predicted, truths, effort="full", rng=np.random.default_rng(0))
    assert worst.error < 1e-12 and (worst.programs, table.loads) == (2, (1.0,))


def test_certificates_state_charges_and_capacitances():
    certificate, _ = certified(MODEL)
    assert (certificate.unit, certificate.state_unit, certificate.input_unit) == ("C", "F", "V")
    assert certificate.full_scale == pytest.approx(4 * 0.4 * HIGH, rel=1e-2)
    phrases = outside_certificate(MODEL, certificate, np.full(SPEC.shape, 2e-15), np.full((1, 4), 0.5))
    assert phrases == ("capacitances outside 0.1 fF to 1.5 fF", "inputs outside 0 V to 400 mV")
    assert outside_certificate(MODEL, certificate, np.zeros(SPEC.shape), np.zeros((1, 4))) == ("open cells (0 F)",)
    found = audit(MODEL, READS[0].g, READS[0].v_in, fraction=1.0, limit=1e-2, rng=np.random.default_rng(0))
    assert found.full_scale == FULL_SCALE and 0 < found.largest < 1e-2 and found.above == 0
    larger = extrapolate(MODEL, rng=np.random.default_rng(0))
    assert (larger.rows, larger.cols) == (8, 6) and larger.error.max > certificate.typical.max


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("row wires", {"wire": {"r_row": 303.0}}),
        ("column wires", {"wire": {"r_col": 202.0}}),
    ],
)
def test_verification_names_the_part_that_has_changed(part, change):
    model = TileModel(charge_spec(2e-11), CELL, 2, (0.0, 0.4))
    certificate, truths = certified(model)
    assert verify(model, certificate, READS, truths).holds
    other = solve_in_nodal(model.spec.replace(**change), CELL, READS)
    measured = [replace(each, provenance=replace(each.provenance, spec_digest=model.spec.digest)) for each in other]
    verdict = verify(model, certificate, READS, measured)
    assert not verdict.holds and verdict.suspects[0].part == part
    assert verdict.suspects[0].change == pytest.approx(0.01, rel=0.1)


def test_settled_charges_tell_cells_alone():
    model = TileModel(charge_spec(1e-8), CELL, 1, (0.0, 0.4))
    certificate, truths = certified(model)
    measured = [replace(each, out=1.01 * each.out) for each in truths]
    verdict = verify(model, certificate, READS, measured)
    assert [suspect.part for suspect in verdict.suspects] == ["cell capacitances"]


def test_models_of_capacitors_in_files(tmp_path):
    save_model(tmp_path, MODEL)
    assert load_model(tmp_path) == MODEL and load_model(tmp_path).digest == MODEL.digest
    assert MODEL.digest != replace(MODEL, surface=CELL.times(1.01)).digest != replace(MODEL, grade=2).digest
    text = (tmp_path / "model.json").read_text()
    (tmp_path / "model.json").write_text(text.replace('"schema": 10', '"schema": 9'))
    with pytest.raises(InputError, match=r"or its gates have several levels \(schema 9\): calibrate the array again"):
        load_model(tmp_path)
    (tmp_path / "model.json").write_text(text.replace('"cell": "capacitor"', '"cell": "surface"'))
    with pytest.raises(InputError, match=r"model\.npz"):
        load_model(tmp_path)
    (tmp_path / "model.json").write_text(text.replace('"bound": 1e-09', '"bound": -1e-09'))
    with pytest.raises(InputError, match=r"surface\.bound = -1e-09: expected 0 or more"):
        load_model(tmp_path)


def test_circuits_around_capacitors_are_refused():
    spec = charge_spec(1e-9, adc={"kind": None, "model": "sar", "bits": 8})
    with pytest.raises(SpecError, match=r"adc\.model = 'sar' with array\.cell = '1c': the output is a charge"):
        calibrate(spec, rng=np.random.default_rng(0))

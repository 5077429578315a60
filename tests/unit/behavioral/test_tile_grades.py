"""The table of grades: one entry is enough for a grade to be programmed, tried, certified and named."""

import numpy as np
import pytest
from calibration_arrays import array_spec, draw, surface

from circuitsim import behavioral, nodal
from circuitsim.behavioral import GRADES, TileForm, form_of
from circuitsim.behavioral.grades import BINARY
from circuitsim.calibration import certify
from circuitsim.calibration.calibrate import choose_grade
from circuitsim.calibration.solve_experiments import solve_in_nodal
from circuitsim.errors import InputError
from circuitsim.report.words import certificate_in_words
from circuitsim.results import TileModel

MADE_UP = TileForm("analog", currents=(4, 4, 3), levels=(3, 2))


@pytest.mark.parametrize(
    ("form", "phrase"),
    [
        *((GRADES[1], "one matrix product"), (GRADES[2], "six matrix products")),
        *((GRADES[3], "thirteen matrix products"), (GRADES[4], "eighteen matrix products")),
        *((BINARY, "five matrix products"), (MADE_UP, "eleven matrix products")),
        (TileForm("analog", (6, 5, 5), (5, 5)), "21 matrix products"),
    ],
)
def test_products_have_a_phrase(form, phrase):
    assert form.phrase == phrase


@pytest.mark.parametrize("inputs", ["analog", "binary"])
@pytest.mark.parametrize("grade", [2, 5])
def test_the_count_is_that_of_the_matrices(monkeypatch, make_model, conductances, grade, inputs):
    monkeypatch.setitem(GRADES, 5, MADE_UP)
    model = make_model(grade)
    tile = behavioral.program(model, conductances(model.spec), inputs=inputs)
    assert tile.form == form_of(grade, inputs) and tile.grade == grade
    rows = sum(len(factor.matrix) - 1 for factor in tile.currents + tile.levels)  # without the row of the constant
    assert tile.products == form_of(grade, inputs).products == rows / tile.rows


@pytest.mark.parametrize("inputs", ["analog", "binary"])
@pytest.mark.parametrize("grade", [3, 4])
def test_the_count_of_a_tile_with_bands_is_that_of_its_matrices(make_model, make_spec, conductances, grade, inputs):
    spec = make_spec(32, 32, v_read=0.4)
    tile = behavioral.program(make_model(grade, spec=spec), conductances(spec), inputs=inputs)
    matrices = [tile.bands.wide, tile.bands.flat, tile.bands.sloped, tile.bands.curved]
    matrices += 2 * [tile.bands.apart]  # it multiplies what goes with t, and what goes with t²
    assert tile.form == form_of(grade, inputs) and tile.form.bands == {3: 2, 4: 4}[grade]
    assert tile.products == form_of(grade, inputs).products == sum(matrix.size for matrix in matrices) / 32**2


@pytest.mark.parametrize(("rows", "bands"), [(1, 1), (7, 1), (8, 2), (15, 3), (16, 4), (64, 4)])
def test_a_band_has_four_rows_or_more(make_model, make_spec, conductances, rows, bands):
    spec = make_spec(rows, 5, v_read=0.4)
    tile = behavioral.program(make_model(4, spec=spec), conductances(spec))
    assert tile.form == form_of(4, rows=rows) and tile.form.bands == bands
    assert tile.products == 14 + bands


def test_unknown_grades_and_inputs_are_refused_with_those_that_are_known():
    known = r"1 \(one matrix product\), 2 \(six matrix products\).* or \d \(\w+ matrix products\)$"
    with pytest.raises(InputError, match=f"^grade = 0: expected {known}"):
        form_of(0)
    with pytest.raises(InputError, match="inputs = 'ternary': expected 'analog' or 'binary'"):
        form_of(3, "ternary")


@pytest.mark.parametrize(
    ("inputs", "currents", "levels", "sentence"),
    [
        ("analog", (3,), (2,), "expected 2 to 3 powers"),
        ("analog", (3, 3, 2, 2), (2,), "expected 2 to 3 powers"),
        ("analog", (3, 3), (2, 2, 2), "1 to as many in the levels"),
        ("analog", (3, 3), (), "1 to as many in the levels"),
        ("analog", (), (2,), "expected 2 to 3 powers"),
        ("analog", (7, 3), (2,), "expected 1 to 6 functions"),
        ("analog", (3, 3), (4,), "in levels no more than in currents"),
        ("analog", (4, 2, 3), (2,), "from the third on no more than for the second"),
        ("analog", (3, 0), (2,), "expected 1 to 6 functions"),
        ("binary", (3, 2), (2,), "expected 1 to 2 functions"),
    ],
)
def test_forms_that_cannot_be_fitted_are_refused(inputs, currents, levels, sentence):
    with pytest.raises(InputError, match=sentence):
        TileForm(inputs, currents, levels)


@pytest.mark.parametrize(
    ("inputs", "currents", "levels", "bands"),
    [
        ("analog", (4, 3, 2, 1), (), -1),
        ("analog", (4, 3, 2, 1), (2,), 2),
        ("analog", (4, 3, 2), (), 2),
        ("analog", (4, 3, 2, 2), (), 2),
        ("analog", (7, 3, 2, 1), (), 2),
        ("analog", (), (), 2),
        ("binary", (3, 2, 2, 1), (), 2),
    ],
)
def test_forms_with_bands_that_cannot_be_read_are_refused(inputs, currents, levels, bands):
    with pytest.raises(InputError, match=r"expected 1 band or more, no levels, and currents = \(2 to \d"):
        TileForm(inputs, currents, levels, bands)


@pytest.mark.parametrize("form", [MADE_UP, TileForm("analog", currents=(5, 3, 2), levels=(3, 2))])
def test_a_new_grade_is_one_entry_of_the_table(monkeypatch, make_model, conductances, inputs, form):
    monkeypatch.setitem(GRADES, 5, form)
    model = make_model(5)
    g, v = conductances(model.spec), inputs(model.spec.array.rows, model.v_range)
    exact = nodal.read(nodal.prepare(model.spec, g, model.surface, v_range=model.v_range), v).i_out
    rms = {
        grade: np.sqrt(np.mean((behavioral.mvm(behavioral.program(make_model(grade), g), v) - exact) ** 2))
        for grade in (2, 5)
    }
    assert rms[5] < 0.5 * rms[2]


def test_a_new_grade_is_tried_certified_and_named(monkeypatch):
    monkeypatch.setitem(GRADES, 5, MADE_UP)
    spec, cell = array_spec(), surface(0.1)
    model, tried = choose_grade(spec, cell, draw(spec, 2), max_rms=1e-9)
    assert list(tried) == ["grade 1", "grade 2", "grade 5", "grade 3", "grade 4"]
    model = TileModel(spec, cell, 5, model.v_range)
    hold_out = draw(spec, 1)
    truths = solve_in_nodal(spec, cell, hold_out)
    certificate = certify(model, hold_out, truths, provenance=truths[0].provenance)
    assert (certificate.grade, certificate.products, certificate.form) == (5, 11, "eleven matrix products")
    assert "12 × 10 array (eleven matrix products)" in certificate_in_words(certificate)


def test_the_products_of_a_certificate_are_those_of_its_array():
    spec, cell = array_spec(), surface(0.1)  # 12 rows: three bands
    hold_out = draw(spec, 1)
    truths = solve_in_nodal(spec, cell, hold_out)
    model = TileModel(spec, cell, 4, (0.0, spec.driver.v_read))
    certificate = certify(model, hold_out, truths, provenance=truths[0].provenance)
    assert (certificate.grade, certificate.products) == (4, 17)
    assert certificate.form == "seventeen matrix products"


def test_grades_are_tried_from_the_fewest_products_on(monkeypatch):
    spec, cell = array_spec(), surface(0.1)
    monkeypatch.setitem(GRADES, 5, TileForm("analog", (2, 2), (2,)))
    _, tried = choose_grade(spec, cell, draw(spec, 2), max_rms=1e-9)
    assert list(tried) == ["grade 1", "grade 5", "grade 2", "grade 3", "grade 4"]
    assert GRADES[5].products == 3

"""Outside its certificate a model warns once, or refuses."""

import dataclasses
import re
import warnings

import numpy as np
import pytest
from calibration_arrays import array_spec

from circuitsim import levels
from circuitsim.calibration import certify, check_use, outside_certificate
from circuitsim.calibration.outside import uses_outside
from circuitsim.errors import InputError, OutsideCertificateWarning, OutsideRangeError

INSIDE = np.full((12, 10), 5e-5)
V_IN = np.linspace(0, 0.2, 36).reshape(3, 12)


@pytest.fixture(scope="module")
def certificate(model, hold_out, truths):
    return certify(model, hold_out, truths, provenance=truths[0].provenance)


ONE_OPEN = INSIDE.copy()
ONE_OPEN[0, 0] = 0.0


def test_inside_nothing_is_said(model, certificate, spec):
    assert outside_certificate(model, certificate, INSIDE, V_IN) == ()
    solution = levels.solve(spec, INSIDE, V_IN, "behavioral", model=model, certificate=certificate, strict=True)
    assert solution.out.shape == (3, 10)


def test_a_solution_with_an_open_cell_says_so(model, certificate, spec):
    with pytest.warns(OutsideCertificateWarning, match=r"open cells \(0 S\)"):
        levels.solve(spec, ONE_OPEN, V_IN, "behavioral", model=model, certificate=certificate)


@pytest.mark.parametrize(
    ("g", "v_in", "temperature_c", "words"),
    [
        (INSIDE * 3, V_IN, 27.0, "conductances outside 1 µS to 100 µS"),
        (INSIDE / 100, V_IN, 27.0, "conductances outside 1 µS to 100 µS"),
        (ONE_OPEN, V_IN, 27.0, "open cells (0 S)"),
        (INSIDE, V_IN + 0.01, 27.0, "inputs outside 0 V to 200 mV"),
        (INSIDE, V_IN - 0.01, 27.0, "inputs outside 0 V to 200 mV"),
        (INSIDE, V_IN, 60.0, "a temperature other than 27 °C"),
        (np.full((24, 20), 5e-5), V_IN, 27.0, "a size other than 12 x 10"),
    ],
)
def test_each_way_out_is_named(model, certificate, g, v_in, temperature_c, words):
    there = array_spec(array={"temperature_c": temperature_c})
    assert outside_certificate(model, certificate, g, v_in, spec=there) == (words,)
    with pytest.warns(OutsideCertificateWarning, match=re.escape(words)):
        check_use(model, certificate, g, v_in, spec=there)
    with pytest.raises(OutsideRangeError, match=re.escape(words)):
        check_use(model, certificate, g, v_in, spec=there, strict=True)


def test_it_warns_once(model, certificate):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for over in (0.01, 0.02, 0.03):
            check_use(model, certificate, INSIDE, V_IN + over)
    assert len(caught) == 1


def test_solve_warns_of_another_size_and_temperature_and_goes_on(model, certificate):
    larger = array_spec(array={"rows": 24, "cols": 20, "temperature_c": 60.0})
    arrays = np.full((24, 20), 5e-5), np.full((1, 24), 0.1)
    with pytest.warns(OutsideCertificateWarning, match="a temperature other than 27 °C, a size other than 12 x 10"):
        solution = levels.solve(larger, *arrays, "behavioral", model=model, certificate=certificate)
    assert solution.out.shape == (1, 20)
    with pytest.raises(OutsideRangeError, match="strict"):
        levels.solve(larger, *arrays, "behavioral", model=model, certificate=certificate, strict=True)
    with pytest.raises(InputError, match="calibrated for another array"):
        levels.solve(larger, *arrays, "behavioral", model=model)


def test_what_no_certificate_covers_is_refused(model, certificate, spec):
    other_wires = array_spec(wire={"r_row": 5.0})
    with pytest.raises(InputError, match="calibrated for another array"):
        levels.solve(other_wires, INSIDE, V_IN, "behavioral", model=model, certificate=certificate)
    with pytest.raises(InputError, match="needs the certificate"):
        levels.solve(spec, INSIDE, V_IN, "behavioral", model=model, strict=True)
    with pytest.raises(InputError, match="the certificate belongs to model"):
        check_use(dataclasses.replace(model, grade=1), certificate, INSIDE, V_IN)


def test_one_cell_and_one_input_are_enough_to_lie_outside(certificate):
    one, size = np.array([[5e-5]]), "a size other than 12 x 10"
    v = np.array([[0.1]])
    assert uses_outside(certificate, one, v, 27.0) == (size,)
    assert uses_outside(certificate, 3 * one, v, 27.0) == ("conductances outside 1 µS to 100 µS", size)
    assert uses_outside(certificate, one, 3 * v, 27.0) == ("inputs outside 0 V to 200 mV", size)
    assert uses_outside(certificate, 0 * one, v[:0], 27.0) == ("open cells (0 S)", size)  # no input


@pytest.mark.parametrize(("rows", "cols"), [(12, 11), (11, 10), (13, 10), (12, 9)])
def test_any_other_size_is_outside(certificate, rows, cols):
    assert uses_outside(certificate, np.full((rows, cols), 5e-5), V_IN, 27.0) == ("a size other than 12 x 10",)


@pytest.mark.parametrize(("off", "inside"), [(1e-10, True), (1e-8, False)])
def test_rounding_is_inside_and_more_is_not(certificate, off, inside):
    low, high = np.full((12, 10), 1e-6 - off * 1e-4), np.full((12, 10), 1e-4 * (1 + off))
    below, above = V_IN - 0.2 * off, V_IN + 0.2 * off
    uses = [(low, V_IN), (high, V_IN), (INSIDE, below), (INSIDE, above)]
    assert [uses_outside(certificate, *use, 27.0) == () for use in uses] == [inside] * 4
    assert (uses_outside(certificate, INSIDE, V_IN, 27.0 + 1e3 * off) == ()) == inside
    assert (uses_outside(certificate, INSIDE, V_IN, 27.0 - 1e3 * off) == ()) == inside

"""The behavioral level says what is known of its tile, and refuses a matrix whose column load has larger errors."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from small_certificate import TABLE, small_certificate, worst_found

import circuitsim as cs
from circuitsim import nodal
from circuitsim.errors import InputError, OutsideCertificateWarning, OutsideRangeError, WorstCaseWarning
from circuitsim.results import TileError, TileModel

SPEC = cs.parse_spec(
    {
        "schema": 1,
        "array": {"rows": 6, "cols": 4, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
        "wire": {"r_row": 2.0, "r_col": 2.0},
        "driver": {"v_read": 0.2},
    }
)
MODEL = TileModel(SPEC, nodal.ohmic((1e-6, 1e-4), (0.0, 0.2)), 1, (0.0, 0.2))
CERTIFICATE = small_certificate(
    rows=6, cols=4, model_digest=MODEL.digest, worst=worst_found(shape=(6, 4)), by_load=TABLE
)
X = np.linspace(0.0, 0.2, 12).reshape(2, 6)


def loaded(load: float) -> np.ndarray:
    """A matrix whose third column has a mean of `load` · g_max, the others less."""
    g = np.full((6, 4), 1e-6)
    g[:, 2] = load * 1e-4
    return g


def solve(load: float, **given) -> cs.results.Solution:
    return cs.solve(SPEC, loaded(load), X, "behavioral", model=MODEL, **given)


@pytest.mark.parametrize(("load", "worst"), [(0.05, 1e-4), (0.1, 1e-4), (0.3, 4e-4)])
def test_a_solution_states_the_error_of_its_own_tile(load, worst):
    error = solve(load, certificate=CERTIFICATE).tile_error
    assert error is not None
    assert (error.full_scale, error.typical_rms, error.worst) == (1e-4, CERTIFICATE.typical.rms, worst)
    assert_allclose(error.load, load, rtol=1e-12, atol=0)


def test_nothing_is_stated_without_a_certificate_or_outside_it():
    assert solve(0.3).tile_error is None
    with pytest.warns(OutsideCertificateWarning):
        outside = cs.solve(SPEC, loaded(0.3), X * 1.2, "behavioral", model=MODEL, certificate=CERTIFICATE)
    assert outside.tile_error is None
    assert cs.solve(SPEC, loaded(0.3), X).tile_error is None


def test_a_matrix_of_larger_errors_is_refused_or_told():
    assert solve(0.3, certificate=CERTIFICATE, strict=True, max_error=4e-4).tile_error is not None
    with pytest.raises(OutsideRangeError, match=r"above max_error = 0\.0003: .* at most 0\.1 of g_max"):
        solve(0.3, certificate=CERTIFICATE, strict=True, max_error=3e-4)
    with pytest.warns(WorstCaseWarning, match=r"above max_error = 0\.0003"):
        solve(0.3, certificate=CERTIFICATE, max_error=3e-4)
    with pytest.warns(WorstCaseWarning, match="worst_inputs tells the largest error of one matrix"):
        solve(0.9, certificate=CERTIFICATE, strict=True)  # without max_error, strict refuses only what is outside
    with pytest.raises(OutsideRangeError, match="above max_error"):
        cs.prepare(SPEC, loaded(0.3), "behavioral", model=MODEL, certificate=CERTIFICATE, strict=True, max_error=3e-4)


@pytest.mark.parametrize(
    ("level", "given", "sentence"),
    [
        ("behavioral", {"model": MODEL, "max_error": 1e-3}, "max_error needs the certificate of the model"),
        ("nodal", {"max_error": 1e-3}, "max_error is given, but level = 'nodal' does not use it"),
        ("ngspice", {"max_error": 1e-3}, "max_error is given, but level = 'ngspice' does not use it"),
        (
            "behavioral",
            {"model": MODEL, "certificate": CERTIFICATE, "max_error": 0.0},
            "max_error = 0: expected",
        ),
    ],
)
def test_an_argument_without_effect_is_refused(level, given, sentence):
    with pytest.raises(InputError, match=sentence):
        cs.solve(SPEC, loaded(0.3), X, level, **given)


@pytest.mark.parametrize(
    ("technique", "parts", "factor"),
    [({"partition": (3, 4)}, 2, 1), ({"partition": (6, 2)}, 1, 1), ({"partition": (3, 4), "g_reference": 1e-6}, 2, 2)],
)
def test_errors_of_drawn_arrays_add_up_as_their_currents_do(technique, parts, factor):
    drawn = SPEC.replace(technique=technique)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OutsideCertificateWarning)
        array = cs.prepare(drawn, loaded(0.3), "behavioral", model=MODEL, certificate=CERTIFICATE)
        assert cs.read(array, X).tile_error is None  # the certificate is of another size
    from circuitsim.levels.joint import joint_tile_error
    from circuitsim.results import Provenance, Solution

    each = TileError(1e-4, 1e-5, 0.3, 4e-4)
    solutions = [Solution(np.zeros((1, 4)), Provenance("behavioral", ""), tile_error=each) for _ in array.drawn]
    joint = joint_tile_error(drawn, array.drawn, solutions)
    assert joint is not None
    assert_allclose(
        (joint.full_scale, joint.typical_rms, joint.load, joint.worst),
        (parts * 1e-4, factor * 1e-5, 0.3, factor * 4e-4),
        rtol=1e-12,
        atol=0,
    )

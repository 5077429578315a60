"""A certificate speaks of one model, one array and one set of experiments: evidence from elsewhere is refused."""

from dataclasses import replace

import numpy as np
import pytest
from calibration_arrays import array_spec, draw

from circuitsim.calibration import certify, verify
from circuitsim.calibration.hold_out import check_truths
from circuitsim.calibration.solve_experiments import solve_in_nodal
from circuitsim.errors import InputError
from circuitsim.results import Provenance, Solution


@pytest.fixture(scope="module")
def certificate(model, hold_out, truths):
    return certify(model, hold_out, truths, provenance=truths[0].provenance)


def _of_level(truths, level):
    return [replace(truth, provenance=replace(truth.provenance, level=level)) for truth in truths]


def test_the_certificate_of_another_model_is_refused(model, certificate, hold_out, truths):
    other = replace(model, grade=1)
    with pytest.raises(InputError, match="the certificate belongs to model"):
        verify(other, certificate, hold_out, truths)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda truths: truths[:1], "1 truths for 2 experiments"),
        (lambda truths: _of_level(truths, "behavioral"), r"truths\[0\] is of level 'behavioral'"),
        (lambda truths: [truths[0], replace(truths[1], out=truths[1].out[:5])], r"truths\[1\].out has shape \(5, 10\)"),
        (lambda truths: truths[::-1], r"truths\[0\] was solved with other conductances than experiments\[0\]"),
        (lambda truths: [5, 5], r"truths\[0\] is of type int: expected Solution"),
    ],
)
def test_truths_of_something_else_are_refused(model, certificate, hold_out, truths, change, sentence):
    with pytest.raises(InputError, match=sentence):
        verify(model, certificate, hold_out, change(truths))
    with pytest.raises(InputError, match=sentence):
        certify(model, hold_out, change(truths), provenance=truths[0].provenance)


def test_no_truths_are_too_few(model, certificate):
    with pytest.raises(InputError, match="0 truths for 0 experiments: expected one for each, at least 1"):
        verify(model, certificate, [], [])


def test_truths_of_another_specification_are_refused(model, certificate, hold_out):
    truths = solve_in_nodal(array_spec(wire={"r_row": 8.0}), model.surface, hold_out)
    for call in (
        lambda: verify(model, certificate, hold_out, truths),
        lambda: certify(model, hold_out, truths, provenance=truths[0].provenance),
    ):
        with pytest.raises(InputError, match=r"truths\[0\] belongs to specification .*, the model to"):
            call()


def test_a_measurement_of_the_array_is_a_truth(model, certificate, spec, hold_out, truths):
    measured = [Solution(truth.out, Provenance("measurement", spec.digest)) for truth in truths]
    assert verify(model, certificate, hold_out, measured).holds


def test_truths_of_several_levels_are_refused(model, hold_out, truths):
    mixed = [truths[0], *_of_level(truths[1:], "nodal")]
    with pytest.raises(InputError, match="truths are of levels ngspice, nodal: expected one level"):
        certify(model, hold_out, mixed, provenance=truths[0].provenance)


def test_decks_are_those_of_the_hold_out(model, hold_out, truths):
    nodal = _of_level(truths, "nodal")
    cell = [replace(t, provenance=replace(t.provenance, deck_digest="ab" * 32)) for t in nodal]
    assert certify(model, hold_out, cell, provenance=truths[0].provenance).decks == ()
    arrays = [replace(t, provenance=replace(t.provenance, deck_digest=f"{k}")) for k, t in enumerate(truths)]
    assert certify(model, hold_out, arrays, provenance=truths[0].provenance).decks == ("0", "1")


def test_experiments_hold_matrices_of_numbers(spec):
    one = draw(spec, 1)[0]
    with pytest.raises(InputError, match="g cannot be read as an array of real numbers"):
        replace(one, g=[[1], [1, 2]])
    with pytest.raises(InputError, match=r"v_in has shape \(12,\): expected a matrix"):
        replace(one, v_in=np.zeros(12))
    with pytest.raises(InputError, match="1 input_kinds for 11 inputs"):
        replace(one, input_kinds=("uniform",))


def test_every_truth_of_an_aged_array_is_looked_at(spec, hold_out, truths):
    """Other conductances are what ageing is; another shape, or a model in place of a truth, is not."""
    aged = [replace(e, g=0.9 * e.g) for e in hold_out]
    check_truths(spec, aged, truths, same_array=False)
    with pytest.raises(InputError, match=r"truths\[0\] was solved with other conductances than experiments\[0\]"):
        check_truths(spec, aged, truths)
    with pytest.raises(
        InputError, match=r"truths\[1\]\.out has shape \(11, 9\), expected \(batch, cols\) = \(11, 10\)"
    ):
        check_truths(spec, aged, [truths[0], replace(truths[1], out=truths[1].out[:, :9])], same_array=False)
    with pytest.raises(InputError, match=r"truths\[1\] is of level 'behavioral'"):
        check_truths(spec, aged, [truths[0], *_of_level(truths[1:], "behavioral")], same_array=False)

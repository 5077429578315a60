"""Another circuit is found and named, however small the model's own error makes it look."""

import numpy as np
import pytest
from calibration_arrays import array_spec, as_ngspice, draw, surface

from circuitsim.calibration import certify, verify
from circuitsim.calibration.truth import solve_in_nodal
from circuitsim.results import TileModel


@pytest.fixture(scope="module")
def one_product(spec):
    """The crudest model: its own error hides a change of 1 %."""
    return TileModel(spec, surface(0.1), 1, (0.0, 0.2))


@pytest.fixture(scope="module")
def certificate(one_product, hold_out, truths):
    return certify(one_product, hold_out, truths, provenance=truths[0].provenance, exact=truths)


def _truths(spec, cell, experiments):
    return as_ngspice(solve_in_nodal(spec, cell, experiments))


def test_new_draws_of_the_same_array_hold(one_product, certificate, spec):
    experiments = draw(spec, 7)
    verdict = verify(one_product, certificate, experiments, _truths(spec, one_product.surface, experiments))
    assert verdict.holds and verdict.suspects == ()
    assert verdict.sentence.startswith("the certificate holds") and "the circuit is the same" in verdict.sentence


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("row wires", {"wire": {"r_row": 4.04}}),
        ("column wires", {"wire": {"r_col": 9.09}}),
        ("driver resistance", {"driver": {"r_out": 60.6}}),
        ("sense resistance", {"sense": {"r_in": 40.4}}),
    ],
)
def test_one_per_cent_is_found_and_named(one_product, certificate, spec, part, change):
    experiments = draw(spec, 7)
    verdict = verify(
        one_product, certificate, experiments, _truths(array_spec(**change), one_product.surface, experiments)
    )
    assert not verdict.holds
    assert verdict.error.rms < 2 * certificate.error.rms  # the model's error alone would not have told
    (suspect,) = verdict.suspects
    assert suspect.part == part
    np.testing.assert_allclose(suspect.change, 0.01, rtol=0.02, atol=0)
    assert verdict.unexplained < 0.02
    assert f"{part} +1.0" in verdict.sentence


def test_currents_of_the_cells_are_told_from_wires(one_product, certificate, spec, hold_out):
    cell = one_product.surface
    other = type(cell)(**{**cell.__dict__, "forward": cell.forward * 1.01, "reverse": cell.reverse * 1.01})
    verdict = verify(one_product, certificate, hold_out, _truths(spec, other, hold_out))
    assert not verdict.holds and verdict.suspects[0].part == "cell currents"
    np.testing.assert_allclose(verdict.suspects[0].change, 0.01, rtol=1e-6, atol=0)

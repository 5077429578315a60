"""Behavioral tiles read together against the same tiles read one by one."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.demo.data import NETWORK, load_digits
from circuitsim.errors import OutsideCertificateWarning
from circuitsim.evaluation import BehavioralProduct
from circuitsim.evaluation.joint_tiles import joint_form_of
from circuitsim.network import evaluate, fit_ranges, load_network, program


@pytest.fixture(scope="module")
def network():
    return load_network(NETWORK)


@pytest.mark.parametrize("grade", [1, 2])
def test_tiles_of_one_level_a_column_are_read_together(network, make_model, grade):
    digits, model = load_digits(), make_model(grade=grade)
    spec = model.spec.replace(driver={"dac_bits": 8}, adc={"bits": 8})
    programmed = program(network, spec, BehavioralProduct(model))
    assert all(read.joint_form() is not None for layer in programmed.layers.values() for read in layer.reads)
    ranges = fit_ranges(programmed, digits.train_images[:20])
    found = evaluate(programmed, digits.test_images[:30], ranges=ranges)
    alone = evaluate(programmed, digits.test_images[:30], ranges=ranges, compiled=False)
    assert_allclose(found.logits, alone.logits, rtol=1e-6, atol=1e-6 * np.abs(alone.logits).max())
    for one, other in zip(found.layers, alone.layers, strict=True):
        assert (one.reads, one.conversions, one.adc_clipped) == (other.reads, other.conversions, other.adc_clipped)
        assert_allclose(one.i_max, other.i_max, rtol=1e-9)


def test_tiles_with_bands_are_read_alone(make_model, conductances):
    model = make_model(grade=3)
    product = BehavioralProduct(model)
    assert joint_form_of(product.tile(conductances(model.spec))) is None


def test_inputs_outside_the_model_are_told_of_tiles_read_together(network, make_model):
    """The model was calibrated to less than v_read."""
    digits, model = load_digits(), make_model(grade=1, v_range=(0.0, 0.2))
    spec = model.spec.replace(driver={"dac_bits": 8, "v_read": 0.4}, adc={"bits": 8})
    wide = BehavioralProduct(type(model)(spec, model.surface, 1, (0.0, 0.2)))
    programmed = program(network, spec, wide)
    with pytest.warns(OutsideCertificateWarning, match=r"holds 0.4 V: the model was built for 0 V to 0.2 V"):
        ranges = fit_ranges(programmed, digits.train_images[:5])
    with pytest.warns(OutsideCertificateWarning, match=r"holds 0.4 V: the model was built for 0 V to 0.2 V"):
        evaluate(programmed, digits.train_images[:5], ranges=ranges)

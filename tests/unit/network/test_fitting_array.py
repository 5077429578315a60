"""A network refuses arrays that it cannot be read on, and products of other arrays than its own."""

import numpy as np
import pytest

from circuitsim import behavioral, nodal
from circuitsim.errors import InputError, SpecError
from circuitsim.evaluation import BehavioralProduct, NgspiceProduct, NodalProduct
from circuitsim.network import ExactProduct, LinearLayer, RecordedProduct, program
from circuitsim.results import TileModel
from circuitsim.spec import parse_spec

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 6, "cols": 4, "cell": "1t1r"},
        "device": {"model": "rram_sinh", "g_min": "1u", "g_max": "100u"},
        "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8},
        "wire": {"r_row": 2.0, "r_col": 2.0},
        "driver": {"v_read": 0.2, "r_out": 50},
    }
)
MODEL = TileModel(SPEC, nodal.ohmic((1e-6, 1e-4), (0.0, 0.2)), 1, (0.0, 0.2))


GATES = {"array": {"input_line": "wl"}, "wire": {"r_bl": 1.0}}


class OneLayer:
    layers = (LinearLayer("l", "Gemm", np.random.default_rng(0).normal(size=(1, 6, 2))),)

    def run(self, images, product):
        raise NotImplementedError

    def run_float(self, images):
        raise NotImplementedError


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"array": {"input_line": "wl"}, "wire": {"r_bl": 1.0}}, "driver.input_code = 'amplitude': .*'bit_serial'"),
        ({"technique": {"partition": [3, 4]}}, r"technique.partition = \(3, 4\): .*expected no value"),
        ({"technique": {"replicate_cols": 2}}, "technique.replicate_cols = 2: .*expected 1"),
    ],
)
@pytest.mark.parametrize("product", [ExactProduct(), BehavioralProduct(MODEL), lambda place, g: None])
def test_an_array_that_a_network_cannot_use_is_refused(keys, sentence, product):
    with pytest.raises(SpecError, match=sentence):
        program(OneLayer(), SPEC.replace(**keys), product)


OTHERS = [
    ({"wire": {"r_row": 50.0}}, "wire.r_row is 2.0, not 50.0"),
    ({"sense": {"v_ref": 0.1}}, "sense.v_ref is 0.0, not 0.1"),
    ({"array": {"temperature_c": 60.0}}, "array.temperature_c is 27.0, not 60.0"),
    ({"driver": {"v_read": 0.1}}, "driver.v_read is 0.2, not 0.1"),
]


@pytest.mark.parametrize(("keys", "sentence"), OTHERS)
@pytest.mark.parametrize("product", [BehavioralProduct(MODEL), NodalProduct(SPEC), NgspiceProduct(SPEC)], ids=repr)
def test_a_product_of_another_array_is_refused(keys, sentence, product):
    for one in (product, RecordedProduct(product, [])):
        with pytest.raises(InputError, match=sentence):
            program(OneLayer(), SPEC.replace(**keys), one)


def test_converters_and_mapping_are_outside_the_tile():
    other = SPEC.replace(driver={"dac_bits": 6}, adc={"bits": 8}, mapping={"inputs": "unsigned"})
    assert program(OneLayer(), other, BehavioralProduct(MODEL)).spec is other


def test_an_exact_product_with_another_reference_is_refused():
    with pytest.raises(InputError, match=r"sense.v_ref = 0.1 V, but the product has v_ref = 0 V"):
        program(OneLayer(), SPEC.replace(sense={"v_ref": 0.1}), ExactProduct())


def test_a_plain_function_serves_any_array():
    program(OneLayer(), SPEC, lambda place, g: lambda v: behavioral.mvm(behavioral.program(MODEL, g), v))

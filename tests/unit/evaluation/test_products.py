"""The levels as products: values that pickle, and read what their level reads."""

import pickle

import numpy as np
import pytest

from circuitsim import behavioral, nodal
from circuitsim.errors import InputError, OutsideCertificateWarning
from circuitsim.evaluation.products import BehavioralProduct, NodalProduct
from circuitsim.network import TilePlace, as_numpy
from circuitsim.results import TileModel
from circuitsim.spec import parse_spec

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 6, "cols": 8, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
        "wire": {"r_row": 2.0, "r_col": 2.0},
        "driver": {"v_read": 0.2, "r_out": 50.0},
    }
)
MODEL = TileModel(SPEC, nodal.ohmic((1e-6, 1e-4), (0.0, 0.2)), 1, (0.0, 0.2))
PLACE = TilePlace("fc", 0, 0, (0, 6), (0, 4), 8)
G = np.random.default_rng(0).uniform(1e-6, 1e-4, (6, 8))
V = np.random.default_rng(1).uniform(0.0, 0.2, (5, 6))


@pytest.mark.parametrize(
    "product", [BehavioralProduct(MODEL), BehavioralProduct(MODEL, dtype="float32"), NodalProduct(SPEC)], ids=str
)
def test_a_pickled_product_gives_the_same_currents(product):
    copy = pickle.loads(pickle.dumps(product))
    np.testing.assert_array_equal(copy(PLACE, G)(V), product(PLACE, G)(V))


def test_currents_are_those_of_the_level():
    np.testing.assert_array_equal(
        BehavioralProduct(MODEL)(PLACE, G)(V), behavioral.mvm(behavioral.program(MODEL, G), V)
    )
    np.testing.assert_array_equal(NodalProduct(SPEC)(PLACE, G)(V), nodal.read(nodal.prepare(SPEC, G), V).out)


def test_float32_tiles_return_float32():
    single = BehavioralProduct(MODEL, dtype="float32")(PLACE, G)(V)
    double = BehavioralProduct(MODEL)(PLACE, G)(V)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, double, rtol=0, atol=1e-6 * np.abs(double).max())  # float32 rounding


@pytest.mark.parametrize("namespace", ["array_api_strict", "torch"])
def test_tiles_of_another_namespace_return_its_arrays(namespace):
    xp = pytest.importorskip(namespace)
    i_out = BehavioralProduct(MODEL, namespace=namespace)(PLACE, G)(V)
    assert type(i_out) is type(xp.asarray(0.0))
    expected = BehavioralProduct(MODEL)(PLACE, G)(V)
    np.testing.assert_allclose(as_numpy(i_out), expected, rtol=1e-12, atol=0)


def test_inputs_outside_the_model_are_told():
    with pytest.warns(OutsideCertificateWarning, match=r"v_in holds 0.3 V: the model was built for 0 V to 0.2 V"):
        BehavioralProduct(MODEL)(PLACE, G)(V + 0.3 - V.max())


def test_strict_products_need_a_certificate():
    with pytest.raises(InputError, match="strict = True needs the certificate"):
        BehavioralProduct(MODEL, strict=True)

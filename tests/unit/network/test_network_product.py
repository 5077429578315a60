"""Products are values: a pickled copy computes the same currents."""

import pickle

import numpy as np
from numpy.testing import assert_allclose

from circuitsim.network import (
    ArrayProduct,
    ExactProduct,
    JointRead,
    JudgingRead,
    NoiseRead,
    RecordedProduct,
    TilePlace,
    TileRead,
)

PLACE = TilePlace("fc", 0, 0, (0, 4), (0, 3), 6)
G = np.random.default_rng(0).uniform(1e-6, 1e-4, (4, 6))
V = np.random.default_rng(1).uniform(0.3, 0.5, (5, 4))


def test_exact_is_the_product_above_v_ref():
    assert_allclose(ExactProduct(0.3)(PLACE, G)(V), (V - 0.3) @ G, rtol=1e-14, atol=0)


def test_pickled_products_and_reads_give_the_same_currents():
    records: list[TileRead] = []
    for product in (ExactProduct(0.3), RecordedProduct(ExactProduct(0.3), records)):
        read = product(PLACE, G)
        for copy in (pickle.loads(pickle.dumps(product))(PLACE, G), pickle.loads(pickle.dumps(read))):
            np.testing.assert_array_equal(copy(V), read(V))
    assert len(records) == 2  # copies record into lists of their own


def test_records_hold_place_inputs_and_currents():
    records: list[TileRead] = []
    i_out = RecordedProduct(ExactProduct(0.3), records)(PLACE, G)(V)
    (record,) = records
    assert record.place == PLACE
    assert record.g is G
    assert record.v_in is V
    assert record.i_out is i_out


def test_what_a_read_can_do_beside_is_told_by_protocols():
    one, on_gates = ExactProduct(0.3)(PLACE, G), ExactProduct(v_read=0.2)(PLACE, G)
    kinds = (JointRead, JudgingRead, NoiseRead)
    assert [isinstance(one, kind) for kind in kinds] == [True, False, False]
    assert not any(isinstance(on_gates, kind) for kind in kinds)
    assert isinstance(ExactProduct(), ArrayProduct) and not isinstance(lambda place, g: on_gates, ArrayProduct)

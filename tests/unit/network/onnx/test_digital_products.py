"""Which products stay on the host: sums of products with a constant, found by the axes along which it varies."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from circuitsim.network.onnx.digital import MULTIPLIERS, digital_products, weights_of

PRODUCT = helper.make_tensor_value_info("p", TensorProto.FLOAT, [2, 5, 7])  # x times the constant c


def node(op, inputs, outputs=("y",), **attributes):
    return helper.make_node(op, list(inputs), list(outputs), name=op, **attributes)


def found(nodes, constants, types=None):
    return [(p.op, p.weighted) for p in digital_products(nodes, constants, {} if types is None else types)]


def summed(shape, total, *, types=None, scale="Mul", constants=None):
    """What is found of x scaled by a constant of a shape and then summed."""
    known = {"c": np.ones(shape)} | (constants or {})
    return found([node(scale, ["x", "c"], ["p"]), total], known, {"p": PRODUCT} if types is None else types)


@pytest.mark.parametrize("scale", ["Mul", "Div"])
@pytest.mark.parametrize("total", ["ReduceSum", "ReduceMean"])
@pytest.mark.parametrize(
    ("shape", "axes", "is_product"),
    [
        ((1, 5, 1), [1], True),  # Σ over the axis along which the constant varies: a product of a vector
        ((1, 5, 1), [-2], True),
        ((1, 5, 1), [2], False),  # the constant is taken out of the sum: a scale of each output
        ((1, 5, 1), [-1], False),
        ((1, 5, 1), [0, 2], False),
        ((1, 5, 1), [0, 1], True),
        ((1, 5, 1), None, True),  # all axes
        ((5, 1), [1], True),  # aligned from the last axis, as in NumPy
        ((5, 1), [2], False),
        ((7,), [2], True),
        ((7,), [-1], True),
        ((7,), [1], False),
        ((7,), [0], False),
        ((), [2], False),
        ((1, 1, 1), None, False),
    ],
)
def test_a_sum_is_a_product_if_the_constant_varies_along_its_axes(shape, axes, is_product, total, scale):
    expected = [(total, True)] if is_product else []
    as_attribute = node(total, ["p"]) if axes is None else node(total, ["p"], axes=axes)
    assert summed(shape, as_attribute, scale=scale) == expected
    if axes is None:
        assert summed(shape, node(total, ["p", ""]), scale=scale) == expected
    else:
        as_input = node(total, ["p", "axes"])
        assert summed(shape, as_input, scale=scale, constants={"axes": np.array(axes)}) == expected


@pytest.mark.parametrize("shape", [(1, 5, 1), (7,)])
def test_axes_that_are_computed_or_uncountable_count_as_all(shape):
    assert summed(shape, node("ReduceSum", ["p", "computed"])) == [("ReduceSum", True)]
    assert summed(shape, node("ReduceSum", ["p"], axes=[1]), types={}) == [("ReduceSum", True)]  # rank unknown
    assert summed((1, 1), node("ReduceSum", ["p"], axes=[1]), types={}) == []  # it varies nowhere


def test_an_axis_counted_from_the_last_needs_no_rank():
    assert summed((5, 1), node("ReduceSum", ["p"], axes=[-2]), types={}) == [("ReduceSum", True)]
    assert summed((5, 1), node("ReduceSum", ["p"], axes=[-1]), types={}) == []


@pytest.mark.parametrize(
    ("shape", "is_product"), [((1, 3, 1, 1), False), ((1, 1, 4, 1), True), ((4,), True), ((3, 1, 1), False)]
)
def test_a_global_average_sums_over_all_but_images_and_channels(shape, is_product):
    images = {"p": helper.make_tensor_value_info("p", TensorProto.FLOAT, [2, 3, 4, 4])}
    pool = node("GlobalAveragePool", ["p"])
    assert summed(shape, pool, types=images) == ([("GlobalAveragePool", True)] if is_product else [])
    assert summed((1, 3, 1, 1), pool, types={}) == [("GlobalAveragePool", True)]  # rank unknown: all axes


def between(*steps):
    """x scaled by c, then some nodes one after another, then the sum over the axis of c."""
    nodes, last = [node("Mul", ["x", "c"], ["p"])], "p"
    for k, (op, others) in enumerate(steps):
        nodes.append(node(op, [last, *others], [f"s{k}"]))
        last = f"s{k}"
    return found([*nodes, node("ReduceSum", [last], axes=[1])], {"c": np.ones((1, 5, 1)), "b": np.ones(1)}, {})


def test_a_bias_and_a_cast_may_stand_between_product_and_sum():
    assert between() == between(("Add", ["b"])) == between(("Sub", ["b"]), ("Cast", [])) == [("ReduceSum", True)]
    assert between(("Add", ["computed"])) == []  # a sum of two computed tensors
    assert between(("Relu", [])) == []  # not linear
    assert between(*[("Identity", [])] * 5) == [("ReduceSum", True)]


def test_a_product_of_two_computed_tensors_is_not_weighted():
    assert found([node("Mul", ["x", "z"], ["p"]), node("ReduceSum", ["p"])], {}) == []
    assert found([node("MatMul", ["x", "z"])], {}) == [("MatMul", False)]


@pytest.mark.parametrize(
    ("shape", "is_product"), [((3, 4), True), ((2, 3, 4), True), ((3, 1), False), ((1, 4), False), ((4,), False)]
)
def test_a_matrix_in_an_unknown_operator_is_told(shape, is_product):
    constants = {"scale": np.ones(1), "m": np.ones(shape)}
    mine = digital_products([node("Mine", ["x", "scale", "m"], domain="com.example")], constants, {})
    assert [(p.name, p.weighted) for p in mine] == ([("Mine", True)] if is_product else [])
    if is_product:
        assert mine[0].reason == f"an unknown operator with the constant 'm' of shape {shape}"
    assert found([node("Gather", ["m", "x"])], constants) == []  # a table of the standard
    assert found([node("EmbedLayerNormalization", ["x", "m"], domain="com.microsoft")], constants) == []


STANDARD = {  # inputs that hold weights, by their names in the standard
    "ConvInteger": "x w",
    "MatMulInteger": "A B",
    "ConvTranspose": "W",
    "DeformConv": "W",
    "QLinearConv": "x w",
    "QLinearMatMul": "a b",
    "GRU": "W R",
    "LSTM": "W R",
    "RNN": "W R",
    "Attention": "Q K V",
}


@pytest.mark.parametrize("op", sorted(set(MULTIPLIERS) & {s.name for s in onnx.defs.get_all_schemas()} - {"Einsum"}))
def test_weights_stand_where_the_standard_names_them(op):
    names = [each.name for each in onnx.defs.get_schema(op).inputs]
    assert weights_of(node(op, names), dict.fromkeys(names, np.ones(1))) == STANDARD[op].split()
    assert weights_of(node(op, names), {}) == []


@pytest.mark.parametrize("op", ["FusedConv", "FusedGemm", "FusedMatMul", "GemmFastGelu"])
def test_fused_operators_take_weights_on_either_side_and_a_bias_after_them(op):
    names = ["a", "b", "bias"]
    assert weights_of(node(op, names), dict.fromkeys(names, np.ones(1))) == ["a", "b"]


def test_what_holds_weights_in_its_attributes_is_told():
    assert found([node("SVMClassifier", ["x"], domain="ai.onnx.ml")], {}) == [("ai.onnx.ml.SVMClassifier", True)]
    assert found([node("Normalizer", ["x"], domain="ai.onnx.ml")], {}) == []


def test_a_reason_that_is_known_is_told():
    (part,) = digital_products([node("Conv", ["c", "k"])], {"c": np.ones((1, 1, 3, 3))}, {}, {"y": "its kernels move"})
    assert (part.reason, part.weighted) == ("its kernels move", True)


def test_weights_that_only_move_values_are_no_product():
    places = np.eye(4).reshape(4, 1, 2, 2)
    assert found([node("ConvTranspose", ["x", "w"])], {"w": places}) == []
    assert found([node("ConvTranspose", ["x", "w"])], {"w": 2 * places}) == [("ConvTranspose", True)]
    assert found([node("ConvTranspose", ["x", "w"])], {"w": np.ones((4, 1, 2, 2))}) == [("ConvTranspose", True)]

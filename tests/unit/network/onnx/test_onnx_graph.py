import numpy as np
import onnx
import pytest
from numpy.testing import assert_allclose
from onnx import TensorProto, helper, numpy_helper

from circuitsim.errors import InputError
from circuitsim.network import float_product, load_network
from circuitsim.network.onnx import cut
from circuitsim.network.onnx.complaints import is_numeric
from circuitsim.network.onnx.interface import inputs_of
from circuitsim.network.onnx.nodes import value_bound
from circuitsim.network.onnx.rewrites import dense


def assert_float_product_is_onnxruntime(model, x):
    network = cut(model)
    expected = network.run_float(x)
    # atol: float32 rounding of sums of terms of order 1, which may cancel
    assert_allclose(network.run(x, float_product), expected, rtol=1e-5, atol=1e-5)
    assert np.abs(expected).max() > 0.1
    return network


def test_mlp(mlp):
    x = np.random.default_rng(0).normal(size=(20, 15))
    network = assert_float_product_is_onnxruntime(mlp, x)
    assert [(layer.name, layer.op, layer.weights.shape) for layer in network.layers] == [
        ("n0", "Gemm", (1, 15, 13)),
        ("n2", "MatMul", (1, 13, 7)),
        ("n5", "Gemm", (1, 7, 3)),
    ]
    assert network.on_host == {"Add": 1, "Relu": 1, "Tanh": 1}
    assert network.host_products == ()


def test_cnn(cnn):
    x = np.random.default_rng(1).normal(size=(6, 3, 8, 8))
    network = assert_float_product_is_onnxruntime(cnn, x)
    assert [layer.weights.shape for layer in network.layers] == [(1, 18, 4), (2, 8, 2), (1, 32, 5)]
    assert network.on_host == {"Add": 1, "Flatten": 1, "MaxPool": 1, "Relu": 1}


@pytest.mark.parametrize("auto_pad", ["SAME_UPPER", "SAME_LOWER", "VALID"])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 2, 3])
def test_conv_padding(make_model, weights, auto_pad, stride, kernel):
    nodes = [
        ("Conv", ["x", "k"], ["h"], {"auto_pad": auto_pad, "strides": [stride, 1]}),
        ("Flatten", ["h"], ["y"], {}),
    ]
    model = make_model(nodes, {"k": weights(3, 2, kernel, 2)}, [None, 2, 7, 6])
    assert_float_product_is_onnxruntime(model, np.random.default_rng(2).normal(size=(3, 2, 7, 6)))


def test_conv_in_one_and_three_dimensions(make_model, weights):
    for kernel, x_shape in (((5, 4, 3), [None, 4, 9]), ((4, 1, 2, 3, 2), [None, 2, 4, 5, 3])):
        groups = x_shape[1] // kernel[1]
        nodes = [("Conv", ["x", "k"], ["h"], {"group": groups}), ("Flatten", ["h"], ["y"], {})]
        model = make_model(nodes, {"k": weights(*kernel)}, x_shape)
        assert_float_product_is_onnxruntime(model, np.random.default_rng(3).normal(size=(2, *x_shape[1:])))


def test_matmul_on_more_than_two_axes(make_model, weights):
    nodes = [("MatMul", ["x", "w"], ["h"], {}), ("Flatten", ["h"], ["y"], {})]
    model = make_model(nodes, {"w": weights(6, 5)}, [None, 3, 6])
    assert_float_product_is_onnxruntime(model, np.random.default_rng(4).normal(size=(4, 3, 6)))


def test_weights_behind_constant_nodes_are_folded(make_model, weights):
    nodes = [
        ("Constant", [], ["raw"], {"value": numpy_helper.from_array(weights(5, 6))}),
        ("Transpose", ["raw"], ["w"], {}),
        ("MatMul", ["x", "w"], ["y"], {}),
    ]
    network = assert_float_product_is_onnxruntime(
        make_model(nodes, {}, [None, 6]), np.random.default_rng(5).normal(size=(4, 6))
    )
    assert network.on_host == {}
    assert_allclose(network.layers[0].weights[0], weights(5, 6).T, rtol=0, atol=0)


def test_a_tensor_read_by_several_steps_reaches_them_all(make_model, weights):
    nodes = [
        ("Tanh", ["x"], ["t"], {}),
        ("MatMul", ["t", "w"], ["h"], {}),
        ("MatMul", ["h", "w"], ["k"], {}),
        ("Add", ["k", "t"], ["s"], {}),
        ("Mul", ["s", "h"], ["y"], {}),
    ]
    model = make_model(nodes, {"w": weights(6, 6)}, [None, 6])
    network = assert_float_product_is_onnxruntime(model, np.random.default_rng(6).normal(size=(4, 6)))
    assert [layer.input_bound for layer in network.layers] == [1.0, None]


def test_products_of_two_activations_stay_on_the_host(make_model, weights):
    nodes = [
        ("MatMul", ["x", "w"], ["h"], {}),
        ("Transpose", ["h"], ["t"], {}),
        ("MatMul", ["h", "t"], ["y"], {}),
    ]
    network = assert_float_product_is_onnxruntime(
        make_model(nodes, {"w": weights(6, 3)}, [4, 6]), np.random.default_rng(7).normal(size=(4, 6))
    )
    assert network.host_products == ("n2",)


def test_a_fixed_batch_runs_in_chunks(make_model, weights):
    nodes = [
        ("MatMul", ["x", "w"], ["h"], {}),
        ("Reshape", ["h", "shape"], ["r"], {}),
        ("Flatten", ["r"], ["y"], {}),
    ]
    model = make_model(nodes, {"w": weights(6, 4), "shape": np.array([2, 2, 2])}, [2, 6])
    assert_float_product_is_onnxruntime(model, np.random.default_rng(8).normal(size=(6, 6)))
    with pytest.raises(InputError, match=r"images have shape \(5, 6\), expected \(2, 6\)"):
        cut(model).run_float(np.zeros((5, 6)))
    for shape in ((4, 5), (4, 6, 1), (6,)):
        with pytest.raises(InputError, match=r"expected \(2, 6\) as the network's input 'x'$"):
            cut(model).run_float(np.zeros(shape))


def test_control_flow_reads_tensors_from_outside(make_model, weights):
    branch = [
        helper.make_graph(
            [helper.make_node(op, ["h"], [f"{op}.out"])],
            op,
            [],
            [helper.make_tensor_value_info(f"{op}.out", TensorProto.FLOAT, None)],
        )
        for op in ("Relu", "Tanh")
    ]
    nodes = [
        ("MatMul", ["x", "w"], ["h"], {}),
        ("ReduceSum", ["h"], ["sum"], {"keepdims": 0}),
        ("Greater", ["sum", "zero"], ["positive"], {}),
        ("If", ["positive"], ["y"], {"then_branch": branch[0], "else_branch": branch[1]}),
    ]
    model = make_model(nodes, {"w": weights(6, 4), "zero": np.float32(0.0)}, [None, 6])
    x = np.random.default_rng(9).normal(size=(3, 6))
    for sign in (1, -1):
        assert_float_product_is_onnxruntime(model, sign * x)


def test_a_branch_reads_what_an_earlier_step_of_the_host_computed(make_model, weights):
    """Only the branch reads the tensor, and a layer on arrays lies between."""
    inner = [helper.make_node("Neg", ["a"], ["n"]), helper.make_node("Add", ["n", "h"], ["o"])]
    other = [helper.make_node("Identity", ["h"], ["o2"])]
    branches = [
        helper.make_graph(nodes, name, [], [helper.make_tensor_value_info(name, TensorProto.FLOAT, None)])
        for nodes, name in ((inner, "o"), (other, "o2"))
    ]
    nodes = [
        ("Tanh", ["x"], ["t"], {}),
        ("Mul", ["t", "two"], ["a"], {}),
        ("MatMul", ["x", "w"], ["h"], {}),
        ("ReduceSum", ["h"], ["sum"], {"keepdims": 0}),
        ("Greater", ["sum", "zero"], ["positive"], {}),
        ("If", ["positive"], ["y"], {"then_branch": branches[0], "else_branch": branches[1]}),
    ]
    model = make_model(nodes, {"w": weights(4, 4), "zero": np.float32(0.0), "two": np.float32(2.0)}, [None, 4])
    x = np.random.default_rng(9).normal(size=(3, 4))
    for sign in (1, -1):
        assert_float_product_is_onnxruntime(model, sign * x)


@pytest.mark.parametrize("form", ["one index for each element", "one index for each axis"])
def test_sparse_constants_are_read_in_both_forms(form):
    full = np.array([[0.0, 2.0, 0.0], [0.0, 0.0, -1.0]])
    flat = np.flatnonzero(full)
    indices = flat if form == "one index for each element" else np.argwhere(full)
    sparse = helper.make_sparse_tensor(
        numpy_helper.from_array(full.ravel()[flat], "w"), numpy_helper.from_array(indices), full.shape
    )
    np.testing.assert_array_equal(dense(sparse), full)


REFUSED = {
    "nothing for tiles": (
        [("Relu", ["x"], ["y"], {})],
        {},
        [None, 6],
        "the ONNX model has no product with constant weights to place on tiles",
    ),
    "output of constants": (
        [("Relu", ["w"], ["y"], {}), ("Relu", ["x"], ["unused"], {})],
        {"w": (6, 4)},
        [None, 6],
        "the ONNX model's output 'y' does not depend on its input",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_tiles_cannot_do_is_refused_by_name(make_model, weights, case):
    nodes, shapes, x_shape, message = REFUSED[case]
    model = make_model(nodes, {name: weights(*shape) for name, shape in shapes.items()}, x_shape)
    with pytest.raises(InputError, match=message):
        cut(model)


def test_files_that_are_no_model_are_refused(tmp_path, mlp):
    with pytest.raises(InputError, match=r"none.onnx: no such file; expected an ONNX model"):
        load_network(tmp_path / "none.onnx")
    path = tmp_path / "text.onnx"
    path.write_text("these are no bytes of a model")
    with pytest.raises(InputError, match="ONNX model"):
        load_network(path)
    onnx.save(mlp, path)
    network = load_network(path)
    assert len(network.layers) == 3
    assert len(network.digest) == 64


def test_images_of_another_shape_are_refused(mlp):
    network = cut(mlp)
    with pytest.raises(
        InputError, match=r"images have shape \(4, 9\), expected \(any, 15\) as the network's input 'x'"
    ):
        network.run_float(np.zeros((4, 9)))
    with pytest.raises(InputError, match="images hold values that are not finite"):
        network.run_float(np.full((4, 15), np.nan))


def test_what_cannot_be_run_is_said_in_one_sentence(make_model, weights):
    nodes = [("MatMul", ["x", "w"], ["h"], {}), ("Reshape", ["h", "shape"], ["y"], {})]
    model = make_model(nodes, {"w": weights(6, 4), "shape": np.array([3, 3])}, [None, 6])
    with pytest.raises(InputError, match=r"node 'n1' \(Reshape\) cannot be computed: .* expected images") as caught:
        cut(model).run(np.zeros((2, 6)), float_product)
    assert "\n" not in str(caught.value)
    assert "onnxruntime" not in str(caught.value).lower()


@pytest.mark.parametrize(
    ("nodes", "bound"),
    [
        ([("Tanh", ["x"], ["t"])], 1.0),
        ([("Clip", ["x", "low", "high"], ["t"])], 3.0),  # −3 to 2
        ([("Clip", ["x", "", "high"], ["t"])], None),
        ([("Sigmoid", ["x"], ["s"]), ("Clip", ["s", "", "high"], ["t"])], 1.0),
        ([("Clip", ["x", "low", "computed"], ["t"])], None),
        ([("Clip", ["x", "none", "none"], ["t"])], None),  # 0 is no range
        ([("Tanh", ["x"], ["s"]), ("Flatten", ["s"], ["t"])], 1.0),
        ([("Tanh", ["x"], ["s"]), ("Exp", ["s"], ["t"])], None),
        ([], None),
    ],
)
def test_bounds_follow_from_the_nodes_before(nodes, bound):
    producers = {outputs[0]: helper.make_node(op, inputs, outputs) for op, inputs, outputs in nodes}
    limits = {"low": np.float32(-3), "high": np.float32(2), "none": np.float32(0)}
    assert value_bound("t", producers, limits) == bound


def test_numbers_are_what_numpy_computes_with():
    numeric = {t for t in range(1, 40) if is_numeric(t)}
    assert {TensorProto.FLOAT, TensorProto.INT8, TensorProto.UINT64, TensorProto.BOOL, TensorProto.DOUBLE} <= numeric
    assert not numeric & {TensorProto.STRING, TensorProto.COMPLEX64, TensorProto.COMPLEX128}
    assert not is_numeric(TensorProto.UNDEFINED) and not is_numeric(1000)


@pytest.mark.parametrize("kind", [TensorProto.STRING, TensorProto.COMPLEX64])
def test_an_input_that_holds_no_real_numbers_is_refused(mlp, kind):
    mlp.graph.input[0].type.tensor_type.elem_type = kind
    with pytest.raises(InputError, match="input 'x' does not hold real numbers"):
        inputs_of(mlp.graph)


def test_an_input_that_is_no_tensor_is_refused(mlp):
    sequence = helper.make_sequence_type_proto(helper.make_tensor_type_proto(TensorProto.FLOAT, [None, 15]))
    mlp.graph.input[0].type.CopyFrom(sequence)
    with pytest.raises(InputError, match="input 'x' does not hold real numbers"):
        inputs_of(mlp.graph)

"""Nodes that hold weights, rewritten as products for arrays: the same outputs as onnxruntime gives for the node."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from circuitsim.errors import InputError
from circuitsim.network import float_product
from circuitsim.network.onnx import cut

RNG = np.random.default_rng(0)
START = RNG.bit_generator.state
MICROSOFT = "com.microsoft"
FLOAT, INT8, UINT8 = TensorProto.FLOAT, TensorProto.INT8, TensorProto.UINT8


@pytest.fixture(autouse=True)
def same_numbers():
    """Every test draws the same numbers, whichever ran before."""
    RNG.bit_generator.state = START


def draw(*shape, scale=0.5):
    return RNG.normal(0.0, scale, shape).astype(np.float32)


def codes(*shape, dtype=np.int8):
    limits = np.iinfo(dtype)
    return RNG.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)


def model_of(nodes, constants, inputs, outputs=("y",), *, opset=17, domain_version=1):
    """A model; inputs are (name, element type, shape)."""
    tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info(*each) for each in inputs],
        [onnx.ValueInfoProto(name=name) for name in outputs],
        initializer=tensors,
    )
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", domain_version)]
    opsets.append(helper.make_opsetid("ai.onnx.ml", 1))
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    session = reference(model)
    for value, known in zip(model.graph.output, session.get_outputs(), strict=True):
        kind = {"float": FLOAT, "int8": INT8, "uint8": UINT8, "int32": TensorProto.INT32, "int64": TensorProto.INT64}
        value.CopyFrom(helper.make_tensor_value_info(value.name, kind[known.type[7:-1]], [None] * len(known.shape)))
    return model


def reference(model):
    """A session of onnxruntime itself; skip where the installed one has no such operator."""
    try:
        return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    except onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented as error:
        pytest.skip(str(error))


def node(op, inputs, outputs=("y",), domain="", **attributes):
    return helper.make_node(op, list(inputs), list(outputs), name="n", domain=domain, **attributes)


def agree(model, x, layers, *, tolerance=3e-6, output=None):
    """Check that arrays with exact products agree with onnxruntime, on one whole input; return the network."""
    network = cut(model, output=output)
    images = np.stack([x, x[..., ::-1]])  # each a whole input
    exact = network.run_float(images)
    found = network.run(images, float_product)
    assert found.dtype == exact.dtype
    assert found.shape == exact.shape
    scale = np.abs(exact.astype(float)).max()
    assert scale > 0
    assert np.abs(found.astype(float) - exact.astype(float)).max() <= tolerance * scale
    assert [layer.weights.shape for layer in network.layers] == layers
    assert not [part for part in network.digital if part.weighted]
    return network


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("given", ["nothing", "bias", "states", "lengths"])
def test_recurrent_nodes(kind, direction, given):
    gates, ways = {"LSTM": 4, "GRU": 3, "RNN": 1}[kind], 2 if direction == "bidirectional" else 1
    steps, batch, size, hidden = 5, 3, 4, 6
    constants = {"W": draw(ways, gates * hidden, size), "R": draw(ways, gates * hidden, hidden)}
    inputs = ["x", "W", "R", "", "", ""]
    if given != "nothing":
        constants["B"] = draw(ways, 2 * gates * hidden)
        inputs[3] = "B"
    if given == "lengths":
        constants["n"] = np.array([5, 2, 3], np.int32)
        inputs[4] = "n"
    if given in ("states", "lengths"):
        constants["h"] = draw(ways, batch, hidden)
        inputs[5] = "h"
        if kind == "LSTM":
            constants["c"] = draw(ways, batch, hidden)
            inputs.append("c")
    outputs = ["all", "last", *(["cell"] if kind == "LSTM" else [])]
    made = node(kind, inputs, outputs, hidden_size=hidden, direction=direction)
    for wanted in outputs:
        model = model_of([made], constants, [("x", FLOAT, [steps, batch, size])], outputs)
        network = cut(model, output=wanted)
        x = draw(2, steps, batch, size, scale=1.0)
        exact, found = network.run_float(x), network.run(x, float_product)
        assert exact.shape == found.shape
        np.testing.assert_allclose(found, exact, atol=2e-6)
        assert not [part for part in network.digital if part.weighted]
        assert {layer.weights.shape[1] for layer in network.layers} == {size, hidden}


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("LSTM", {"clip": 0.3}),
        ("LSTM", {"input_forget": 1}),
        ("LSTM", {"activations": ["HardSigmoid", "Relu", "Softsign"], "activation_alpha": [0.3],
                  "activation_beta": [0.4]}),
        ("GRU", {"linear_before_reset": 1}),
        ("GRU", {"linear_before_reset": 1, "clip": 0.3, "activations": ["Sigmoid", "Softsign"]}),
        ("RNN", {"activations": ["LeakyRelu"], "activation_alpha": [0.2]}),
    ],
)  # fmt: skip
def test_settings_of_recurrent_nodes(kind, attributes):
    gates, hidden = {"LSTM": 4, "GRU": 3, "RNN": 1}[kind], 6
    constants = {
        "W": draw(1, gates * hidden, 4),
        "R": draw(1, gates * hidden, hidden),
        "B": draw(1, 2 * gates * hidden),
    }
    made = node(kind, ["x", "W", "R", "B"], hidden_size=hidden, **attributes)
    x = draw(5, 3, 4, scale=1.0)
    layers = [(1, 4, gates * hidden), (1, hidden, gates * hidden)]
    agree(model_of([made], constants, [("x", FLOAT, [5, 3, 4])]), x, layers)


def test_peepholes_of_an_lstm():
    constants = {"W": draw(1, 24, 4), "R": draw(1, 24, 6), "B": draw(1, 48), "P": draw(1, 18, scale=1.0)}
    made = node("LSTM", ["x", "W", "R", "B", "", "", "", "P"], hidden_size=6)
    agree(model_of([made], constants, [("x", FLOAT, [5, 3, 4])]), draw(5, 3, 4), [(1, 4, 24), (1, 6, 24)])


def test_an_lstm_of_codes_quantizes_what_its_weights_meet():
    constants = {"W": codes(2, 4, 24), "R": codes(2, 6, 24), "B": draw(2, 48)}
    constants |= {"ws": np.full(2, 0.01, np.float32), "wz": np.zeros(2, np.int8)}
    constants |= {"rs": np.full(2, 0.02, np.float32), "rz": np.zeros(2, np.int8)}
    inputs = ["x", "W", "R", "B", "", "", "", "", "ws", "wz", "rs", "rz"]
    made = node("DynamicQuantizeLSTM", inputs, domain=MICROSOFT, hidden_size=6, direction="bidirectional")
    model = model_of([made], constants, [("x", FLOAT, [5, 1, 4])])
    agree(model, draw(5, 1, 4, scale=1.0), [(1, 4, 24), (1, 6, 24)] * 2)


def test_what_cannot_be_taken_apart_stays_on_the_host_by_name():
    constants = {"W": draw(1, 6, 4), "R": draw(1, 6, 6), "m": draw(6, 2)}
    nodes = [
        helper.make_node("RNN", ["x", "W", "R"], ["", "h"], name="odd", hidden_size=6, activations=["ScaledTanh"],
                         activation_alpha=[1.0], activation_beta=[0.5]),
        helper.make_node("MatMul", ["h", "m"], ["y"], name="m"),
    ]  # fmt: skip
    network = cut(model_of(nodes, constants, [("x", FLOAT, [5, 3, 4])]))
    (found,) = network.digital
    assert (found.name, found.op, found.weighted) == ("odd", "RNN", True)
    assert found.reason == "its activation ScaledTanh has no operator of its own"
    assert [layer.name for layer in network.layers] == ["m"]


ZEROS = {"no zero points": None, "of a tensor": 3, "of each column": (5, -7, 0, 2, 9, 1)}


@pytest.mark.parametrize("zero", ZEROS)
@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
def test_matmul_integer(zero, dtype):
    values = ZEROS[zero]
    constants = {"w": codes(4, 6, dtype=dtype)}
    inputs = ["q", "w"]
    if values is not None:
        constants |= {"qz": np.uint8(120), "wz": np.abs(np.array(values)).astype(dtype)}
        inputs += ["qz", "wz"]
    nodes = [
        helper.make_node("Cast", ["x"], ["q"], to=UINT8),
        helper.make_node("MatMulInteger", inputs, ["y"], name="n"),
    ]
    agree(model_of(nodes, constants, [("x", FLOAT, [3, 4])]), RNG.uniform(0, 255, (3, 4)), [(1, 4, 6)], tolerance=0)


def test_matmul_integer_with_the_weights_on_the_left():
    constants = {"w": codes(6, 4), "wz": np.arange(6, dtype=np.int8), "qz": np.uint8(7)}
    nodes = [
        helper.make_node("Cast", ["x"], ["q"], to=UINT8),
        helper.make_node("MatMulInteger", ["w", "q", "", "qz"], ["y"], name="n"),
    ]
    agree(model_of(nodes, constants, [("x", FLOAT, [4, 3])]), RNG.uniform(0, 255, (4, 3)), [(1, 4, 6)], tolerance=0)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("quantized", [True, False])
def test_convolutions_of_codes(groups, quantized):
    window = {"group": groups, "pads": [1, 0, 1, 1], "strides": [2, 1]}
    constants = {"w": codes(4, 4 // groups, 3, 2), "xz": np.uint8(100), "wz": np.int8(3), "s": np.float32(0.02)}
    first = helper.make_node("Cast", ["x"], ["q"], to=UINT8)
    if quantized:
        constants |= {"ws": np.array([0.01, 0.02, 0.03, 0.04], np.float32), "ys": np.float32(2.0), "yz": np.uint8(128)}
        constants |= {"wz": np.zeros(4, np.int8), "b": RNG.integers(-999, 999, 4, dtype=np.int32)}
        inputs = ["q", "s", "xz", "w", "ws", "wz", "ys", "yz", "b"]
        nodes = [first, node("QLinearConv", inputs, **window)]
    else:
        nodes = [first, node("ConvInteger", ["q", "w", "xz", "wz"], **window)]
    model = model_of(nodes, {k: v for k, v in constants.items() if quantized or k != "s"}, [("x", FLOAT, [2, 4, 6, 5])])
    layers = [(groups, 24 // groups, 4 // groups)]
    agree(model, RNG.uniform(0, 255, (2, 4, 6, 5)), layers, tolerance=0)


def test_matmul_of_codes_with_scales():
    constants = {"w": codes(4, 6), "xz": np.uint8(100), "wz": np.int8(-3), "xs": np.float32(0.02)}
    constants |= {"ws": np.float32(0.01), "ys": np.float32(0.7), "yz": np.uint8(128)}
    nodes = [
        helper.make_node("Cast", ["x"], ["q"], to=UINT8),
        node("QLinearMatMul", ["q", "xs", "xz", "w", "ws", "wz", "ys", "yz"]),
    ]
    agree(model_of(nodes, constants, [("x", FLOAT, [3, 4])]), RNG.uniform(0, 255, (3, 4)), [(1, 4, 6)], tolerance=0)


V = draw(4, 6)
FUSED = {
    "FusedMatMul": (["x", "w"], {"w": V}, {"alpha": 0.5}),
    "FusedMatMul transposed": (["x", "w"], {"w": V.T.copy()}, {"transB": 1}),
    "FusedMatMul on the left": (["w", "x"], {"w": draw(3, 6)}, {"transA": 1, "alpha": 2.0}),
    "FusedGemm": (["x", "w", "b"], {"w": V, "b": draw(6)}, {"activation": "LeakyRelu", "activation_alpha": 0.2}),
    "DynamicQuantizeMatMul": (["x", "w", "s", "z", "b"],
                              {"w": codes(4, 6), "s": np.float32(0.01), "z": np.int8(2), "b": draw(6)}, {}),
}  # fmt: skip


@pytest.mark.parametrize("case", FUSED)
def test_fused_products(case):
    inputs, constants, attributes = FUSED[case]
    shape = [3, 4]
    made = node(case.split()[0], inputs, domain=MICROSOFT, **attributes)
    model = model_of([made], constants, [("x", FLOAT, shape)])
    agree(model, draw(*shape, scale=1.0), [(1, 4, 6) if case.split()[-1] != "left" else (1, 3, 6)])


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("op", ["MatMulIntegerToFloat", "QGemm"])
def test_products_of_codes_with_scales_in_one_node(op, bias):
    constants = {"w": codes(4, 6), "xs": np.float32(0.02), "xz": np.uint8(9), "ws": draw(6), "wz": np.zeros(6, np.int8)}
    float_bias, whole = draw(6), RNG.integers(-999, 999, 6, dtype=np.int32)
    constants |= {"b": float_bias if op == "MatMulIntegerToFloat" else whole} if bias else {}
    if op == "QGemm":
        constants["w"] = constants["w"].T.copy()
        inputs = ["q", "xs", "xz", "w", "ws", "wz", *(["b"] if bias else [])]
        made = node(op, inputs, domain=MICROSOFT, transB=1)
    else:
        made = node(op, ["q", "w", "xs", "ws", "xz", "wz", *(["b"] if bias else [])], domain=MICROSOFT)
    nodes = [helper.make_node("Cast", ["x"], ["q"], to=UINT8), made]
    agree(model_of(nodes, constants, [("x", FLOAT, [3, 4])]), RNG.uniform(0, 255, (3, 4)), [(1, 4, 6)])


def test_a_qgemm_that_quantizes_its_output():
    constants = {"w": codes(4, 6), "xs": np.float32(0.02), "xz": np.uint8(9), "ws": np.float32(0.01), "wz": np.int8(0)}
    constants |= {"ys": np.float32(0.5), "yz": np.uint8(128)}
    made = node("QGemm", ["q", "xs", "xz", "w", "ws", "wz", "", "ys", "yz"], domain=MICROSOFT)
    nodes = [helper.make_node("Cast", ["x"], ["q"], to=UINT8), made]
    model = model_of(nodes, constants, [("x", FLOAT, [3, 4])])
    agree(model, RNG.uniform(0, 255, (3, 4)), [(1, 4, 6)], tolerance=0)


def test_weights_of_a_table_of_four_bits():
    constants = {"w": RNG.integers(0, 256, 6 * 32 // 2, dtype=np.uint8), "s": np.abs(draw(12))}
    made = node("MatMulBnb4", ["x", "w", "s"], domain=MICROSOFT, K=32, N=6, block_size=16, quant_type=1)
    agree(model_of([made], constants, [("x", FLOAT, [3, 32])]), draw(3, 32), [(1, 32, 6)])


def test_fused_convolution():
    constants = {"w": draw(4, 2, 3, 3), "b": draw(4)}
    made = node("FusedConv", ["x", "w", "b"], domain=MICROSOFT, activation="Relu", pads=[1, 1, 1, 1])
    agree(model_of([made], constants, [("x", FLOAT, [2, 2, 5, 5])]), draw(2, 2, 5, 5), [(1, 18, 4)])


@pytest.mark.parametrize("zeros", [False, True])
def test_weights_of_four_bits(zeros):
    constants = {"w": RNG.integers(0, 256, (6, 2, 8), dtype=np.uint8), "s": draw(12)}
    constants |= {"z": RNG.integers(0, 256, 6, dtype=np.uint8)} if zeros else {}
    inputs = ["x", "w", "s", *(["z"] if zeros else [])]
    made = node("MatMulNBits", inputs, domain=MICROSOFT, K=32, N=6, bits=4, block_size=16)
    agree(model_of([made], constants, [("x", FLOAT, [3, 32])]), draw(3, 32), [(1, 32, 6)])


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(
    "window",
    [{}, {"strides": [2, 3], "pads": [1, 0, 0, 1]}, {"dilations": [2, 1], "output_padding": [1, 0], "strides": [2, 2]},
     {"auto_pad": "SAME_UPPER", "strides": [2, 2]}],
    ids=["plain", "strides", "dilations", "auto_pad"],
)  # fmt: skip
def test_transposed_convolutions(groups, window):
    constants = {"w": draw(4, 3, 3, 2), "b": draw(3 * groups)}
    made = node("ConvTranspose", ["x", "w", "b"], group=groups, **window)
    model = model_of([made], constants, [("x", FLOAT, [2, 4, 5, 4])])
    network = agree(model, draw(2, 4, 5, 4), [(groups, 4 // groups, 18)])
    assert network.on_host == {"ConvTranspose": 1}
    assert network.digital == ()


@pytest.mark.parametrize("attributes", [{}, {"unidirectional": 1}])
def test_attention_leaves_its_projections_to_arrays(attributes):
    constants = {"w": draw(8, 24), "b": draw(24)}
    made = node("Attention", ["x", "w", "b"], domain=MICROSOFT, num_heads=2, **attributes)
    network = cut(model_of([made], constants, [("x", FLOAT, [2, 5, 8])]))
    x = draw(3, 2, 5, 8, scale=1.0)
    np.testing.assert_allclose(network.run(x, float_product), network.run_float(x), atol=2e-6)
    assert [(part.op, part.weighted) for part in network.digital] == [("com.microsoft.Attention", False)]


@pytest.mark.parametrize("post", ["NONE", "SOFTMAX", "LOGISTIC"])
def test_linear_classifiers(post):
    weights, intercepts = draw(3, 4).ravel().tolist(), draw(3).tolist()
    made = node("LinearClassifier", ["x"], ["label", "y"], domain="ai.onnx.ml", coefficients=weights,
                intercepts=intercepts, classlabels_ints=[0, 1, 2], post_transform=post)  # fmt: skip
    model = model_of([made], {}, [("x", FLOAT, [5, 4])], ["label", "y"])
    agree(model, draw(5, 4), [(1, 4, 3)])
    agree(model, draw(5, 4), [(1, 4, 3)], output="label")


def test_linear_regressors():
    made = node(
        "LinearRegressor", ["x"], domain="ai.onnx.ml", coefficients=draw(8).tolist(), intercepts=[1.0, 2.0], targets=2
    )
    agree(model_of([made], {}, [("x", FLOAT, [5, 4])]), draw(5, 4), [(1, 4, 2)])


GEMMS = {
    "transA": (["x", "w", "b"], {"w": draw(3, 6), "b": draw(6)}, {"transA": 1, "alpha": 0.5, "beta": 2.0}, (1, 3, 6)),
    "left": (["w", "x"], {"w": draw(6, 3)}, {"alpha": 0.5}, (1, 3, 6)),
    "left transposed": (["w", "x", "b"], {"w": draw(4, 6), "b": draw(6, 1)}, {"transA": 1, "transB": 1}, (1, 4, 6)),
    "bias of each row": (["x", "w", "b"], {"w": draw(4, 6), "b": draw(3, 6)}, {}, (1, 4, 6)),
    "bias down the column": (["x", "w", "b"], {"w": draw(6, 4), "b": draw(3, 1)}, {"transB": 1}, (1, 4, 6)),
    "computed bias": (["x", "w", "x"], {"w": draw(4, 4)}, {"beta": 0.3}, (1, 4, 4)),
}


@pytest.mark.parametrize("case", GEMMS)
@pytest.mark.parametrize("opset", [11, 17])
def test_gemms(case, opset):
    inputs, constants, attributes, layer = GEMMS[case]
    model = model_of([node("Gemm", inputs, **attributes)], constants, [("x", FLOAT, [3, 4])], opset=opset)
    agree(model, draw(3, 4), [layer])


def test_convolutions_with_a_computed_bias():
    constants = {"w": draw(3, 2, 3, 3)}
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["m"], axes=[0, 2, 3], keepdims=0),
        helper.make_node("Concat", ["m", "m", "m"], ["six"], axis=0),
        helper.make_node("Slice", ["six", "0", "3"], ["b"]),
        node("Conv", ["x", "w", "b"], pads=[1, 0, 2, 2]),
    ]
    constants |= {"0": np.array([0]), "3": np.array([3])}
    agree(model_of(nodes, constants, [("x", FLOAT, [2, 2, 7, 6])]), draw(2, 2, 7, 6), [(1, 18, 3)])


EINSUMS = {
    "ij,jk->ik": ((3, 4), [(4, 6)], (1, 4, 6)),
    "ij,jk": ((3, 4), [(4, 6)], (1, 4, 6)),
    "...j,jk->...k": ((2, 3, 4), [(4, 6)], (1, 4, 6)),
    "bij,bjk->bik": ((2, 3, 4), [(2, 4, 5)], (2, 4, 5)),
    "bhid,hde->bhie": ((2, 3, 2, 4), [(3, 4, 5)], (3, 4, 5)),
    "ij,jk,kl->il": ((3, 4), [(4, 5), (5, 2)], (1, 4, 2)),
}


@pytest.mark.parametrize("equation", EINSUMS)
def test_einsums(equation):
    shape, weights, layer = EINSUMS[equation]
    constants = {f"w{k}": draw(*each) for k, each in enumerate(weights)}
    model = model_of([node("Einsum", ["x", *constants], equation=equation)], constants, [("x", FLOAT, list(shape))])
    agree(model, draw(*shape), [layer])


def test_an_einsum_of_two_computed_operands_and_weights():
    nodes = [helper.make_node("Relu", ["x"], ["r"]), node("Einsum", ["x", "w", "r"], equation="bn,anm,bm->ba")]
    model = model_of(nodes, {"w": draw(5, 4, 4)}, [("x", FLOAT, [3, 4])])
    network = agree(model, draw(3, 4), [(1, 4, 20)])
    assert [(part.op, part.weighted) for part in network.digital] == [("Einsum", False)]


def test_an_einsum_that_scales_is_no_product():
    nodes = [node("Einsum", ["x", "s"], ["h"], equation="ij,j->ij"), helper.make_node("MatMul", ["h", "w"], ["y"])]
    network = agree(model_of(nodes, {"s": draw(4), "w": draw(4, 2)}, [("x", FLOAT, [3, 4])]), draw(3, 4), [(1, 4, 2)])
    assert network.digital == ()


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4)])
@pytest.mark.parametrize("weights", [(4,), (4, 6), (2, 4, 6)])
def test_matmuls_with_weights_of_any_rank(shape, weights):
    layer = (1, 4, 1) if len(weights) == 1 else (weights[0] if len(weights) == 3 else 1, 4, 6)
    model = model_of([node("MatMul", ["x", "w"])], {"w": draw(*weights)}, [("x", FLOAT, list(shape))])
    network = cut(model)
    x = draw(3, *shape)
    np.testing.assert_allclose(network.run(x, float_product), network.run_float(x), atol=2e-6)
    assert [each.weights.shape for each in network.layers] == [layer]


def test_non_finite_weights_of_a_rewritten_node_are_refused():
    weights = draw(1, 24, 4)
    weights[0, 0, 0] = np.nan
    made = node("LSTM", ["x", "W", "R"], hidden_size=6)
    model = model_of([made], {"W": weights, "R": draw(1, 24, 6)}, [("x", FLOAT, [5, 3, 4])])
    with pytest.raises(InputError, match=r"node 'n.W' \(MatMul\): 1 of the 96 values of its weights are not finite"):
        cut(model)

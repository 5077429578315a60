"""Network files of many kinds: arrays compute them rightly, or one sentence names the node and what is expected."""

import re
from pathlib import Path

import numpy as np
import onnx
import pytest

from circuitsim.errors import InputError
from circuitsim.network import check_images_apart, float_difference, load_network

FILES = Path(__file__).parents[3] / "data" / "networks"

LEFT = "has its constant on the left; expected"
WEIGHTS = "multiplies by weights; only Gemm, MatMul and Conv can be placed on tiles"
APART = "expected one output for each image, along the first axis of both"
FINITE = "are not finite; expected finite numbers"
INSIDE = "in a sub-graph; expected products at the top level"

OUTCOME: dict[str, str | None] = {
    "clip_6": None,
    "clip_FLT_MAX": None,
    "clip_inf": None,
    "depthwise": None,
    "f_attention_opset23": None,
    "f_blockint4_opset21": None,
    "f_contrib_attention": f"node 'att' (com.microsoft.Attention) {WEIGHTS}",
    "f_contrib_dynquantmatmul": f"node 'dq' (com.microsoft.DynamicQuantizeMatMul) {WEIGHTS}",
    "f_contrib_matmul4bits": f"node 'nb' (com.microsoft.MatMulNBits) {WEIGHTS}",
    "f_conv_const_input": f"node 'dyn' (Conv) {LEFT} constant kernels and a computed input",
    "f_elementwise_reduce": None,
    "f_if_const_dead_branch": f"node 'br' (If) holds node 'dead' (MatMul) {INSIDE}",
    "h_batch_axis1": APART,
    "h_batch_dependent": "the network's output for an image depends on the other images of its batch",
    "h_contrib_fused": f"node 'fm' (com.microsoft.FusedMatMul) {WEIGHTS}",
    "h_contrib_gelu": None,
    "h_contrib_skipln": "node 'y' (ReduceMean) reads 'y0' of node 'm2' (MatMul), whose type is not known",
    "h_dynamicquant": f"node 'mmi' (MatMulInteger) {WEIGHTS}",
    "h_gemm_bias_full": "node 'fc' (Gemm) has a bias of shape (5, 6); expected (6,)",
    "h_gemm_transA": "node 'fc' (Gemm) has transA = 1; expected one input vector per row",
    "h_if_constant": f"node 'branch' (If) holds node 'inner_w2' (MatMul) {INSIDE}",
    "h_if_products": f"node 'branch' (If) holds node 'inner_w2' (MatMul) {INSIDE}",
    "h_matmul_left": f"node 'mm' (MatMul) {LEFT} input @ weights",
    "h_matmul_vec": "node 'mm' (MatMul) has weights of shape (16,); expected (inputs, outputs)",
    "h_qlinearmatmul": f"node 'qmm' (QLinearMatMul) {WEIGHTS}",
    "h_scan": f"node 'hT' (Scan) holds node 'rec' (MatMul) {INSIDE}",
    "h_shared_weights": None,
    "h_sparse_init": None,
    "skl_mlp": "has 1 inputs and 2 outputs; expected one of each, found inputs 'X' and outputs 'output_label'",
    "t_batched_matmul": "node '/MatMul' (MatMul) has weights of shape (4, 8, 8); expected (inputs, outputs)",
    "t_convtranspose": f"node '/2/ConvTranspose' (ConvTranspose) {WEIGHTS}",
    "t_einsum": f"node '/Einsum' (Einsum) {WEIGHTS}",
    "t_gru": f"node '/r/GRU' (GRU) {WEIGHTS}",
    "t_gru_unrolled": None,
    "t_loop": f"node '/Loop' (Loop) holds node '/a/Gemm' (Gemm) {INSIDE}",
    "t_lstm": f"node '/r/LSTM' (LSTM) {WEIGHTS}",
    "t_regression": None,
    "t_regression_1d": None,
    "t_segmentation": None,
    "t_siamese": None,
    "t_tied_autoenc": None,
    "t_two_inputs": "has 2 inputs and 1 outputs; expected one of each, found inputs 'in0', 'in1'",
    "t_two_outputs": "has 1 inputs and 2 outputs; expected one of each",
    "u_bias2d": None,
    "u_bias_col": "node 'y' (Gemm) has a bias of shape (4, 1); expected (6,)",
    "u_conv_kernel_too_big": "node 'c' (Conv) cannot be computed: the shapes or values of what it reads do not fit it",
    "u_einsum": f"node 'y' (Einsum) {WEIGHTS}",
    "u_gemm_int": None,
    "u_hidden_product": None,
    "u_inf_w": f"node 'y' (MatMul): 1 of the 48 values of its weights {FINITE}",
    "u_left": f"node 'h' (MatMul) {LEFT} input @ weights",
    "u_nan_b": f"node 'y' (Gemm): 6 of the 6 values of its bias {FINITE}",
    "u_nan_w": f"node 'y' (MatMul): 1 of the 48 values of its weights {FINITE}",
    "u_no_shape": "input 'x' states no shape; expected one with the images along its first axis",
    "u_opset6": "the constant 'W2', which is not among its inputs; expected so in a file of IR version 3",
    "u_reg1d": None,
    "u_seqfirst": APART,
    "u_transA": "node 'y' (Gemm) has transA = 1; expected one input vector per row",
    "u_two_outputs": "has 1 inputs and 2 outputs; expected one of each",
    "u_vec": "node 'h' (MatMul) has weights of shape (8,); expected (inputs, outputs)",
}
FOREIGN = ("onnxruntime", "protobuf", "Error", "Status", "Traceback", "\n")


def images_for(path: Path) -> np.ndarray:
    """Random images of the file's input shape; 8 along axes of any length."""
    model = onnx.load(path)
    constants = {tensor.name for tensor in model.graph.initializer}
    value = next(value for value in model.graph.input if value.name not in constants)
    shape = [d.dim_value or 8 for d in value.type.tensor_type.shape.dim] or [8, 8]
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def loaded(path):
    """Load a network; skip where the installed onnx or onnxruntime is older than the file."""
    try:
        return load_network(path)
    except InputError as error:
        if "later than the installed onnx and onnxruntime support" in str(error):
            pytest.skip(str(error))
        raise


def test_every_file_has_an_outcome():
    assert {path.stem for path in FILES.glob("*.onnx")} == OUTCOME.keys()


@pytest.mark.parametrize("name", OUTCOME)
def test_a_file_is_computed_rightly_or_refused_in_one_sentence(name, spec):
    path, expected = FILES / f"{name}.onnx", OUTCOME[name]
    images = images_for(path)

    def largest_difference():
        network = loaded(path)
        check_images_apart(network, images)
        return float_difference(network, spec, images).max()

    if expected is None:
        assert largest_difference() < 1e-5  # rounding of float32
        return
    with pytest.raises(InputError, match=re.escape(expected)) as caught:
        largest_difference()
    assert not [word for word in FOREIGN if word in str(caught.value)]


def test_limits_that_no_data_reach_leave_outputs(spec):
    """With the limit as the range of activations, 8 bits would drive every row at 0 V."""
    from circuitsim.network import evaluate_float, evaluate_ideal

    eight = spec.replace(driver={"dac_bits": 8}, adc={"bits": 8})
    for name in ("clip_FLT_MAX", "clip_inf"):
        network, images = loaded(FILES / f"{name}.onnx"), np.random.default_rng(0).normal(size=(60, 16))
        found = evaluate_ideal(network, eight, images, calibration_images=images).logits
        exact = evaluate_float(network, images).logits
        assert np.std(found - exact) < 0.03 * np.std(exact)


@pytest.mark.parametrize(
    ("name", "product", "weighted"),
    [
        ("f_attention_opset23", ("att", "Attention", "both operands are computed"), False),
        ("f_elementwise_reduce", ("y", "ReduceSum", "it sums products with the constant 'w1' of shape (16, 8)"), True),
        ("u_hidden_product", ("h", "ReduceSum", "it sums products with the constant 'Wt' of shape (6, 8)"), True),
    ],
)
def test_products_on_the_host_are_found(name, product, weighted):
    (found,) = loaded(FILES / f"{name}.onnx").digital
    assert (found.name, found.op, found.reason) == product
    assert found.weighted == weighted


def test_a_scale_of_each_channel_is_no_product(make_model, weights):
    """Means over space after a batch normalization sum nothing that the scale weights."""
    from circuitsim.network.onnx import cut

    nodes = [
        ("Conv", ["x", "k"], ["c"], {}),
        ("Mul", ["c", "s"], ["m"], {}),
        ("ReduceMean", ["m"], ["p"], {"axes": [2, 3], "keepdims": 0}),
        ("Mul", ["p", "two"], ["q"], {}),
        ("Softmax", ["q"], ["y"], {}),
    ]
    constants = {"k": weights(4, 3, 3, 3), "s": weights(1, 4, 1, 1), "two": np.float32(2)}
    assert cut(make_model(nodes, constants, [None, 3, 8, 8])).digital == ()


BROKEN = {
    "an operator that does not exist": ([("Relux", ["x"], ["y"], {})], "is not an operator of ONNX opset"),
    "shapes that do not fit": ([("MatMul", ["x", "v"], ["y"], {})], "node 'n0' (MatMul) is not valid: the number"),
    "types that do not fit": ([("MatMul", ["x", "d"], ["y"], {})], "node 'n0' (MatMul) is not valid: the number"),
    "a tensor that nobody writes": ([("MatMul", ["x", "q"], ["y"], {})], "node 'n0' (MatMul) reads 'q'; expected an"),
    "an attribute that is unknown": ([("MatMul", ["x", "w"], ["y"], {"s": 1})], "node 'n0' (MatMul) is not valid"),
    "a tensor written twice": (
        [("MatMul", ["x", "w"], ["y"], {}), ("Relu", ["x"], ["y"], {})],
        "node 'n1' (Relu) writes 'y', which another node writes too; expected one",
    ),
    "another domain": (
        [("Foo", ["x"], ["y"], {"domain": "my.own"})],
        "node 'n0' (my.own.Foo) is an operator that onnxruntime does not have; expected a standard operator",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_model_is_refused_by_its_node(make_model, weights, case, monkeypatch):
    from circuitsim.network.onnx import cut

    nodes, message = BROKEN[case]
    constants = {"w": weights(6, 4), "v": weights(5, 4), "d": weights(6, 4).astype(float)}
    with monkeypatch.context() as patch:
        patch.setattr(onnx.checker, "check_model", lambda model: None)  # make_model checks what it makes
        model = make_model(nodes, constants, [None, 6])
    if "my.own" in message:
        model.opset_import.append(onnx.helper.make_opsetid("my.own", 1))
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        cut(model)
    assert not [word for word in ("[", "Error", "SSA", "\n") if word in str(caught.value)]

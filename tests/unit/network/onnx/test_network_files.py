"""Network files of many kinds: arrays compute them rightly, or one sentence names the node and what is expected."""

import re
from pathlib import Path

import numpy as np
import onnx
import pytest

from circuitsim.errors import InputError
from circuitsim.network import (
    check_images_apart,
    exact_product,
    float_difference,
    image_records,
    load_network,
    program,
)

FILES = Path(__file__).parents[3] / "data" / "networks"

APART = "the network's output for an image depends on the other images of its batch"
FINITE = "are not finite; expected finite numbers"

OUTCOME: dict[str, str | None] = {
    "clip_6": None,
    "clip_FLT_MAX": None,
    "clip_inf": None,
    "depthwise": None,
    "f_attention_opset23": None,
    "f_blockint4_opset21": None,
    "f_contrib_attention": None,
    "f_contrib_dynquantmatmul": APART,
    "f_contrib_matmul4bits": None,
    "f_conv_const_input": None,
    "f_elementwise_reduce": None,
    "f_if_const_dead_branch": None,
    "h_batch_axis1": None,
    "h_batch_dependent": APART,
    "h_contrib_fused": None,
    "h_contrib_gelu": None,
    "h_contrib_skipln": None,
    "h_dynamicquant": APART,
    "h_gemm_bias_full": APART,
    "h_gemm_transA": None,
    "h_if_constant": None,
    "h_if_products": None,
    "h_matmul_left": None,
    "h_matmul_vec": None,
    "h_qlinearmatmul": None,
    "h_scan": "the network's output has shape (4, 3) for images of shape (6, 4, 8); expected one output for each image",
    "h_shared_weights": None,
    "h_sparse_init": None,
    "skl_mlp": None,
    "t_batched_matmul": None,
    "t_convtranspose": None,
    "t_einsum": None,
    "t_gru": None,
    "t_gru_unrolled": None,
    "t_loop": None,
    "t_lstm": None,
    "t_regression": None,
    "t_regression_1d": None,
    "t_segmentation": None,
    "t_siamese": None,
    "t_tied_autoenc": None,
    "t_two_inputs": None,
    "t_two_outputs": "the ONNX model has 2 outputs, 'cls', 'box'; expected the choice of one: --output NAME",
    "u_bias2d": None,
    "u_bias_col": APART,
    "u_conv_kernel_too_big": "node 'c' (Conv) cannot be computed: the shapes or values of what it reads do not fit it",
    "u_einsum": None,
    "u_gemm_int": None,
    "u_hidden_product": None,
    "u_inf_w": f"node 'y' (MatMul): 1 of the 48 values of its weights {FINITE}",
    "u_left": None,
    "u_nan_b": f"node 'y' (Gemm): 6 of the 6 values of its bias {FINITE}",
    "u_nan_w": f"node 'y' (MatMul): 1 of the 48 values of its weights {FINITE}",
    "u_no_shape": None,
    "u_opset6": None,
    "u_reg1d": None,
    "u_seqfirst": None,
    "u_transA": None,
    "u_two_outputs": "the ONNX model has 2 outputs, 'y', 'r'; expected the choice of one: --output NAME",
    "u_vec": None,
}
WHOLE = ("f_contrib_dynquantmatmul", "h_dynamicquant", "h_gemm_bias_full", "h_scan", "u_bias_col")
"""Files that are computed rightly if each image is a whole input."""
FOREIGN = ("onnxruntime", "protobuf", "Error", "Status", "Traceback", "\n")


def loaded(path, output=None):
    """Load a network; skip where the installed onnx or onnxruntime is older than the file."""
    try:
        return load_network(path, output=output)
    except InputError as error:
        if "later than the installed onnx and onnxruntime support" in str(error):
            pytest.skip(str(error))
        raise


def images_for(network, *, whole=False) -> np.ndarray:
    """Random images of the network's inputs; 8 along axes of any length."""
    rng, values = np.random.default_rng(0), {}
    for each in network.inputs:
        shape = [8, 8] if each.shape is None else [length or 8 for length in each.shape]
        shape = [3, *shape] if whole else [shape[each.axis], *shape[: each.axis], *shape[each.axis + 1 :]]
        values[each.name] = rng.normal(size=shape).astype(np.float32)
    return image_records(values) if len(values) > 1 else next(iter(values.values()))


def test_every_file_has_an_outcome():
    assert {path.stem for path in FILES.glob("*.onnx")} == OUTCOME.keys()


@pytest.mark.parametrize("name", OUTCOME)
def test_a_file_is_computed_rightly_or_refused_in_one_sentence(name, spec):
    path, expected = FILES / f"{name}.onnx", OUTCOME[name]

    def largest_difference():
        network = loaded(path)
        images = images_for(network)
        check_images_apart(network, images)
        return float_difference(network, spec, images).max()

    if expected is None:
        assert largest_difference() < 1e-5  # rounding of float32
        return
    with pytest.raises(InputError, match=re.escape(expected)) as caught:
        largest_difference()
    assert not [word for word in FOREIGN if word in str(caught.value)]


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_that_takes_whole_inputs_is_computed_rightly(name, spec):
    network = loaded(FILES / f"{name}.onnx")
    images = images_for(network, whole=True)
    check_images_apart(network, images)
    assert float_difference(network, spec, images).max() < 1e-5


@pytest.mark.parametrize(
    ("name", "output"),
    [("t_two_outputs", "cls"), ("t_two_outputs", "box"), ("u_two_outputs", "y"), ("u_two_outputs", "r")],
)
def test_each_output_is_computed_rightly(name, output, spec):
    network = loaded(FILES / f"{name}.onnx", output)
    assert float_difference(network, spec, images_for(network)).max() < 1e-5


ARRAYS = {  # what is on arrays, and what multiplies on the host
    "f_contrib_attention": (["l0", "att"], ["com.microsoft.Attention"]),
    "f_conv_const_input": (["l0"], ["Conv"]),
    "f_if_const_dead_branch": (["l0"], []),
    "h_if_products": (["inner_w1", "inner_w2"], []),
    "h_scan": (["rec", "head"], []),
    "t_convtranspose": (["/0/Conv", "/2/ConvTranspose", "/5/Gemm"], []),
    "t_einsum": (["/Einsum"], ["Einsum"]),
    "t_gru": (["/r/GRU.W", "/r/GRU.R", "/f/Gemm"], []),
    "t_loop": (["/a/Gemm", "/f/Gemm"], []),
    "t_lstm": (["/r/LSTM.W", "/r/LSTM.R", "/f/Gemm"], []),
    "skl_mlp": (["MatMul", "MatMul1"], []),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_products_are_on_arrays_or_named(name):
    network = loaded(FILES / f"{name}.onnx")
    assert ([layer.name for layer in network.layers], [part.op for part in network.digital]) == ARRAYS[name]


def test_weights_used_twice_are_programmed_once(spec):
    """Ten products of a GRU that was unrolled over five steps take the arrays of two."""
    network, made = loaded(FILES / "t_gru_unrolled.onnx"), []

    def product(place, g):
        made.append(place.layer)
        return exact_product(spec)(place, g)

    programmed = program(network, spec, product)
    assert len(programmed.layers) == len(network.layers) == 11
    assert len({layer.tied_to or layer.name for layer in network.layers}) == 3
    assert dict.fromkeys(made) == dict.fromkeys(
        name for name, each in programmed.layers.items() if not each.layer.tied_to
    )


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


def test_what_onnxruntime_fuses_is_not_named():
    """Gemm and Relu run as one node, of a type that is not in the file."""
    network = loaded(FILES / "u_no_shape.onnx")
    with pytest.raises(InputError, match=r"a node of the network cannot be computed: .* given 'x' \(8, 16\)") as caught:
        network.run_float(np.zeros((8, 16)))
    assert "Fused" not in str(caught.value)

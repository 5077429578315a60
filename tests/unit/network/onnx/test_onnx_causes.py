"""Why a model is refused, in our words and not in those of onnx and onnxruntime."""

import onnx
import pytest
from onnx import TensorProto, helper

from circuitsim.errors import InputError
from circuitsim.network import load_network


def model(node, opset=17, ir_version=8):
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 4]) for name in ("x", "y")]
    graph = helper.make_graph([node], "g", value[:1], value[1:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version)


RELU = helper.make_node("Relu", ["x"], ["y"])


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (
            model(helper.make_node("Nothing", ["x"], ["y"])),
            "Nothing is no operator that the installed onnx knows",
        ),
        (model(RELU, ir_version=99), "its format version 99 is newer than"),
        (model(RELU, opset=99), "its operator set is newer"),
        (model(helper.make_node("Relu", ["z"], ["y"])), "a node reads the tensor 'z', which no earlier node computes"),
        (model(helper.make_node("Reshape", ["x"], ["y"])), "a node of type Reshape has a wrong number of inputs, 1"),
    ],
)
def test_a_refusal_is_in_our_words(tmp_path, made, sentence):
    onnx.save(made, tmp_path / "network.onnx")
    with pytest.raises(InputError, match=sentence) as caught:
        load_network(tmp_path / "network.onnx")
    assert not [word for word in ("ONNXRuntimeError", ".cc", "[", "Status") if word in str(caught.value)]


@pytest.mark.parametrize("content", [b"", b"no model", bytes(range(256))])
def test_a_file_that_is_no_model(tmp_path, content):
    (tmp_path / "network.onnx").write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_network(tmp_path / "network.onnx")
    assert "protobuf" not in str(caught.value).lower() and "ONNXRuntimeError" not in str(caught.value)

"""What a model is as a whole: its inputs, the axis of the images, control flow, old files, weights in other files."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from circuitsim.errors import InputError
from circuitsim.network import float_product, image_records, load_network
from circuitsim.network.onnx import cut, held

FLOAT = TensorProto.FLOAT


def model_of(nodes, constants, inputs, outputs, *, opset=17, ir_version=8, also_inputs=()):
    tensors = [
        value if isinstance(value, TensorProto) else numpy_helper.from_array(np.asarray(value), name)
        for name, value in constants.items()
    ]
    values = [helper.make_tensor_value_info(*each) for each in inputs]
    values += [helper.make_tensor_value_info(name, FLOAT, np.shape(constants[name])) for name in also_inputs]
    ends = [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in outputs]
    graph = helper.make_graph(nodes, "test", values, ends, initializer=tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version)


def node(op, inputs, outputs, name="", **attributes):
    return helper.make_node(op, list(inputs), list(outputs), name=name or outputs[0], **attributes)


def graph_of(nodes, inputs, outputs):
    """A graph inside a node; its values are of any shape, but the count and the condition of a Loop are numbers."""
    kinds = {"i": TensorProto.INT64, "go": TensorProto.BOOL, "on": TensorProto.BOOL}
    sides = [
        [helper.make_tensor_value_info(name, kinds.get(name, FLOAT), [] if name in kinds else None) for name in side]
        for side in (inputs, outputs)
    ]
    return helper.make_graph(nodes, "inner", *sides)


def check_equal(network, images, layers):
    np.testing.assert_allclose(network.run(images, float_product), network.run_float(images), atol=3e-6)
    assert [layer.name for layer in network.layers] == layers


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_images_lie_along_any_axis(axis, weights):
    """The axis of any length holds the images, in the input and, by its name, in the output."""
    shape: list = [3, 4]
    shape.insert(axis, "N")
    moved = [0, 1, 2]
    moved.remove(axis)
    nodes = [
        node("Transpose", ["x"], ["t"], perm=[axis, *moved]),  # (N, 3, 4)
        node("MatMul", ["t", "w"], ["h"]),
        node("Transpose", ["h"], ["y"], perm=[1, 0, 2]),
    ]
    network = cut(model_of(nodes, {"w": weights(4, 5)}, [("x", FLOAT, shape)], [("y", [3, "N", 5])]))
    x = np.random.default_rng(0).normal(size=(7, 3, 4)).astype(np.float32)
    check_equal(network, x, ["h"])
    np.testing.assert_allclose(network.run_float(x), x @ weights(4, 5), atol=3e-6)
    assert network.inputs[0].axis == axis
    whole = np.expand_dims(x, axis + 1)  # each image as a whole input
    np.testing.assert_allclose(network.run_float(whole).reshape(7, 3, 5), x @ weights(4, 5), atol=3e-6)


@pytest.mark.parametrize(("shape", "axis"), [([1, "T", 4], 0), ([3, "T", 4], 1), ([3, 2, 4], 0), ([-1, 2, 4], 0)])
def test_the_axis_of_images_follows_from_the_lengths(shape, axis, weights):
    model = model_of([node("MatMul", ["x", "w"], ["y"])], {"w": weights(4, 5)}, [("x", FLOAT, shape)], [("y", None)])
    assert cut(model).inputs[0].axis == axis
    assert cut(model, batch_axis=2).inputs[0].axis == 2
    with pytest.raises(InputError, match="batch_axis = 3: the ONNX model's input 'x' has 3 axes; expected 0 to 2"):
        cut(model, batch_axis=3)


def test_inputs_without_an_axis_of_images(weights):
    """A number for all images and a state beside the images, as in models of speech: each image is a whole input."""
    nodes = [
        node("MatMul", ["x", "w"], ["h"]),
        node("Mul", ["h", "factor"], ["s"]),
        node("Add", ["s", "state"], ["y"]),
    ]
    inputs = [("x", FLOAT, ["N", 4]), ("factor", FLOAT, []), ("state", FLOAT, [2, "N", 5])]
    network = cut(model_of(nodes, {"w": weights(4, 5)}, inputs, [("y", None)]))
    rng = np.random.default_rng(0)
    x, factor, state = rng.normal(size=(3, 1, 4)), rng.normal(size=3), rng.normal(size=(3, 2, 1, 5))
    images = image_records({"x": x, "factor": factor, "state": state})
    check_equal(network, images, ["h"])
    expected = (x @ weights(4, 5)).reshape(3, 1, 1, 5) * factor[:, None, None, None] + state
    np.testing.assert_allclose(network.run_float(images), expected, atol=3e-6)
    assert network.at_once(images) == 1


def test_inputs_that_the_output_does_not_need_are_not_asked_for(weights):
    nodes = [node("MatMul", ["a", "w"], ["y"]), node("MatMul", ["b", "w"], ["z"])]
    inputs = [("a", FLOAT, ["N", 4]), ("b", FLOAT, ["N", 4])]
    model = model_of(nodes, {"w": weights(4, 5)}, inputs, [("y", None), ("z", None)])
    network = cut(model, output="z")
    assert [each.name for each in network.inputs] == ["b"]
    check_equal(network, np.ones((3, 4), np.float32), ["z"])


def test_any_tensor_of_the_network_can_be_the_output(weights):
    nodes = [node("MatMul", ["x", "w"], ["h"]), node("Relu", ["h"], ["r"]), node("MatMul", ["r", "v"], ["y"])]
    model = model_of(nodes, {"w": weights(4, 5), "v": weights(5, 2)}, [("x", FLOAT, ["N", 4])], [("y", None)])
    network = cut(model, output="r")
    assert network.run_float(np.ones((3, 4))).shape == (3, 5)
    check_equal(network, np.ones((3, 4)), ["h"])


@pytest.mark.parametrize("sign", [1, -1])
def test_both_branches_are_on_arrays(sign, weights):
    yes = graph_of([node("MatMul", ["x", "w"], ["a"]), node("MatMul", ["a", "v"], ["b"])], [], ["b"])
    no = graph_of([node("MatMul", ["x", "u"], ["c"])], [], ["c"])
    nodes = [
        node("ReduceSum", ["x"], ["sum"], keepdims=0),
        node("Greater", ["sum", "zero"], ["positive"]),
        node("If", ["positive"], ["y"], then_branch=yes, else_branch=no),
    ]
    constants = {"w": weights(4, 6), "v": weights(6, 5), "u": weights(4, 5), "zero": np.float32(0)}
    network = cut(model_of(nodes, constants, [("x", FLOAT, ["N", 4])], [("y", None)]))
    x = sign * np.abs(np.random.default_rng(0).normal(size=(3, 4)))
    check_equal(network, x, ["a", "b", "c"])


def test_a_branch_that_no_calibration_image_takes_has_no_ranges(weights, spec):
    from circuitsim.network import evaluate, exact_product, fit_ranges, program

    nodes = [
        node("ReduceSum", ["x"], ["sum"], keepdims=0),
        node("Greater", ["sum", "zero"], ["positive"]),
        node("If", ["positive"], ["y"],
             then_branch=graph_of([node("MatMul", ["x", "w"], ["a"])], [], ["a"]),
             else_branch=graph_of([node("MatMul", ["x", "u"], ["c"])], [], ["c"])),
    ]  # fmt: skip
    constants = {"w": weights(4, 5), "u": weights(4, 5), "zero": np.float32(0)}
    network = cut(model_of(nodes, constants, [("x", FLOAT, [1, 4])], [("y", None)]))
    programmed, x = program(network, spec, exact_product(spec)), np.ones((3, 4))
    ranges = fit_ranges(programmed, x)
    assert list(ranges) == ["a"]
    assert [layer.name for layer in evaluate(programmed, x, ranges=ranges).layers] == ["a"]
    with pytest.raises(InputError, match=r"ranges lack the layer 'c'; .* from images of which one or more reach"):
        evaluate(programmed, -x, ranges=ranges)


@pytest.mark.parametrize("ends", ["after all rounds", "by its condition", "before the first round"])
def test_a_loop_is_on_arrays(ends, weights):
    body = [
        node("MatMul", ["s", "w"], ["h"]),
        node("Tanh", ["h"], ["t"]),
        node("Identity", ["t"], ["each"]),
        node("ReduceMax", ["t"], ["most"], keepdims=0),
        node("Greater", ["most", "limit"], ["on"]),
    ]
    graph = graph_of(body, ["i", "go", "s"], ["on", "t", "each"])
    nodes = [node("Loop", ["n", "start", "x"], ["last", "all"], name="loop", body=graph)]
    rounds = 0 if ends.startswith("before") else 4
    limit = 0.5 if ends.startswith("by") else -2.0
    constants = {"w": weights(4, 4), "n": np.int64(rounds), "start": np.array(True), "limit": np.float32(limit)}
    model = model_of(nodes, constants, [("x", FLOAT, [3, 4])], [("last", None), ("all", None)])
    x = np.random.default_rng(1).normal(size=(1 if limit > 0 else 2, 3, 4))  # the condition may end images differently
    for wanted in ("last", "all")[: 1 if rounds == 0 else 2]:
        check_equal(cut(model, output=wanted), x, ["h"])


@pytest.mark.parametrize("reverse", [0, 1])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_scan_is_on_arrays(reverse, axis, weights):
    body = [
        node("MatMul", ["part", "w"], ["h"]),
        node("Add", ["h", "s"], ["sum"]),
        node("Tanh", ["sum"], ["new"]),
        node("Identity", ["new"], ["out"]),
    ]
    scan = node(
        "Scan", ["zero", "x"], ["last", "all"], name="scan", body=graph_of(body, ["s", "part"], ["new", "out"]),
        num_scan_inputs=1, scan_input_axes=[axis], scan_input_directions=[reverse],
        scan_output_axes=[axis], scan_output_directions=[reverse],
    )  # fmt: skip
    constants = {"w": weights(4, 5), "zero": np.zeros((3, 5), np.float32)}
    shape = [6, 3, 4] if axis == 0 else [3, 6, 4]
    model = model_of([scan], constants, [("x", FLOAT, shape)], [("last", None), ("all", None)])
    x = np.random.default_rng(1).normal(size=(2, *shape))
    for wanted in ("last", "all"):
        check_equal(cut(model, output=wanted), x, ["h"])


def test_a_scan_of_batches_stays_on_the_host_by_name(weights):
    """The Scan of opset 8 cuts batches, which later ones do not."""
    body = [node("MatMul", ["part", "w"], ["h"]), node("Add", ["h", "s"], ["new"]), node("Identity", ["new"], ["out"])]
    graph = graph_of(body, ["s", "part"], ["new", "out"])
    nodes = [
        node("Scan", ["", "zero", "x"], ["last", "all"], name="scan", body=graph, num_scan_inputs=1),
        node("MatMul", ["last", "v"], ["y"]),
    ]
    constants = {"w": weights(4, 5), "v": weights(5, 2), "zero": np.zeros((3, 5), np.float32)}
    network = cut(model_of(nodes, constants, [("x", FLOAT, [3, 6, 4])], [("y", None)], opset=8))
    assert [(part.name, part.reason, part.weighted) for part in network.digital] == [
        ("scan", "the graph inside it holds products", True)
    ]
    assert [layer.name for layer in network.layers] == ["y"]


def test_control_flow_without_weights_stays_on_the_host(weights):
    body = [node("Add", ["s", "s"], ["t"]), node("Identity", ["go"], ["on"])]
    nodes = [
        node("MatMul", ["x", "w"], ["h"]),
        node("Loop", ["n", "", "h"], ["y"], body=graph_of(body, ["i", "go", "s"], ["on", "t"])),
    ]
    model = model_of(nodes, {"w": weights(4, 5), "n": np.int64(3)}, [("x", FLOAT, ["N", 4])], [("y", None)])
    network = cut(model)
    assert network.on_host == {"Loop": 1}
    check_equal(network, np.ones((3, 4)), ["h"])


def test_layers_of_one_name_are_told_apart(weights):
    nodes = [node("MatMul", ["x", "w"], ["h"], name="same"), node("MatMul", ["h", "v"], ["y"], name="same")]
    model = model_of(nodes, {"w": weights(4, 5), "v": weights(5, 2)}, [("x", FLOAT, ["N", 4])], [("y", None)])
    with pytest.raises(InputError):  # onnxruntime wants unique names at the top level
        cut(model)
    inner = [graph_of([node("MatMul", ["x", name], [f"{name}o"], name="same")], [], [f"{name}o"]) for name in "uw"]
    nodes = [
        node("ReduceSum", ["x"], ["sum"], keepdims=0),
        node("Greater", ["sum", "zero"], ["positive"]),
        node("If", ["positive"], ["y"], then_branch=inner[0], else_branch=inner[1]),
    ]
    constants = {"w": weights(4, 5), "u": weights(4, 5) + 1, "zero": np.float32(0)}
    network = cut(model_of(nodes, constants, [("x", FLOAT, ["N", 4])], [("y", None)]))
    check_equal(network, np.ones((3, 4)), ["same", "same#2"])


def test_weights_in_bfloat16_keep_their_values(weights):
    stored = helper.make_tensor("w", TensorProto.BFLOAT16, (4, 5), weights(4, 5).ravel())
    nodes = [
        node("Cast", ["x"], ["half"], to=TensorProto.BFLOAT16),
        node("MatMul", ["half", "w"], ["h"]),
        node("Cast", ["h"], ["y"], to=FLOAT),
    ]
    network = cut(model_of(nodes, {"w": stored}, [("x", FLOAT, ["N", 4])], [("y", None)]))
    (layer,) = network.layers
    np.testing.assert_array_equal(layer.weights[0], numpy_helper.to_array(stored).astype(float))
    assert np.abs(layer.weights[0] - weights(4, 5)).max() > 0
    check_equal(network, np.ones((3, 4)), ["h"])


def test_files_of_the_first_operator_sets_are_converted(weights):
    gemm = node("Gemm", ["x", "w", "b"], ["y"], broadcast=1)
    constants = {"w": weights(4, 5), "b": weights(5), "unused": weights(2)}
    model = model_of(
        [gemm], constants, [("x", FLOAT, [1, 4])], [("y", [1, 5])], opset=6, ir_version=3, also_inputs="wb"
    )
    x = np.random.default_rng(0).normal(size=(3, 4))
    network = cut(model)
    check_equal(network, x, ["y"])
    np.testing.assert_allclose(network.run_float(x), x @ weights(4, 5) + weights(5), atol=3e-6)


def test_weights_may_lie_in_other_files_of_the_folder_only(tmp_path, weights):
    nodes = [node("MatMul", ["x", "w"], ["y"])]
    model = model_of(nodes, {"w": weights(40, 50)}, [("x", FLOAT, ["N", 40])], [("y", None)])
    inside = tmp_path / "inside"
    inside.mkdir()
    onnx.save(model, inside / "net.onnx", save_as_external_data=True, location="net.bin", size_threshold=0)
    assert (inside / "net.bin").stat().st_size >= 8000
    np.testing.assert_array_equal(load_network(inside / "net.onnx").layers[0].weights[0], weights(40, 50))
    (inside / "net.bin").rename(tmp_path / "net.bin")
    sentence = "whose file of external weights is missing or lies elsewhere; expected it beside the model"
    with pytest.raises(InputError, match=sentence):
        load_network(inside / "net.onnx")
    moved = onnx.load(inside / "net.onnx", load_external_data=False)
    for entry in moved.graph.initializer[0].external_data:
        if entry.key == "location":
            entry.value = "../net.bin"
    (inside / "net.onnx").write_bytes(moved.SerializeToString())
    with pytest.raises(InputError, match=sentence):
        load_network(inside / "net.onnx")


@pytest.mark.parametrize("way", ["absolute", "link", "linked folder"])
def test_no_way_leads_out_of_the_folder(tmp_path, weights, monkeypatch, way):
    """In small models onnx reads the weights, in large ones `held`: both refuse."""
    model = model_of(
        [node("MatMul", ["x", "w"], ["y"])], {"w": weights(40, 50)}, [("x", FLOAT, ["N", 40])], [("y", None)]
    )
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    onnx.save(model, inside / "net.onnx", save_as_external_data=True, location="net.bin", size_threshold=0)
    (inside / "net.bin").rename(outside / "net.bin")
    location = {"absolute": str(outside / "net.bin"), "link": "net.bin", "linked folder": "to/net.bin"}[way]
    if way == "link":
        (inside / "net.bin").symlink_to(outside / "net.bin")
    elif way == "linked folder":
        (inside / "to").symlink_to(outside)
    moved = onnx.load(inside / "net.onnx", load_external_data=False)
    for entry in moved.graph.initializer[0].external_data:
        if entry.key == "location":
            entry.value = location
    (inside / "net.onnx").write_bytes(moved.SerializeToString())
    for largest, large in ((held.LARGEST, 1 << 20), (5000, 1000)):
        monkeypatch.setattr(held, "LARGEST", largest)
        monkeypatch.setattr(held, "_LARGE", large)
        with pytest.raises(InputError, match="is missing or lies elsewhere; expected it beside the model"):
            load_network(inside / "net.onnx")


@pytest.mark.parametrize("kind", [TensorProto.FLOAT, TensorProto.BFLOAT16])
def test_a_model_too_large_for_one_message_is_the_same_network(tmp_path, weights, monkeypatch, kind):
    """Constants above 1000 bytes are held, and 5000 bytes are more than a message takes."""
    half = kind == TensorProto.BFLOAT16
    dtype = helper.tensor_dtype_to_np_dtype(kind)
    if half and dtype.itemsize != 2:
        pytest.skip("this version of onnx has no bfloat16 in NumPy, and so writes none")
    table, w = (
        helper.make_tensor(name, kind, shape, weights(*shape).astype(dtype).tobytes(), raw=True)
        for name, shape in (("table", (60, 20)), ("w", (20, 30)))
    )
    nodes = [
        node("Gather", ["table", "ids"], ["e"]),
        node("Reshape", ["e", "shape"], ["flat"]),
        node("MatMul", ["flat", "w"], ["h"]),
        *([node("Cast", ["h"], ["y"], to=FLOAT)] if half else [node("Add", ["h", "b"], ["y"])]),
    ]
    constants = {"table": table, "w": w, "shape": np.array([-1, 20]), **({} if half else {"b": weights(30)})}
    model = model_of(nodes, constants, [("ids", TensorProto.INT64, ["N"])], [("y", None)])
    file, images = tmp_path / "net.onnx", np.arange(0, 60, 7)
    onnx.save(model, file, save_as_external_data=True, all_tensors_to_one_file=True, location="w.bin", size_threshold=0)
    whole = load_network(file)
    monkeypatch.setattr(held, "LARGEST", 5000 if not half else 3000)
    monkeypatch.setattr(held, "_LARGE", 1000)
    light, values = held.read_model(file)
    assert values.keys() == {"table", "w"} and light.ByteSize() < 2000
    found = load_network(file)
    assert [layer.name for layer in found.layers] == [layer.name for layer in whole.layers]
    np.testing.assert_array_equal(found.layers[0].weights, whole.layers[0].weights)
    np.testing.assert_array_equal(found.run_float(images), whole.run_float(images))
    np.testing.assert_array_equal(found.run(images, float_product), whole.run(images, float_product))
    content = bytearray((tmp_path / "w.bin").read_bytes())
    content[100] ^= 1
    (tmp_path / "w.bin").write_bytes(content)
    assert load_network(file).digest != found.digest
    (tmp_path / "w.bin").write_bytes(content[:3000])
    with pytest.raises(InputError, match="is missing or lies elsewhere"):
        load_network(file)


def test_inputs_that_take_different_numbers_of_images_are_refused(weights):
    nodes = [node("MatMul", ["a", "w"], ["h"]), node("Add", ["h", "b"], ["y"])]
    model = model_of(nodes, {"w": weights(4, 5)}, [("a", FLOAT, [4, 4]), ("b", FLOAT, [1, 5])], [("y", None)])
    images = image_records({"a": np.ones((8, 4)), "b": np.ones((8, 5))})
    with pytest.raises(InputError, match=r"'a' \(4, 4\), 'b' \(1, 5\) take different numbers of images at a time"):
        cut(model).run_float(images)
    with pytest.raises(InputError, match="the images have no array for the network's input 'b'; they have 'a'"):
        cut(model).run_float(image_records({"a": np.ones((8, 4))}))


def test_a_logarithm_of_what_an_array_makes_negative_is_told(weights, spec):
    """A converter of four bits rounds small products to zero, and so below."""
    from circuitsim.network import evaluate_ideal

    constants = {"w": np.abs(weights(4, 5)), "less": np.float32(0.02)}
    nodes = [node("MatMul", ["x", "w"], ["h"]), node("Sub", ["h", "less"], ["d"]), node("Log", ["d"], ["y"])]
    network = cut(model_of(nodes, constants, [("x", FLOAT, ["N", 4])], [("y", None)]))
    images = np.array([[1.0, 1.0, 1.0, 1.0], [0.06, 0.06, 0.06, 0.06]])
    assert np.isfinite(network.run_float(images)).all()
    coarse = spec.replace(driver={"dac_bits": 2})
    with pytest.raises(InputError, match=r"not finite; .* keep a layer digital before a logarithm or root"):
        evaluate_ideal(network, coarse, images, calibration_images=images)

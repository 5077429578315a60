"""Files in, files out: which images are scored, by what measure, and what the table and the sentences say."""

import csv
import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from circuitsim.calibration import certify, random_experiments, solve_in_nodal
from circuitsim.cli.infer_words import inference_in_words
from circuitsim.demo.data import NETWORK, load_digits
from circuitsim.errors import HostWarning, InputError, OutsideCertificateWarning, OutsideRangeError
from circuitsim.evaluation import infer_files, read_metric

DATA = Path(__file__).parents[2] / "data"
NETWORKS = DATA / "networks"
HEADER = ["image [1]", "label [1]", "class_float [1]", "class_ideal [1]", "class_array [1]"]


def infer(model, network, tmp_path, calibration_images=None, **arrays):
    data = tmp_path / "images.npz"
    np.savez(data, **arrays)
    return infer_files(model, network, data, calibration_images=calibration_images, out=tmp_path / "out")


def table_of(tmp_path):
    with (tmp_path / "out" / "inference.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


def test_the_same_images_as_bits_and_as_pulses(make_model, tmp_path):
    """Of a model of voltages both read 0 or full scale; the ideal array computes the same from both."""
    digits, model = load_digits(), make_model(grade=2)
    model = replace(model, spec=model.spec.replace(driver={"dac_bits": 6}))
    data = tmp_path / "images.npz"
    np.savez(data, images=digits.test_images[:30], labels=digits.test_labels[:30])
    found = {}
    for code in ("amplitude", "bit_serial", "pulse_width"):
        content = infer_files(model, NETWORK, data, calibration_images=10, out=tmp_path / code, input_code=code)
        assert content["input_code"] == code
        found[code] = content["difference_from_float"]
    for code in ("bit_serial", "pulse_width"):  # without an ADC all codings are the same product
        assert found[code]["ideal"] == pytest.approx(found["amplitude"]["ideal"], rel=1e-6)
    # Cells of these arrays bend: full scale for a share of the time is not that share of full scale.
    assert found["pulse_width"]["array"] != found["amplitude"]["array"]
    assert found["pulse_width"]["array"] == pytest.approx(found["bit_serial"]["array"], rel=0.2)


@pytest.mark.parametrize("labelled", [True, False])
def test_classes_and_accuracies_agree(labelled, make_model, tmp_path):
    digits = load_digits()
    images, labels = digits.test_images[:20], digits.test_labels[:20]
    arrays = {"images": images, **({"labels": labels} if labelled else {})}
    content = infer(make_model(grade=1), NETWORK, tmp_path, calibration_images=8, **arrays)

    header, rows = table_of(tmp_path)
    assert header == HEADER
    assert [row[0] for row in rows] == [str(k) for k in range(8, 20)]  # the first eight set the ranges
    assert (content["images"], content["calibration_images"]) == (12, 8)
    assert [row[1] for row in rows] == ([str(label) for label in labels[8:]] if labelled else [""] * 12)
    for column, name in enumerate(("float", "ideal", "array"), start=2):
        right = np.mean([int(row[column]) == label for row, label in zip(rows, labels[8:], strict=True)])
        assert content["accuracy"][name] == (right if labelled else None)
    assert content["task"] == ("classification" if labelled else None)
    assert json.loads((tmp_path / "out" / "results.json").read_text()) == json.loads(json.dumps(content))
    words = inference_in_words(content)
    assert "12 images; 8 others, the first of the file, set the ranges" in words
    assert "on arrays: fc1 (Gemm, 64 × 96, " in words
    assert "on the host, because they multiply by no matrix of weights: biases, 2 Tanh" in words
    assert "largest calibration output, least rms error at" in words or content["layers"][0]["full_scale"] is None


def test_calibration_images_are_not_scored(make_model, tmp_path):
    """Wrong labels of the calibration images leave the accuracy as it is."""
    digits = load_digits()
    images, labels = digits.test_images[:40], digits.test_labels[:40].copy()
    before = infer(make_model(grade=1), NETWORK, tmp_path, images=images, labels=labels)
    assert (before["images"], before["calibration_images"]) == (20, 20)  # half of the few
    labels[:20] = (labels[:20] + 1) % 10
    assert infer(make_model(grade=1), NETWORK, tmp_path, images=images, labels=labels) == before


def test_a_regression_has_an_error_and_no_accuracy(make_model, tmp_path):
    rng = np.random.default_rng(0)
    images = rng.normal(size=(60, 13)).astype(np.float32)
    for name in ("t_regression", "t_regression_1d"):
        content = infer(
            make_model(grade=1), NETWORKS / f"{name}.onnx", tmp_path, images=images, labels=rng.normal(size=60)
        )
        assert content["task"] == "regression"
        assert content["accuracy"] == {"float": None, "ideal": None, "array": None}
        header, rows = table_of(tmp_path)
        assert header[2:] == ["output_float [1]", "output_ideal [1]", "output_array [1]"]
        values = np.array(rows, dtype=float)
        for column, form in enumerate(("float", "ideal", "array"), start=2):
            rmse = np.sqrt(np.mean((values[:, column] - values[:, 1]) ** 2))
            assert content["rmse"][form] == pytest.approx(rmse, rel=1e-6)
            assert content["r2"][form] == pytest.approx(1 - rmse**2 / np.var(values[:, 1]), rel=1e-6)
        assert f"float: rmse {content['rmse']['float']:.4g}, r2" in inference_in_words(content)
        assert content["same_class_as_float"] is None


def test_pixels_are_scored_each(make_model, tmp_path):
    rng = np.random.default_rng(0)
    images, labels = rng.normal(size=(6, 3, 16, 16)), rng.integers(0, 4, (6, 16, 16))
    content = infer(make_model(grade=1), NETWORKS / "t_segmentation.onnx", tmp_path, images=images, labels=labels)
    assert content["task"] == "per-pixel classification"
    assert 0.1 < content["accuracy"]["array"] < 0.5  # random labels of four classes
    header, rows = table_of(tmp_path)
    assert header[2:] == ["rms_difference_from_float_ideal [1]", "rms_difference_from_float_array [1]"]
    assert len(rows) == 3


def test_without_labels_the_difference_from_the_float_network_is_told(make_model, tmp_path):
    images = np.random.default_rng(0).normal(size=(8, 3, 16, 16))
    content = infer(make_model(grade=1), NETWORKS / "t_segmentation.onnx", tmp_path, images=images)
    assert content["task"] is None
    assert 0.0 < content["difference_from_float"]["array"] < 1.0
    assert content["mapping_difference"] < 1e-5
    assert "no labels: 4 images" in inference_in_words(content)


def test_one_hot_labels_are_read_and_text_is_refused(make_model, tmp_path):
    network = NETWORKS / "u_hidden_product.onnx"
    with pytest.warns(HostWarning, match=r"'h' \(ReduceSum\): it sums products with the constant 'Wt'"):
        content = infer_files(make_model(grade=1), network, DATA / "labels" / "onehot.npz", out=tmp_path)
    assert content["task"] == "classification"
    assert "on the host although it multiplies: h (ReduceSum), it sums" in inference_in_words(content)
    with pytest.raises(InputError, match=r"labels are text \('a', 'b', 'c'\); expected the number of each image"):
        infer_files(make_model(grade=1), network, DATA / "labels" / "labstr.npz", out=tmp_path)


@pytest.mark.parametrize(
    ("arrays", "count", "message"),
    [
        ({"images": np.zeros((1, 64))}, None, "1 images: expected at least 2, because ranges are learnt from other"),
        ({"images": np.zeros((9, 64))}, 9, "calibration_images = 9 of 9 images: expected 1 to 8, because ranges"),
        ({"images": np.zeros((9, 64))}, 0, "calibration_images = 0 of 9 images: expected 1 to 8"),
        ({"images": np.zeros((9, 64)), "labels": np.zeros(8)}, None, r"labels have shape \(8,\) for 9 images"),
        ({"x": np.zeros((9, 64))}, None, "has no array named 'images'; it has 'x'"),
        ({"images": np.full((9, 64), "a")}, None, "array of real numbers: its values are of type str"),
        ({"images": np.array([{}, {}])}, None, "images.npz: holds Python objects; expected arrays of numbers"),
        ({"images": np.float64(3.0)}, None, "images is a single number; expected an array"),
        ({"images": np.full((9, 64), 1e300)}, None, r"images hold 1e\+300, which the network's input 'image'"),
    ],
)  # fmt: skip
def test_data_that_cannot_be_used_are_refused(arrays, count, message, make_model, tmp_path):
    with pytest.raises(InputError, match=message):
        infer(make_model(grade=1), NETWORK, tmp_path, calibration_images=count, **arrays)


@pytest.mark.parametrize(("name", "content"), [("a.npz", b"PK\x03\x04cut"), ("a.npy", b""), ("a.npy", b"text")])
def test_files_that_numpy_did_not_write_are_refused(name, content, make_model, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(
        InputError, match=r"a.np[yz]: is not a file that NumPy wrote, or is cut short; expected"
    ) as caught:
        infer_files(make_model(grade=1), NETWORK, tmp_path / name, out=tmp_path)
    assert "pickle" not in str(caught.value)


def test_images_along_another_axis_of_the_input(make_model, tmp_path):
    """The file counts images along the first axis, whatever axis the network has for them."""
    network, rng = NETWORKS / "h_batch_axis1.onnx", np.random.default_rng(0)
    sentence = r"expected \(any, 7, 16\) as the network's input 'x', along whose axis 1 the images lie"
    with pytest.raises(InputError, match=sentence):
        infer(make_model(grade=1), network, tmp_path, images=np.zeros((7, 40, 16)))
    content = infer(make_model(grade=1), network, tmp_path, images=rng.normal(size=(40, 7, 16)))
    assert (content["images"], content["inputs"]) == (20, {"x": 1})
    assert content["mapping_difference"] < 1e-5
    assert "images along axis 1 of x" in inference_in_words(content)


def test_the_first_axis_counts_batches(make_model, tmp_path):
    from circuitsim.evaluation.image_files import calibration_count

    assert [calibration_count(None, images, batch) for images, batch in ((900, None), (90, None), (24, 4), (8, 4))] == [
        *(200, 45, 12, 4)
    ]
    with pytest.raises(InputError, match="10 images: the network takes 4 at a time; expected a whole number"):
        calibration_count(None, 10, 4)
    with pytest.raises(InputError, match="calibration_images = 6: expected a multiple of 4"):
        calibration_count(6, 16, 4)


def certificate_of(model):
    rng, vectors = np.random.default_rng(0), {"uniform": 10}
    experiments = random_experiments(model.spec, rng, matrices=("uniform", "binary"), vectors=vectors)
    truths = solve_in_nodal(model.spec, model.surface, experiments)
    return certify(model, experiments, truths, provenance=truths[0].provenance)


def test_reads_outside_the_certificate_are_told_or_refused(make_model, tmp_path):
    model, digits = make_model(grade=1), load_digits()
    data = tmp_path / "images.npy"
    np.save(data, digits.test_images[:5])
    low, high = model.v_range
    certificate = replace(certificate_of(model), v_range=(low, 0.5 * (low + high)))
    read = partial(infer_files, model, NETWORK, data, calibration_images=2, out=tmp_path / "out")
    with pytest.warns(OutsideCertificateWarning, match="inputs outside"):
        read(certificate=certificate)
    with pytest.raises(OutsideRangeError, match=r"inputs outside .* \(strict\)"):
        read(certificate=certificate, strict=True)
    with pytest.raises(InputError, match="belongs to model"):
        read(certificate=replace(certificate, model_digest="0" * 64))


def test_several_inputs_are_arrays_by_their_names(make_model, tmp_path):
    rng, network = np.random.default_rng(0), NETWORKS / "t_two_inputs.onnx"
    arrays = {"in0": rng.choice([-1.0, 1.0], (12, 16)), "in1": rng.choice([-1.0, 1.0], (12, 4))}
    content = infer(make_model(grade=1), network, tmp_path, **arrays, labels=rng.integers(0, 4, 12))
    assert content["task"] == "classification"
    assert content["inputs"] == {"in0": 0, "in1": 0}
    assert content["mapping_difference"] < 1e-5
    with pytest.raises(InputError, match="no array named 'images', nor one for the input 'in1'; it has 'in0'"):
        infer(make_model(grade=1), network, tmp_path, in0=arrays["in0"])
    with pytest.raises(InputError, match="the images are one array, but the network has the inputs 'in0', 'in1'"):
        infer(make_model(grade=1), network, tmp_path, images=arrays["in0"])
    with pytest.raises(InputError, match="different numbers of images: 'in0' 12, 'in1' 11; expected as many of each"):
        infer(make_model(grade=1), network, tmp_path, in0=arrays["in0"], in1=arrays["in1"][1:])
    with pytest.raises(InputError, match=r"images have shape \(12, 5\), expected \(any, 4\) as .* input 'in1'"):
        infer(make_model(grade=1), network, tmp_path, in0=arrays["in0"], in1=rng.normal(size=(12, 5)))


def test_the_output_is_chosen(make_model, tmp_path):
    data, network = tmp_path / "x.npy", NETWORKS / "t_two_outputs.onnx"
    np.save(data, np.random.default_rng(0).normal(size=(12, 16)))
    chosen = partial(infer_files, make_model(grade=1), network, data, out=tmp_path / "out")
    with pytest.raises(InputError, match="has 2 outputs, 'cls', 'box'; expected the choice of one: --output NAME"):
        chosen()
    with pytest.raises(
        InputError, match="output = 'x': the ONNX model has no such tensor; its outputs are 'cls', 'box'"
    ):
        chosen(output="x")
    content = chosen(output="box")
    assert [layer["outputs"] for layer in content["layers"]] == [16, 4]  # not those of the other output
    assert "output: box, of the network's cls, box" in inference_in_words(content)


def test_each_image_may_be_a_whole_input(make_model, tmp_path):
    """The scale of dynamic quantization is that of all images given at a time: each is given alone."""
    network, rng = NETWORKS / "h_dynamicquant.onnx", np.random.default_rng(0)
    images = rng.uniform(-1, 1, (12, 16))
    images[:, :2] = [-1.0, 1.0]  # so that all images have the same scale
    images[-1] *= 3.0
    with pytest.raises(InputError, match=r"depends on the other images .* or give each image as a whole input"):
        infer(make_model(grade=1), network, tmp_path, images=images)
    content = infer(make_model(grade=1), network, tmp_path, images=images[:, None])
    assert content["images_at_once"] == 1
    assert content["mapping_difference"] < 1e-5
    assert "images at a time: 1" in inference_in_words(content)


def test_calibration_images_of_another_file(make_model, tmp_path):
    digits, data, first = load_digits(), tmp_path / "test.npz", tmp_path / "first.npy"
    np.savez(data, images=digits.test_images[:12], labels=digits.test_labels[:12])
    np.save(first, digits.train_images[:20])
    apart = partial(infer_files, make_model(grade=1), NETWORK, data, calibration_data=first, out=tmp_path / "out")
    content = apart()
    assert (content["images"], content["calibration_images"]) == (12, 20)
    assert [row[0] for row in table_of(tmp_path)[1]] == [str(k) for k in range(12)]
    assert f"20 others, {first}, set the ranges" in inference_in_words(content)
    both = tmp_path / "both.npz"
    images = np.concatenate([digits.train_images[:20], digits.test_images[:12]])
    np.savez(both, images=images, labels=np.concatenate([np.zeros(20, int), digits.test_labels[:12]]))
    one = infer_files(make_model(grade=1), NETWORK, both, calibration_images=20, out=tmp_path / "one")
    assert one["accuracy"] == content["accuracy"]
    assert one["layers"] == content["layers"]
    with pytest.raises(InputError, match="calibration_images = 4 has no effect: calibration_data holds the images"):
        apart(calibration_images=4)


def test_layers_that_are_named_stay_digital(make_model, tmp_path):
    digits, data = load_digits(), tmp_path / "test.npy"
    np.save(data, digits.test_images[:12])
    named = partial(infer_files, make_model(grade=1), NETWORK, data, out=tmp_path / "out")
    everything = named()
    names = [layer["name"] for layer in everything["layers"]]
    content = named(digital=[names[0]])
    assert [layer["name"] for layer in content["layers"]] == names[1:]
    assert f"digital, as asked for: {names[0]}" in inference_in_words(content)
    assert content["difference_from_float"]["array"] < everything["difference_from_float"]["array"]
    with pytest.raises(
        InputError, match=rf"mapping.digital names 'fc9', which is no layer of the network; it has '{names[0]}'"
    ):
        named(digital=["fc9"])
    with pytest.raises(
        InputError, match=r"mapping.digital names all layers of the network; expected one or more to place"
    ):
        named(digital=names)


def test_a_metric_of_the_user(make_model, tmp_path):
    """The share of labels among the three largest outputs, from a file."""
    digits, file = load_digits(), tmp_path / "mine.py"
    file.write_text(
        "def top3(outputs, labels):\n"
        "    return (outputs.argsort(axis=1)[:, -3:] == labels[:, None]).any(axis=1).mean()\n"
        "def broken(outputs, labels):\n"
        "    return outputs[:, 99]\n"
        "number = 3\n"
    )
    data = tmp_path / "test.npz"
    np.savez(data, images=digits.test_images[:40], labels=digits.test_labels[:40])
    scored = partial(infer_files, make_model(grade=1), NETWORK, data, out=tmp_path / "out")
    content = scored(metric=read_metric(f"{file}:top3"))
    assert content["task"] == "top3"
    assert scored()["accuracy"]["array"] <= content["metric"]["array"] <= 1.0
    assert f"array: metric {content['metric']['array']:.4g}" in inference_in_words(content)
    with pytest.raises(InputError, match=r"metric 'broken' fails for outputs of shape \(20, 10\) .*, with IndexError"):
        scored(metric=read_metric(f"{file}:broken"))
    np.savez(data, images=digits.test_images[:40])
    with pytest.raises(InputError, match="metric has no effect without labels"):
        scored(metric=read_metric(f"{file}:top3"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mine", "metric = 'mine': expected FILE.py:NAME"),
        ("none.py:f", "none.py: no such file; expected a Python file with the function 'f'"),
        ("here.py:g", "here.py: has no function 'g'"),
        ("wrong.py:f", "wrong.py: fails with ZeroDivisionError"),
    ],
)
def test_metrics_that_cannot_be_read_are_refused(text, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here.py").write_text("g = 1\n")
    (tmp_path / "wrong.py").write_text("1 / 0\n")
    with pytest.raises(InputError, match=message):
        read_metric(text)


def test_shared_weights_are_on_the_tiles_of_one_layer(make_model, tmp_path):
    images = np.random.default_rng(0).normal(size=(12, 16))
    content = infer(make_model(grade=1), NETWORKS / "h_shared_weights.onnx", tmp_path, images=images)
    assert [layer["tied_to"] for layer in content["layers"]] == ["", "l1", "l1"]
    assert "of l1, which has the same weights" in inference_in_words(content)


def test_layers_that_no_image_reaches_are_told(make_model, tmp_path):
    """The network has a branch for images without a number above zero."""
    images = np.random.default_rng(0).choice([-1.0, 1.0], (12, 16))
    content = infer(make_model(grade=1), NETWORKS / "h_if_products.onnx", tmp_path, images=images)
    names = ({layer["name"] for layer in content["layers"]}, set(content["unreached_layers"]))
    assert names in (({"inner_w1"}, {"inner_w2"}), ({"inner_w2"}, {"inner_w1"}))
    words = f"programmed, but read for none of the images: {content['unreached_layers'][0]}"
    assert words in inference_in_words(content)

"""A network whose tiles lie on a device: drivers, tiles, ADCs and digital sums there, and the numbers of NumPy."""

import sys
from dataclasses import fields

import numpy as np
import pytest
from array_devices import DEVICES, opened
from gated_arrays import gated_model, gated_spec, level_model, level_spec
from numpy.testing import assert_allclose
from small_networks import convolution_and_gemm
from training_tiles import small_model, small_spec

from circuitsim import nodal
from circuitsim.calibration.drawn import device_statistics
from circuitsim.cli.infer_words import inference_in_words
from circuitsim.demo.data import NETWORK, load_digits
from circuitsim.errors import InputError, MissingExtraError
from circuitsim.evaluation import BehavioralProduct, EnergyOptions, infer_files
from circuitsim.evaluation.column_converters import ConverterSpread, draw_converters
from circuitsim.evaluation.counted_product import CountedProduct, reads_by_place
from circuitsim.evaluation.drawn_tiles import DrawnProduct
from circuitsim.evaluation.drift_compensation import Instant, compensated
from circuitsim.evaluation.level_product import level_product
from circuitsim.network import (
    LayerRange,
    evaluate,
    evaluate_ideal,
    exact_product,
    fit_ranges,
    layer_inputs,
    program,
)
from circuitsim.network.inputs import encode
from circuitsim.network.reading import read_layer
from circuitsim.periphery import Periphery
from circuitsim.results import SenseTable, TileModel
from circuitsim.results.periphery_tables import ConverterTable

pytestmark = pytest.mark.filterwarnings("ignore::circuitsim.errors.ClippingWarning")
NET = convolution_and_gemm(3)
IMAGES = np.random.default_rng(1).uniform(-1.0, 1.0, (7, 1, 3, 3))
IMAGES[0] = 0.0  # no tile is read for it
DAC = ConverterTable(6, 0.0, 0.2, inl=np.sin(np.arange(64.0)), noise=1e-4, block="dac")
CURRENT = np.linspace(0.0, 1e-4, 30)
SENSE = SenseTable(current=CURRENT, drop=100 * CURRENT, reported=CURRENT, noise=1e-7)
BITS = gated_spec(10, 9, driver={"v_read": 0.2, "input_code": "bit_serial", "dac_bits": 3})
ADC = ConverterTable(8, 0.0, 2e-5, inl=0.3 * np.sin(np.arange(255.0)), noise=1e-8, block="adc")


@pytest.fixture(params=DEVICES)
def place(request):
    with opened(request.param) as found:
        yield found


def products(model, place, **given):
    """The product of a model on the CPU by NumPy, and on a device."""
    there = {"namespace": place.namespace, "device": place.device}
    return BehavioralProduct(model, **given), BehavioralProduct(model, **given, **there)


def readings(model, place, *, tables=None, noisy=False, **driver):
    """What the layers of both products read, the second on the device."""
    spec = model.spec.replace(driver=driver) if driver else model.spec
    here, there = (program(NET, spec, product) for product in products(model, place))
    for name, x in layer_inputs(NET, IMAGES).items():
        known = LayerRange(float(np.abs(x).max()), None if spec.adc.bits is None else 3e-5, gain=1.5)
        x = np.abs(x) if spec.mapping.inputs == "unsigned" else x
        yield tuple(
            read_layer(
                each.layers[name], spec, x, known, tables=tables, rng=np.random.default_rng(0) if noisy else None
            )
            for each in (here, there)
        )


CASES = {
    "two phases": {},
    "rows of both signs": {"mapping": {"inputs": "differential"}},
    "offset inputs": {"mapping": {"inputs": "offset"}},
    "unsigned, no converters": {"mapping": {"inputs": "unsigned"}, "driver": {"dac_bits": None}, "adc": {"bits": None}},
    "offset weights": {"mapping": {"weights": "offset"}},
    "reference, columns": {"mapping": {"weights": "reference", "scale": "column"}},
    "slices": {"mapping": {"bits_per_cell": 2, "weight_bits": 4}, "array": {"cols": 12}},
    "copies": {"mapping": {"copies": 2}, "array": {"cols": 12}},
    "bits": {"driver": {"input_code": "bit_serial"}},
    "pulses": {"driver": {"dac_bits": 3}},
}


@pytest.mark.parametrize("name", CASES)
def test_layers_are_read_where_their_tiles_are(name, place):
    code = {"input_code": "pulse_width"} if name == "pulses" else {}
    for here, there in readings(small_model(**CASES[name]), place, **code):
        largest = np.abs(here.y).max()
        assert_allclose(place.fetch(there.y), here.y, rtol=0, atol=1e-11 * largest)
        for each in fields(here):
            if each.name not in ("y", "i_max"):
                assert getattr(there, each.name) == getattr(here, each.name), each.name
        assert there.i_max == pytest.approx(here.i_max, rel=1e-12)
        assert here.reads > 0


def test_drivers_are_computed_there(place, monkeypatch):
    """Not only the products: what the DACs put out never was elsewhere."""
    driven = []

    def recorded(*args, **given):
        driven.append(encode(*args, **given))
        return driven[-1]

    monkeypatch.setattr("circuitsim.network.reading.encode", recorded)
    assert len(list(readings(small_model(), place))) == 2
    for here, there in zip(driven[::2], driven[1::2], strict=True):
        np.testing.assert_array_equal(place.fetch(there.v), here.v)
        assert there.clipped == here.clipped


@pytest.mark.filterwarnings("ignore::circuitsim.errors.GateLevelWarning")
@pytest.mark.parametrize("kind", ["gates", "levels"])
def test_layers_on_gates(kind, place):
    model = level_model(level_spec(10, 9)) if kind == "levels" else gated_model(BITS)
    for here, there in readings(model, place):
        assert_allclose(place.fetch(there.y), here.y, rtol=0, atol=1e-10 * np.abs(here.y).max())
        assert there.reads == here.reads > 0


def test_a_network_in_float32(place):
    model = small_model()
    here, there = (program(NET, model.spec, each) for each in products(model, place, dtype="float32"))
    ranges = fit_ranges(here, IMAGES[:3])
    found, expected = (evaluate(each, IMAGES[3:], ranges=ranges, compiled=False) for each in (there, here))
    lsb = max(np.abs(expected.logits).max() / 100, 1e-6)  # a code may lie beside the other
    assert_allclose(found.logits, expected.logits, rtol=0, atol=lsb)
    for one, other in zip(found.layers, expected.layers, strict=True):
        assert (one.reads, one.conversions, one.input_clipped) == (
            other.reads,
            other.conversions,
            other.input_clipped,
        )


@pytest.mark.parametrize("adc_per", ["layer", "column"])
def test_ranges_and_outputs(adc_per, place):
    model = small_model()
    here, there = (program(NET, model.spec, each) for each in products(model, place))
    ranges, expected = (fit_ranges(each, IMAGES[:3], adc_per=adc_per, gain=True) for each in (there, here))
    for name, known in expected.items():
        assert_allclose(ranges[name].full_scale, known.full_scale, rtol=1e-12)
        assert_allclose(ranges[name].gain, known.gain, rtol=1e-12)
    found, wanted = (evaluate(each, IMAGES[3:], ranges=expected, compiled=False) for each in (there, here))
    assert_allclose(found.logits, wanted.logits, rtol=0, atol=1e-11 * np.abs(wanted.logits).max())
    assert found.layers == wanted.layers or [each.reads for each in found.layers] == [
        each.reads for each in wanted.layers
    ]


@pytest.mark.parametrize("model", [small_model(), gated_model(BITS)], ids=["bit lines", "gates"])
def test_ideal_arrays(model, place):
    spec = model.spec
    there = exact_product(spec, namespace=place.namespace, device=place.device)
    here, remote = (program(NET, spec, each) for each in (exact_product(spec), there))
    x = layer_inputs(NET, IMAGES)["fc"]
    known = LayerRange(3.0, None if spec.adc.bits is None else 1e-4)
    found, expected = (read_layer(each.layers["fc"], spec, x > 0.5, known) for each in (remote, here))
    assert_allclose(place.fetch(found.y), expected.y, rtol=0, atol=1e-11 * np.abs(expected.y).max())


def test_a_device_of_torch_reads_ideal_arrays_too():
    with opened("torch remote") as place:
        given = {"calibration_images": IMAGES[:3]}
        there = evaluate_ideal(NET, small_model().spec, IMAGES[3:], device=place.device, **given)
    here = evaluate_ideal(NET, small_model().spec, IMAGES[3:], **given)
    assert_allclose(there.logits, here.logits, rtol=0, atol=1e-11 * np.abs(here.logits).max())


@pytest.mark.filterwarnings("ignore::circuitsim.errors.OutsideCertificateWarning")
def test_circuits_around_the_tiles_draw_the_same_noise(place):
    for here, there in readings(small_model(), place, tables=Periphery(DAC, SENSE, ADC), noisy=True):
        assert_allclose(place.fetch(there.y), here.y, rtol=0, atol=1e-11 * np.abs(here.y).max())


def test_power_is_counted_there(place):
    model, sums = small_model(), []
    for product in products(model, place):
        calls = []
        programmed = program(NET, model.spec, CountedProduct(product, calls))
        x = layer_inputs(NET, IMAGES)["fc"]
        reading = read_layer(programmed.layers["fc"], model.spec, x, LayerRange(3.0, 1e-4))
        sums.append([(each.reads, each.power) for each in reads_by_place(calls).values()])
    place.fetch(reading.y)
    assert_allclose(sums[1], sums[0], rtol=1e-11)


def test_drawn_cells_with_read_noise_and_trimmed_columns(place):
    """The draws are those of NumPy; columns are converted on the CPU, and outputs return."""
    spec = small_spec(device={"model": "pcm_joshi", "g_min": 1e-6, "g_max": 2e-5})
    model, logits = TileModel(spec, nodal.ohmic((1e-9, 1e-4), (0.0, 0.2)), 1, (0.0, 0.2)), []
    for product in products(model, place):
        drawn = DrawnProduct(
            product, device_statistics(model.spec)[0], frozenset({"programming", "read_noise"}), t=60.0
        )
        programmed = program(NET, model.spec, drawn)
        ranges = {name: LayerRange(3.0, 5e-6) for name in programmed.layers}
        converters = draw_converters(programmed, ConverterSpread(gain=0.1, offset=1.0, noise=0.5), ranges, 0)
        now = Instant(programmed, 60.0, converters)
        trimmed, known, _ = compensated("column_offset", programmed, now, now, ranges)
        x = layer_inputs(NET, IMAGES)["fc"]
        logits.append(read_layer(trimmed.layers["fc"], model.spec, x, known["fc"]).y)
    here, there = logits
    assert_allclose(place.fetch(there), here, rtol=0, atol=1e-9 * np.abs(here).max())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"device": "nowhere"}, r"device = 'nowhere': torch \S+ computes no float64 there; it has cpu"),
        ({"device": "cpu", "level": "nodal"}, r"device has no effect at level = 'nodal', which is exact"),
    ],
)
def test_a_device_that_is_not_there_is_refused(given, words):
    pytest.importorskip("torch")
    with pytest.raises(InputError, match=words):
        level_product(small_model(), **given)


def test_without_torch_a_device_names_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"torch is not installed: pip install 'circuitsim\[torch\]'"):
        level_product(small_model(), device="cuda")


def numbers(content):
    """All numbers in a content of dicts and lists, in order."""
    if isinstance(content, dict | list | tuple):
        parts = content.values() if isinstance(content, dict) else content
        return [number for part in parts for number in numbers(part)]
    return [content] if isinstance(content, float) else []


def test_files_of_an_inference_on_a_device(tmp_path):
    """What `circuitsim infer --device` writes; the tensors of the whole network come from ONNX on the CPU."""
    digits, found = load_digits(), {}
    data = tmp_path / "images.npz"
    np.savez(data, images=digits.test_images[:24], labels=digits.test_labels[:24])
    with opened("torch remote") as place:
        for device in (place.device, None):
            out = tmp_path / str(device)
            given = {"calibration_images": 8, "energy": EnergyOptions(), "device": device}
            model = small_model(array={"rows": 64, "cols": 20})
            found[device] = infer_files(model, NETWORK, data, out=out, **given)
    there, here = found[place.device], found[None]
    assert (there["device"], here["device"]) == (place.device, None)
    assert "device: layers on arrays by torch on 'meta', from drivers to digital sums" in inference_in_words(there)
    assert "device:" not in inference_in_words(here)
    for key in ("accuracy", "same_class_as_float", "on_host", "packing"):
        assert there[key] == here[key]
    for one, other in zip(there["layers"], here["layers"], strict=True):
        for key, value in other.items():
            assert one[key] == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value), key
    assert there["difference_from_float"]["array"] == pytest.approx(here["difference_from_float"]["array"], rel=1e-6)
    assert numbers(there["energy"]) == pytest.approx(numbers(here["energy"]), rel=1e-9)

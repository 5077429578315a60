"""One meaning of v_read: with a sense reference other than 0 V every level reads the same circuit, as at 0 V."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim.errors import OutsideCertificateWarning, OutsideRangeError
from circuitsim.evaluation import BehavioralProduct, NgspiceProduct, NodalProduct
from circuitsim.levels import convert_codes, surface_of
from circuitsim.network import (
    LinearLayer,
    TilePlace,
    evaluate,
    fit_ranges,
    float_product,
    input_vectors,
    output_tensor,
    program,
)

SPEC = cs.parse_spec(
    {
        "schema": 1,
        "array": {"rows": 12, "cols": 8, "cell": "1t1r"},
        "device": {"model": "rram_sinh", "g_min": "1u", "g_max": "100u"},
        "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8},
        "wire": {"r_row": 2.0, "r_col": 2.0},
        "driver": {"v_read": 0.2, "r_out": 50, "dac_bits": 6},
        "sense": {"r_in": 20.0},
        "adc": {"bits": 8, "full_scale": 2.5e-4},
    }
)
REFERENCES = (-0.1, 0.1, 0.5)
PLACE = TilePlace("l", 0, 0, (0, 12), (0, 4), 8)


@dataclass(frozen=True)
class OneLayer:
    layers: tuple[LinearLayer, ...]

    def run(self, images, product):
        (layer,) = self.layers
        return output_tensor(layer, product(layer, input_vectors(layer, images)), images.shape)

    def run_float(self, images):
        return self.run(images, float_product)


@pytest.fixture(scope="module")
def at_zero():
    return cs.calibrate(SPEC, rng=np.random.default_rng(0), search="structured")[1]


@pytest.fixture(scope="module", params=REFERENCES)
def calibrated(request):
    spec = SPEC.replace(sense={"v_ref": request.param})
    return spec, *cs.calibrate(spec, rng=np.random.default_rng(0), search="structured")


@pytest.fixture(scope="module")
def reads(calibrated):
    """The same read at every level, strictly within the certificate."""
    spec, model, certificate = calibrated
    rng = np.random.default_rng(1)
    g = rng.uniform(1e-6, 1e-4, spec.shape)
    low, high = spec.drive_range
    x = np.vstack([rng.uniform(low, high, (6, 12)), np.full((1, 12), high)])
    tile = cs.solve(spec, g, x, "behavioral", model=model, certificate=certificate, strict=True)
    return cs.solve(spec, g, x, "ngspice"), cs.solve(spec, g, x, "nodal"), tile


def test_levels_agree_at_every_reference(reads, calibrated):
    truth, exact, tile = reads
    certificate = calibrated[2]
    assert_allclose(exact.out, truth.out, rtol=1e-6, atol=0)
    assert np.abs(tile.out - truth.out).max() <= certificate.typical.max * certificate.full_scale
    assert np.abs(truth.out[-1]).min() > 1e-5  # every row on, as seen from the reference


def test_certified_error_is_that_of_an_array_at_0_v(calibrated, at_zero):
    certificate = calibrated[2]
    assert certificate.v_range == calibrated[0].drive_range
    assert certificate.typical.rms <= 1.2 * at_zero.typical.rms
    assert certificate.typical.max <= 1.2 * at_zero.typical.max


def test_power_is_one_number_at_all_levels(reads, calibrated, at_zero):
    truth, exact, tile = reads
    assert_allclose(exact.power, truth.power, rtol=1e-6, atol=0)
    # A read moves power in the share in which it moves current: the tile's error of both is the certified one.
    certificate = calibrated[2]
    v_read = calibrated[0].driver.v_read
    allowed = certificate.typical.max * certificate.full_scale * calibrated[0].array.cols * v_read
    assert np.abs(tile.power - truth.power).max() <= allowed
    energy, before = certificate.energy, at_zero.energy
    assert energy is not None and before is not None
    assert abs(energy.per_operation / before.per_operation - 1) < 0.05  # body effect alone, no v_ref times current


def test_codes_and_their_voltages(calibrated):
    spec, model, certificate = calibrated
    rng = np.random.default_rng(2)
    g, codes = rng.uniform(1e-6, 1e-4, spec.shape), rng.integers(0, 64, (4, 12))
    truth, exact = (convert_codes(spec, g, codes, level) for level in ("ngspice", "nodal"))
    tile = convert_codes(spec, g, codes, "behavioral", model=model, certificate=certificate, strict=True)
    assert_allclose(truth.v_in, spec.sense.v_ref + codes * spec.driver.v_read / 63, rtol=1e-12)
    np.testing.assert_array_equal(exact.codes, truth.codes)
    assert np.abs(np.asarray(tile.codes) - truth.codes).max() <= 1


def test_network_is_as_good_as_its_certificate(calibrated):
    spec, model, certificate = calibrated
    spec = spec.replace(adc={"bits": None, "full_scale": "auto"})
    rng = np.random.default_rng(3)
    layer = LinearLayer("l", "Gemm", rng.normal(size=(1, 12, 4)))
    network, images = OneLayer((layer,)), rng.uniform(0, 1, (8, 12))

    def logits(product):
        programmed = program(network, spec, product)
        return evaluate(programmed, images, ranges=fit_ranges(programmed, images)).logits

    truth, exact = logits(NgspiceProduct(spec)), logits(NodalProduct(spec, surface_of(spec)))
    assert_allclose(exact, truth, rtol=1e-6, atol=1e-6 * np.abs(truth).max())  # differences of two columns
    per_ampere = np.abs(layer.weights).max() / ((1e-4 - 1e-6) * spec.driver.v_read)
    allowed = 2 * certificate.typical.max * certificate.full_scale * per_ampere
    assert np.abs(logits(BehavioralProduct(model, certificate=certificate, strict=True)) - truth).max() <= allowed


@pytest.mark.parametrize("v_ref", REFERENCES)
def test_bias_of_gate_inputs_is_v_read_above_the_reference(v_ref):
    spec = SPEC.replace(
        array={"input_line": "wl", "rows": 6, "cols": 4},
        wire={"r_bl": 1.0},
        sense={"v_ref": v_ref},
        driver={"dac_bits": None},
    )
    rng = np.random.default_rng(4)
    g, x = rng.uniform(1e-6, 1e-4, (6, 4)), rng.integers(0, 2, (5, 6)).astype(float)
    truth, exact = cs.solve(spec, g, x, "ngspice"), cs.solve(spec, g, x, "nodal")
    zero = cs.solve(spec.replace(sense={"v_ref": 0.0}), g, x, "ngspice")
    scale = np.abs(truth.out).max()
    assert_allclose(exact.out, truth.out, rtol=1e-6, atol=1e-6 * scale)
    assert_allclose(exact.power, truth.power, rtol=1e-6, atol=1e-6 * np.abs(truth.power).max())
    assert_allclose(truth.out, zero.out, rtol=0.1, atol=1e-3 * scale)  # the transistor's body effect alone


def test_pulses_are_as_high_above_the_reference():
    spec = SPEC.replace(
        array={"rows": 4, "cols": 3},
        driver={"input_code": "pulse_width", "dac_bits": None},
        adc={"bits": None, "full_scale": "auto"},
    )
    rng = np.random.default_rng(5)
    g, x = rng.uniform(1e-6, 1e-4, (4, 3)), rng.uniform(0, 1, (2, 4))
    zero, raised = (cs.solve(spec.replace(sense={"v_ref": v}), g, x, "ngspice").out for v in (0.0, 0.1))
    assert_allclose(raised, zero, rtol=0.02)


def test_reads_outside_the_certificate_are_told_or_refused(calibrated):
    spec, model, certificate = calibrated
    g = np.full(spec.shape, 1e-5)
    v = np.full((1, 12), spec.drive_range[1] + 0.05)
    with pytest.warns(OutsideCertificateWarning, match="inputs outside"):
        BehavioralProduct(model, certificate=certificate)(PLACE, g)(v)
    with pytest.raises(OutsideRangeError, match=r"inputs outside .* \(strict\)"):
        BehavioralProduct(model, certificate=certificate, strict=True)(PLACE, g)(v)
    codes = np.full((1, 12), 63)
    narrow = replace(certificate, v_range=(spec.sense.v_ref, spec.sense.v_ref + 0.1))
    with pytest.warns(OutsideCertificateWarning, match="inputs outside"):
        convert_codes(spec, g, codes, "behavioral", model=model, certificate=narrow)
    with pytest.raises(OutsideRangeError, match=r"inputs outside .* \(strict\)"):
        convert_codes(spec, g, codes, "behavioral", model=model, certificate=narrow, strict=True)

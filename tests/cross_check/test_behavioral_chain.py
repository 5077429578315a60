"""The chain from codes to codes at the behavioral level: beside the exact array, as its certificate says."""

import numpy as np
import pytest

import circuitsim as cs
from circuitsim import calibration
from circuitsim.calibration import draw_matrix, error_budget
from circuitsim.calibration.code_errors import certified_adc
from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.report import certificate_in_words
from circuitsim.results import load_certificate, load_model, save_certificate, save_model

pytestmark = [
    pytest.mark.filterwarnings("ignore::circuitsim.errors.CellErrorWarning"),  # the cells of nmos_130 at 2.5 V
    pytest.mark.filterwarnings("ignore:the sense amplifier .* to settle within half an LSB"),  # tables meet tables here
]


def array(n, driver, rf, **sense):
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": n, "cols": n, "cell": "1t1r"},
            "device": {"model": "rram_sinh", "params": {"v0": 0.25}, "g_min": "1u", "g_max": "50u"},
            "access": {"model": "nmos_130", "w": "2u", "l": "0.13u", "v_gate": 2.5},
            "wire": {"r_row": 2.0, "r_col": 2.0},
            "driver": {"v_read": 0.2, **driver},
            "sense": sense or {"model": "tia", "v_ref": 0.9, "params": {"rf": rf}},
            "adc": {"model": "sar"},
        }
    )


@pytest.fixture(scope="module")
def calibrated():
    """64 × 64 cells behind buffered DACs, transimpedance amplifiers and SAR ADCs of 8 bits."""
    spec = array(64, {"model": "string_dac_buffered"}, 1300)
    rng = np.random.default_rng(0)
    result = calibration.calibrate(spec, rng=rng, truth="nodal", search="structured", thorough=False)
    return spec, result.model, result.certificate


def test_codes_differ_as_the_certificate_predicts(calibrated):
    spec, model, certificate = calibrated
    behind = certificate.code_errors
    assert (behind.block, behind.bits, certificate.unit) == ("sar", 8, "V")
    assert behind.lsb == pytest.approx(1.8 / 256, rel=1e-3)
    assert certificate.in_lsb(certificate.typical.rms) < 0.05
    assert behind.found <= behind.predicted + 3 * np.sqrt(behind.predicted / behind.codes)
    rng, differing, count = np.random.default_rng(1), 0, 0
    for kind in ("log_uniform", "uniform", "binary"):
        g, codes = draw_matrix(kind, spec, rng), rng.integers(0, 256, (20, 64))
        given = {"model": model, "certificate": certificate, "strict": True}
        exact, tile = cs.convert_codes(spec, g, codes), cs.convert_codes(spec, g, codes, "behavioral", **given)
        step = np.abs(np.asarray(exact.codes) - np.asarray(tile.codes))
        assert step.max() <= behind.largest_step
        differing, count = differing + int((step > 0).sum()), count + step.size
    expected = behind.predicted * count
    assert differing <= expected + 3 * np.sqrt(expected)


def test_noise_is_drawn_from_the_tables(calibrated):
    spec, model, _ = calibrated
    g, codes = np.full((64, 64), 1e-5), np.full((40, 64), 128)
    one, same, other = (
        cs.convert_codes(spec, g, codes, "behavioral", model=model, rng=np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    quiet = cs.convert_codes(spec, g, codes, "behavioral", model=model)
    assert np.array_equal(one.sensed, same.sensed) and not np.array_equal(one.sensed, other.sensed)
    spread = np.std(np.asarray(one.sensed) - np.asarray(quiet.sensed))
    rms = cs.characterize(spec).sense.dynamics.noise_rms
    assert 0.5 * rms.min() < spread < 1.5 * rms.max()


def test_model_and_certificate_come_back_from_their_files(calibrated, tmp_path):
    _, model, certificate = calibrated
    assert load_model(save_model(tmp_path, model)) == model
    save_certificate(tmp_path / "certificate.json", certificate)
    assert load_certificate(tmp_path) == certificate
    words = certificate_in_words(certificate)
    assert "Behind the circuit 'sar' of 8 bits" in words and "The columns end in the circuit 'tia'" in words
    assert "tia is a macro-model without a supply: its energy is not known" in words.replace("Tia", "tia")
    (tmp_path / "model_sense.npz").unlink()
    with pytest.raises(InputError, match=r"model_sense.npz"):
        load_model(tmp_path)


def test_the_cost_of_a_product_is_split(calibrated):
    _, _, certificate = calibrated
    cost = certificate.cost
    energies = {part.part: part.energy for part in cost.parts}
    assert set(energies) >= {"driver", "array", "sense", "adc reference", "adc logic"}
    assert energies["sense"] is None and energies["array"] > 0
    assert cost.energy == pytest.approx(sum(value for value in energies.values() if value is not None))
    assert cost.latency == pytest.approx(cost.duration)
    assert cost.survey.years == (2010, 2025) and 7 < cost.survey.enob < 8


def test_a_dac_without_a_buffer_moves_the_rows_of_a_tile():
    spec = array(16, {"model": "string_dac", "params": {"r": "1k", "ron": 50}}, 5000)
    model, certificate = cs.calibrate(spec, rng=np.random.default_rng(0), truth="nodal", search="none")
    rng = np.random.default_rng(1)
    g, codes = draw_matrix("uniform", spec, rng), rng.integers(0, 256, (30, 16))
    exact, tile = cs.convert_codes(spec, g, codes), cs.convert_codes(spec, g, codes, "behavioral", model=model)
    lsb = certificate.code_errors.lsb
    assert np.sqrt(np.mean((exact.sensed - tile.sensed) ** 2)) < 0.02 * lsb
    ignored = cs.solve(spec.replace(driver={"kind": "ideal"}, adc={"kind": "ideal"}), g, 0.9 + 0.2 * codes / 256)
    assert np.abs(ignored.out - exact.sensed).max() > 0.5 * lsb  # what the rows' currents do


def test_the_budget_takes_its_rows_from_the_tables():
    spec = array(8, {"model": "string_dac", "params": {"r": "10k"}}, 10000)
    tables = cs.characterize(spec)
    experiments = calibration.random_experiments(
        spec, np.random.default_rng(0), matrices=("uniform",), vectors={"uniform": 12, "all_on": 1}
    )
    surface = calibration.calibrate(
        spec, rng=np.random.default_rng(0), truth="nodal", search="none", thorough=False
    ).model.surface
    found = error_budget(spec, surface, experiments, rng=np.random.default_rng(0), tables=tables)
    causes = {cause.name: cause for cause in found.causes}
    assert set(causes) >= {"driver", "dac", "sense", "adc", "circuit noise"}
    for name in ("driver", "dac"):
        assert "circuit string_dac" in causes[name].what and "table" in causes[name].what
    assert "tia" in causes["sense"].what and "sar" in causes["adc"].what
    (e,) = experiments
    code = np.clip(np.rint((e.v_in - tables.dac.low) / tables.dac.lsb), 0, 255).astype(int)
    v = (e.v_in - 0.9) / (1 + tables.dac.r_out[code] * e.g.sum(axis=1))
    ideal = (e.v_in - 0.9) @ e.g
    assert causes["driver"].power == pytest.approx(np.mean((v @ e.g - ideal) ** 2) / ideal.max() ** 2, rel=1e-9)
    assert causes["driver"].power > 1e-4 > causes["sense"].power


def test_what_the_adc_does_not_take_is_said():
    spec = array(8, {}, 10000).replace(adc={"kind": "ideal", "bits": 8})
    adc, why = certified_adc(spec, None, 0.5, "V")
    assert adc is None and "an ideal ADC in [adc] converts currents, and the sense amplifiers put out voltages" in why
    with pytest.raises(OutsideRangeError, match=r"the array asks more of its sense amplifiers than they carry"):
        cs.calibrate(array(8, {}, 1e6), rng=np.random.default_rng(0), truth="nodal", search="none")


def test_bits_of_a_circuit_and_chips_pass_a_tile_as_they_pass_the_array():
    driver = {"model": "bit_serial", "input_code": "bit_serial", "timing": {"t_slot": "60n"}}
    spec = array(8, driver, 5000)
    model, certificate = cs.calibrate(spec, rng=np.random.default_rng(0), truth="nodal", search="none")
    rng = np.random.default_rng(1)
    g, codes = draw_matrix("uniform", spec, rng), rng.integers(0, 256, (10, 8))
    given = {"mismatch": cs.AdcMismatch(instances=4, seed=0, offset=20e-3)}
    exact = cs.convert_codes(spec, g, codes, **given)
    tile = cs.convert_codes(spec, g, codes, "behavioral", model=model, **given)
    lsb = certificate.code_errors.lsb
    assert np.sqrt(np.mean((exact.slices.sensed - tile.slices.sensed) ** 2)) < 0.05 * lsb
    assert np.mean(exact.slices.codes != tile.slices.codes) < 0.02 and tile.instances.shape == (4, 10, 8)
    assert np.mean(exact.slices.instances != tile.slices.instances) < 0.02
    assert np.mean(tile.instances != tile.codes) > 0.5

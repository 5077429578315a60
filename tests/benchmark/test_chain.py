"""Chains from codes to codes in one deck against their composition from tables: agreement and time of a product.

Run with -s to see the numbers. Times are processor seconds of ngspice, without the tables.
"""

import resource

import numpy as np
import pytest

import circuitsim as cs
from circuitsim.levels.sensed import behind_the_circuit

BASE = {
    "schema": 1,
    "array": {"rows": 8, "cols": 8, "cell": "1t1r"},
    "device": {"model": "rram_sinh", "g_min": "1u", "g_max": "100u"},
    "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8},
    "wire": {"r_row": 2, "r_col": 2, "c_row": "0.2f", "c_col": "0.2f"},
    "driver": {"v_read": 0.2, "dac_bits": 8, "r_out": 50, "t_read": "12n"},
}
TIA = {"model": "tia", "v_ref": 0.9, "params": {"rf": "14k", "gbw": "2g", "islew": "20m", "cf": "20f", "ro": 100}}
SC = {"model": "sc_integrator", "v_ref": 0.9, "params": {"ci": "1.9p"}, "timing": {"t_integrate": "60n"}}
SWITCHES = {"model": "sar", "v_ref": 0.9, "timing": {"t_sample": "10n"}}
TRANSISTORS = {"model": "sar_transistors", "timing": {"t_sample": "12n"}}
CASCODE = {"model": "regulated_cascode_p", "v_ref": 0.9}


def spec_of(n=8, **parts):
    data = {key: {**value} if isinstance(value, dict) else value for key, value in BASE.items()}
    data["array"] |= {"rows": n, "cols": n}
    for part, keys in parts.items():
        data[part] = {**data.get(part, {}), **keys}
    return cs.parse_spec(data)


def measured(spec, count, *, seed=0, g_max=1e-4):
    """Read drawn codes both ways; print and return the rms difference [LSB], differing codes, processor time."""
    rng = np.random.default_rng(seed)
    g, codes = rng.uniform(1e-6, g_max, spec.shape), rng.integers(0, 256, (count, spec.array.rows))
    cs.characterize(spec)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    truth = cs.convert_codes(spec, g, codes, "ngspice")
    seconds = (resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before) / count
    table = cs.convert_codes(spec, g, codes, "nodal")
    one, two = truth.slices or truth, table.slices or table
    lsb = (spec.adc.v_ref or 1.8) / 256
    error, apart = (one.sensed - two.sensed) / lsb, np.abs(one.codes - two.codes)
    rms, differing = float(np.sqrt(np.mean(error**2))), float(np.mean(apart > 0))
    print(
        f"\n  {seconds:.2f} s a product, analog {rms:.4f} LSB rms (largest {np.abs(error).max():.4f}), "
        f"{np.count_nonzero(apart)} of {apart.size} codes differ, by {apart.max():.0f}"
    )
    return rms, differing, apart.max(), seconds, (g, truth)


@pytest.mark.parametrize(
    ("n", "count", "adc", "share", "seconds"),
    [
        (8, 8, SWITCHES, 0.01, 3),
        (8, 8, TRANSISTORS, 0.05, 15),
        (16, 4, SWITCHES, 0.01, 15),
        (16, 2, TRANSISTORS, 0.05, 60),
    ],
)
def test_a_chain_is_its_tables(n, count, adc, share, seconds):
    sense = {**TIA, "params": {**TIA["params"], "rf": 14e3 * 8 / n}}
    rms, differing, most, took, _ = measured(spec_of(n, sense=sense, adc=adc), count)
    assert rms <= 0.05 and differing <= share and most <= 1 and took <= seconds


def test_cascodes_of_transistors_need_their_curves():
    # The capacitors of the ADC settle through the load of 15 kohm, for which no buffer stands between.
    adc = {**SWITCHES, "v_ref": 1.8, "timing": {"t_sample": "100n"}}
    spec = spec_of(sense=CASCODE, adc=adc, device={"g_max": "50u"}, driver={"t_read": "30n"})
    rms, differing, most, took, (g, truth) = measured(spec, 8, g_max=5e-5)
    assert rms <= 0.05 and differing <= 0.01 and most <= 1 and took <= 3
    sense, lsb = cs.characterize(spec).sense, 1.8 / 256
    ideal = behind_the_circuit(spec).replace(adc={"kind": "ideal"})
    held = cs.solve(ideal, g, truth.v_in, "nodal").i_out
    held = np.interp(held, sense.current, sense.reported)
    line = np.polyval(np.polyfit(sense.current[::8], sense.reported[::8], 1), truth.i_out)
    for what, found, least in (("virtual ground", held, 5.0), ("scalar gain", line, 0.5)):
        worse = float(np.sqrt(np.mean(((found - truth.sensed) / lsb) ** 2)))
        print(f"  {what} in place of the table: {worse:.2f} LSB rms")
        assert worse > least


@pytest.mark.parametrize("sense", [TIA, SC], ids=["tia", "integrator"])
def test_bits_one_after_another(sense):
    driver = {"input_code": "bit_serial"} | ({"t_read": "50n", "v_read": 0.1} if sense is SC else {})
    rms, differing, most, _, _ = measured(spec_of(sense=sense, adc=SWITCHES, driver=driver), 2)
    assert rms <= 0.05 and differing <= 0.02 and most <= 1


@pytest.mark.parametrize("coding", ["pulse_width", "amplitude"])
def test_pulses_into_integrators(coding):
    driver = {"input_code": coding, "t_read": "50n", "v_read": 0.1}
    rms, differing, most, _, _ = measured(spec_of(sense=SC, adc=SWITCHES, driver=driver), 8)
    assert rms <= 0.05 and differing <= 0.02 and most <= 1


def test_unbuffered_dacs_drive_rows():
    driver = {"model": "string_dac", "params": {"r": "1k", "ron": 50}, "dac_bits": None, "r_out": 0}
    rms, differing, most, _, _ = measured(spec_of(sense=TIA, adc=SWITCHES, driver=driver), 2)
    assert rms <= 0.05 and differing <= 0.05 and most <= 1

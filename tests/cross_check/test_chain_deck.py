"""Whole chains in one deck of ngspice against the exact array with the tables of their circuits."""

import subprocess
import sys

import numpy as np
import pytest

import circuitsim as cs
from circuitsim import characterization, cli, netlist, spice, truth
from circuitsim.errors import ClippingWarning, InputError, SettlingWarning, SimulatorError, SpecError
from circuitsim.results.chain_waveforms import chain_dataset
from circuitsim.results.waveforms import integral

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*the input lies on a threshold"),
    pytest.mark.filterwarnings("ignore::circuitsim.errors.CellErrorWarning"),  # of 2e-6 at .1 V
]

LSB = 0.9 / 256
TIA = {"model": "tia", "v_ref": 0.9, "params": {"rf": "28k", "gbw": "2g", "islew": "20m", "cf": "20f", "ro": 100}}
SC = {"model": "sc_integrator", "v_ref": 0.9, "params": {"ci": "1p"}, "timing": {"t_integrate": "60n"}}
FEWER = {**TIA["params"], "rf": "20k"}  # volts an ampere: all rows may be on
PULSES = {"t_read": "50n", "v_read": 0.1}
SOURCE = {"r_out": 0, "params": {"r_out": 100}}
SPEC = {
    "schema": 1,
    "array": {"rows": 4, "cols": 4, "cell": "1t1r"},
    "device": {"model": "rram_sinh", "g_min": "1u", "g_max": "100u"},
    "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8},
    "wire": {"r_row": 2, "r_col": 2, "c_row": "0.2f", "c_col": "0.2f"},
    "driver": {"v_read": 0.2, "dac_bits": 8, "r_out": 50, "t_read": "12n"},
    "sense": TIA,
    "adc": {"model": "sar", "v_ref": 0.9, "timing": {"t_sample": "10n"}},
}
RNG = np.random.default_rng(0)
G, CODES = RNG.uniform(1e-6, 1e-4, (4, 4)), RNG.integers(0, 256, (3, 4))


def spec_of(**parts):
    data = {key: {**value} if isinstance(value, dict) else value for key, value in SPEC.items()}
    for part, keys in parts.items():
        data[part] = keys if part == "sense" else {**data[part], **keys}
    return cs.parse_spec(data)


CASES = {
    "amplitude": {},
    "bit_serial": {"driver": {"input_code": "bit_serial", "dac_bits": 3}, "sense": {**TIA, "params": FEWER}},
    "string_dac": {"driver": {"model": "string_dac", "r_out": 0, "dac_bits": None, "params": {"r": "1k", "ron": 50}}},
    "pulse_width": {"driver": {**PULSES, "input_code": "pulse_width"}, "sense": SC},
    "integrated amplitude": {"driver": PULSES, "sense": SC},
    "flash": {"adc": {"model": "flash", "bits": 8, "v_ref": None, "timing": None}},
    "source, pulse width": {
        "driver": {**PULSES, "model": "source", **SOURCE, "input_code": "pulse_width"},
        "sense": SC,
    },
    "source, bit-serial": {
        "driver": {"model": "source", **SOURCE, "dac_bits": 3, "input_code": "bit_serial"},
        "sense": {**TIA, "params": FEWER},
    },
    "string_dac, integrated": {
        "driver": {**PULSES, "model": "string_dac", "r_out": 0, "dac_bits": None, "params": {"r": "1k", "ron": 50}},
        "sense": SC,
    },
}
FEW = {"string_dac", "flash", "source, pulse width", "string_dac, integrated"}  # that take one code here


@pytest.mark.parametrize("case", CASES)
def test_one_deck_agrees_with_the_tables(case):
    spec = spec_of(**CASES[case])
    codes = CODES if spec.driver.dac_bits != 3 else CODES // 32
    codes = codes[:1] if case in FEW else codes
    exact, fast = (cs.convert_codes(spec, G, codes, level) for level in ("ngspice", "nodal"))
    one, two = exact.slices or exact, fast.slices or fast
    assert (exact.unit, fast.unit) == ("V", "V")
    lsb = LSB if case != "flash" else 1.8 / 256
    assert np.sqrt(np.mean((one.sensed - two.sensed) ** 2)) < 0.05 * lsb
    apart = np.abs(one.codes - two.codes)
    thresholds = cs.characterize(spec).adc.thresholds
    beside = np.abs(two.sensed[..., None] - thresholds).min(axis=-1)
    assert apart.max() <= 1 and np.all(beside[apart > 0] < 0.05 * lsb)  # codes differ on thresholds alone
    assert np.ptp(one.codes) > 20  # something was converted
    atol = 1e-6 if case != "string_dac, integrated" else 2e-5  # codes of a string pass through others at their edges
    np.testing.assert_allclose(exact.v_in, fast.v_in, rtol=0, atol=atol)
    np.testing.assert_allclose(exact.i_out, fast.i_out, rtol=0, atol=2e-3 * np.abs(fast.i_out).max())
    assert exact.waveforms is not None and fast.waveforms is None


def test_currents_flow_straight_into_oscillators():
    adc = {"model": "cco", "v_ref": None, "bits": 8, "timing": None}
    spec = spec_of(sense={"v_ref": 0.0}, adc=adc)
    exact, fast = (cs.convert_codes(spec, G, CODES[:1], level) for level in ("ngspice", "nodal"))
    assert (exact.unit, fast.unit) == ("A", "A") and exact.ideal == ("dac", "sense")
    np.testing.assert_allclose(exact.sensed, fast.sensed, rtol=1e-4)
    assert exact.codes.tolist() == fast.codes.tolist() and np.ptp(exact.codes) > 20


@pytest.mark.slow
def test_a_ring_of_transistors_counts_the_currents_of_its_columns():
    """Two columns flow straight into the current mirrors of rings, whose input is .05 to .6 V and moves the columns."""
    adc = {"model": "cco_ring", "v_ref": None, "bits": 8, "timing": None}
    spec = spec_of(array={"cols": 2}, sense={"v_ref": 0.5}, driver={"v_read": 0.3, "t_read": "60n"}, adc=adc)
    codes = np.array([[100, 200, 50, 30]])
    with pytest.warns(ClippingWarning, match="cco_ring counts beyond 255"):  # its largest currents, not those here
        exact, fast = (cs.convert_codes(spec, G[:, :2], codes, level) for level in ("ngspice", "nodal"))
    assert (exact.unit, fast.unit) == ("A", "A")
    np.testing.assert_allclose(exact.i_out, fast.i_out, rtol=5e-3)
    assert np.abs(exact.codes - fast.codes).max() <= 1 and fast.codes.min() > 100  # rings start where they are reset
    table = characterization.adc_input(spec)
    assert table.drop[0] < -0.4 and 0.1 < table.drop[-1] < 0.3
    at_v_ref = fast.i_out[0] * 0 + (0.3 * codes[0] / 255) @ G[:, :2]  # what columns held at v_ref would carry
    assert np.abs(at_v_ref / fast.i_out[0] - 1).max() > 0.1


DRIVERS = {
    "source": ({"params": {"r_out": 50}, "dac_bits": 8}, {}, 0.02),
    "bit_serial": ({"timing": {"t_slot": "45n"}}, {"dac_bits": 8, "r_out": 100}, 0.02),
    "pulse_width": (
        {**PULSES, "dac_bits": 8, "params": {"t_full": "50n"}, "timing": {"t_pulse": "51n"}},
        {**PULSES, "r_out": 100},
        0.1,  # the comparator of the driver decides over 3e-4 of t_full
    ),
}


@pytest.mark.parametrize("model", DRIVERS)
def test_circuits_that_drive_rows_do_what_ideal_drivers_do(model):
    keys, ideal, limit = DRIVERS[model]
    coding = model if model != "source" else "amplitude"
    sense = {**SC, "timing": {"t_integrate": "70n"}} if coding == "pulse_width" else {**TIA, "params": FEWER}
    circuit = {"model": model, "r_out": 0, "dac_bits": None, "input_code": coding, **keys}
    exact = cs.convert_codes(spec_of(driver=circuit, sense=sense), G, CODES[:1], "ngspice")
    fast = cs.convert_codes(spec_of(driver={"input_code": coding, **ideal}, sense=sense), G, CODES[:1], "nodal")
    error = ((exact.slices or exact).sensed - (fast.slices or fast).sensed) / LSB
    assert np.abs(error).max() < limit
    assert np.ptp(exact.sensed) > 20 * LSB and exact.ideal == ()


@pytest.mark.slow
@pytest.mark.parametrize("model", ["pulse_width", "bit_serial"])
def test_circuits_that_code_by_time_are_composed_from_their_tables(model):
    """Pulses as intervals of constant rows, and reads of one bit, with the voltages and widths of the table."""
    keys, sizes = DRIVERS[model][0], {"rows": 8, "cols": 4}
    sense = {**SC, "params": {"ci": "2p"}, "timing": {"t_integrate": "70n"}}
    if model == "bit_serial":
        sense = {**TIA, "params": {**FEWER, "rf": "8k", "gbw": "4g"}}
    driver = {"model": model, "r_out": 0, "dac_bits": None, "input_code": model, **keys}
    spec, rng = spec_of(array=sizes, driver=driver, sense=sense), np.random.default_rng(1)
    g, codes = rng.uniform(1e-6, 1e-4, (8, 4)), rng.integers(0, 256, (1, 8))
    exact, fast = (cs.convert_codes(spec, g, codes, level) for level in ("ngspice", "nodal"))
    one, two = exact.slices or exact, fast.slices or fast
    assert np.sqrt(np.mean((one.sensed - two.sensed) ** 2)) < 0.05 * LSB
    assert np.mean(one.codes != two.codes) <= 0.01 and np.ptp(one.codes) > 40
    np.testing.assert_allclose(exact.v_in, fast.v_in, rtol=0, atol=2e-5)


def test_waveforms_of_the_first_code_are_labelled():
    spec = spec_of(**CASES["pulse_width"])
    waves = cs.convert_codes(spec, G, CODES[:1], "ngspice").waveforms
    data = chain_dataset(waves)
    assert dict(data.sizes) == {"time": len(waves.time), "row": 4, "col": 4, "bit": 8, "clock": 28, "read": 1}
    assert {"sense_integrate", "adc_sample"} <= set(data.clock.values.tolist())
    timing = netlist.chain_timing(spec)
    on = data["clocks"].sel(clock="sense_integrate").values > 0.5
    assert waves.time[on].min() < timing.drive < timing.release < waves.time[on].max()
    area = [integral(waves.time, waves.v_in[:, row : row + 1] - 0.9)[0] for row in range(4)]
    np.testing.assert_allclose(area, 0.1 * CODES[0] / 255 * 50e-9, rtol=1e-4)
    assert all(data[name].attrs["units"] for name in data)


def test_the_deck_runs_in_plain_ngspice_and_the_command_line_reads_codes(tmp_path, monkeypatch, capsys):
    import tomli_w

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["circuitsim", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = capsys.readouterr()
        return stop.value.code or 0, out, err

    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.toml").write_text(tomli_w.dumps(SPEC), encoding="utf-8")
    np.save("g.npy", G)
    np.save("codes.npy", CODES)
    np.savetxt("bad.csv", np.full((1, 4), 256), delimiter=",")
    code, out, _ = run("netlist", "a.toml", "-g", "g.npy", "--codes", "codes.npy", "-o", "chain.cir")
    assert code == 0 and "3 code vector(s)" in out
    text = (tmp_path / "chain.cir").read_text()
    assert text.count("xadc_") == 4 and text.count("vck_adc_sample ") == 1 and str(tmp_path) not in text
    log = subprocess.run(["ngspice", "-b", "-r", "o.raw", "chain.cir"], capture_output=True, text=True, timeout=120)
    assert log.returncode == 0, log.stderr
    (plot,) = spice.read_raw(tmp_path / "o.raw")
    deck = netlist.chain(cs.parse_spec(SPEC), G, CODES)
    moments = np.arange(3) * deck.timing.cycle + deck.timing.code - 3e-11
    volts = np.array([[[np.interp(moments, plot["time"], plot[f"v(b_{b}_{k})"]) for k in range(8)] for b in range(4)]])
    by_hand = (volts[0] > 0.5).transpose(2, 0, 1) @ 2 ** np.arange(8)
    expected = cs.convert_codes(cs.parse_spec(SPEC), G, CODES, "ngspice")
    assert by_hand.tolist() == expected.codes.tolist()
    code, out, _ = run(
        "solve", "a.toml", "-g", "g.npy", "--codes", "codes.npy", "--level", "ngspice", "-o", "o", "--json"
    )
    assert code == 0
    table = np.genfromtxt("o/reading.csv", delimiter=",", names=True)
    found = np.stack([table[f"codes_{b}_1"] for b in range(4)], axis=1)
    assert found.tolist() == expected.codes.tolist() and (tmp_path / "o" / "reading_waveforms.nc").exists()
    assert (tmp_path / "o" / "ngspice" / "deck_0000" / "deck.cir").exists()
    for words, sentence in (
        (("--codes", "bad.csv"), "bad.csv: codes[0, 0] = 256: expected whole numbers from 0 to 255"),
        (("--codes", "none.npy"), "none.npy: no such file"),
        (("--codes", "codes.npy", "-x", "g.npy"), "--inputs and --codes are given: expected one of them"),
        (("--codes", "codes.npy", "--nodes"), "--nodes has no effect with --codes"),
        (
            (),
            "circuitsim.convert_codes or `circuitsim solve --codes FILE`, at level 'ngspice'",
        ),
    ):
        code, _, err = run("solve", "a.toml", *words)
        assert code == 2 and sentence in err and "Traceback" not in err and len(err.splitlines()) <= 2


def test_what_goes_wrong_in_a_chain_is_said_in_a_sentence():
    with pytest.warns(SettlingWarning, match=r"'tia' of column \d is still about .* LSB from where it .*driver.t_read"):
        cs.convert_codes(spec_of(driver={"t_read": "2n"}, adc={"timing": {"t_sample": "4n"}}), G, CODES[:1], "ngspice")
    slow = spec_of(sense={**TIA, "params": {**TIA["params"], "gbw": "20meg", "islew": "20u"}})
    with pytest.raises(SimulatorError, match=r"'tia' of column .*it may never settle \(run folder kept: ") as caught:
        cs.convert_codes(slow, G, CODES[:1], "ngspice")
    assert (caught.value.folder / "deck.cir").exists()
    small = spec_of(sense={**TIA, "params": {**TIA["params"], "rf": "80k", "vmin": 0.2}})
    with pytest.warns(ClippingWarning, match=r"the sense amplifier 'tia' of column \d saturates in read \d: .* at 0.2"):
        truth.read_chain(small, G, CODES)
    with pytest.warns(ClippingWarning, match=r"the sense amplifier 'tia' of column \d saturates in read 0: .* at 0.2"):
        truth.read_chain(small, G, CODES[:1])  # every column of this read is at the end
    stuck = spec_of(adc={"params": {"vos": 1.0}})
    with pytest.raises(SimulatorError, match=r"the ADC 'sar': its output stays at code 0 for inputs .*run folder kept"):
        truth.read_chain(stuck, G, CODES[:1])
    with pytest.raises(SpecError, match=r"adc.supply = 0: "):
        spec_of(adc={"model": "sar_transistors", "supply": 0})
    with pytest.raises(InputError, match=r"rng is given, but level = 'ngspice' does not use it"):
        cs.convert_codes(spec_of(), G, CODES, "ngspice", rng=np.random.default_rng(0))
    with pytest.raises(InputError, match=r"folder is given, but level = 'nodal' does not use it"):
        cs.convert_codes(spec_of(), G, CODES, "nodal", folder="x")
    held = {"model": "bit_serial", "r_out": 0, "dac_bits": None, "input_code": "bit_serial", **PULSES}
    with pytest.raises(SpecError, match=r"'bit_serial': its bits stay on through the phases of sc_integrator, whose"):
        cs.convert_codes(spec_of(driver={**held, "timing": {"t_slot": "130n"}}, sense=SC), G, CODES, "nodal")
    with pytest.raises(SpecError, match=r"a bit of bit_serial stands for 9e-09 s, and its read with conversion takes"):
        cs.convert_codes(spec_of(driver=held), G, CODES, "nodal")
    widths = spec_of(driver={"model": "pulse_width", "r_out": 0, "input_code": "pulse_width"})
    for level in ("ngspice", "nodal"):
        with pytest.raises(SpecError, match=r"'pulse_width': tia does not integrate over a pulse; name an amplifier"):
            cs.convert_codes(widths, G, CODES, level)
    away = spec_of(adc={"model": "cco", "v_ref": None, "bits": 8, "timing": None}, sense={"v_ref": 0.9})
    with pytest.raises(SpecError, match=r"'cco': its input lies at 0 to 0 V, away from sense.v_ref = 0.9 V by more th"):
        cs.convert_codes(away, G, CODES, "nodal")
    slow = {**held, "params": {"t_rise": "30n"}, "timing": {"t_slot": "400n"}, "v_read": 0.2}
    with pytest.warns(SettlingWarning, match=r"the driver 'bit_serial' takes .* s to settle within half an LSB, and"):
        cs.convert_codes(spec_of(driver=slow, sense={**TIA, "params": FEWER}), G, CODES[:1], "nodal")

"""Sense amplifiers that have too little time, or take the currents of other rows, are told at every level."""

import re
from pathlib import Path

import numpy as np
import pytest

import circuitsim as cs
from circuitsim.errors import SettlingWarning, SpecError
from circuitsim.resources import netlists_folder

SPEC = {
    "schema": 1,
    "array": {"rows": 4, "cols": 3, "cell": "1r"},
    "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
    "wire": {"r_row": 2, "r_col": 2},
    "driver": {"v_read": 0.2, "dac_bits": 4},
    "sense": {"model": "tia", "v_ref": 0.9, "params": {"rf": "8k"}},
    "adc": {"model": "sar", "v_ref": 0.9},
}
G, CODES = np.full((4, 3), 5e-5), np.array([[15, 8, 4, 2]])


def spec_of(**parts):
    return cs.parse_spec({**SPEC, **{part: {**SPEC[part], **keys} for part, keys in parts.items()}})


def test_an_amplifier_slower_than_its_read_is_told_at_nodal_as_at_ngspice():
    spec = spec_of()
    with pytest.warns(SettlingWarning, match="still about .* LSB from where it settles"):
        exact = cs.convert_codes(spec, G, CODES, "ngspice")
    sentence = (
        r"'tia' of column \d takes (\S+) s to settle within half an LSB in read 0, and its output is taken after "
    )
    with pytest.warns(SettlingWarning, match=sentence + r"1.61e-08 s; .*raise driver.t_read") as told:
        fast = cs.convert_codes(spec, G, CODES, "nodal")
    assert np.abs(exact.codes - fast.codes).min() > 3  # ngspice took outputs that moved
    takes = float(re.search(sentence, str(told[0].message))[1])
    assert 20e-9 < takes < 60e-9


def test_what_the_table_says_of_time_agrees_with_a_deck():
    """With as long as the table asks for, before and while the ADC samples, a deck gives the codes of the table."""
    spec = spec_of(driver={"t_read": "35n"}, adc={"timing": {"t_sample": "35n"}})
    exact, fast = (cs.convert_codes(spec, G, CODES, level) for level in ("ngspice", "nodal"))
    assert np.abs(exact.sensed - fast.sensed).max() < 0.5 * 0.9 / 256
    assert exact.codes.tolist() == fast.codes.tolist()


def test_a_short_sampling_is_told_however_long_the_rows_stay():
    with pytest.warns(SettlingWarning, match=r"and the ADC, which disturbs it, samples for 6.1e-09 s; .*adc.timing"):
        cs.convert_codes(spec_of(driver={"t_read": "1u"}), G, CODES, "nodal")


@pytest.mark.filterwarnings("ignore:the ADC's range .* clips")  # rows without input leave v_ref, where the range ends
def test_the_example_of_chips_that_differ_runs_at_every_level(capsys):
    page = (Path(netlists_folder()) / "README.md").read_text(encoding="utf-8")
    (example,) = [text for text in re.findall(r"```python\n(.*?)```", page, re.S) if "AdcMismatch" in text]
    names = {"np": np}
    exec(compile(example, "netlists/README.md", "exec"), names)
    assert capsys.readouterr().out
    quiet = names["reading"].codes
    chips = cs.AdcMismatch(instances=2, seed=0, capacitor=0.01, offset=5e-3)
    model, certificate = cs.calibrate(names["spec"], rng=np.random.default_rng(0), search="none")
    tile = {"model": model, "certificate": certificate}
    for level in ("ngspice", "nodal", "behavioral"):
        use = tile if level == "behavioral" else {}
        found = cs.convert_codes(names["spec"], names["g"], names["codes"], level, mismatch=chips, **use)
        assert np.abs(found.codes - quiet).max() <= 2 and found.instances.shape == (2, 1, 3)


CASCODE = {"model": "regulated_cascode", "v_ref": 0.5}


@pytest.mark.parametrize("level", ["ngspice", "nodal"])
def test_codes_do_not_drive_rows_below_v_ref(level):
    spec = cs.parse_spec({**SPEC, "sense": CASCODE, "adc": {"model": "sar"}})
    sentence = (
        r"'regulated_cascode': it takes the currents of rows below sense.v_ref.* such as model = 'regulated_cascode_p'"
    )
    with pytest.raises(SpecError, match=sentence):
        cs.convert_codes(spec, G, CODES, level)
    with pytest.raises(SpecError, match=sentence):
        cs.calibrate(spec, rng=np.random.default_rng(0))


def test_an_amplifier_of_a_file_is_known_by_its_table(tmp_path):
    """A user's circuit has no card that states a polarity: what it carries, its table tells."""
    lib = tmp_path / "one_way.lib"
    lib.write_text(
        "* takes currents out of it alone: a diode holds the column\n"
        ".subckt one_way in out vref\nvm x vref 0\nd1 x in fast\n.model fast d is=1e-12 n=0.05\n"
        "h1 out 0 vm 1000\n.ends\n"
    )
    sense = {"file": str(lib), "subckt": "one_way", "ports": {"in": "in", "out": "out", "ref": "vref"}, "v_ref": 0.9}
    spec = cs.parse_spec({**SPEC, "sense": {**sense, "i_max": 4e-5}})
    with pytest.raises(SpecError, match=r"sense.file = .*one_way.*: it takes the currents of rows below sense.v_ref"):
        cs.convert_codes(spec, G, CODES, "nodal")


def test_gates_and_an_amplifier_of_the_other_side_are_refused():
    data = {
        **SPEC,
        "array": {**SPEC["array"], "cell": "1t1r", "input_line": "wl"},
        "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8},
        "wire": {"r_row": 2, "r_col": 2, "r_bl": 2},
        "driver": {"v_read": 0.1},
        "sense": CASCODE,
        "adc": {},
    }
    with pytest.raises(SpecError, match="bit lines lie at v_ref"):
        cs.solve(cs.parse_spec(data), G, [[1, 0, 1, 1]], level="ngspice")

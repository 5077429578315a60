"""Codes to codes at three levels: the same converters around ngspice, the array solver and a tile."""

import sys

import numpy as np
import pytest
import tomli_w
from numpy.testing import assert_allclose, assert_array_equal

import circuitsim as cs
from circuitsim import cli, levels
from circuitsim.results import TileModel
from circuitsim.spec import parse_spec

SPEC = {
    "schema": 1,
    "array": {"rows": 6, "cols": 5, "cell": "1t1r"},
    "device": {"model": "rram_sinh", "params": {"v0": 0.25}, "g_min": "1u", "g_max": "100u"},
    "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8},
    "wire": {"r_row": 5.0, "r_col": 5.0},
    "driver": {"v_read": 0.2, "r_out": 50, "dac_bits": 4},
    "adc": {"bits": 6, "full_scale": "80u"},
}


def test_the_levels_agree_code_for_code():
    spec = parse_spec(SPEC)
    rng = np.random.default_rng(0)
    g, codes = rng.uniform(1e-6, 1e-4, (6, 5)), rng.integers(0, 16, (12, 6))
    surface = levels.surface_of(spec)
    assert surface is not None
    model = TileModel(spec, surface, 3, (0.0, 0.2))
    truth = cs.convert_codes(spec, g, codes, "ngspice")
    assert_allclose(truth.v_in, 0.2 * codes / 15, rtol=1e-14, atol=0)
    by_hand = cs.solve(spec, g, 0.2 * codes / 15, "ngspice").i_out
    assert_array_equal(truth.codes, np.rint(by_hand / (80e-6 / 63)))
    exact = cs.convert_codes(spec, g, codes, "nodal")
    assert_allclose(exact.i_out, truth.i_out, rtol=0, atol=1e-6 * truth.i_out.max())
    for reading in (exact, cs.convert_codes(spec, g, codes, "behavioral", model=model)):
        assert_array_equal(reading.codes, truth.codes)
        assert reading.ideal == ("dac", "sense", "adc")
    assert 30 < truth.codes.max() < 63


@pytest.mark.filterwarnings("ignore::circuitsim.errors.CellErrorWarning")  # of 3e-5, gates at 1.8 V
def test_the_command_line_gives_an_ideal_adc_its_range(tmp_path, monkeypatch, capsys):
    """Inputs on gates, bit by bit, adc.full_scale = "auto": an option states the range, or a sentence asks for it."""
    gated = {
        **SPEC,
        "array": {**SPEC["array"], "input_line": "wl"},
        "wire": {**SPEC["wire"], "r_bl": 2.0},
        "driver": {"v_read": 0.2, "dac_bits": 4, "input_code": "bit_serial"},
        "adc": {"bits": 6},
    }
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.toml").write_text(tomli_w.dumps(gated), encoding="utf-8")
    g, codes = np.full((6, 5), 4e-5), np.arange(12).reshape(2, 6)
    np.save("g.npy", g)
    np.save("c.npy", codes)
    words = ["solve", "a.toml", "-g", "g.npy", "--codes", "c.npy", "-o", "o"]
    assert command(monkeypatch, words) == 2
    assert "adc.full_scale" in (said := capsys.readouterr().err) and "--full-scale" in said
    assert command(monkeypatch, [*words, "--full-scale", "60u"]) == 0
    table = np.genfromtxt("o/reading.csv", delimiter=",", names=True)
    expected = cs.convert_codes(parse_spec(gated), g, codes, full_scale=60e-6)
    assert_array_equal(table["codes_4_1"], np.asarray(expected.codes)[:, 4])
    assert command(monkeypatch, ["solve", "a.toml", "--full-scale", "60u"]) == 2
    assert "--full-scale has no effect without --codes" in capsys.readouterr().err


def command(monkeypatch, words):
    monkeypatch.setattr(sys, "argv", ["circuitsim", *words])
    with pytest.raises(SystemExit) as done:
        cli.main()
    return done.value.code or 0

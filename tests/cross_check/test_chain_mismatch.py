"""Chips whose ADCs do not match, and noise, between codes and codes: against decks and what the tables state."""

from dataclasses import replace

import numpy as np
import pytest
from test_chain_deck import CODES, FEWER, TIA, G, spec_of

import circuitsim as cs
from circuitsim import spice
from circuitsim.blocks import block_of
from circuitsim.characterization import adc_draws, drawn_parameters, drawn_tables, mismatched_tables
from circuitsim.errors import InputError, SpecError
from circuitsim.netlist import bench_of

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*the input lies on a threshold"),
    pytest.mark.filterwarnings("ignore::circuitsim.errors.CellErrorWarning"),
    pytest.mark.filterwarnings("ignore::circuitsim.errors.MissingCodesWarning"),
]
SPEC = spec_of(sense={**TIA, "params": FEWER})
CAPACITORS = cs.AdcMismatch(instances=3, seed=3, capacitor=0.02)


def test_the_law_of_the_capacitors_gives_what_a_deck_of_the_same_capacitors_gives():
    table = cs.characterize(SPEC).adc
    drawn = [one for chip in drawn_tables(SPEC, table, CAPACITORS) for one in chip]
    every = [one for chip in drawn_parameters(SPEC, CAPACITORS) for one in chip]
    bench = bench_of(block_of(SPEC, "adc"), 27.0, ref=SPEC.adc.v_ref)
    none, *found = mismatched_tables(bench, [dict.fromkeys(every[0], 0.0), *every], spice.find_ngspice())
    moved = np.array([one.thresholds - table.thresholds for one in drawn]) / table.lsb
    expected = np.array([one.thresholds - none.thresholds for one in found]) / table.lsb
    assert np.abs(expected).max() > 0.3
    assert np.abs(moved - expected).max() < 1e-3


def test_a_deck_of_each_chip_gives_the_codes_of_its_thresholds():
    mismatch = cs.AdcMismatch(instances=2, seed=1, capacitor=0.05, offset=20e-3)
    exact, fast = (cs.convert_codes(SPEC, G, CODES[:2], level, mismatch=mismatch) for level in ("ngspice", "nodal"))
    assert fast.instances.shape == (2, 2, 4)
    np.testing.assert_array_equal(exact.codes, fast.codes)
    tables = drawn_tables(SPEC, cs.characterize(SPEC).adc, mismatch)
    for k, b in np.ndindex(2, 4):
        beside = np.abs(fast.sensed[:, b, None] - tables[k][b].thresholds).min(axis=1) / tables[k][b].lsb
        apart = np.abs(exact.instances[k, :, b] - fast.instances[k, :, b])
        assert np.all((apart == 0) | ((apart == 1) & (beside < 0.05)))
    assert np.abs(fast.instances - fast.codes).max() > 3


def test_offsets_and_capacitors_spread_as_they_are_stated():
    many = cs.AdcMismatch(instances=400, seed=0, offset=7e-3)
    reading = cs.convert_codes(SPEC, G, CODES[:1], mismatch=many)
    table = cs.characterize(SPEC).adc
    attenuation = 512 / (512 + 20)  # of the shipped capacitors, 256 units of 2 fF beside 20 fF at the top plate
    error = (reading.instances - reading.codes) * table.lsb
    assert np.std(error) == pytest.approx(np.hypot(7e-3 / attenuation, table.lsb / np.sqrt(6)), rel=0.05)
    assert abs(np.mean(error)) < 4 * np.std(error) / 40
    few = cs.convert_codes(SPEC, G, CODES[:1], mismatch=replace(many, instances=10))
    np.testing.assert_array_equal(few.instances, reading.instances[:10])
    other = cs.convert_codes(SPEC, G, CODES[:1], mismatch=replace(many, seed=1, instances=10))
    assert np.any(other.instances != few.instances)
    tables = drawn_tables(SPEC, table, cs.AdcMismatch(instances=100, seed=0, capacitor=0.01))
    middle = np.array([one.inl[127] - table.inl[127] for chip in tables for one in chip])
    # the step to the highest bit: 128 units against 127 others and the dummy, half of each at the middle
    assert np.std(middle) == pytest.approx(0.01 * np.sqrt(128 * 128) / np.sqrt(256), rel=0.1)


def test_noise_has_the_mean_and_the_deviation_that_the_tables_state():
    tables, codes = cs.characterize(SPEC), np.repeat(CODES[:1], 4000, axis=0)
    quiet = cs.convert_codes(SPEC, G, CODES[:1])
    noisy = cs.convert_codes(SPEC, G, codes, rng=np.random.default_rng(5))
    same = cs.convert_codes(SPEC, G, codes, rng=np.random.default_rng(5))
    np.testing.assert_array_equal(noisy.codes, same.codes)
    from circuitsim.periphery import output_noise

    sigma = output_noise(tables.sense, quiet.i_out, G.sum(axis=0))[0]
    np.testing.assert_allclose(noisy.sensed.std(axis=0), sigma, rtol=0.05)
    assert np.all(np.abs(noisy.sensed.mean(axis=0) - quiet.sensed[0]) < 4 * sigma / np.sqrt(4000))
    parts = tables.adc.noise_parts
    assert parts["sampling"] == pytest.approx(np.sqrt(1.380649e-23 * 300.15 / (532e-15 * 512 / 532)), rel=0.1)  # kT/C
    # With noise the share of reads above a threshold is that of a normal deviate of both noises together.
    total = np.hypot(sigma, tables.adc.noise)
    above = (quiet.sensed[0, :, None] - tables.adc.thresholds) / total[:, None]
    near = np.abs(above).argmin(axis=1)
    expected = np.array([_normal(above[b, near[b]]) for b in range(4)])
    share = (noisy.codes > near).mean(axis=0)
    np.testing.assert_allclose(share, expected, rtol=0, atol=0.03)
    chips = cs.convert_codes(
        SPEC, G, codes[:500], rng=np.random.default_rng(5), mismatch=cs.AdcMismatch(2, 0, offset=1e-6)
    )
    assert np.any(chips.instances[0] != chips.instances[1])  # each chip has noise of its own


def _normal(z):
    from math import erf, sqrt

    return 0.5 * (1 + erf(z / sqrt(2)))


def test_chips_of_bits_and_of_drawn_arrays():
    mismatch = cs.AdcMismatch(instances=3, seed=2, offset=10e-3)
    serial = spec_of(sense={**TIA, "params": FEWER}, driver={"input_code": "bit_serial", "dac_bits": 3})
    reading = cs.convert_codes(serial, G, CODES // 32, mismatch=mismatch)
    by_hand = (reading.slices.instances.reshape(3, 3, 3, 4) * 2.0 ** np.arange(3)[:, None]).sum(axis=2)
    np.testing.assert_array_equal(reading.instances, by_hand)
    halves = SPEC.replace(technique={"partition": [2, 4]})
    joined = cs.convert_codes(halves, G, CODES, mismatch=mismatch)
    rows = (slice(0, 2), slice(2, 4))
    own = [
        cs.convert_codes(
            SPEC.replace(array={"rows": 2}), G[part], CODES[:, part], mismatch=replace(mismatch, array=k)
        ).instances
        for k, part in enumerate(rows)
    ]
    np.testing.assert_array_equal(joined.instances, own[0] + own[1])


def test_flash_comparators_are_drawn_one_by_one():
    flash = spec_of(sense={**TIA, "params": FEWER}, adc={"model": "flash", "bits": 8, "v_ref": None, "timing": None})
    table = cs.characterize(flash).adc
    ((one, *_),) = drawn_tables(flash, table, cs.AdcMismatch(1, 0, offset=1e-3))
    assert np.std(one.thresholds - table.thresholds) == pytest.approx(1e-3, rel=0.15)
    with pytest.raises(SpecError, match=r"adc.model = 'flash': mismatch.capacitor draws capacitors e0, e1, … of a SAR"):
        cs.convert_codes(flash, G, CODES, mismatch=CAPACITORS)


def test_what_cannot_be_drawn_is_said():
    for values, sentence in (
        ({"instances": 0, "seed": 0, "offset": 1e-3}, "mismatch: instances = 0: expected a whole number >= 1"),
        ({"instances": 1, "seed": 0}, "capacitor and offset are 0: expected at least one > 0"),
        ({"instances": 1, "seed": 0, "offset": float("nan")}, "offset = nan: expected a standard deviation >= 0"),
    ):
        with pytest.raises(InputError, match=sentence):
            cs.AdcMismatch(**values)
    cco = spec_of(sense={"v_ref": 0.0}, adc={"model": "cco", "v_ref": None, "bits": 8, "timing": None})
    with pytest.raises(SpecError, match=r"adc.model = 'cco': mismatch.offset is that of a comparator of voltages, and"):
        cs.convert_codes(cco, G, CODES, mismatch=cs.AdcMismatch(1, 0, offset=1e-3))
    with pytest.raises(InputError, match=r"rng has no effect: the tables of cco state no noise; leave it out"):
        cs.convert_codes(cco, G, CODES, rng=np.random.default_rng(0))
    ideal = spec_of(sense={"v_ref": 0.0}, adc={"model": None, "v_ref": None, "timing": None, "bits": 8})
    with pytest.raises(InputError, match=r"mismatch has no effect: it goes with a circuit in \[driver\] or \[adc\]"):
        cs.convert_codes(ideal.replace(adc={"full_scale": 4e-5}), G, CODES, mismatch=CAPACITORS)


def test_the_command_line_draws_noise_and_chips(tmp_path, monkeypatch, capsys):
    import json
    import sys

    import tomli_w
    import xarray as xr
    from test_chain_deck import SPEC as DATA

    from circuitsim import cli

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["circuitsim", *words])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = capsys.readouterr()
        return stop.value.code or 0, out, err

    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.toml").write_text(tomli_w.dumps({**DATA, "sense": {**TIA, "params": FEWER}}), encoding="utf-8")
    np.save("g.npy", G)
    np.save("codes.npy", CODES)
    words = ("solve", "a.toml", "-g", "g.npy", "--codes", "codes.npy", "-o", "o", "--json", "--seed", "4")
    code, out, _ = run(*words, "--chips", "5", "--offset-sigma", "10m", "--noise-seed", "1")
    assert code == 0 and json.loads(out)["chips"] == 5 and json.loads(out)["chips_rms_codes"] > 0.5
    with xr.open_dataset("o/reading.nc", engine="h5netcdf") as data:
        found = data["instance_codes"].values
    expected = cs.convert_codes(
        SPEC, G, CODES, mismatch=cs.AdcMismatch(5, 4, offset=10e-3), rng=np.random.default_rng(1)
    )
    np.testing.assert_array_equal(found, expected.instances)
    for more, sentence in (
        (("--chips", "5"), "--chips needs --capacitor-sigma or --offset-sigma: how far their ADCs differ"),
        (("--offset-sigma", "1m"), "--offset-sigma has no effect without --chips: expected the number of chips"),
    ):
        code, _, err = run(*words, *more)
        assert code == 2 and sentence in err and "Traceback" not in err
    code, _, err = run("solve", "a.toml", "--noise-seed", "1")
    assert code == 2 and "--noise-seed has no effect without --codes" in err


def test_the_law_of_the_capacitors_is_measured_once(monkeypatch):
    first = cs.convert_codes(SPEC, G, CODES[:1], mismatch=CAPACITORS)

    def measured_again(*_, **__):
        raise AssertionError("measured again")

    monkeypatch.setattr(adc_draws, "composed_levels", measured_again)
    second = cs.convert_codes(SPEC, G, CODES[:1], mismatch=CAPACITORS)
    np.testing.assert_array_equal(first.instances, second.instances)
    warmer = SPEC.replace(array={"temperature_c": 60.0})
    with pytest.raises(AssertionError, match="measured again"):
        cs.convert_codes(warmer, G, CODES[:1], mismatch=CAPACITORS)

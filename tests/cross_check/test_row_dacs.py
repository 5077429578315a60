"""Row drivers as circuits: a resistor-string DAC in every row of a deck against its table, pulses and bits in time."""

import re

import numpy as np
import pytest

import circuitsim as cs
from circuitsim import levels, netlist, spice
from circuitsim.blocks import load_block, phase_time
from circuitsim.characterization import dac_block_table
from circuitsim.errors import InputError, OutsideRangeError, SpecError
from circuitsim.netlist.phases import clock_nodes, phase_cards
from circuitsim.periphery import check_table_holds
from circuitsim.results.waveforms import integral

SIMULATOR = spice.find_ngspice()
ARRAY = {
    "schema": 1,
    "array": {"rows": 8, "cols": 8, "cell": "1t1r"},
    "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
    "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8},
    "wire": {"r_row": 2, "r_col": 2, "c_row": "1f"},
    "driver": {"v_read": 0.2},
    "sense": {"r_in": 50},
}


@pytest.mark.parametrize("name", ["string_dac", "string_dac_buffered"])
def test_levels_and_resistances_are_those_of_the_string(name):
    block = load_block("driver", name)
    table = dac_block_table(block, v_low=0.1, v_high=0.3, c_load=1e-13, simulator=SIMULATOR)
    code, buffered = np.arange(256), name.endswith("buffered")
    np.testing.assert_allclose(
        table.levels, 0.1 + code * 0.2 / 256, rtol=0, atol=(0.1 if buffered else 1e-5) * 0.2 / 256
    )
    r_string = 1e4 * code * (256 - code) / 256**2 + 1e3
    expected = 100 / 1e4 if buffered else r_string  # behind the gain of the op-amp
    np.testing.assert_allclose(table.r_out, expected, rtol=1e-4 if not buffered else 1e-2)
    codes, settled = table.settling.T
    if not buffered:  # one time constant into the load, from the code's own distance to half a step
        tau = r_string[codes.astype(int)] * 1e-13
        np.testing.assert_allclose(settled, tau * np.log(2 * codes), rtol=0.1, atol=5e-11)


def test_an_unbuffered_dac_in_every_row_is_its_table_and_a_fixed_point():
    spec = cs.parse_spec({**ARRAY, "driver": {"v_read": 0.2, "model": "string_dac", "params": {"r": "1k", "ron": 50}},
                          "adc": {"bits": 8, "full_scale": "100u"}})  # fmt: skip
    rng = np.random.default_rng(0)
    g, codes = rng.uniform(2e-6, 1e-4, (8, 8)), rng.integers(0, 256, (3, 8))
    composed = levels.convert_codes(spec, g, codes, "nodal").i_out
    truth = np.array([_through_dacs(spec, g, word) for word in codes])
    ideal = spec.replace(driver={"kind": "ideal"})
    largest = cs.solve(ideal, g, np.full((1, 8), 0.2), level="nodal").i_out.max()
    assert np.abs(composed - truth).max() < 1e-5 * largest
    ignored = cs.solve(ideal, g, codes * 0.2 / 256, level="nodal").i_out
    assert np.sqrt(np.mean((ignored - truth) ** 2)) > 3 * largest / 255  # several LSB


def _through_dacs(spec, g, word):
    """Column currents (cols,) of a deck in which the sub-circuit of the DAC drives every row."""
    from circuitsim.blocks import block_of

    block = block_of(spec, "driver")
    text = netlist.crossbar(spec.replace(driver={"kind": "ideal"}), g, word[None] * 0.2 / 256).text
    for row, code in enumerate(word.tolist()):
        nodes = {"out": f"in_{row}", "ref": "dacref", "low": "0"}
        bits = [f"vb_{row}_{k} b_{row}_{k} 0 {(code >> k) & 1}" for k in range(8)]
        nodes |= {f"bits.{k}": f"b_{row}_{k}" for k in range(8)}
        cards = "\n".join([*bits, block.call(f"xdac_{row}", nodes)])
        text, count = re.subn(rf"^[vb]in_{row} in_{row} 0 .*$", cards, text, flags=re.M)
        assert count == 1
    text = re.sub(r"i\(vin_\d+\) ?", "", text)  # the sources of the rows are gone
    text = text.replace("\n.end\n", f"\nvdacref dacref 0 0.2\n{block.include}\n.end\n")
    raw = spice.run(text, options=spice.TRUTH_OPTIONS, simulator=SIMULATOR)
    return np.array([raw[f"i(vsense_{column})"][0] for column in range(8)])


def _driven(block, sources, stop):
    lines = ["* a row driver", block.include, "vref ref 0 0.3", "vlow low 0 0.1", *phase_cards(block), *sources]
    nodes = {"out": "out", "ref": "ref", "low": "low", "in": "in", **clock_nodes(block)}
    nodes |= {f"bits.{k}": f"b_{k}" for k in range(block.bits)}
    lines += [block.call("xdrv", nodes), "rl out low 1k", ".save v(out)", f".tran 2p {stop!r} 0 2p", ".end", ""]
    raw = spice.run("\n".join(lines), options=spice.TRANSIENT_OPTIONS, simulator=SIMULATOR)
    return raw["time"], raw["v(out)"] - 0.1


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_pulse_lasts_for_its_share_of_the_full_time(share):
    time, v = _driven(load_block("driver", "pulse_width"), [f"vin in 0 {share}"], 14e-9)
    area = integral(time, v[:, None])[0] / (0.2 * 1000 / 1100)  # behind 100 ohm into 1 kohm
    assert area == pytest.approx(share * 10e-9, abs=0.01e-9)


def test_bits_stand_in_their_slots():
    block = load_block("driver", "bit_serial")
    code = 0b10110010
    stop = phase_time(block.ready, {key: item.value for key, item in block.timing.items()}, n=8)
    time, v = _driven(block, [f"vb{k} b_{k} 0 {(code >> k) & 1}" for k in range(8)], stop)
    middle = np.interp((np.arange(8) + 0.5) * 1e-8, time, v) / (0.2 * 1000 / 1100)
    np.testing.assert_allclose(middle, [(code >> k) & 1 for k in range(8)], atol=1e-4)
    rise = np.interp([0.1, 0.9], v[time < 1.5e-8] / (0.2 * 1000 / 1100), time[time < 1.5e-8])
    assert rise[1] - rise[0] == pytest.approx(100e-12, rel=0.5)  # the edge of the slot itself is 100 ps


@pytest.mark.filterwarnings("ignore:the sense amplifier .* to settle within half an LSB")  # settled outputs are meant
def test_codes_through_an_amplifier_and_a_sar():
    spec = cs.parse_spec({**ARRAY, "driver": {"v_read": 0.2, "dac_bits": 8}, "adc": {"model": "sar"},
                          "sense": {"model": "tia", "v_ref": 0.9, "params": {"rf": "19k"}}})  # fmt: skip
    rng = np.random.default_rng(0)
    g, codes = rng.uniform(2e-6, 5e-5, (8, 8)), rng.integers(0, 256, (3, 8))
    found = levels.convert_codes(spec, g, codes, "nodal")
    v = np.asarray(found.sensed)
    assert 0 < v.min() < v.max() < 0.9  # the amplifier inverts
    assert found.codes.tolist() == np.floor(v * 256 / 1.8).tolist()  # a SAR without errors of its own
    assert found.ideal == ("dac",)
    noisy = levels.convert_codes(spec, g, codes, "nodal", rng=np.random.default_rng(1))  # with the noise of its charge
    assert np.abs(noisy.codes - found.codes).max() <= 1
    with pytest.raises(InputError, match=r"level = 'behavioral' needs a model"):
        levels.convert_codes(spec, g, codes, "behavioral")
    with pytest.raises(SpecError, match=r"sar converts voltages, and the sense amplifiers put out currents"):
        levels.convert_codes(spec.replace(sense={"kind": "virtual_ground"}), g, codes, "nodal")
    with pytest.raises(InputError, match=r"codes\[0, 0\] = 256: expected whole numbers from 0 to 255"):
        levels.convert_codes(spec, g, codes[:1] * 0 + 256, "nodal")


def test_tables_hold_where_they_were_made():
    table = dac_block_table(load_block("driver", "string_dac"), v_low=0, v_high=0.2, c_load=1e-13, simulator=SIMULATOR)
    spec = cs.parse_spec({**ARRAY, "array": {**ARRAY["array"], "temperature_c": 85}})
    with pytest.raises(OutsideRangeError, match=r"temperature_c = 85 °C: the table of the converter 'string_dac'"):
        check_table_holds(table, spec)
    with pytest.raises(InputError, match=r"v_high = 0 V: expected more than v_low = 0.2 V"):
        dac_block_table(load_block("driver", "string_dac"), v_low=0.2, v_high=0, c_load=1e-13)

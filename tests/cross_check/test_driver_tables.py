"""Row drivers of every coding as tables: behind an ideal DAC, by the width of pulses, bit by bit."""

import numpy as np
import pytest

import circuitsim as cs
from circuitsim import levels, spice
from circuitsim.blocks import load_block
from circuitsim.characterization import dac_block_table
from circuitsim.errors import InputError, SimulatorError, SpecError
from circuitsim.netlist import with_parameters

SIMULATOR = spice.find_ngspice()
CONDITIONS = {"v_low": 0.1, "v_high": 0.3, "c_load": 1e-13, "simulator": SIMULATOR}
ARRAY = {
    "schema": 1,
    "array": {"rows": 4, "cols": 2, "cell": "1r"},
    "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
    "wire": {"r_row": 1, "r_col": 1},
    "adc": {"bits": 6, "full_scale": "50u"},
}


def test_a_source_behind_a_resistance_is_an_ideal_dac_with_it():
    table = dac_block_table(with_parameters(load_block("driver", "source"), {"r_out": 50.0}), bits=6, **CONDITIONS)
    np.testing.assert_allclose(table.levels, 0.1 + 0.2 * np.arange(64) / 63, rtol=0, atol=1e-9)
    np.testing.assert_allclose(table.r_out, 50.0, rtol=1e-6)
    codes, settled = table.settling.T  # one time constant, from the step to half an LSB
    np.testing.assert_allclose(settled, 50 * 1e-13 * np.log(2 * codes), rtol=0.1, atol=2e-11)
    assert (table.coding, table.unit, table.energy) == ("amplitude", "V", {})
    assert table.provenance is not None and len(table.provenance.deck_digest or "") == 64


def test_a_pulse_is_on_for_its_share_of_the_full_time():
    table = dac_block_table(load_block("driver", "pulse_width"), bits=6, **CONDITIONS)
    lsb = 10e-9 / 63
    np.testing.assert_allclose(table.levels, np.arange(64) * lsb, rtol=0, atol=0.05 * lsb)
    assert (table.coding, table.unit, table.t_conversion) == ("pulse_width", "s", pytest.approx(13e-9))
    np.testing.assert_allclose(table.r_out, 100.0, rtol=1e-5)
    assert table.error < 0.05 and 100e-12 < table.settling[0, 1] < 500e-12


def test_the_bits_of_a_code_add_up_after_shifting():
    table = dac_block_table(load_block("driver", "bit_serial"), **CONDITIONS)
    np.testing.assert_allclose(table.levels, 0.1 + 0.2 * np.arange(256) / 255, rtol=0, atol=1e-6)
    assert (table.coding, table.unit, table.t_conversion) == ("bit_serial", "V", pytest.approx(80e-9))
    np.testing.assert_allclose(table.r_out, 100.0, rtol=1e-5)
    assert table.error < 1e-3


def test_a_slow_driver_does_not_settle_in_its_slot_and_a_pulse_that_does_not_grow_is_named():
    slow = with_parameters(load_block("driver", "bit_serial"), {"t_rise": 30e-9})
    with pytest.raises(
        SimulatorError, match=r"'bit_serial': its port 'out' (does not settle|moves by .* for bit)"
    ) as e:
        dac_block_table(slow, **CONDITIONS)
    assert (e.value.folder / "deck.cir").is_file()
    stuck = with_parameters(load_block("driver", "pulse_width"), {"t_full": 1.0})
    with pytest.raises(SimulatorError, match=r"its port 'out' is on for .* at code .*; expected pulses that grow") as e:
        dac_block_table(stuck, bits=4, **CONDITIONS)
    assert (e.value.folder / "deck.cir").is_file()


def test_every_driver_is_characterized_by_its_specification(tmp_path):
    for name, bits in (("source", 6), ("pulse_width", 6), ("bit_serial", None)):
        driver = {"v_read": 0.2, "model": name} | ({} if bits is None else {"dac_bits": bits})
        table = cs.characterize(cs.parse_spec({**ARRAY, "driver": driver}), cache=tmp_path).dac
        assert table is not None and table.block == name and table.bits == (bits or 8)
    with pytest.raises(SpecError, match=r"driver.dac_bits is missing: source has no digital word"):
        cs.characterize(cs.parse_spec({**ARRAY, "driver": {"v_read": 0.2, "model": "source"}}), cache=tmp_path)
    with pytest.raises(InputError, match=r"bits = None: source has no digital word, an ideal DAC drives it; expected"):
        dac_block_table(load_block("driver", "source"), **CONDITIONS)


def test_a_driver_that_codes_by_time_does_not_stand_in_for_amplitudes():
    spec = cs.parse_spec({**ARRAY, "driver": {"v_read": 0.2, "model": "bit_serial"}})
    with pytest.raises(SpecError, match=r"driver.input_code = 'amplitude': the driver bit_serial takes 'bit_serial'"):
        levels.convert_codes(spec, np.full((4, 2), 1e-5), np.zeros((1, 4)), "nodal")


def test_a_source_as_a_circuit_reads_like_the_ideal_driver_behind_the_same_resistance():
    g = np.geomspace(1e-6, 1e-4, 8).reshape(4, 2)
    codes = np.array([[0, 21, 42, 63], [63, 63, 63, 63]])
    own = cs.parse_spec(
        {**ARRAY, "driver": {"v_read": 0.2, "model": "source", "params": {"r_out": 500}, "dac_bits": 6}}
    )
    ideal = cs.parse_spec({**ARRAY, "driver": {"v_read": 0.2, "r_out": 500, "dac_bits": 6}})
    found, expected = (levels.convert_codes(spec, g, codes, "nodal") for spec in (own, ideal))
    np.testing.assert_allclose(found.i_out, expected.i_out, rtol=1e-6)
    assert found.codes.tolist() == expected.codes.tolist()

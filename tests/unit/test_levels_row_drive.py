"""What drivers put out read by read, from the table of any of them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from circuitsim.blocks import load_block
from circuitsim.chain import Reading
from circuitsim.errors import InputError
from circuitsim.levels.drawn_codes import convert_drawn
from circuitsim.levels.row_drive import row_drive
from circuitsim.periphery import slot_levels
from circuitsim.results import ConverterTable
from circuitsim.spec import parse_spec

CODES = np.array([[0.0, 5.0, 7.0], [2.0, 1.0, 3.0]])
R_OUT = np.array([90.0, *np.full(6, 100.0), 110.0])


def spec_of(coding):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": 3, "cols": 2, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": 0, "r_col": 0},
            "driver": {"v_read": 0.2, "input_code": coding, "dac_bits": 3, "t_read": 1e-8},
            "sense": {"v_ref": 0.9},
        }
    )


def table(levels, **more):
    levels = np.asarray(levels)
    lsb = (levels[-1] - levels[0]) / 7
    inl = (levels - levels[0]) / lsb - np.arange(8)
    return ConverterTable(3, levels[0], levels[-1], inl, block="mine", r_out=R_OUT, **more)


def test_pulses_of_a_circuit_last_as_its_table_says():
    width = np.array([1e-12, 1.3e-9, 2.7e-9, 4.2e-9, 5.6e-9, 7.1e-9, 8.5e-9, 9.9e-9])
    timed = table(width, unit="s", coding="pulse_width")
    rows = row_drive(spec_of("pulse_width"), load_block("driver", "pulse_width"), timed, CODES)
    assert_allclose(rows.width, width[CODES.astype(int)])
    assert_allclose(rows.level, 1.1)
    assert (rows.rest, rows.full, rows.r_rest) == (0.9, pytest.approx(1.1), 90.0)
    assert np.all(rows.r_out == 110.0) and rows.common_resistance is None


def test_slots_have_the_voltages_that_add_up_to_the_levels():
    on = np.array([1.08, 1.10, 1.12])
    bits = (np.arange(8)[:, None] >> np.arange(3)) & 1
    levels = np.where(bits == 1, on, 0.9) @ 2.0 ** np.arange(3) / 7
    serial = table(levels, unit="V", coding="bit_serial")
    off, found = slot_levels(serial)
    assert off == pytest.approx(0.9)
    assert_allclose(found, on, rtol=1e-12)
    rows = row_drive(spec_of("bit_serial"), load_block("driver", "bit_serial"), serial, CODES)
    assert_allclose(rows.level[:3, 1], [1.08, 0.9, 1.12])  # 5 = 101
    assert_array_equal(rows.r_out[:3, 1], [110.0, 90.0, 110.0])
    assert rows.full == pytest.approx(1.12)


def test_a_driver_that_follows_its_input_takes_every_coding():
    source, levels = load_block("driver", "source"), np.linspace(0.9, 1.1, 8)
    whole, pulsed, serial = (
        row_drive(spec_of(coding), source, table(levels), CODES)
        for coding in ("amplitude", "pulse_width", "bit_serial")
    )
    assert_allclose(whole.level, levels[CODES.astype(int)])
    assert_allclose(pulsed.width, CODES / 7 * 1e-8)
    assert_allclose(pulsed.level, 1.1)
    assert serial.level.shape == (6, 3)
    assert_allclose(serial.level[1], [0.9, 0.9, 1.1])  # bit 1 of 0, 5, 7
    even = row_drive(spec_of("amplitude"), None, ConverterTable(3, 0.9, 1.1), CODES)
    assert even.r_out is None and even.common_resistance is None
    assert_allclose(even.level, whole.level)


def test_codes_of_drawn_arrays_are_joined():
    spec = spec_of("amplitude").replace(technique={"partition": [2, 2], "replicate_cols": 2, "dummy_rows": 1})
    seen = []

    def convert(k, part, g, codes, folder, progress):
        seen.append((k, part.shape, codes.tolist(), None if folder is None else folder.name))
        progress(1, 2)
        found = np.tile(100.0 * k + np.arange(part.array.cols), (len(codes), 1))
        zeros = np.zeros_like(found)
        return Reading(codes.astype(float), zeros, zeros, found, found, instances=np.stack([found, found + 1]))

    told = []
    joined = convert_drawn(
        spec,
        np.full((3, 2), 1e-5),
        CODES,
        "nodal",
        convert,
        folder="runs",
        progress=lambda *done: told.append(done),
    )
    assert seen[0] == (0, (4, 4), [[0, 0, 5, 0], [0, 2, 1, 0]], "array_0")
    assert seen[1] == (1, (3, 4), [[0, 7, 0], [0, 3, 0]], "array_1")
    assert told == [(1, 4), (3, 4)]
    assert_allclose(joined.codes[0], [0.5 + 100.5, 2.5 + 102.5])  # mean of the replicas, sum of the sub-arrays
    assert_allclose(joined.instances[1], joined.codes + 2)
    assert_allclose(joined.v_in, CODES)
    with pytest.raises(InputError, match=r"codes has shape \(1, 2\): expected \(batch, rows\) = \(1 or more, 3\)"):
        convert_drawn(spec, np.full((3, 2), 1e-5), [[1, 2]], "nodal", convert, folder=None, progress=None)

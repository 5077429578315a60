"""Circuits that nobody of this project wrote: standard cells of the package `sky130`, with the transistors of its kit.

A D flip-flop is a comparator without a reference: at the edge of its clock it decides whether its input is above its
threshold. An inverter with a resistor from output to input is a sense amplifier.
"""

import json
import os

import numpy as np
import pytest
from command_line import circuitsim
from design_kits import sky130

import circuitsim as cs
from circuitsim.blocks import block_of
from circuitsim.characterization import comparator_table
from circuitsim.library import LeftOutWarning

FLIP_FLOP = "sky130_fd_sc_hd__dfxtp_1"
ARRAY = {
    "schema": 1,
    "array": {"rows": 1, "cols": 1, "cell": "1r"},
    "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
    "wire": {"r_row": 0, "r_col": 0},
    "driver": {"v_read": 0.1},
}
R_F = 1e5
TIMING = {"clock_start": 2e-9, "clock_width": 2e-9, "ready": 3.9e-9}


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    """A library of a user: the kit and two of its cells in each corner, and an amplifier made of one of them."""
    kit = sky130()
    standard = kit.parent / "sky130_fd_sc_hd" / "cells"
    lines = []
    for corner in ("tt", "ss"):
        lines += [
            f".lib {corner}",
            f'.lib "{kit}/combined_models/sky130.lib.spice" {corner}',
            f'.include "{standard}/dfxtp/{FLIP_FLOP}.spice"',
            f'.include "{standard}/inv/sky130_fd_sc_hd__inv_1.spice"',
            ".subckt inverter_amplifier a y vp vn params: rf=10k",
            "xinv a vn vn vp vp y sky130_fd_sc_hd__inv_1",
            "rf a y {rf}",
            ".ends",
            ".endl",
        ]
    file = tmp_path_factory.mktemp("user") / "cells.lib"
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return file


@pytest.mark.slow
def test_a_flip_flop_decides_where_its_own_inverter_does(cells):
    """Through the command, which takes file, corner, ports and times."""
    words = ["--subckt", FLIP_FLOP, "--corner", "tt", "--supply", "1.8", "--json"]
    words += ["--ports", "in=D,bits=Q,phases.clock=CLK,vdd=VPWR,vdd=VPB,vss=VGND,vss=VNB"]
    words += [each for key, value in TIMING.items() for each in ("--timing", f"{key}={value}")]
    done = circuitsim("block", "characterize", cells, *words)
    assert done.returncode == 0, done.stderr
    table = json.loads(done.stdout)
    # the cell's data input is an inverter of its own; its trip point lies between a third and a half of the supply
    assert 0.6 < table["threshold_V"] < 0.95 and table["offset_V"] is None and table["noise_V"] is None
    delay = np.array(table["delay_s"], dtype=float)  # NaN where it does not decide
    decided = np.isfinite(delay)
    assert decided[-1] and np.all((delay[decided] > 5e-11) & (delay[decided] < 1e-9))
    energy = np.array(table["energy_J"])
    assert np.all((energy > 5e-15) & (energy < 5e-13))
    assert table["supply_V"] == 1.8 and table["deck_digest"]


@pytest.mark.slow
def test_an_inverter_with_feedback_is_a_sense_amplifier_in_both_corners(cells, tmp_path):
    ports = {"in": "a", "out": "y", "vdd": "vp", "vss": "vn"}
    gains = []
    for corner in ("tt", "ss"):
        sense = {"file": cells, "subckt": "inverter_amplifier", "corner": corner, "ports": ports, "supply": 1.8}
        spec = cs.parse_spec({**ARRAY, "sense": {**sense, "v_ref": 0.78, "i_max": "2u", "params": {"rf": R_F}}})
        table = cs.characterize(spec, cache=tmp_path).sense
        assert table is not None and table.dynamics is not None
        middle = np.abs(table.current) < 5e-7
        gains.append(float(np.polyfit(table.current[middle], table.reported[middle], 1)[0]))
        # no current flows into a gate: what the column does not rise, the output falls, by the whole resistor
        r_in = float(np.polyfit(table.current[middle], table.drop[middle], 1)[0])
        assert 3e3 < r_in < 8e4 and gains[-1] == pytest.approx(r_in - R_F, rel=1e-3)
        assert np.all(table.dynamics.noise_density[:, 0] > np.sqrt(4 * 1.38e-23 * 300 / R_F))  # more than the resistor
    assert gains[0] != pytest.approx(gains[1], rel=1e-3)


@pytest.mark.slow
def test_a_comparator_that_was_taped_out_decides_at_its_reference(tmp_path):
    """The clocked comparator of a public SAR, as its designers' schematic editor wrote it; see netlists/README.md."""
    file = os.environ.get("CIRCUITSIM_SKY130_COMPARATOR")
    if file is None:
        pytest.skip("CIRCUITSIM_SKY130_COMPARATOR names no netlist of adc_comp_latch, which is not part of the project")
    mine = tmp_path / "mine.lib"
    lines = [".lib tt", f'.lib "{sky130()}/combined_models/sky130.lib.spice" tt', f'.include "{file}"']
    lines += [".subckt comparator clk q inp inn vdd vss", "xc vdd vss clk inp inn trig qn q adc_comp_latch", ".ends"]
    mine.write_text("\n".join([*lines, ".endl", ""]), encoding="utf-8")
    ports = {"in": "inp", "ref": "inn", "bits": "q", "phases": {"clock": "clk"}, "vdd": "vdd", "vss": "vss"}
    adc = {"file": mine, "subckt": "comparator", "corner": "tt", "ports": ports, "supply": 1.8, "v_ref": 0.9}
    timing = {"clock_start": 3e-9, "clock_width": 6e-9, "ready": 8.9e-9}
    with pytest.warns(LeftOutWarning, match="the end of a deck"):
        block = block_of(cs.parse_spec({**ARRAY, "adc": {**adc, "timing": timing}}), "adc")
        table = comparator_table(block, ref=0.9)
    assert abs(table.offset) < 2e-5  # symmetric; the search ends at 1e-5
    assert np.all((table.delay > 5e-10) & (table.delay < 2e-9)) and np.all(np.diff(table.delay) < 0)
    assert np.all((table.energy > 1e-12) & (table.energy < 1e-11))

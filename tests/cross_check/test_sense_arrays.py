"""Arrays whose columns end in circuits: one deck in ngspice against the exact array with the circuit's table."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim import behavioral, blocks, chain, levels, netlist, nodal, spice, truth
from circuitsim.errors import InputError, OutsideRangeError, SpecError
from circuitsim.periphery import Periphery
from circuitsim.results import TileModel, load_solution, save_solution
from circuitsim.spec import with_ideal


def spec_of(n=8, cell="1t1r", **sense):
    device = {"model": "rram_sinh" if cell == "1t1r" else "rram_ohmic", "g_min": "1u", "g_max": "50u"}
    access = {"access": {"model": "nmos_130", "w": "2u", "l": "0.13u", "v_gate": 1.8}} if cell == "1t1r" else {}
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": n, "cols": n, "cell": cell},
            "device": device,
            **access,
            "wire": {"r_row": 2.0, "r_col": 2.0},
            "driver": {"v_read": 0.2, "r_out": 50},
            "sense": sense,
        }
    )


RNG = np.random.default_rng(3)
G = RNG.uniform(1e-6, 5e-5, (8, 8))
SHARE = RNG.uniform(0, 0.18, (5, 8))


@pytest.mark.parametrize(
    ("sense", "side", "limit"),
    [
        ({"model": "virtual_ground"}, 1, 1e-9),
        ({"model": "tia"}, 1, 1e-9),
        ({"model": "regulated_cascode", "v_ref": 0.5}, -1, 1e-5),
        ({"model": "regulated_cascode_65", "v_ref": 0.5}, -1, 1e-5),
        ({"model": "regulated_cascode_p", "v_ref": 0.9}, 1, 1e-5),
    ],
)
def test_one_deck_agrees_with_the_array_and_the_table(sense, side, limit):
    spec = spec_of(**sense)
    x = spec.sense.v_ref + side * SHARE
    x[0] = spec.sense.v_ref  # at rest
    exact, fast = (cs.solve(spec, G, x, level) for level in ("ngspice", "nodal"))
    assert (exact.quantity, exact.unit, fast.quantity, fast.unit) == ("voltage", "V") * 2
    assert_allclose(fast.out, exact.out, rtol=0, atol=limit * np.ptp(exact.out))
    assert_allclose(fast.i_sense, exact.i_sense, rtol=0, atol=limit * np.abs(exact.i_sense).max())
    assert_allclose(fast.power, exact.power, rtol=0, atol=limit * exact.power.max())
    assert fast.provenance.spec_digest == exact.provenance.spec_digest == spec.digest
    if sense["model"] == "regulated_cascode":  # what the table is for: an ideal amplifier is far off
        ideal = cs.solve(with_ideal(spec, "sense"), G, x, "ngspice").out
        assert np.abs(ideal - exact.i_sense).max() > 0.03 * np.abs(exact.i_sense).max()


def test_a_column_above_the_inputs_needs_a_wider_cell():
    """A circuit that takes current raises its column above v_ref, and above a row that rests there."""
    spec = spec_of(model="regulated_cascode_p", v_ref=0.9)
    table = cs.characterize(spec).sense
    x = np.full((1, 8), 0.9)
    x[0, 0] = 1.1
    with pytest.raises(OutsideRangeError, match="is outside the surface"):
        ideal = with_ideal(spec, "sense")
        array = nodal.prepare(ideal, G, levels.surface_of(ideal, v_range=(0.9 - 1e-9, 1.1)))
        nodal.read_with_sense(array, x - 0.05, lambda i: np.interp(i, table.current, table.drop))
    found = cs.read(cs.prepare(spec, G), x)
    assert_allclose(found.out, cs.solve(spec, G, x, "ngspice").out, rtol=0, atol=1e-5)


def test_a_current_outside_the_table_is_refused():
    spec = spec_of(model="regulated_cascode", v_ref=0.5)
    with pytest.raises(OutsideRangeError, match=r"A flow into the sense amplifier 'regulated_cascode', whose table"):
        cs.solve(spec, G, np.full((1, 8), 0.7), "nodal")
    small = spec.replace(sense={"i_max": "1u"})
    with pytest.raises(OutsideRangeError, match=r"or a larger sense.i_max"):
        cs.solve(small, G, np.full((1, 8), 0.3), "nodal")


def test_a_users_circuit_reads_an_array(tmp_path):
    file = Path(__file__).parents[1] / "data" / "blocks" / "amplifiers.lib"
    keys = {"file": file, "corner": "slow", "subckt": "my_amp", "supply": 1.8, "i_max": "100u"}
    spec = spec_of(cell="1r", **keys, ports={"in": "a", "out": "y", "ref": "vcm", "vdd": "vdda", "vss": "gnda"})
    x = SHARE[:2]
    exact, fast = (cs.solve(spec, G, x, level) for level in ("ngspice", "nodal"))
    assert_allclose(fast.out, exact.out, rtol=0, atol=1e-8 * np.ptp(exact.out))
    assert_allclose(fast.out, -12e3 * fast.i_sense * 1e4 / (1e4 + 1), rtol=1e-6, atol=0)
    (text,) = levels.array_decks(spec, G, x)
    assert "xamp_7 amp_7 out_7 sref svdd 0 my_amp" in text and str(file) not in text  # complete as it stands
    by_hand = spice.run(text)
    assert_allclose(by_hand["v(out_7)"], exact.out[:, 7], rtol=1e-12, atol=0)
    netcdf, table = save_solution(tmp_path, fast, spec=spec, x=x, g=G)
    assert load_solution(netcdf) == fast and "i_sense_0 [A]" in table.read_text(encoding="utf-8")


def test_gates_and_strings_are_read_through_a_circuit_in_ngspice_alone():
    spec = spec_of(model="tia").replace(array={"input_line": "wl"}, wire={"r_bl": 2.0})
    x = np.ones((1, 8))
    exact = cs.solve(spec, G, x, "ngspice")
    assert exact.unit == "V"
    assert_allclose(exact.out, -1e4 * exact.i_sense, rtol=2e-4, atol=0)
    with pytest.raises(SpecError, match=r"sense.model = 'tia': level = 'nodal' does not simulate it.*'ngspice' does"):
        cs.solve(spec, G, x, "nodal")


def test_what_a_circuit_cannot_be_read_with_is_refused_by_name():
    spec = spec_of(model="tia")
    clocked = spec_of(model="sc_integrator")
    for level in ("ngspice", "nodal"):
        with pytest.raises(SpecError, match=r"sense.model = 'sc_integrator': it works in phases"):
            cs.solve(clocked, G, SHARE, level)
        with pytest.raises(SpecError, match=r"technique.partition adds the currents of several columns, and sense.mod"):
            cs.solve(spec.replace(technique={"partition": (4, 4)}), G, SHARE, level)
    with pytest.raises(SpecError, match=r"sense.model = 'tia': with driver.input_code = 'pulse_width'"):
        cs.solve(spec.replace(driver={"input_code": "pulse_width"}), G, SHARE, "ngspice")
    with pytest.raises(SpecError, match=r"sense.model = 'sc_integrator': it works in phases"):
        cs.calibrate(clocked, rng=np.random.default_rng(0))
    with pytest.raises(OutsideRangeError, match=r"the array asks more of its sense amplifiers than they carry, with a"):
        cs.calibrate(spec.replace(sense={"params": {"rf": "1meg"}}), rng=np.random.default_rng(0), search="none")
    with pytest.raises(SpecError, match=r"sense.model = 'tia': a read in time does not simulate this circuit"):
        truth.read_in_time(spec, G, SHARE, band=1e-9)
    with pytest.raises(SpecError, match=r"driver.model = 'r_string': the deck of an array does not simulate"):
        netlist.crossbar(spec_of().replace(driver={"model": "r_string", "r_out": 0}), G, SHARE)
    coded = spec.replace(driver={"dac_bits": 4}, adc={"bits": 4, "full_scale": 1e-4})
    with pytest.raises(SpecError, match=r"sense.model = 'tia': an ADC of codes takes currents"):
        cs.convert_codes(coded, G, np.zeros((1, 8)))


def test_a_tile_with_the_table_agrees_with_the_array():
    """The behavioral level: the port admittance of the columns meets the amplifier's curve."""
    spec = spec_of(cell="1r", model="regulated_cascode_p", v_ref=0.9)
    x = 0.9 + SHARE
    exact = cs.solve(spec, G, x, "nodal")
    table = cs.characterize(spec).sense
    model = TileModel(spec, nodal.ohmic((1e-6, 5e-5), (0.7, 1.1)), 2, (0.9, 1.1), table)
    tile = behavioral.program(model, G)
    found = chain.read_stages(tile, x, Periphery(sense=table))
    solved = cs.solve(spec, G, x, "behavioral", model=model)
    assert (solved.quantity, solved.unit) == ("voltage", "V")
    assert_allclose(solved.out, found.sensed, rtol=0, atol=1e-12)
    with pytest.raises(InputError, match=r"periphery.sense is not the table that the tile was programmed with"):
        chain.read_stages(tile, x, Periphery(sense=cs.characterize(spec.replace(sense={"supply": 1.7})).sense))
    assert_allclose(found.i_out, exact.i_sense, rtol=0, atol=2e-4 * exact.i_sense.max())
    assert_allclose(found.sensed, exact.out, rtol=0, atol=5e-4 * np.ptp(exact.out))
    assert found.ideal == ("dac", "adc")


def test_every_shipped_block_stands_as_it_is(tmp_path):
    """Plain ngspice reads the file of each block, without what circuitsim writes around it."""
    for name in blocks.list_blocks("sense"):
        block = blocks.load_block("sense", name)
        nodes = {role: role.replace(".", "_") for role in block.roles}
        sources = [f"v{k} {node} 0 0.5" for k, node in enumerate(nodes.values()) if node not in ("in", "out")]
        deck = [
            f"* {name}",
            block.include,
            *sources,
            "rin in 0 1meg",
            "rout out 0 1meg",
            block.call("x1", nodes),
            ".op",
        ]
        assert len(spice.run("\n".join([*deck, ".end"])).data) == 1


def test_fast_op_amps_and_large_currents_find_their_operating_point_at_once():
    """Newton's method met the rounding that a gain of 1e4 makes visible, and went through every rung of the ladder."""
    params = {"rf": "14k", "gbw": "2g", "islew": "20m", "cf": "20f", "ro": 100}
    spec = spec_of(model="tia", v_ref=0.9, params=params).replace(device={"g_max": "100u"})
    rng = np.random.default_rng(0)
    g, x = np.where(rng.random((8, 8)) < 0.9, 1e-4, 1e-6), 0.9 + 0.2 * rng.random((11, 8))
    exact, fast = (cs.solve(spec, g, x, level) for level in ("ngspice", "nodal"))
    assert exact.provenance.attempts == 1
    assert exact.provenance.options["vntol"] == "1e-9"
    assert_allclose(fast.out, exact.out, rtol=0, atol=1e-8 * np.ptp(exact.out))

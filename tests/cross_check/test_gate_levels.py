"""Gates of several levels: the array solver and codes against ngspice, and levels chosen by the current of a cell."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from circuitsim import characterization, levels, netlist
from circuitsim.errors import CellErrorWarning, GateLevelWarning, InputError, OutsideRangeError, SpecError
from circuitsim.evaluation import BehavioralProduct, NgspiceProduct, NodalProduct
from circuitsim.network import LinearLayer, program
from circuitsim.network.reading import LayerRange, read_layer
from circuitsim.results import TileModel
from circuitsim.spec import parse_spec

LEVELS = (0.0, 0.36, 0.48, 0.6, 0.9, 1.2, 1.5, 1.8)
SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 8, "cols": 8, "input_line": "wl"},
        "device": {"model": "rram_sinh", "g_min": 1e-6, "g_max": 1e-4},
        "access": {"model": "nmos_130", "w": 1e-6, "l": 1.3e-7, "v_gate": 1.8},
        "wire": {"r_row": 2.0, "r_col": 5.0, "r_bl": 5.0, "c_row": 1e-15, "c_col": 1e-15, "c_bl": 1e-15},
        "driver": {"v_read": 0.2, "r_out": 50.0, "gate_levels": LEVELS, "dac_bits": 3, "t_read": 20e-9},
        "sense": {"r_in": 20.0},
        "adc": {"bits": 8, "full_scale": 1e-4},
    }
)


def drawn(spec, batch=5):
    """Conductances and inputs: all rows at each of the levels near threshold, and levels at random."""
    rng = np.random.default_rng(3)
    x = rng.integers(0, 8, (batch, spec.array.rows)) / 7
    x[0], x[1], x[2], x[3] = 1.0, 1 / 7, 2 / 7, 3 / 7
    return 10 ** rng.uniform(-6, -4, spec.shape), x


@pytest.mark.parametrize("rows", [8, 32])
@pytest.mark.parametrize(("drive", "sense"), [("top", "bottom"), ("bottom", "bottom"), ("both", "both")])
def test_the_array_solver_agrees_with_ngspice_relative_to_the_array_of_each_vector(rows, drive, sense):
    """Also where every row is near threshold, and the currents of the vector are a hundredth of full scale."""
    spec = SPEC.replace(array={"rows": rows}, wire={"col_drive": drive, "col_sense": sense})
    g, x = drawn(spec)
    found, truth = (levels.solve(spec, g, x, level) for level in ("nodal", "ngspice"))
    assert found.provenance.options["method"] == "columns"
    assert np.all(np.abs(found.out - truth.out).max(axis=1) < 1e-8 * np.abs(truth.out).max(axis=1))
    assert_allclose(found.power, truth.power, rtol=1e-7, atol=0)
    assert found.cell_error.max() < 1e-6


def test_currents_below_threshold_are_told():
    spec = SPEC.replace(driver={"gate_levels": (0.0, 0.1, 1.8), "dac_bits": None})
    with pytest.warns(CellErrorWarning, match="outputs may be off"):
        levels.solve(spec, drawn(spec)[0], np.full((1, 8), 0.5))


def test_a_deck_holds_the_voltage_of_each_gate():
    g, x = drawn(SPEC)
    one = netlist.crossbar(SPEC, g, x[3:4]).text
    assert "vin_5 in_5 0 0.6\n" in one
    assert "* driver.gate_levels = 0, 0.36, 0.48, 0.6, 0.9, 1.2, 1.5, 1.8 " in one
    batch = netlist.crossbar(SPEC, g, x)
    assert_array_equal(batch.drive, np.array(LEVELS)[np.rint(7 * x).astype(int)])


def test_codes_select_levels_at_both_levels_of_simulation():
    g, x = drawn(SPEC)
    codes = np.rint(7 * x)
    found, truth = (levels.convert_codes(SPEC, g, codes, level) for level in ("nodal", "ngspice"))
    assert_array_equal(found.codes, truth.codes)
    assert_allclose(found.i_out, levels.solve(SPEC, g, x, "ngspice").out, rtol=1e-7, atol=1e-15)
    with pytest.raises(InputError, match="codes need a DAC"):
        levels.convert_codes(SPEC.replace(driver={"dac_bits": None}), g, codes)


def test_a_chain_of_circuits_takes_codes_of_levels():
    """One deck of gate drivers, array and ADC: the codes of the first read are those of the ADC's table."""
    spec = SPEC.replace(
        array={"rows": 4, "cols": 4}, driver={"t_read": 200e-9}, adc={"model": "cco", "bits": 8, "full_scale": "auto"}
    )
    g = 10 ** np.random.default_rng(0).uniform(-5.5, -4.5, (4, 4))
    found, truth = (levels.convert_codes(spec, g, [[7, 4, 2, 0]], level) for level in ("nodal", "ngspice"))
    assert_allclose(found.i_out, truth.i_out, rtol=1e-5, atol=0)
    assert np.abs(found.codes - truth.codes).max() <= 1


def test_a_read_in_time_rises_from_the_first_level_and_ends_at_rest():
    """Gates rest at the first level, here above 0 V, so that the bit lines feed a current before the pulse."""
    spec = SPEC.replace(driver={"gate_levels": (0.4, 0.8, 1.8), "dac_bits": None}, array={"rows": 4})
    g, x = np.full((4, 8), 5e-5), np.array([[0.5, 1.0, 0.0, 0.5]])
    (found,) = levels.solve_in_time(spec, g, x, "ngspice", band=1e-7)
    assert_allclose(found.i_out[0], levels.solve(spec, g, np.zeros((1, 4)), "ngspice").out[0], rtol=1e-3)
    assert_allclose(found.i_out[-1], levels.solve(spec, g, x, "ngspice").out[0], rtol=1e-4)
    with pytest.raises(SpecError, match=r"driver\.gate_levels = .* level = 'nodal' in time .* level = 'ngspice' does"):
        levels.solve_in_time(spec, g, x, "nodal", band=1e-7)


def test_a_tile_is_within_its_certificate_of_the_deck():
    """Also from code to code."""
    spec = SPEC.replace(array={"cols": 4}, driver={"gate_levels": (0.0, 0.6, 1.2, 1.8), "dac_bits": 2})
    model, certificate = levels.calibrate(
        spec, rng=np.random.default_rng(0), truth="nodal", search="structured", thorough=False
    )
    assert len(model.between) == 2 and certificate.worst is not None and certificate.spot is not None
    assert certificate.reached and certificate.typical.rms < 1e-4 and certificate.spot.error.max < 1e-8
    g, x = drawn(spec)[0], np.random.default_rng(1).integers(0, 4, (8, 8)) / 3
    use = {"model": model, "certificate": certificate, "strict": True}
    found, truth = levels.solve(spec, g, x, "behavioral", **use), levels.solve(spec, g, x, "ngspice")
    assert np.abs(found.out - truth.out).max() < certificate.worst.error * certificate.full_scale
    assert_allclose(found.power[0], truth.power[0], rtol=1e-3)
    codes = levels.convert_codes(spec, g, np.rint(3 * x), "behavioral", **use).codes
    assert np.abs(codes - levels.convert_codes(spec, g, np.rint(3 * x)).codes).max() <= 1


def test_techniques_that_draw_other_arrays_keep_the_levels():
    spec = SPEC.replace(technique={"partition": (4, 8), "dummy_rows": 1})
    g, x = drawn(SPEC)
    found, truth = (levels.solve(spec, g, x, level).out for level in ("nodal", "ngspice"))
    assert np.abs(found - truth).max() < 1e-8 * truth.max()


def test_levels_of_equal_steps_of_current():
    volts = characterization.equal_current_levels(SPEC, 16)
    assert (len(volts), volts[0], volts[-1]) == (16, 0.0, 1.8) and np.all(np.diff(volts) > 0)
    current = characterization.gate_currents(SPEC, [1e-5], volts)[:, 0]
    assert_allclose(np.diff(current), current[-1] / 15, rtol=1e-4)
    spec = SPEC.replace(driver={"gate_levels": volts, "dac_bits": 4})
    g, bend = characterization.bend_of_levels(spec)
    assert bend[4] < 1e-4 < 0.1 < min(bend[0], bend[8])  # the transistor limits what the device would let through
    assert_allclose(g[4], 1e-5, rtol=1e-12)


def test_the_current_of_a_gate_is_that_of_an_array_of_one_cell():
    spec = SPEC.replace(
        array={"rows": 1, "cols": 1}, wire={"r_row": 0.0, "r_col": 0.0, "r_bl": 0.0}, sense={"r_in": 0.0, "v_ref": 0.1}
    ).replace(driver={"r_out": 0.0})
    x = np.arange(8)[:, None] / 7
    found = characterization.gate_currents(spec, [3e-5], LEVELS)
    assert_allclose(found, levels.solve(spec, [[3e-5]], x, "ngspice").out, rtol=1e-6, atol=1e-14)


def test_a_level_that_no_surface_describes_is_named_by_its_voltage():
    """The current of a level-1 transistor that is off has a kink that no polynomial follows."""
    spec = SPEC.replace(access={"model": "nmos_level1"}, array={"rows": 2})
    with pytest.raises(OutsideRangeError, match=r"input_line = 'wl' with 0 V at the gate, use level = 'ngspice'"):
        levels.prepare(spec, np.full((2, 8), 1e-5))


class OneLayer:
    layers = (LinearLayer("l", "Gemm", np.random.default_rng(0).normal(size=(1, 8, 2))),)

    def run(self, images, product):
        raise NotImplementedError

    def run_float(self, images):
        raise NotImplementedError


@pytest.mark.parametrize("level", ["behavioral", "nodal", "ngspice"])
def test_a_network_is_told_how_far_its_cells_are_from_linear(level):
    on, off = characterization.gated_cells(SPEC)
    between = characterization.gate_level_cells(SPEC)
    exact = NodalProduct(SPEC, on, off=off, between=between)
    tiles = BehavioralProduct(TileModel(SPEC, on, 3, (0.0, 1.0), off=off, between=between))
    product = {"behavioral": tiles, "nodal": exact, "ngspice": NgspiceProduct(SPEC)}[level]
    g, bend = characterization.bend_of_levels(SPEC)
    sentence = rf"up to {bend.max():.1%} of the current at input 1 for g = {g[bend.argmax()]:.3g} S"
    with pytest.warns(GateLevelWarning, match=re.escape(sentence)):
        layer, exactly = (program(OneLayer(), SPEC, each).layers["l"] for each in (product, exact))
    activations = np.random.default_rng(1).integers(0, 8, (3, 1, 8)) / 7
    y = read_layer(layer, SPEC, activations, LayerRange(1.0)).y
    assert y.shape == (3, 1, 2) and np.abs(y).max() > 0
    same = read_layer(exactly, SPEC, activations, LayerRange(1.0)).y
    assert_allclose(y, same, rtol=0, atol=1e-4 * np.abs(same).max())


def test_gates_whose_cells_are_linear_are_not_told(recwarn):
    """Two levels are linear but for the leak of a gate that is off."""
    spec = SPEC.replace(driver={"gate_levels": (0.0, 1.8), "dac_bits": None})
    NodalProduct(spec, None).check_array(spec)
    assert not [warning for warning in recwarn if warning.category is GateLevelWarning]


def test_what_has_no_gates_to_choose_is_refused():
    with pytest.raises(InputError, match="count = 1: expected 2 or more levels"):
        characterization.equal_current_levels(SPEC, 1)
    bit_lines = SPEC.replace(
        array={"input_line": "bl"}, wire={"r_bl": None, "c_bl": None}, driver={"gate_levels": None}
    )
    with pytest.raises(InputError, match=r"array\.input_line = 'bl': expected 'wl'"):
        characterization.equal_current_levels(bit_lines, 4)
    weak = SPEC.replace(driver={"gate_levels": None}, access={"v_gate": -1.0})
    with pytest.raises(InputError, match="does not rise from 0 V to -1 V at its gate"):
        characterization.equal_current_levels(weak, 4)


def test_two_levels_are_off_and_on_and_a_conductance_is_checked():
    spec = SPEC.replace(driver={"gate_levels": None, "dac_bits": None, "input_code": "bit_serial"})
    assert characterization.equal_current_levels(spec, 2) == (0.0, spec.v_gate)
    for g in (0.0, -1e-6, float("nan")):
        with pytest.raises(InputError, match=r"^g = .* S: expected a conductance above 0$"):
            characterization.equal_current_levels(spec, 4, g=g)

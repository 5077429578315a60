"""One entrance to three levels: what it refuses, and what it says about a model used without a certificate."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim import characterization, nodal
from circuitsim.errors import InputError, OutsideCertificateWarning, OutsideRangeError, SpecError
from circuitsim.levels import surface_of
from circuitsim.levels.input_range import input_range
from circuitsim.resources import netlists_folder
from circuitsim.results import TileModel

SPEC = cs.parse_spec(
    {
        "schema": 1,
        "array": {"rows": 6, "cols": 4, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
        "wire": {"r_row": 2.0, "r_col": 2.0},
        "driver": {"v_read": 0.2},
    }
)
G = np.geomspace(1e-6, 1e-4, 24).reshape(6, 4)
MODEL = TileModel(SPEC, nodal.ohmic((1e-6, 1e-4), (0.0, 0.2)), 1, (0.0, 0.2))


def test_ohmic_arrays_agree_between_nodal_and_behavioral():
    x = np.linspace(0.0, 0.2, 12).reshape(2, 6)
    exact = cs.solve(SPEC, G, x, "nodal").out
    # 1e-7: the one product of a tile comes from sweeps that stop at 1e-8 of a volt
    assert_allclose(cs.solve(SPEC, G, x, "behavioral", model=MODEL).out, exact, rtol=1e-7, atol=0)


def test_inputs_beyond_the_model_are_told_without_a_certificate():
    with pytest.warns(OutsideCertificateWarning, match="no certificate covers it"):
        cs.solve(SPEC, G, np.full((1, 6), 0.25), "behavioral", model=MODEL)


@pytest.mark.parametrize(
    ("level", "options", "sentence"),
    [
        ("exact", {}, "expected 'ngspice' or 'nodal' or 'behavioral'"),
        ("behavioral", {}, "needs a model"),
        ("behavioral", {"model": MODEL, "strict": True}, "needs the certificate"),
        ("nodal", {"model": MODEL}, "model is given, but level = 'nodal' does not use it: expected level = behavioral"),
        ("ngspice", {"strict": True}, "strict is given, but level = 'ngspice' does not use it"),
        ("nodal", {"folder": "out"}, "folder is given, but level = 'nodal' does not use it: expected level = ngspice"),
        ("behavioral", {"model": MODEL, "nodes": True}, "nodes is given, but level = 'behavioral' does not use it"),
    ],
)
def test_refusals(level, options, sentence):
    with pytest.raises(InputError, match=sentence):
        cs.solve(SPEC, G, np.zeros((1, 6)), level, **options)


def test_inputs_widen_the_prepared_range_in_steps():
    """Batches that differ a little share a characterized cell."""
    ranges = {input_range(SPEC, np.full((1, 6), v)) for v in (0.05, 0.2)}
    assert ranges == {(0.0, 0.2)}
    assert input_range(SPEC, np.array([[0.21]])) == input_range(SPEC, np.array([[0.25]])) == (0.0, 0.25)
    assert input_range(SPEC, np.array([[-0.01, 0.251]])) == (-0.2, pytest.approx(0.3125))
    assert input_range(SPEC, np.array([[np.nan]])) is None


@pytest.mark.parametrize("level", ["nodal", "behavioral"])
def test_prepared_arrays_are_read_as_often_as_wanted(level):
    x = np.linspace(0.0, 0.2, 12).reshape(2, 6)
    given = {"model": MODEL} if level == "behavioral" else {}
    array = cs.prepare(SPEC, G, level, **given)
    whole = cs.solve(SPEC, G, x, level, **given)
    for k in range(2):
        solution = cs.read(array, x[k : k + 1])
        assert_allclose(solution.out[0], whole.out[k], rtol=1e-9, atol=0)
        assert_allclose(solution.power[0], whole.power[k], rtol=1e-9, atol=0)
        assert solution.provenance.level == level


def test_drawn_arrays_report_the_worst_balance_among_them():
    spec = SPEC.replace(technique={"partition": (3, 4)})
    x = np.linspace(0.0, 0.2, 12).reshape(2, 6)
    whole = cs.solve(spec, G, x, "nodal")
    small = SPEC.replace(array={"rows": 3})
    parts = [cs.solve(small, G[k : k + 3], x[:, k : k + 3], "nodal").convergence for k in (0, 3)]
    for key in ("kirchhoff", "residual", "iterations"):
        expected = np.max([getattr(part, key) for part in parts], axis=0)
        np.testing.assert_array_equal(getattr(whole.convergence, key), expected)
    assert whole.provenance.deck_digest is None  # ohmic: no deck was run


@pytest.mark.parametrize("level", ["ngspice", "nodal", "behavioral"])
def test_a_prepared_array_keeps_what_was_programmed(level):
    g = G.copy()
    array = cs.prepare(SPEC, g, level, **({"model": MODEL} if level == "behavioral" else {}))
    g[:] = 0.0
    np.testing.assert_array_equal(array.g, G)


def spec_with(**parts):
    data = SPEC.model_dump(mode="json", by_alias=True, exclude_none=True)
    data |= {"driver": {"v_read": 0.2, "dac_bits": 4}, "adc": {"bits": 4, "full_scale": 1e-4}}
    for part, keys in parts.items():
        data[part] = {**data.get(part, {}), **keys}
    return cs.parse_spec(data)


ACCESS = {"model": "nmos_130", "w": 1e-6, "l": 1.3e-7, "v_gate": 1.8}
CAPACITOR = {"model": "charge_cell", "g_min": 1e-16, "g_max": 1.5e-15}
FLASH = {"model": "flash_fg", "g_min": 1e-6, "g_max": 2e-5, "v_gate": 2.0}


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"array": {"cell": "1t1r", "input_line": "wl"}, "access": ACCESS, "wire": {"r_bl": 2.0}}, "expected 'bl'"),
        (
            {"array": {"cell": "1c"}, "device": CAPACITOR, "sense": {"kind": None, "model": "regulated_cascode"}},
            r"sense\.model = 'regulated_cascode' with array\.cell = '1c': the output is a charge",
        ),
    ],
)
def test_codes_need_voltages_in_and_currents_out(parts, sentence):
    with pytest.raises(SpecError, match=sentence):
        cs.convert_codes(spec_with(**parts), G, np.zeros((1, 6), int), "ngspice")


def test_codes_are_numbers():
    with pytest.raises(InputError, match="codes cannot be read as an array of real numbers"):
        cs.convert_codes(spec_with(), G, [["a"] * 6])


def test_strings_of_own_cells_are_left_to_the_levels_that_solve_the_circuit():
    """A tile knows what a transistor beside a device does; a cell of one's own may be anything."""
    own = {"file": str(netlists_folder() / "cells/xnor_pair.lib"), "subckt": "xnor_pair", "ports": ["bl", "sl", "wl"]}
    data = spec_with(driver={"v_read": 0.2}, adc={"kind": "ideal"}).model_dump(by_alias=True, exclude_none=True)
    data["array"] |= {"cell": "own", "input_line": "string"}
    data["device"] = {"g_min": 4e-5, "g_max": 1.7e-4, "v_gate": 1.0, **own}
    sentence = r"array.cell = 'own': level = 'behavioral' does not simulate it.*; level = 'ngspice' or 'nodal' does$"
    with pytest.raises(SpecError, match=sentence):
        cs.prepare(cs.parse_spec(data), np.full((6, 4), 1e-4), "behavioral", model=MODEL)


TWO_STATES = {"model": "mtj_pma", "g_min": 4.79958e-05, "g_max": 0.000166667}


def surface_between_two_states():
    """As the cell of a junction is characterized: i = g U at both states, and no meaning between them."""
    return replace(MODEL.surface, g_range=(TWO_STATES["g_min"], TWO_STATES["g_max"]), two_states=True)


@pytest.mark.parametrize("level", ["ngspice", "nodal", "behavioral"])
def test_a_device_with_two_states_takes_no_other_conductance(level):
    spec = spec_with(device=TWO_STATES, driver={"v_read": 0.1})
    g = np.full((6, 4), TWO_STATES["g_max"])
    g[0, 0], g[0, 1], g[2, 3] = TWO_STATES["g_min"], 0.0, 1e-4
    with pytest.raises(OutsideRangeError, match=r"g\[2, 3\] = 0.0001 S: .* two states, .*0, an open cell"):
        if level == "ngspice":
            cs.prepare(spec, g, level)
        elif level == "nodal":
            nodal.prepare(spec, g, surface_between_two_states())
        else:
            cs.prepare(spec, g, level, model=TileModel(spec, surface_between_two_states(), 1, (0.0, 0.1)))


@pytest.mark.parametrize("v_range", [(0.2, 0.0), (0.0, 0.0), (0.0, np.nan), (-np.inf, 0.2)])
def test_empty_ranges_of_inputs_are_refused(v_range):
    with pytest.raises(InputError, match=r"v_range = .* V: expected a finite lower and a higher end"):
        cs.prepare(SPEC, G, "nodal", v_range=v_range)
    with pytest.raises(InputError, match=r"v_range = .* V: expected a finite lower and a higher end"):
        characterization.cell(SPEC, v_range=v_range)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"max_rms": 0.0}, "max_rms = 0: expected a fraction of full scale > 0"),
        ({"max_rms": np.nan}, "max_rms = nan"),
        ({"truth": "nodal", "folder": "out"}, "folder is given, but truth = 'nodal'"),
    ],
)
def test_calibrations_that_cannot_be_kept_to_are_refused(options, sentence):
    with pytest.raises(InputError, match=sentence):
        cs.calibrate(SPEC, rng=np.random.default_rng(0), **options)


@pytest.mark.parametrize("technique", [{}, {"partition": (3, 4)}])
@pytest.mark.parametrize("level", ["ngspice", "behavioral"])
def test_effective_matrices_are_those_of_the_array_solver(level, technique):
    spec = SPEC.replace(technique=technique)
    fitting = TileModel(spec.replace(array={"rows": 3}, technique={"partition": None}), MODEL.surface, 1, (0.0, 0.2))
    given = {"model": fitting if technique else MODEL} if level == "behavioral" else {}
    array = cs.prepare(spec, G, level, **given)
    with pytest.raises(InputError, match=r"effective_matrix of a .*: expected an array prepared at level = 'nodal'"):
        cs.effective_matrix(array)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda x: cs.solve("array.toml", G, x), "spec is of type str: expected ArraySpec"),
        (lambda x: cs.solve(SPEC, G, x, ["nodal"]), "level = .*: expected 'ngspice' or"),
        (lambda x: cs.solve(SPEC, G, x, "behavioral", model="model.json"), "model is of type str: expected TileModel"),
        (lambda x: cs.read(G, x), "array is of type ndarray: expected what circuitsim.prepare returns"),
    ],
)
def test_arguments_of_another_type_are_refused(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call(np.zeros((1, 6)))


def test_a_capacitor_has_no_surface():
    spec = cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": 2, "cols": 2, "cell": "1c"},
            "device": CAPACITOR,
            "wire": {"r_row": 1.0, "r_col": 1.0},
            "driver": {"v_read": 0.2, "t_read": 1e-8},
        }
    )
    with pytest.raises(SpecError, match=r"array.cell = '1c': a capacitor carries no current at rest"):
        surface_of(spec)

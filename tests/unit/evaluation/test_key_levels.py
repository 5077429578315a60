"""The levels that are said to honour a key are those whose outputs it changes; other keys change none."""

import functools

import numpy as np
import pytest

import circuitsim as cs
from circuitsim import levels, nodal, results
from circuitsim.errors import SpecError
from circuitsim.evaluation import key_levels
from circuitsim.evaluation.key_levels import _LINES
from circuitsim.spec import ArraySpec, document_keys, parse_spec

LEVELS = ("ngspice", "nodal", "behavioral")
DATA = {
    "schema": 1,
    "array": {"rows": 3, "cols": 2, "cell": "1r", "temperature_c": 60.0},
    "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
    "wire": {"r_row": 5.0, "r_col": 7.0, "tc_row": 1e-3, "tc_col": 2e-3},
    "driver": {"v_read": 0.2, "r_out": 20.0},
    "sense": {"r_in": 30.0},
}
TRANSISTOR = {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.2}
G = np.array([[1e-4, 2e-5], [3e-5, 9e-5], [8e-5, 5e-6]])
X = np.array([[0.2, 0.1, 0.15]])
STRAP = {"every": 2, "r": 0.5, "r_via": 1.0}
LINE = {"width": "50n", "thickness": "100n", "pitch": "100n", "resistivity": "3u"}

CHANGES = {
    "array.rows": None,  # another matrix
    "array.cols": None,
    "array.temperature_c": 100.0,
    "wire.r_row": 6.0,
    "wire.r_col": 8.0,
    "wire.row": LINE,
    "wire.col": LINE,
    "wire.tc_row": 2e-3,
    "wire.tc_col": 3e-3,
    "wire.t_ref_c": 10.0,
    "wire.taper_row": 0.2,
    "wire.taper_col": 0.2,
    "wire.first_row_segment": False,
    "wire.last_col_segment": False,
    "wire.row_drive": "right",
    "wire.col_sense": "top",
    "wire.strap_row": STRAP,
    "wire.strap_col": STRAP,
    "driver.r_out": 40.0,
    "sense.r_in": 50.0,
    "sense.v_ref": 0.05,
    "technique.partition": [2, 2],
    "technique.replicate_cols": 2,
    "technique.g_reference": 2e-5,
    "technique.dummy_rows": 1,
    "technique.dummy_cols": 1,
}
UNFELT = {
    "wire.c_row": 1e-12,
    "wire.c_col": 1e-12,
    "driver.dac_bits": 3,
    "driver.t_read": 1e-6,
    "driver.t_rise": 1e-9,
    "driver.input_code": "bit_serial",
    "adc.bits": 4,
    "adc.full_scale": 1e-5,
    "mapping.weights": "offset",
    "mapping.inputs": "unsigned",
    "mapping.bits_per_cell": 2,
    "mapping.copies": 2,
    "mapping.scale": "tile",
    "mapping.crosstalk": 0.1,
    "mapping.digital": ["a"],
}
# A source, a form of it, or a range; each is solved by tests of its own.
OTHER = {"device", "access"} | {"driver.v_read", "technique.g_dummy", "array.cell", "array.input_line", "sense.kind"}
OTHER |= {f"sense.{key}" for key in ("file", "corner", "subckt", "model", "folder", "ports", "params", "supply")}
OTHER |= {"sense.timing", "sense.load", "sense.i_max", "driver.kind", *_LINES}


def solved(spec: ArraySpec, level: str) -> np.ndarray:
    if level != "behavioral":
        return cs.solve(spec, G, X, level).out
    low = spec.sense.v_ref
    model = results.TileModel(spec, nodal.ohmic((1e-6, 1e-4), (low, low + 0.2)), 1, (low, low + 0.2))
    return cs.solve(spec, G, X, level, model=model).out


def with_key(key, value):
    section, _, name = key.partition(".")
    data = {part: dict(keys) if isinstance(keys, dict) else keys for part, keys in DATA.items()}
    data[section] = data.get(section, {}) | {name: value}
    if name in ("row", "col"):
        del data["wire"][f"r_{name}"]
    return parse_spec(data)


def levels_of(key, use):
    return next((each.levels for each in key_levels(key) if each.use == use), ())


BASE = parse_spec(DATA)


@functools.cache
def base_out(level):
    """Not a constant: it solves, and nothing may be compiled while tests are collected."""
    return solved(BASE, level)


@pytest.mark.filterwarnings("ignore::circuitsim.errors.CircuitsimWarning")
@pytest.mark.parametrize("key", [key for key, value in CHANGES.items() if value is not None])
def test_a_level_that_honours_a_key_feels_it(key):
    spec = with_key(key, CHANGES[key])
    assert levels_of(key, "reads") == LEVELS
    levels.check_can(spec, "behavioral")
    for level in LEVELS[:2] if spec.technique.changes_size else LEVELS:  # tiles of techniques need a certificate
        assert np.abs(solved(spec, level) / base_out(level) - 1).max() > 1e-6, level


@pytest.mark.filterwarnings("ignore::circuitsim.errors.CircuitsimWarning")
@pytest.mark.parametrize("key", UNFELT)
def test_no_read_feels_a_key_that_is_said_to_matter_elsewhere(key):
    spec = with_key(key, UNFELT[key])
    assert key_levels(key) and (levels_of(key, "reads") == () or key == "driver.input_code")
    for level in LEVELS:
        np.testing.assert_allclose(solved(spec, level), base_out(level), rtol=1e-12)


def test_every_key_is_covered():
    keys = {doc.key for doc in document_keys(ArraySpec) if doc.key.count(".") == 1}
    covered = CHANGES.keys() | UNFELT.keys()
    left = {key for key in keys - covered if key not in OTHER and key.partition(".")[0] not in OTHER}
    assert {key for key in left if "reads" in [each.use for each in key_levels(key)]} == set()
    circuits = {key for key in left if key.partition(".")[0] in ("driver", "adc")}
    assert left == circuits | {"mapping.weight_bits"}  # goes with bits_per_cell
    assert all(levels_of(key, "codes") == LEVELS for key in circuits)


@pytest.mark.parametrize(
    ("key", "value"),
    [("access.w", "2u"), ("access.v_gate", 1.0), ("device.params", {"v0": 0.1}), ("access.a_vt", "4n")],
)
def test_keys_of_the_cell_are_felt_by_the_truth(key, value):
    cell = {"array": {"rows": 3, "cols": 2}, "access": TRANSISTOR, "device": DATA["device"] | {"model": "rram_sinh"}}
    base = parse_spec(DATA | cell)
    section, _, name = key.partition(".")
    changed = base.replace(**{section: {name: value}})
    felt = np.abs(cs.solve(changed, G, X, "ngspice").out / cs.solve(base, G, X, "ngspice").out - 1).max() > 1e-6
    assert felt == ("ngspice" in levels_of(key, "reads"))


def test_a_level_that_refuses_a_key_does_not_honour_it():
    assert levels_of("technique.skip_zero_rows", "reads") == ("ngspice", "nodal")
    assert levels_of("driver.gate_levels", "time") == ("ngspice",)
    assert levels_of("technique.partition", "time") == levels_of("technique.partition", "networks") == ()
    spec = parse_spec(DATA | {"array": {"rows": 3, "cols": 2}, "access": TRANSISTOR})
    with pytest.raises(SpecError, match="level = 'behavioral' does not simulate it"):
        levels.check_can(spec.replace(technique={"skip_zero_rows": True}), "behavioral")


@pytest.mark.parametrize("key", _LINES)
def test_a_key_of_some_input_lines_is_refused_with_the_others(key):
    values = {"driver.gate_levels": [0.0, 1.2], "technique.skip_zero_rows": True, "wire.col_drive": "top"}
    section, _, name = key.partition(".")
    for line in {"bl", "wl", "string"} - set(_LINES[key]):
        wire = DATA["wire"] | ({"r_bl": 1.0} if line == "wl" else {})
        data = DATA | {"array": {"rows": 3, "cols": 2, "input_line": line}, "access": TRANSISTOR, "wire": wire}
        parse_spec(data)
        with pytest.raises(SpecError, match=name):
            parse_spec(data | {section: data.get(section, {}) | {name: values.get(key, 1.0)}})

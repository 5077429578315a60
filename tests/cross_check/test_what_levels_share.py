"""Straps, skipped rows, capacitors and pulsed strings: the array solver and the tile against ngspice."""

import numpy as np
import pytest

import circuitsim as cs
from circuitsim.errors import OutsideRangeError, SpecError

STRAP = {"every": 3, "r": 0.5, "r_via": 4.0}
ENDS = [("left", "bottom", True), ("right", "top", False), ("both", "both", True), ("both", "bottom", False)]


def spec_of(rows, cols, cell="1t1r", model="rram_sinh", **parts):
    data = {
        "schema": 1,
        "array": {"rows": rows, "cols": cols, "cell": cell},
        "device": {"model": model, "g_min": 1e-6, "g_max": 1e-4},
        "wire": {"r_row": 5.0, "r_col": 4.0},
        "driver": {"v_read": 0.2},
    }
    if cell in ("1t1r", "2t2r"):
        data["access"] = {"model": "nmos_bsim4_default", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.8}
    for part, keys in parts.items():
        data[part] = {**data.get(part, {}), **keys}
    return cs.parse_spec(data)


def inputs(spec, batch=3, seed=1):
    rng = np.random.default_rng(seed)
    g = 10 ** rng.uniform(-6, -4, spec.shape)
    x = rng.uniform(0, 0.2, (batch, spec.array.rows))
    return g, x if spec.array.input_line == "bl" else (x > 0.1).astype(float)


def difference(spec, g, x):
    """Largest difference of outputs, relative to the largest one, and of the power of a vector."""
    truth, found = (cs.solve(spec, g, x, level=level) for level in ("ngspice", "nodal"))
    power = np.abs(found.power / truth.power - 1).max()
    return np.abs(found.out - truth.out).max() / np.abs(truth.out).max(), power


@pytest.mark.parametrize(("drive", "sensed", "segments"), ENDS)
@pytest.mark.parametrize(("cell", "model"), [("1r", "rram_ohmic"), ("1t1r", "rram_sinh"), ("2t2r", "rram_ohmic")])
def test_straps_of_rows_and_columns(cell, model, drive, sensed, segments):
    """Measured 1e-14 for ohmic and 1e-9 for other cells."""
    wire = {"row_drive": drive, "col_sense": sensed, "first_row_segment": segments, "last_col_segment": segments}
    both = {"strap_row": STRAP, "strap_col": {**STRAP, "every": 2}}
    spec = spec_of(12, 10, cell, model, wire={**wire, **both}, driver={"r_out": 30.0}, sense={"r_in": 20.0})
    out, power = difference(spec, *inputs(spec))
    assert out < (1e-9 if cell == "1r" else 1e-8) and power < 1e-8


@pytest.mark.parametrize(("drive", "sensed"), [("bottom", "bottom"), ("both", "both"), ("top", "bottom")])
def test_straps_of_source_lines(drive, sensed):
    wire = {"r_bl": 20.0, "strap_col": STRAP, "strap_row": STRAP, "col_drive": drive, "col_sense": sensed}
    spec = spec_of(24, 8, array={"input_line": "wl"}, wire=wire, driver={"r_out": 30.0}, sense={"r_in": 20.0})
    out, power = difference(spec, *inputs(spec))
    assert out < 1e-8 and power < 1e-8


@pytest.mark.parametrize("line", ["bl", "wl"])
def test_a_tile_of_strapped_wires_keeps_its_certificate(line):
    wire = {"r_row": 8.0, "r_col": 8.0, "strap_col": STRAP}
    wire |= {"strap_row": STRAP} if line == "bl" else {"r_bl": 4.0}
    spec = spec_of(16, 12, model="rram_ohmic", array={"input_line": line}, wire=wire)
    model, certificate = cs.calibrate(spec, rng=np.random.default_rng(0), truth="nodal", search="structured")
    assert certificate.typical.rms < 2e-4
    for seed in (11, 12):
        g, x = inputs(spec, seed=seed)
        truth = cs.solve(spec, g, x, level="ngspice")
        tile = cs.solve(spec, g, x, level="behavioral", model=model, certificate=certificate)
        error = np.abs(tile.out - truth.out).max() / certificate.full_scale
        assert error < certificate.worst.error
    other = spec.replace(wire={"strap_col": None})
    lost = np.abs(cs.solve(other, g, x).out - truth.out).max() / certificate.full_scale
    assert lost > 3 * certificate.worst.error  # the strap is far more than what the tile errs


@pytest.mark.parametrize("straps", [{}, {"strap_row": STRAP, "strap_col": STRAP}])
@pytest.mark.parametrize(("drive", "sensed"), [("left", "bottom"), ("both", "both")])
@pytest.mark.parametrize(("cell", "model"), [("1t1r", "rram_sinh"), ("2t2r", "rram_ohmic")])
def test_rows_without_input_are_switched_off(cell, model, drive, sensed, straps):
    """Measured 5e-9 at the most."""
    wire = {"r_row": 20.0, "r_col": 20.0, "row_drive": drive, "col_sense": sensed, **straps}
    spec = spec_of(24, 16, cell, model, wire=wire, technique={"skip_zero_rows": True})
    g, x = inputs(spec)
    x[np.random.default_rng(3).random(x.shape) < 0.5] = 0.0
    out, power = difference(spec, g, x)
    assert out < 1e-8 and power < 1e-8
    on = spec.replace(technique={"skip_zero_rows": False})
    kept = cs.solve(on, g, x)
    assert np.abs(kept.out - cs.solve(spec, g, x).out).max() > 1e-4 * np.abs(kept.out).max()


def test_pulses_of_rows_that_are_switched_off():
    spec = spec_of(8, 6, driver={"input_code": "pulse_width", "t_read": 1e-6}, technique={"skip_zero_rows": True})
    g, x = inputs(spec)
    x = np.round(x / 0.2, 2)
    x[0, :3], x[1, 4] = 0.0, 0.0
    assert difference(spec, g, x)[0] < 2e-3  # edges of 1 % of t_read
    with pytest.raises(SpecError, match="which rows load a column depends on the input"):
        cs.levels.check_can(spec, "behavioral")


@pytest.mark.parametrize("line", ["bl", "string"])
def test_a_tile_reads_pulses_as_intervals(line):
    spec = spec_of(8, 4, model="rram_ohmic", array={"input_line": line}, driver={"t_read": 1e-6})
    model, certificate = cs.calibrate(spec, rng=np.random.default_rng(0), truth="nodal", search="structured")
    pulsed = spec.replace(driver={"input_code": "pulse_width"})
    g, _ = inputs(spec)
    x = np.round(np.random.default_rng(2).random((3, 8)), 2)
    exact = cs.solve(pulsed, g, x)
    tile = cs.solve(pulsed, g, x, level="behavioral", model=model, certificate=certificate)
    assert tile.unit == "C" and tile.tile_error is not None
    scale = exact.out if line == "string" else tile.tile_error.full_scale
    assert np.abs((tile.out - exact.out) / scale).max() < certificate.worst.error


@pytest.mark.parametrize(
    ("t_read", "wire", "allowed"),
    [
        (2e-9, {}, 1e-10),
        (1e-9, {"row_drive": "both", "col_sense": "both", "r_row": 500.0}, 1e-8),
        (1e-10, {"r_row": 3000.0, "r_col": 2000.0}, 5e-6),  # the error of a step in ngspice, not of the solver
        (3e-10, {"r_row": 3000.0, "strap_row": STRAP, "first_row_segment": False}, 5e-6),
    ],
)
def test_capacitors_read_within_t_read(t_read, wire, allowed):
    device = {"g_min": 1e-16, "g_max": 1.5e-15}
    wire = {"c_row": 2e-16, "c_col": 1e-16, **wire}
    spec = spec_of(8, 6, "1c", "charge_cell", device=device, wire=wire, driver={"t_read": t_read})
    rng = np.random.default_rng(5)
    c, x = rng.uniform(1e-16, 1.5e-15, spec.shape), rng.uniform(-0.2, 0.2, (2, 8))
    truth, found = (cs.solve(spec, c, x, level=level) for level in ("ngspice", "nodal"))
    assert (found.quantity, found.unit) == (truth.quantity, truth.unit) == ("charge", "C")
    full_scale = 0.2 * c.sum(axis=0).max()
    assert np.abs(found.out - truth.out).max() < allowed * full_scale
    np.testing.assert_allclose(found.power, truth.power, rtol=1e-3)


LEAKY = """* a capacitor that leaks
.subckt leaky te be params: c=1f
c1 te be {c}
r1 te be 1e12
.ends leaky
"""
TWO_TAUS = """* two capacitors behind resistances that differ
.subckt branched te be params: c=1f
r1 te a 5k
c1 a be {c/2}
r2 te b 500k
c2 b be {c/2}
.ends branched
"""


@pytest.mark.parametrize(("name", "text"), [("leaky", LEAKY), ("branched", TWO_TAUS)])
def test_a_cell_that_is_no_capacitor_behind_one_resistance(tmp_path, name, text):
    (tmp_path / "own.lib").write_text(text)
    device = {"model": None, "file": str(tmp_path / "own.lib"), "subckt": name, "ports": ["te", "be"], "state": "c"}
    spec = spec_of(4, 3, "1c", device={**device, "g_min": 1e-16, "g_max": 1.5e-15}, driver={"t_read": 1e-7})
    with pytest.raises(
        OutsideRangeError, match=r"a constant capacitor behind one resistance, and the admittance of this"
    ):
        cs.prepare(spec, np.full((4, 3), 1e-15))
    assert cs.solve(spec, np.full((4, 3), 1e-15), np.full((1, 4), 0.2), level="ngspice").unit == "C"


def test_pulses_on_the_gates_of_strings():
    spec = spec_of(
        8, 4, model="rram_ohmic", array={"input_line": "string"}, driver={"input_code": "pulse_width", "t_read": 1e-6}
    )
    g, x = inputs(spec.replace(driver={"input_code": "amplitude"}))
    x = np.round(np.random.default_rng(2).random(x.shape), 2)
    x[0, :3] = 0.0
    out, power = difference(spec, g, x)
    assert out < 5e-3 and power < 1e-2  # gates conduct during most of their edges, 1 % of t_read
    whole = cs.solve(spec, g, np.ones((1, 8))).out[0]
    still = spec.replace(driver={"input_code": "amplitude"})
    on, off = (cs.solve(still, g, np.full((1, 8), value)).out[0] for value in (1.0, 0.0))
    np.testing.assert_allclose(whole, 1e-6 * on + 0.2e-6 * off, rtol=1e-9)  # bypassed strings conduct at rest


@pytest.mark.parametrize("t_rise", [None, 5e-11, 1e-10])
def test_charges_of_capacitors_follow_slow_edges_and_parts_state_their_error(t_rise):
    device, wire = {"g_min": 1e-16, "g_max": 1.5e-15}, {"c_row": 1e-16, "c_col": 1e-16}
    driver = {"t_read": 1e-10, **({} if t_rise is None else {"t_rise": t_rise})}
    spec = spec_of(6, 4, "1c", "charge_cell", device=device, wire=wire, driver=driver)
    rng = np.random.default_rng(2)
    g, x = rng.uniform(1e-16, 1.5e-15, spec.shape), rng.uniform(0, 0.2, (2, 6))
    truth, found = (cs.solve(spec, g, x, level=level) for level in ("ngspice", "nodal"))
    assert np.abs(found.out - truth.out).max() < 1e-4 * np.abs(truth.out).max()
    np.testing.assert_allclose(found.power, truth.power, rtol=2e-3)
    parts = cs.solve(spec.replace(technique={"partition": [3, 4]}), g, x, level="nodal")
    assert (parts.cell_error > 0).all() and parts.cell_error.max() < 1e-6

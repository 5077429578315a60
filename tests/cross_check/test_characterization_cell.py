"""Surfaces against ngspice decks that share nothing with the characterization but the cell."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import characterization, nodal, spice
from circuitsim.calibration import calibrate
from circuitsim.errors import OutsideRangeError
from circuitsim.netlist import cell_subckt
from circuitsim.spec import parse_spec

SPEC = {
    "schema": 1,
    "array": {"rows": 2, "cols": 2},
    "device": {"model": "rram_sinh", "g_min": 1e-6, "g_max": 1e-4},
    "access": {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.8},
    "wire": {"r_row": 1, "r_col": 1},
    "driver": {"v_read": 0.2},
}


@pytest.mark.parametrize(
    ("change", "v_range"),
    [
        ({}, (0.0, 0.2)),
        ({"device": {"model": "rram_ohmic"}}, (0.0, 0.2)),
        ({}, (-0.2, 0.2)),
        ({"array": {"temperature_c": 85}}, (0.0, 0.4)),
    ],
)
def test_surface_equals_single_operating_points(tmp_path, change, v_range):
    spec = parse_spec(SPEC).replace(**change)
    surface = characterization.cell(spec, v_range=v_range, cache=tmp_path)
    assert surface.bound <= 1e-8
    rng = np.random.default_rng(7)
    g = np.exp(rng.uniform(np.log(1e-6), np.log(1e-4), 12))
    v_bl, v_sl = rng.uniform(*v_range, (2, 12))
    found = nodal.cell_current(surface, g, v_bl, v_sl)
    truth = [_operating_point(spec, *point) for point in zip(g, v_bl, v_sl, strict=True)]
    # ngspice iterates to 1e-10 of each branch current; the surface states its own bound on top.
    assert_allclose(found, truth, rtol=1e-7, atol=2 * surface.bound * surface.i_max)


def _operating_point(spec, g, v_bl, v_sl):
    deck = (
        f"* one cell\n{cell_subckt(spec)}.temp {spec.array.temperature_c}\nvwl wl 0 {spec.access.v_gate}\n"
        f"vbl bl 0 {v_bl:.17g}\nvsl sl 0 {v_sl:.17g}\nx1 bl wl sl 0 cell g={g:.17g}\n.save i(vsl)\n.op\n.end\n"
    )
    return spice.run(deck)["i(vsl)"][0]


def test_the_cache_answers_only_for_the_same_cell(tmp_path):
    spec = parse_spec(SPEC)
    first = characterization.cell(spec, cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    again = characterization.cell(spec.replace(wire={"r_row": 5}), cache=tmp_path)  # wires are no part of the cell
    assert len(list(tmp_path.iterdir())) == 1
    assert_allclose(again.forward, first.forward, rtol=0, atol=0)
    hot = characterization.cell(spec.replace(array={"temperature_c": 85}), cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    assert hot.i_max != first.i_max


def test_the_first_run_gives_the_certificate_of_the_second(tmp_path, monkeypatch):
    """The cell is characterized in the first run and loaded from the cache in the second."""
    monkeypatch.setenv("CIRCUITSIM_CACHE", str(tmp_path / "cache"))
    spec = parse_spec(SPEC).replace(array={"rows": 8, "cols": 6}, wire={"r_row": 5, "r_col": 5})
    first, second = (
        calibrate(spec, rng=np.random.default_rng(0), truth="nodal", search="structured").certificate for _ in range(2)
    )
    assert first == second


@pytest.mark.filterwarnings("ignore::circuitsim.characterization.ChordWarning")
def test_a_cell_that_jumps_is_refused(tmp_path):
    library = tmp_path / "jump.lib"
    library.write_text(
        "* jump\n.subckt jump te be params: g=1u\nb1 te be i={g}*v(te,be)*(1+0.5*tanh((v(te,be)-0.1)/1e-4))\n.ends\n"
    )
    device = {"file": str(library), "subckt": "jump", "g_min": 1e-6, "g_max": 1e-4}
    spec = parse_spec({**SPEC, "device": device})
    with pytest.raises(OutsideRangeError, match="not smooth"):
        characterization.cell(spec, cache=tmp_path / "cache")


def test_a_damaged_surface_in_the_cache_is_made_again(tmp_path):
    spec = parse_spec(SPEC)
    first = characterization.cell(spec, cache=tmp_path)
    (entry,) = tmp_path.iterdir()
    entry.write_bytes(entry.read_bytes()[:100])
    again = characterization.cell(spec, cache=tmp_path)
    assert_allclose(again.forward, first.forward, rtol=0, atol=0)
    assert_allclose(characterization.cell(spec, cache=tmp_path).forward, first.forward, rtol=0, atol=0)

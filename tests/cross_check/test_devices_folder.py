"""A device folder of the user's in an array, at every level that needs no calibration."""

import time
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim.devices import device_card
from circuitsim.devices.fit import fit_current
from circuitsim.devices.measurement import read_measurement
from circuitsim.devices.statistics import read_statistics
from circuitsim.devices.write_folder import write_folder
from circuitsim.errors import DeclaredRangeWarning, InputError, OutsideRangeError
from circuitsim.library.text import JUST_WRITTEN_NS
from circuitsim.resources import device_models_folder

G0, V0, V_READ = 2e-5, 0.3, 0.2
SPEC = """
schema = 1
[array]
rows = 4
cols = 3
cell = "{cell}"
[device]
{device}
g_min = "1u"
g_max = "20u"
{access}
[wire]
r_row = {r}
r_col = {r}
[driver]
v_read = 0.2
"""
ACCESS = '[access]\nmodel = "nmos_65"\nw = "1u"\nl = "65n"\nv_gate = 1.2'


def load(folder, device, *, cell="1t1r", access=ACCESS, r=2.0):
    path = folder / "array.toml"
    path.write_text(SPEC.format(device=device, cell=cell, access=access, r=r), encoding="utf-8")
    return cs.load_spec(path)


@pytest.fixture
def arrays():
    rng = np.random.default_rng(3)
    return rng.uniform(1e-6, 2e-5, (4, 3)), rng.uniform(0, V_READ, (2, 4))


def copy(card, folder):
    folder.mkdir()
    for file in ("model.lib", "device.toml"):
        text = (device_models_folder() / card / file).read_text(encoding="utf-8")
        (folder / file).write_text(text.replace(card, folder.name), encoding="utf-8")


def test_a_fitted_folder_reads_its_own_law_at_both_levels(tmp_path, arrays):
    """Without wires a 1r cell carries g v_read sinh(v/v0)/sinh(v_read/v0): what was measured and fitted."""
    g, x = arrays
    v = np.linspace(-0.4, 0.4, 41)
    rows = [f"{a!r},{b!r}" for a, b in zip(v.tolist(), (G0 * V0 * np.sinh(v / V0)).tolist(), strict=True)]
    (tmp_path / "iv.csv").write_text("\n".join(["v_V,i_A", *rows]), encoding="utf-8")
    write_folder(fit_current(read_measurement(tmp_path / "iv.csv"), "sinh"), tmp_path / "mine")
    spec = load(tmp_path, 'folder = "mine"', cell="1r", access="", r=0.0)
    expected = V_READ * np.sinh(x / V0) @ g / np.sinh(V_READ / V0)
    assert_allclose(cs.solve(spec, g, x, level="ngspice").i_out, expected, rtol=1e-6, atol=0)  # the fit's tolerance
    assert_allclose(cs.solve(spec, g, x, level="nodal").i_out, expected, rtol=1e-6, atol=0)


def test_a_folder_in_a_1t1r_array_is_the_shipped_card_of_the_same_content(tmp_path, arrays):
    g, x = arrays
    copy("pcm_joshi", tmp_path / "my_pcm")
    copy("nmos_65", tmp_path / "my_nmos")
    mine = load(tmp_path, 'folder = "my_pcm"', access=ACCESS.replace('model = "nmos_65"', 'folder = "my_nmos"'))
    shipped = load(tmp_path, 'model = "pcm_joshi"')
    for level in ("ngspice", "nodal"):
        found, expected = (cs.solve(spec, g, x, level=level) for spec in (mine, shipped))
        assert np.array_equal(found.i_out, expected.i_out)
    assert read_statistics(device_card(mine)).table == read_statistics(device_card(shipped)).table


def test_the_digest_of_a_deck_follows_the_contents_of_the_folder(tmp_path, arrays):
    g, x = arrays
    copy("rram_sinh", tmp_path / "mine")
    spec = load(tmp_path, 'folder = "mine"')
    first = cs.solve(spec, g, x, level="ngspice")
    for file in ("model.lib", "device.toml"):
        path = tmp_path / "mine" / file
        path.write_text(path.read_text(encoding="utf-8").replace("0.25", "0.26"), encoding="utf-8")
    second = cs.solve(spec, g, x, level="ngspice")
    assert first.provenance.spec_digest == second.provenance.spec_digest
    assert first.provenance.deck_digest != second.provenance.deck_digest
    assert not np.array_equal(first.i_out, second.i_out)


@pytest.mark.parametrize("level", ["ngspice", "nodal"])
def test_one_solve_reads_each_file_of_a_device_once(tmp_path, arrays, monkeypatch, level):
    g, x = arrays
    copy("rram_sinh", tmp_path / "mine")
    spec = load(tmp_path, 'folder = "mine"')
    cs.solve(spec, g, x, level="nodal")  # characterizes the cell, which runs decks of its own
    for file in ("model.lib", "device.toml"):
        (tmp_path / "mine" / file).touch()
    time.sleep(1.2e-9 * JUST_WRITTEN_NS)
    names = []
    monkeypatch.setattr(Path, "open", _counted(Path.open, names))  # read_text and read_bytes open the file too
    cs.solve(spec, g, x, level=level)
    assert sorted(name for name in names if name.startswith("mine/")) == ["mine/device.toml", "mine/model.lib"]


def _counted(read, names):
    def counted(path, *arguments, **keywords):
        names.append(f"{path.parent.name}/{path.name}")
        return read(path, *arguments, **keywords)

    return counted


@pytest.mark.parametrize("device", ['model = "rram_ohmic"', 'folder = "my_ohmic"'])
def test_a_card_without_an_upper_end_takes_any_conductance(tmp_path, device):
    """g from an open cell to far above g_max: i = x g without wires, whatever the card is called."""
    copy("rram_ohmic", tmp_path / "my_ohmic")
    spec = load(tmp_path, device, cell="1r", access="", r=0.0)
    g, x = np.array([[0.0, 1e-9, 1e-5], [1e-3, 1.0, 2e-5]] * 2), np.array([[0.1, 0.2, 0.0, 0.05]])
    for level in ("ngspice", "nodal"):
        with pytest.warns(DeclaredRangeWarning, match="is g in siemens"):
            assert_allclose(cs.solve(spec, g, x, level=level).i_out, x @ g, rtol=1e-9, atol=0)
    partitioned = spec.replace(technique={"partition": (2, 3)})
    with pytest.warns(DeclaredRangeWarning, match="is g in siemens"):
        assert_allclose(cs.solve(partitioned, g, x, level="ngspice").i_out, x @ g, rtol=1e-9, atol=0)


def test_an_ohmic_card_with_a_range_keeps_it_at_every_level(tmp_path):
    copy("rram_wan", tmp_path / "my_wan")
    spec = load(tmp_path, 'folder = "my_wan"', cell="1r", access="", r=0.0)
    g, x = np.full((4, 3), 3e-5), np.full((1, 4), 0.1)
    for level in ("ngspice", "nodal"):
        with pytest.raises(OutsideRangeError, match=r"g\[0, 0\] = 3e-05 S, expected 0"):
            cs.solve(spec, g, x, level=level)
    with pytest.raises(OutsideRangeError, match=r"g\[0, 0\] = 3e-05 S, expected 0"):
        cs.prepare(spec, g)


def test_a_folder_that_is_stated_to_be_ohmic_is_held_to_it(tmp_path, arrays):
    g, x = arrays
    copy("rram_ohmic", tmp_path / "linear")
    spec = load(tmp_path, 'folder = "linear"', cell="1r", access="")
    exact = cs.solve(spec, g, x, "nodal")
    assert exact.provenance.deck_digest is None  # solved as a linear network
    assert_allclose(exact.out, cs.solve(spec, g, x, "ngspice").out, rtol=1e-9, atol=0)
    copy("rram_sinh", tmp_path / "bent")
    toml = tmp_path / "bent/device.toml"
    toml.write_text(toml.read_text().replace("ohmic = false", "ohmic = true"))
    with pytest.raises(InputError, match=r"ohmic = true in its .*, but the current in ngspice deviates from g v by"):
        cs.solve(load(tmp_path, 'folder = "bent"', cell="1r", access=""), g, x, "nodal")

"""A solution survives its files, and every number in them carries its unit."""

import csv
import dataclasses
import re
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from circuitsim.errors import InputError
from circuitsim.results import Convergence, Provenance, Solution, TileError, content_digest
from circuitsim.results.solution_files import load_solution, save_solution
from circuitsim.spec import ArraySpec, parse_spec

BATCH, ROWS, COLS = 3, 4, 2


def _spec(**changes) -> ArraySpec:
    data = {
        "schema": 1,
        "array": {"rows": ROWS, "cols": COLS, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
        "wire": {"r_row": 1.0, "r_col": 1.0},
        "driver": {"v_read": 0.2},
    }
    return parse_spec(data | {part: data.get(part, {}) | keys for part, keys in changes.items()})


ANALOG = _spec()
ACCESS = {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.8}
GATES = _spec(array={"input_line": "wl", "cell": "1t1r"}, wire={"r_bl": 1.0}, access=ACCESS)
PULSES = _spec(driver={"input_code": "pulse_width"})
CHARGE = _spec(array={"cell": "1c"}, device={"model": "charge_cell", "g_min": 1e-16, "g_max": 1e-15})


def _solution(*, full: bool, spec: ArraySpec = ANALOG) -> Solution:
    rng = np.random.default_rng(1)
    out, i_row = rng.normal(size=(BATCH, COLS)) * 1e-5, rng.normal(size=(BATCH, ROWS)) * 1e-5
    provenance = Provenance("nodal", spec.digest, options={"tolerance": "1e-9"})
    if not full:
        return Solution(out, provenance)
    nodes = rng.normal(size=(3, BATCH, ROWS, COLS))
    balance = Convergence(np.full(BATCH, 2e-12), residual=np.full(BATCH, 1e-12), iterations=np.array([3, 4, 5]))
    return Solution(
        out,
        provenance,
        i_row=i_row,
        v_row=nodes[0],
        v_col=nodes[1],
        i_cell=nodes[2],
        power=np.arange(3.0),
        convergence=balance,
    )


@pytest.mark.parametrize("full", [False, True])
def test_solution_comes_back_equal(tmp_path, full):
    solution = _solution(full=full)
    path, _ = save_solution(tmp_path / "new", solution)
    loaded = load_solution(path)
    for name in ("out", "i_row", "v_row", "v_col", "i_cell", "power"):
        assert np.array_equal(getattr(loaded, name), getattr(solution, name)), name
    assert loaded.provenance == solution.provenance
    assert (loaded.quantity, loaded.unit) == ("current", "A")
    assert (loaded.convergence is None) == (not full)
    if full:
        for name in ("residual", "kirchhoff", "iterations"):
            assert np.array_equal(getattr(loaded.convergence, name), getattr(solution.convergence, name))


@pytest.mark.parametrize("worst", [4e-4, None])
def test_the_error_of_a_tile_comes_back_and_stands_in_every_line(tmp_path, worst):
    error = TileError(3e-4, 1e-5, 0.25, worst)
    saved = dataclasses.replace(_solution(full=False), tile_error=error)
    netcdf, table = save_solution(tmp_path, saved)
    assert load_solution(netcdf) == saved
    header, *lines = (line.split(",") for line in table.read_text(encoding="utf-8").splitlines())
    names = ["certificate_full_scale [A]", "typical_rms [1]", "column_load [1]", "worst_found [1]"]
    there = names if worst is not None else names[:3]
    assert [name for name in header if name in names] == there
    for line in lines:
        assert [float(line[header.index(name)]) for name in there] == [3e-4, 1e-5, 0.25, worst][: len(there)]


def test_a_balance_without_a_residual_comes_back_without_one(tmp_path):
    solution = Solution(np.ones((2, 3)), Provenance("ngspice", "ab"), convergence=Convergence(np.array([1e-12, 2e-12])))
    path, table = save_solution(tmp_path, solution)
    loaded = load_solution(path).convergence
    assert np.array_equal(loaded.kirchhoff, [1e-12, 2e-12])
    assert loaded.residual is None
    assert loaded.iterations is None
    assert table.read_text().splitlines()[0].endswith("out_2 [A],kirchhoff [1]")


def test_charge_keeps_its_unit(tmp_path):
    solution = Solution(np.ones((1, 2)), Provenance("nodal", "ab"), quantity="charge", unit="C")
    path, table = save_solution(tmp_path, solution, name="charge")
    loaded = load_solution(path)
    assert (loaded.quantity, loaded.unit) == ("charge", "C")
    assert table.read_text().splitlines()[0] == "vector [1],out_0 [C],out_1 [C]"


def test_every_variable_states_its_unit(tmp_path):
    path, _ = save_solution(
        tmp_path, _solution(full=True), spec=ANALOG, x=np.ones((BATCH, ROWS)), g=np.full((ROWS, COLS), 1e-5)
    )
    with xr.open_dataset(path, engine="h5netcdf") as data:
        units = {name: data[name].attrs["units"] for name in data.data_vars}
        assert data["v_row"].dims == ("batch", "row", "col")
    assert units == {
        **{"out": "A", "x": "V", "g": "S", "i_row": "A", "v_row": "V", "v_col": "V", "i_cell": "A", "power": "W"},
        **{"residual": "1", "kirchhoff": "1", "iterations": "1"},
    }


def test_table_has_a_unit_in_every_column_and_every_digit(tmp_path):
    solution = _solution(full=True)
    _, path = save_solution(tmp_path, solution, spec=ANALOG, x=np.ones((BATCH, ROWS)))
    with path.open(newline="") as file:
        header, *lines = list(csv.reader(file))
    assert all(name.endswith(("[1]", "[A]", "[V]", "[W]")) for name in header)
    assert header[:6] == ["vector [1]", "x_0 [V]", "x_1 [V]", "x_2 [V]", "x_3 [V]", "out_0 [A]"]
    assert len(lines) == BATCH
    column = [float(line[header.index("out_1 [A]")]) for line in lines]
    assert np.array_equal(column, solution.out[:, 1])


@pytest.mark.parametrize(
    ("spec", "x_unit", "g_unit", "words"),
    [
        (ANALOG, "V", "S", "voltage"),
        (GATES, "1", "S", "gates"),
        (PULSES, "1", "S", "share of t_read"),
        (CHARGE, "V", "F", "voltage"),
    ],
    ids=["analog", "gates", "pulses", "charge"],
)
def test_inputs_and_states_have_the_unit_of_their_array(tmp_path, spec, x_unit, g_unit, words):
    path, table = save_solution(
        tmp_path, _solution(full=False, spec=spec), spec=spec, x=np.ones((BATCH, ROWS)), g=np.ones((4, 2))
    )
    with xr.open_dataset(path, engine="h5netcdf") as data:
        assert (data["x"].attrs["units"], data["g"].attrs["units"]) == (x_unit, g_unit)
        assert words in data["x"].attrs["long_name"]
        assert {"S": "conductance", "F": "capacitance"}[g_unit] in data["g"].attrs["long_name"]
    assert f"x_0 [{x_unit}]" in table.read_text().splitlines()[0].split(",")


def test_inputs_without_their_array_are_refused(tmp_path):
    with pytest.raises(InputError, match="need spec"):
        save_solution(tmp_path, _solution(full=False), x=np.ones((BATCH, ROWS)))


@pytest.mark.parametrize("content", [b"", b"not a data set", b"CDF\x01", b"\x89HDF\r\n\x1a\n" + bytes(100)])
def test_damaged_file_is_refused(tmp_path, content):
    (tmp_path / "solution.nc").write_bytes(content)
    with pytest.raises(InputError, match=r"solution\.nc: damaged"):
        load_solution(tmp_path / "solution.nc")


@pytest.mark.parametrize("position", [0.05, 0.3, 0.6])
def test_cut_file_is_refused(tmp_path, position):
    path, _ = save_solution(tmp_path, _solution(full=True))
    content = path.read_bytes()
    path.write_bytes(content[: int(position * len(content))])
    with pytest.raises(InputError, match=r"solution\.nc: damaged"):
        load_solution(path)


@pytest.mark.parametrize(
    ("attrs", "sentence"),
    [
        ({}, "format = None"),
        ({"format": "circuitsim solution", "schema": 4}, "schema = 4, expected 5"),
        ({"format": "circuitsim solution", "schema": 5}, "outputs or provenance are missing"),
    ],
)
def test_other_data_set_is_refused(tmp_path, attrs, sentence):
    xr.Dataset({"out": ("x", np.ones(2))}, attrs=attrs).to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    with pytest.raises(InputError, match=sentence):
        load_solution(tmp_path / "other.nc")


def test_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load_solution(tmp_path / "nothing.nc")


def test_what_did_not_make_the_solution_is_not_saved_beside_it(tmp_path):
    x, g = np.ones((BATCH, ROWS)), np.full((ROWS, COLS), 1e-5)
    solution = _solution(full=False)
    with pytest.raises(InputError, match=r"spec has the digest .*, the solution that of"):
        save_solution(tmp_path, solution, spec=_spec(wire={"r_row": 9.0}), x=x, g=g)
    for wrong, sentence in (
        ({"x": x[1:]}, r"x has shape \(2, 4\), expected \(batch, rows\) = \(3, 4\)"),
        ({"g": g.T}, r"g has shape \(2, 4\), expected \(rows, cols\) = \(4, 2\)"),
        ({"g": np.ma.masked_array(g, mask=True)}, "g has masked values"),
    ):
        with pytest.raises(InputError, match=sentence):
            save_solution(tmp_path, solution, spec=ANALOG, **wrong)
    origin = dataclasses.replace(solution.provenance, given={"g": content_digest(g)})
    named = dataclasses.replace(solution, provenance=origin)
    path, _ = save_solution(tmp_path, named, spec=ANALOG, x=x, g=g)
    assert load_solution(path).provenance == origin
    with pytest.raises(InputError, match="g is not the matrix of this solution"):
        save_solution(tmp_path, named, spec=ANALOG, g=g * 0.9)


@pytest.mark.parametrize("limit", [100, 5_000, 50_000])
def test_a_full_disk_leaves_neither_file_and_one_sentence(tmp_path, limit):
    """In a process of its own: HDF5, writing the file itself, would end it."""
    script = (
        "import resource, sys, numpy as np\n"
        "from circuitsim.results import Provenance, Solution, save_solution\n"
        "from circuitsim.errors import InputError\n"
        "solution = Solution(np.ones((2000, 10)), Provenance('nodal', 'ab'))\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, resource.RLIM_INFINITY))\n"
        "try:\n    save_solution(sys.argv[1], solution)\n"
        "except InputError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-B", "-c", script, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"solution\.(nc|csv): cannot be written \(File too large\)$", done.stdout.strip())
    assert list(tmp_path.iterdir()) == []

"""A table of a sense amplifier belongs to the text of its circuit: the user's file and what it includes."""

from dataclasses import replace

import numpy as np
import pytest

import circuitsim as cs
from circuitsim.blocks import block_of
from circuitsim.characterization import check_sense_contents
from circuitsim.characterization.sense_curves import bench_digest
from circuitsim.errors import InputError
from circuitsim.results import Provenance, SenseTable

AMPLIFIER = """* an amplifier of a user
.include "part.lib"
.subckt mine in out ref
rin in ref 10
egain out ref ref in {gain}
.ends mine
"""
ARRAY = {
    "schema": 1,
    "array": {"rows": 4, "cols": 3, "cell": "1r"},
    "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
    "wire": {"r_row": 1, "r_col": 1},
    "driver": {"v_read": 0.1},
}


def spec_of(folder, **params):
    ports = {"in": "in", "out": "out", "ref": "ref"}
    sense = {"file": str(folder / "mine.lib"), "subckt": "mine", "ports": ports, "supply": None, **params}
    return cs.parse_spec({**ARRAY, "sense": {key: value for key, value in sense.items() if value is not None}})


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mine.lib").write_text(AMPLIFIER)
    (tmp_path / "part.lib").write_text(".param gain=1e3\n")
    return tmp_path


@pytest.fixture
def table(folder):
    """A table as `characterize` makes it, of other numbers."""
    block = block_of(spec_of(folder), "sense")
    contents = bench_digest(block, v_ref=0.0, temperature_c=27.0)
    current = np.array([0.0, 1e-4])
    return SenseTable(
        current=current, drop=10 * current, reported=-1e4 * current, unit="V", block="mine", reference=0.0,
        temperature_c=27.0, provenance=Provenance("ngspice", None, files_digest=contents),
    )  # fmt: skip


def test_the_same_circuit_passes_from_any_folder_and_at_any_temperature(folder, table, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    for name in ("mine.lib", "part.lib"):
        (other / name).write_text((folder / name).read_text())
    check_sense_contents(spec_of(folder), table)
    check_sense_contents(spec_of(other).replace(array={"temperature_c": 60}), table)
    check_sense_contents(spec_of(folder), None)
    check_sense_contents(spec_of(folder), replace(table, provenance=None))


@pytest.mark.parametrize(
    ("name", "text"),
    [("mine.lib", AMPLIFIER.replace("rin in ref 10", "rin in ref 20")), ("part.lib", ".param gain=2e3\n")],
    ids=["the file", "a file that it includes"],
)
def test_a_circuit_that_changed_is_refused(folder, table, name, text):
    (folder / name).write_text(text)
    expected = r"sense\.file = '.*': the circuit differs from that of which its table was made \(contents .*, not .*\)"
    with pytest.raises(InputError, match=expected + ": calibrate the array again"):
        check_sense_contents(spec_of(folder), table)

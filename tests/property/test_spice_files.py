"""Whatever a file holds, it is read, or refused in one sentence."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circuitsim.errors import InputError, SimulatorError
from circuitsim.library import assemble_own, read_library
from circuitsim.spice import read_raw

HEADER = b"Title: t\nPlotname: dc\nFlags: real\nNo. Variables: 2\nNo. Points: 3       \nVariables:\n"
WHOLE = HEADER + b"\t0\tv(a)\tvoltage\n\t1\ti(vs)\tcurrent\nBinary:\n" + np.arange(6.0).tobytes()


def raw(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deck.raw"
        path.write_bytes(content)
        return read_raw(path)


@given(st.integers(0, len(WHOLE) - 1))
def test_a_raw_file_cut_anywhere_is_never_taken_for_a_result(length):
    with pytest.raises(SimulatorError):
        raw(WHOLE[:length])


@given(st.integers(0, len(WHOLE) - 49), st.binary(min_size=1, max_size=4))
def test_a_damaged_header_is_read_or_refused(place, noise):
    try:
        plots = raw(WHOLE[:place] + noise + WHOLE[place + len(noise) :])
    except SimulatorError as error:
        assert "\n" not in str(error)
    else:
        assert all(plot.data.shape[1] == len(plot.variables) for plot in plots)


BLANKS = st.text(" \t", max_size=3)
LINES = st.lists(st.sampled_from(["* comment", "r1 a b 1k", "", ".param x=1", "+ 2 3", ".temp 3"]), max_size=5)
CELL = ".subckt m a b\nr1 a b 1k\n.ends\n"


@given(
    BLANKS, st.sampled_from([".control", ".CoNTROL", "*# run", "shell ls", ".endc"]), LINES, LINES, st.integers(0, 3)
)
def test_a_command_never_reaches_ngspice_wherever_it_stands(blanks, command, before, after, depth):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "0.lib").write_text("\n".join([*before, blanks + command, *after, "", CELL]))
        for level in range(depth):
            (folder / f"{level + 1}.lib").write_text(f"* level\n{blanks}.include {level}.lib\n")
        assembly = assemble_own(f'* t\n.include "{folder / f"{depth}.lib"}"\nx1 a 0 m\n.end\n')
        written = assembly.models.lower().split("\n")[1:]
        swallowed = ".control" in command.lower()  # a block without an end takes everything behind it
        assert written == ([""] if swallowed else [*CELL.splitlines(), ""])


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "user.lib"
        path.write_bytes(content)
        try:
            read_library(path)
        except InputError as error:
            assert str(path) in str(error) and "\n" not in str(error)

"""What the worker hears from libngspice: every line is kept, and notes of newer versions are no errors."""

import pytest
from PySpice.Spice.NgSpice.Shared import ffi

from circuitsim.spice.verdict import complaint
from circuitsim.spice.worker import Library, answer, raw_name


@pytest.fixture
def library():
    """A library that is told lines as libngspice tells them, without one loaded."""
    heard = object.__new__(Library)
    heard._stdout = []
    handle = ffi.new_handle(heard)

    def say(line):
        return Library._send_char(ffi.new("char[]", line.encode("utf-8")), 0, handle)

    heard.say = say
    return heard


@pytest.mark.parametrize(
    "line",
    [
        "stderr Using SPARSE 1.3 as Direct Linear Solver",
        "stderr Using KLU as Direct Linear Solver",
        "stderr Note: Starting dynamic gmin stepping",
        "stderr Warning: Dynamic gmin stepping failed",
        "stdout Note: No compatibility mode selected!",
    ],
)
def test_notes_of_newer_versions_are_kept_and_are_no_errors(library, line):
    assert library.say(line) == 0
    log = library.take_log()
    assert log == line.partition(" ")[2]
    assert complaint(log) is None
    assert library.take_log() == ""


def test_errors_are_heard(library):
    library.say("stderr Error: no such device or model name vnope")
    assert "vnope" in complaint(library.take_log()).sentence


def test_letters_that_are_no_utf8_do_not_stop_the_worker(library):
    line = ffi.new("char[]", b"stdout Circuit: * \xe4\xf6")
    assert Library._send_char(line, 0, ffi.new_handle(library)) == 0
    assert library.take_log().startswith("Circuit: * ")


def test_pyspices_own_refusal_is_handed_on(library):
    library.load_circuit = lambda deck: (_ for _ in ()).throw(NameError("ngSpice_Circ returned 1"))
    library.say("stderr some words")
    assert answer(library, "load", ["* deck"]) == (None, "ngSpice_Circ returned 1", "some words")


@pytest.mark.parametrize(
    ("name", "voltage", "expected"),
    [
        ("vin_3#branch", False, "i(vin_3)"),
        ("BL_3_5", True, "v(bl_3_5)"),
        ("v-sweep", True, "v(v-sweep)"),
        ("i(vsense_5)", False, "i(vsense_5)"),
        ("v(a)", True, "v(a)"),
        ("time", False, "time"),
    ],
)
def test_vectors_are_named_as_in_a_raw_file(name, voltage, expected):
    assert raw_name(name, voltage=voltage) == expected

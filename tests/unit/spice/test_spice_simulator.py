"""Finding ngspice, and believing what it does more than what its version promises."""

import pytest

from circuitsim.errors import SimulatorError, SimulatorMissingError
from circuitsim.spice import find_library, find_ngspice


def fake(folder, version, solver_line=""):
    path = folder / f"ngspice {version}"
    path.write_text(
        "#!/bin/sh\n"
        f'case "$*" in *--version*) echo "** ngspice-{version} : Circuit level simulation program";;\n'
        f'*) echo "{solver_line}";; esac\n'
    )
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("advice", ["apt-get", "dnf", "brew", "conda", "CIRCUITSIM_NGSPICE"])
def test_missing_ngspice_says_how_to_get_it(advice):
    with pytest.raises(SimulatorMissingError, match=advice) as caught:
        find_ngspice("/nowhere/ngspice")
    assert caught.value.exit_code == 3
    assert "\n" not in str(caught.value)


def test_executable_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("CIRCUITSIM_NGSPICE", str(fake(tmp_path, "39")))
    simulator = find_ngspice()
    assert (simulator.version, simulator.version_text, simulator.klu) == (39, "ngspice-39", False)
    assert simulator.path == tmp_path / "ngspice 39"


def test_something_else_is_no_ngspice(tmp_path):
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\necho hello\n")
    other.chmod(0o755)
    with pytest.raises(SimulatorError, match="expected an ngspice executable"):
        find_ngspice(other)


@pytest.mark.parametrize(
    ("version", "line", "klu"),
    [
        ("44.2", "Using KLU as Direct Linear Solver", True),
        ("46+", "Using SPARSE 1.3 as Direct Linear Solver", False),
        ("42", "Error: unknown option klu - ignored", False),
    ],
)
def test_klu_is_what_ngspice_says_it_uses(tmp_path, version, line, klu):
    assert find_ngspice(fake(tmp_path, version, line)).klu is klu


def test_missing_library_says_how_to_get_it(tmp_path):
    with pytest.raises(SimulatorMissingError, match="libngspice0"):
        find_library(tmp_path / "libngspice.so")


def test_library_by_argument_and_environment(tmp_path, monkeypatch):
    library = tmp_path / "libngspice.so.0"
    library.touch()
    monkeypatch.setenv("NGSPICE_LIBRARY_PATH", str(library))
    assert find_library() == str(library)
    assert find_library(library) == str(library)


def test_a_program_that_prints_without_end_is_no_ngspice(tmp_path):
    flood = tmp_path / "flood"
    flood.write_text("#!/bin/sh\nexec yes\n")
    flood.chmod(0o755)
    with pytest.raises(SimulatorError, match="does not name an ngspice version"):
        find_ngspice(flood)

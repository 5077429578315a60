"""A simulator that stays: same numbers as the batch runner, and a crash costs one run."""

import json
import os
import signal
import tempfile

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import spice
from circuitsim.errors import InputError, SimulatorError, SimulatorMissingError, UnsafeFileError
from circuitsim.netlist import crossbar
from circuitsim.spec import parse_spec
from circuitsim.spice import Session
from circuitsim.spice.connection import Worker

DIVIDER = """* divider
v1 a 0 1
r1 a b 1k
r2 b c 3k
vsense c 0 0
.save i(vsense) v(b) i(v1)
.dc v1 0 2 1
.op
.end
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture(scope="module")
def divider():
    with Session(DIVIDER) as session:
        yield session


def test_same_vectors_as_a_raw_file(divider):
    divider.run({"v1": 1, "r2": 3e3})
    session = divider.run()
    batch = spice.run(DIVIDER)
    assert [plot.variables for plot in session.plots] == [plot.variables for plot in batch.plots]
    for mine, theirs in zip(session.plots, batch.plots, strict=True):
        np.testing.assert_array_equal(mine.data, theirs.data)
    assert session.deck_digest == batch.deck_digest
    assert session.options == batch.options == spice.TRUTH_OPTIONS
    assert session.simulator.version == batch.simulator.version


def test_altered_values_stay(divider):
    divider.run({"V1": 2.0, "r2": 1e3})
    assert_allclose(divider.run()["i(vsense)"], [1e-3], rtol=1e-12, atol=0)
    assert_allclose(divider.run({"r2": 3e3})["i(vsense)"], [0.5e-3], rtol=1e-12, atol=0)


def test_a_crash_costs_one_run_and_is_reported(divider):
    divider.run({"v1": 2.0, "r2": 1e3})
    before = divider.worker_pid
    os.kill(before, signal.SIGSEGV)
    raw = divider.run({"v1": 4.0})
    assert_allclose(raw["i(vsense)"], [2e-3], rtol=1e-12, atol=0)
    assert [attempt.change for attempt in raw.attempts] == ["session", "new process"]
    assert "ngspice crashed: its worker process ended with signal 11" in raw.attempts[0].failure
    assert divider.worker_pid != before
    assert len(divider.run().attempts) == 1


def test_a_refused_value_is_forgotten(divider):
    divider.run({"v1": 1.0, "r2": 3e3})
    with pytest.raises(SimulatorError, match="vnope") as caught:
        divider.run({"v1": 7.0, "vnope": 1.0})
    assert json.loads((caught.value.folder / "altered.json").read_text()) == {"v1": 7.0, "r2": 3e3, "vnope": 1.0}
    assert "* divider" in (caught.value.folder / "deck.cir").read_text()
    assert_allclose(divider.run()["i(vsense)"], [0.25e-3], rtol=1e-12, atol=0)


@pytest.mark.parametrize("name", ["v1 = 2\nshell date", "v1; shell date", "", "1v", "@v1[dc]"])
def test_names_cannot_carry_a_command(divider, name):
    with pytest.raises(InputError, match="element name"):
        divider.run({name: 1.0})


def test_crashing_twice_is_an_error_that_keeps_the_deck(monkeypatch):
    ask = Worker.ask

    def crash(worker, command, *arguments):
        if command == "run":
            os.kill(worker.pid, signal.SIGSEGV)
        return ask(worker, command, *arguments)

    monkeypatch.setattr(Worker, "ask", crash)
    with pytest.raises(SimulatorError, match=r"crashed.*once more") as caught, Session(DIVIDER) as session:
        session.run({"v1": 5.0})
    assert "* divider" in (caught.value.folder / "deck.cir").read_text()
    assert json.loads((caught.value.folder / "altered.json").read_text()) == {"v1": 5.0}


def test_recycling_renews_the_process_and_keeps_the_values():
    deck = "* t\nv1 a 0 1\nr1 a 0 1k\n.save i(v1)\n.op\n.end\n"
    with Session(deck, recycle_after=2) as session:
        session.run({"v1": 5.0})
        first = session.worker_pid
        session.run()
        assert session.worker_pid == first
        raw = session.run({"r1": 500.0})
        assert session.worker_pid != first
        assert_allclose(raw["i(v1)"], [-10e-3], rtol=1e-12, atol=0)
    assert session.worker_pid is None


def test_sub_circuit_elements_can_be_altered():
    deck = "* t\nv1 a 0 1\nxl a load\n.subckt load p\nr2 p 0 1k\n.ends\n.save i(v1)\n.op\n.end\n"
    with Session(deck) as session:
        assert_allclose(session.run({"r.xl.r2": 250.0})["i(v1)"], [-4e-3], rtol=1e-12, atol=0)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("x1 a nothing\n.op", "unknown subckt"),
        ("r1 a 0 {nope}\n.op", "Undefined parameter"),
        ("v2 a 0 2\n.op", "singular matrix"),
        ("r1 a b 1k\nc1 b c 1p\nc2 c 0 1p\n.op", "singular matrix at node c"),
    ],
)
def test_decks_that_fail_say_why(body, sentence):
    with pytest.raises(SimulatorError, match=sentence), Session(f"* bad\nv1 a 0 1\n{body}\n.end\n") as session:
        session.run()


def test_commands_in_decks_are_refused(tmp_path):
    with pytest.raises(UnsafeFileError):
        Session("* t\nv1 a 0 1\n.control\nshell date\n.endc\n.end\n")


def test_hanging_is_stopped(tmp_path):
    deck = "* endless\nv1 a 0 sin(0 1 1k)\nr1 a b 1k\nc1 b 0 1n\n.save v(b)\n.tran 1u 1e6 999999\n.end\n"
    session = Session(deck, time_limit_s=5.0)
    pid = session.worker_pid
    session._time_limit_s = session._worker.time_limit_s = 0.3
    with pytest.raises(SimulatorError, match=r"did not answer within 0\.3 s"):
        session.run()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_start_up_file_of_the_user_changes_nothing(tmp_path, monkeypatch):
    trap = tmp_path / "executed"
    (tmp_path / ".spiceinit").write_text(f"option temp=100\nshell touch {trap}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    diode = "* diode\nv1 a 0 1\nr1 a b 1k\nd1 b 0 d\n.model d d(is=1e-14)\n.save v(b)\n.op\n.end\n"
    with Session(diode) as session:
        raw = session.run()
    assert not trap.exists()
    np.testing.assert_array_equal(raw["v(b)"], spice.run(diode)["v(b)"])


def test_a_library_that_is_none(tmp_path):
    library = tmp_path / "libngspice.so"
    library.write_bytes(b"no library")
    with pytest.raises(SimulatorMissingError, match="cannot be used"):
        Session(DIVIDER, library=library)


def test_array_inputs_by_alter_agree_with_the_index_sweep():
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": 4, "cols": 4, "cell": "1t1r"},
            "device": {"model": "rram_sinh", "g_min": "1u", "g_max": "100u"},
            "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.5},
            "wire": {"r_row": 2.0, "r_col": 2.0},
            "driver": {"v_read": 0.2, "r_out": 50.0},
        }
    )
    rng = np.random.default_rng(0)
    g = rng.uniform(1e-6, 1e-4, (4, 4))
    x = rng.uniform(0.02, 0.2, (3, 4))
    sweep = crossbar(spec, g, x)
    truth = spice.run(sweep).columns(sweep.i_out)
    with Session(crossbar(spec, g, x[:1])) as session:
        raws = [session.run({f"vin_{row}": v for row, v in enumerate(values)}) for values in x]
    altered = np.concatenate([raw.columns(sweep.i_out) for raw in raws])
    # Two Newton paths to the same point, each to reltol 1e-10.
    assert_allclose(altered, truth, rtol=1e-9, atol=0)


def test_a_file_that_changes_does_not_change_a_session(tmp_path):
    library = tmp_path / "r.lib"
    library.write_text(".subckt part a b\nr1 a b 1k\n.ends\n")
    deck = f'* t\n.include "{library}"\nv1 a 0 1\nx1 a 0 part\n.op\n.save i(v1)\n.end\n'
    with Session(deck, recycle_after=1) as session:
        first = session.run()
        library.write_text(".subckt part a b\nr1 a b 2k\n.ends\n")
        second = session.run()
        with pytest.raises(SimulatorError) as caught:
            session.run({"vnone": 1.0})
    assert (second["i(v1)"], second.deck_digest) == (first["i(v1)"], first.deck_digest)
    kept = caught.value.folder
    assert "r1 a b 1k" in (kept / "models.lib").read_text()
    assert '.include "models.lib"' in (kept / "deck.cir").read_text()

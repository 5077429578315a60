"""What happens to a run when the world around it fails: nothing is lost, and one sentence says what happened."""

import dataclasses
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.errors import InputError, SimulatorError
from circuitsim.spice import find_ngspice, run, run_many


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Kept folders of failed runs go where pytest clears up."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))


QUICK = "* quick\nv1 a 0 1\nr1 a b 1k\nvs b 0 0\n.save i(vs)\n.op\n.end\n"
# Runs for hours and saves nothing until its last second.
ENDLESS = "* endless\nv1 a 0 sin(0 1 1k)\nr1 a b 1k\nc1 b 0 1n\n.save v(b)\n.tran 1u 1e6 999999\n.end\n"


def wrapped(folder, lines):
    """An ngspice behind a shell script that first does something to it."""
    real = find_ngspice()
    path = folder / "wrapped ngspice"
    path.write_text(f'#!/bin/sh\n{lines}\nexec "{real.path}" "$@"\n')
    path.chmod(0o755)
    return dataclasses.replace(real, path=path)


def kill_each(pids: Path, count: int):
    """Kill the first `count` simulators that write their process number to `pids`."""
    for k in range(count):
        deadline = time.monotonic() + 30
        while len(found := pids.read_text().split() if pids.exists() else []) <= k:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(0.1)
        os.kill(int(found[k]), signal.SIGKILL)


def test_retries_and_finished_decks_are_logged(tmp_path, caplog):
    started = tmp_path / "started"
    simulator = wrapped(tmp_path, f"[ -e {started} ] || {{ touch {started}; kill -9 $$; }}")
    with caplog.at_level(logging.INFO, logger="circuitsim.spice"):
        run_many([QUICK, QUICK], n_jobs=1, simulator=simulator)
    retried, *finished = caplog.messages
    assert retried.startswith("quick: ")
    assert retried.endswith("; trying same options once more")
    assert [message.split(":")[0] for message in finished] == ["deck 0", "deck 1"]
    assert finished[1].endswith("(2 of 2)")


def test_killed_once_the_run_is_repeated(tmp_path):
    pids = tmp_path / "pids"
    # Only the first start is slow enough to be killed.
    simulator = wrapped(tmp_path, f'echo $$ >> {pids}; [ "$(wc -l < {pids})" = 1 ] && exec sleep 60')
    killer = threading.Thread(target=kill_each, args=(pids, 1))
    killer.start()
    raw = run(QUICK, simulator=simulator)
    killer.join()
    assert [attempt.change for attempt in raw.attempts] == ["as written", "same options once more"]
    assert "SIGKILL" in raw.attempts[0].failure
    assert_allclose(raw["i(vs)"], [1e-3], rtol=1e-12, atol=0)


def test_killed_twice_mid_run(tmp_path):
    pids = tmp_path / "pids"
    simulator = wrapped(tmp_path, f"echo $$ >> {pids}")
    killer = threading.Thread(target=kill_each, args=(pids, 2))
    killer.start()
    with pytest.raises(SimulatorError, match="endless: ngspice was ended by signal SIGKILL") as caught:
        run(ENDLESS, simulator=simulator, folder=tmp_path / "run")
    killer.join()
    assert caught.value.folder == tmp_path / "run"
    assert (tmp_path / "run" / "attempt1_deck.cir").is_file()
    assert (tmp_path / "run" / "deck.cir").is_file()


def test_hanging_simulator_is_stopped_with_all_it_started(tmp_path):
    pids = tmp_path / "pids"
    simulator = wrapped(tmp_path, f"sleep 300 & echo $! >> {pids}; echo $$ >> {pids}")
    start = time.monotonic()
    with pytest.raises(SimulatorError, match=r"did not finish within 0\.5 s") as caught:
        run(ENDLESS, simulator=simulator, time_limit_s=0.5)
    assert time.monotonic() - start < 10
    assert (caught.value.folder / "deck.cir").is_file()
    deadline = time.monotonic() + 5  # the kernel ends a killed process a moment later
    while any(alive(pid) for pid in pids.read_text().split()):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def alive(pid: str) -> bool:
    state = subprocess.run(
        ["ps", "-o", "state=", "-p", pid], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(state) and state[0] != "Z"


LARGE = "* large\nv1 a 0 1\nr1 a b 1k\nvi idx 0 0\n.save v(a) v(b) i(v1)\n.dc vi 0 20000 1\n.end\n"


@pytest.mark.parametrize("reaction", ["", "trap '' XFSZ"], ids=["signal", "short write"])
def test_disk_full(tmp_path, reaction):
    """A limit on file sizes acts on the child as a full disk does: the raw file stops growing."""
    simulator = wrapped(tmp_path, f"{reaction}\nulimit -f 100")
    with pytest.raises(SimulatorError, match=r"limit for file sizes|could not write all results") as caught:
        run(LARGE, simulator=simulator)
    assert "\n" not in str(caught.value)
    assert (caught.value.folder / "deck.cir").is_file()
    assert len(run(LARGE)["v(a)"]) == 20001


def test_deck_cannot_be_written(tmp_path):
    (tmp_path / "deck.cir").mkdir()
    with pytest.raises(SimulatorError, match="cannot be written"):
        run(QUICK, folder=tmp_path)


def test_two_hundred_decks_on_two_cores(tmp_path):
    decks = [QUICK.replace("v1 a 0 1", f"v1 a 0 {k}") for k in range(200)]
    raws = run_many(decks, n_jobs=2, folder=tmp_path / "runs")
    assert_allclose([raw["i(vs)"][0] for raw in raws], np.arange(200) * 1e-3, rtol=1e-12, atol=0)
    assert len(list((tmp_path / "runs").iterdir())) == 200
    assert len({raw.deck_digest for raw in raws}) == 200


@pytest.mark.parametrize("where", ["home", "run folder"])
def test_start_up_file_of_the_user_changes_nothing(tmp_path, monkeypatch, where):
    home = tmp_path / "home"
    home.mkdir()
    folder = tmp_path / "run"
    folder.mkdir()
    trap = tmp_path / "executed"
    place = home if where == "home" else folder
    (place / ".spiceinit").write_text(f"option reltol=0.5 temp=100\nset filetype=ascii\nshell touch {trap}\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("SPICE_ASCIIRAWFILE", "1")
    monkeypatch.chdir(folder)
    diode = "* diode\nv1 a 0 1\nr1 a b 1k\nd1 b 0 d\n.model d d(is=1e-14)\n.save v(b)\n.op\n.end\n"
    raw = run(diode, folder=folder)
    assert not trap.exists()
    monkeypatch.undo()
    np.testing.assert_array_equal(raw["v(b)"], run(diode)["v(b)"])


def test_folder_name_that_holds_everything(tmp_path):
    raw = run(QUICK, folder=tmp_path / "Läufe; mit 'Anführung' & $HOME (50 %) ✓ 数据")
    assert_allclose(raw["i(vs)"], [1e-3], rtol=1e-12, atol=0)


def test_unwritable_place_is_the_users_input(tmp_path):
    with pytest.raises(InputError, match="cannot be created") as caught:
        run(QUICK, folder="/proc/nowhere/run")
    assert caught.value.exit_code == 2


def test_keyboard_interrupt_leaves_no_simulator_behind(tmp_path):
    pids = tmp_path / "pids"
    simulator = wrapped(tmp_path, f"echo $$ >> {pids}")
    script = tmp_path / "script.py"
    script.write_text(
        "import dataclasses, pathlib\n"
        "from circuitsim.spice import find_ngspice, run_many\n"
        f"simulator = dataclasses.replace(find_ngspice(), path=pathlib.Path({str(simulator.path)!r}))\n"
        f"run_many([{ENDLESS!r}] * 6, simulator=simulator, folder={str(tmp_path / 'runs')!r})\n"
    )
    parent = subprocess.Popen([sys.executable, script], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while not pids.exists() or len(pids.read_text().split()) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    parent.send_signal(signal.SIGINT)
    assert b"KeyboardInterrupt" in parent.communicate(timeout=20)[1]
    deadline = time.monotonic() + 5
    while any(alive(pid) for pid in pids.read_text().split()):
        assert time.monotonic() < deadline
        time.sleep(0.02)

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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.errors import InputError, SimulatorError, UnsafeFileError
from circuitsim.spice import Session, environment, find_ngspice, process, run, run_many, running_decks
from circuitsim.spice.folders import locked
from circuitsim.spice.guard import landlock_version


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Kept folders of failed runs go where pytest clears up."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))


QUICK = "* quick\nv1 a 0 1\nr1 a b 1k\nvs b 0 0\n.save i(vs)\n.op\n.end\n"
# Runs for hours and saves nothing until its last second.
ENDLESS = "* endless\nv1 a 0 sin(0 1 1k)\nr1 a b 1k\nc1 b 0 1n\n.save v(b)\n.tran 1u 1e6 999999\n.end\n"


def wrapped(folder, lines):
    """An ngspice behind a shell script that first does something to it, and can write only in the run folder."""
    real = find_ngspice()
    path = folder / "wrapped ngspice"
    path.write_text(f'#!/bin/sh\n{lines}\nexec "{real.path}" "$@"\n')
    path.chmod(0o755)
    return dataclasses.replace(real, path=path)


def pids(folder: Path) -> list[str]:
    """Process numbers that simulators wrote to files `pids` in run folders below `folder`."""
    return [pid for path in sorted(folder.rglob("pids")) for pid in path.read_text().split()]


def kill_each(folder: Path, count: int):
    """Kill the first `count` simulators that write their process number below `folder`."""
    for k in range(count):
        deadline = time.monotonic() + 30
        while len(found := pids(folder)) <= k:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(0.1)
        os.kill(int(found[k]), signal.SIGKILL)


def test_retries_and_finished_decks_are_logged(tmp_path, caplog):
    simulator = wrapped(tmp_path, "grep -q 3k deck.cir && [ ! -e started ] && { touch started; kill -9 $$; }")
    with caplog.at_level(logging.INFO, logger="circuitsim.spice"):
        run_many([QUICK.replace("1k", "3k"), QUICK], n_jobs=1, simulator=simulator)
    retried, *finished = caplog.messages
    assert retried.startswith("quick: ")
    assert retried.endswith("; trying same options once more")
    assert [message.split(":")[0] for message in finished] == ["deck 0", "deck 1"]
    assert finished[1].endswith("(2 of 2)")


def test_killed_once_the_run_is_repeated(tmp_path):
    # Only the first start is slow enough to be killed.
    simulator = wrapped(tmp_path, 'echo $$ >> pids; [ "$(wc -l < pids)" = 1 ] && exec sleep 60')
    killer = threading.Thread(target=kill_each, args=(tmp_path, 1))
    killer.start()
    raw = run(QUICK, simulator=simulator)
    killer.join()
    assert [attempt.change for attempt in raw.attempts] == ["as written", "same options once more"]
    assert "SIGKILL" in raw.attempts[0].failure
    assert_allclose(raw["i(vs)"], [1e-3], rtol=1e-12, atol=0)


def test_killed_twice_mid_run(tmp_path):
    simulator = wrapped(tmp_path, "echo $$ >> pids")
    killer = threading.Thread(target=kill_each, args=(tmp_path, 2))
    killer.start()
    with pytest.raises(SimulatorError, match="endless: ngspice was ended by signal SIGKILL") as caught:
        run(ENDLESS, simulator=simulator, folder=tmp_path / "run")
    killer.join()
    assert caught.value.folder == tmp_path / "run"
    assert (tmp_path / "run" / "attempt1_deck.cir").is_file()
    assert (tmp_path / "run" / "deck.cir").is_file()


def test_hanging_simulator_is_stopped_with_all_it_started(tmp_path):
    simulator = wrapped(tmp_path, "sleep 300 & echo $! >> pids; echo $$ >> pids")
    start = time.monotonic()
    with pytest.raises(SimulatorError, match=r"did not finish within 0\.5 s") as caught:
        run(ENDLESS, simulator=simulator, time_limit_s=0.5)
    assert time.monotonic() - start < 10
    assert (caught.value.folder / "deck.cir").is_file()
    deadline = time.monotonic() + 5  # the kernel ends a killed process a moment later
    while any(alive(pid) for pid in pids(tmp_path)):
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
    simulator = wrapped(tmp_path, "echo $$ >> pids")
    script = tmp_path / "script.py"
    script.write_text(
        "import dataclasses, pathlib\n"
        "from circuitsim.spice import find_ngspice, run_many\n"
        f"simulator = dataclasses.replace(find_ngspice(), path=pathlib.Path({str(simulator.path)!r}))\n"
        f"run_many([{ENDLESS!r}] * 6, simulator=simulator, folder={str(tmp_path / 'runs')!r})\n"
    )
    parent = subprocess.Popen([sys.executable, script], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while len(pids(tmp_path)) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    parent.send_signal(signal.SIGINT)
    assert b"KeyboardInterrupt" in parent.communicate(timeout=20)[1]
    deadline = time.monotonic() + 5
    while any(alive(pid) for pid in pids(tmp_path)):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_an_error_while_decks_run_leaves_no_simulator_behind(tmp_path):
    simulator = wrapped(tmp_path, "echo $$ >> pids")
    with (
        pytest.raises(ZeroDivisionError),
        running_decks([ENDLESS] * 6, n_jobs=2, simulator=simulator, folder=tmp_path / "runs"),
    ):
        while len(started := pids(tmp_path)) < 2:
            time.sleep(0.02)
        1 / 0  # noqa: B018
    assert pids(tmp_path) == started  # none of the other four was started
    assert not any(alive(pid) for pid in started)


def test_runs_in_one_folder_at_the_same_time_return_their_own_results(tmp_path):
    decks = [QUICK.replace("v1 a 0 1", f"v1 a 0 {k}") for k in range(1, 41)]
    with ThreadPoolExecutor(8) as pool:
        raws = list(pool.map(lambda deck: run(deck, folder=tmp_path / "run"), decks))
    assert_allclose([raw["i(vs)"][0] for raw in raws], np.arange(1, 41) * 1e-3, rtol=1e-12, atol=0)
    assert len({raw.deck_digest for raw in raws}) == 40


def test_a_folder_that_another_run_does_not_leave_is_named(tmp_path):
    with locked(tmp_path, wait_s=0.0), pytest.raises(SimulatorError, match=r"another run still uses this folder"):
        run(QUICK, folder=tmp_path, time_limit_s=0.2)


def test_a_failed_run_leaves_no_results_of_an_earlier_one(tmp_path):
    run(QUICK, folder=tmp_path)
    (tmp_path / "attempt1_deck.raw").write_bytes(b"old")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UnsafeFileError):
        run(QUICK.replace(".op", ".control\nquit\n.endc\n.op"), folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.name != "temporary"] == ["notes.txt"]


def test_a_shorter_list_of_decks_leaves_nothing_of_a_longer_one(tmp_path):
    run_many([QUICK] * 3, folder=tmp_path / "runs")
    run_many([QUICK], folder=tmp_path / "runs")
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["deck_0000"]


def test_a_deck_behind_a_link_does_not_overwrite_what_the_link_names(tmp_path):
    mine = tmp_path / "mine.cir"
    mine.write_text("mine")
    (tmp_path / "run").mkdir()
    for name in ("deck.cir", "deck.log", "deck.raw"):
        (tmp_path / "run" / name).symlink_to(mine)
    run(QUICK, folder=tmp_path / "run")
    assert mine.read_text() == "mine"


def test_a_deck_that_another_program_replaces_is_no_result(tmp_path):
    simulator = wrapped(tmp_path, "sed -i s/1k/3k/ deck.cir")
    with pytest.raises(SimulatorError, match="changed while ngspice ran"):
        run(QUICK, simulator=simulator)


def test_a_pipe_in_place_of_the_results_is_no_result(tmp_path):
    simulator = wrapped(tmp_path, "mkfifo deck.raw; echo done; exit 0")
    with pytest.raises(SimulatorError, match="not a plain file"):
        run(QUICK, simulator=simulator, time_limit_s=20)


def test_a_simulator_that_floods_its_log_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "LOG_LIMIT", 1 << 20)
    simulator = wrapped(tmp_path, "exec yes")
    start = time.monotonic()
    with pytest.raises(SimulatorError, match="printed more than") as caught:
        run(QUICK, simulator=simulator, time_limit_s=60)
    assert time.monotonic() - start < 20
    assert (caught.value.folder / "deck.log").stat().st_size <= 1 << 20


@pytest.mark.parametrize("variable", ["SPICE_SCRIPTS", "SPICE_LIB_DIR"])
def test_a_start_up_file_named_in_the_environment_changes_nothing(tmp_path, monkeypatch, variable, caplog):
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    (scripts / "spinit").write_text("* mine\nset rshunt=2e4\n")
    expected = run(QUICK)["i(vs)"], run(COUPLED)["v(b)"]
    environment._warn.cache_clear()  # another test may have been told of the same variable
    monkeypatch.setenv(variable, str(scripts if variable == "SPICE_SCRIPTS" else tmp_path))
    assert (run(QUICK)["i(vs)"], run(COUPLED)["v(b)"]) == expected
    assert f"no effect on ngspice, in whose environment they are not set: {variable}" in caplog.text
    with Session(QUICK) as session:
        assert session.run()["i(vs)"] == expected[0]


COUPLED = "* divider\nv1 a 0 1\nr1 a b 1k\nr2 b 0 1k\n.save v(b)\n.op\n.end\n"


def test_a_simulator_writes_only_in_its_run_folder(tmp_path):
    if landlock_version() == 0:
        pytest.skip("this kernel has no Landlock")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "old").write_text("old")
    lines = f"touch {outside}/new; echo x > {outside}/old; rm {outside}/old; mkdir {outside}/folder; touch inside; true"
    run(QUICK, simulator=wrapped(tmp_path, lines), folder=tmp_path / "run")
    assert [path.name for path in outside.iterdir()] == ["old"]
    assert (outside / "old").read_text() == "old"
    assert (tmp_path / "run" / "inside").exists()


SCRIPT = """
import sys
from circuitsim.spice import Session, run
{body}
"""


@pytest.mark.parametrize(
    "body",
    [
        f"run({ENDLESS!r}, folder=sys.argv[1])",
        f"""
session = Session({ENDLESS!r})
print(session.worker_pid, file=open(sys.argv[1], "w"), flush=True)
session.run()
""",
    ],
    ids=["batch", "session"],
)
def test_a_killed_python_leaves_no_simulator_behind(tmp_path, body):
    parent = subprocess.Popen([sys.executable, "-c", SCRIPT.format(body=body), tmp_path / "place"])
    deadline = time.monotonic() + 60
    while not (children := descendants(parent.pid)) or not all(map(runs_a_deck, children)):
        assert time.monotonic() < deadline and parent.poll() is None
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 2
    while any(alive(pid) for pid in children):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def descendants(pid: int) -> list[str]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.split()


def runs_a_deck(pid: str) -> bool:
    """True once a child has used half a second of processor time, which only a simulator in its run does."""
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    name = Path(f"/proc/{pid}/comm").read_text().strip()
    return name in ("ngspice", "python", "python3") and int(ticks[11]) > 50


def test_a_simulator_that_cannot_be_started_is_named(tmp_path):
    simulator = dataclasses.replace(find_ngspice(), path=tmp_path / "no ngspice")
    simulator.path.write_text("no program")
    with pytest.raises(SimulatorError, match="no ngspice cannot be started: Permission denied"):
        run(QUICK, simulator=simulator)

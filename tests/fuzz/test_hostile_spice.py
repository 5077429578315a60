"""Hostile SPICE texts: whatever a file or a deck asks for, nothing is executed and nothing outside the run is touched.

`CIRCUITSIM_FUZZ=100 pytest tests/fuzz` runs all 2000; a tenth runs by default.
"""

import os
import random
from pathlib import Path

import pytest
from fuzzing import share

from circuitsim.errors import InputError, SimulatorError
from circuitsim.library import LeftOutWarning
from circuitsim.spice import run

COUNT = share(2000)
CELL = [".subckt m te be g=1u", "r1 te be {1/g}", ".ends"]
BENCH = ["v1 a 0 1", "x1 a 0 m", ".op", ".save i(v1)", ".end"]

# {trap} would be created by a command, {outside} is a file beside the run folder, {folder} the folder of both.
HOSTILE = [
    ".control\nshell touch {trap}\n.endc",
    ".control\nwrite {outside}\nrun\n.endc",
    ".control\nset controlswait\nsource {outside}\n.endc",
    "*#shell touch {trap}",
    "*ng_script\nshell touch {trap}",
    "*ng_script_with_params\nshell touch {trap}",
    "shell touch {trap}",
    "system touch {trap}",
    ".system touch {trap}",
    ".exec touch {trap}",
    ".shell touch {trap}",
    ".csparam x={{1}}",
    ".param x=`touch {trap}`",
    ".print dc `touch {trap}`",
    ".print dc v(a) > {outside}",
    ".plot dc v(a) >> {outside}",
    ".save v(a) > {outside}",
    ".meas dc x find v(a) at=0 > {outside}",
    "!touch {trap}",
    ".write {outside}",
    "wrdata {outside} v(a)",
    ".include {outside}",
    ".include '{folder}/inc.lib'",
    ".include `touch {trap}`",
    ".include $(touch {trap})",
    ".include $HOME/evil.lib",
    ".lib {folder}/inc.lib tt",
    ".lib {folder}/sections.lib tt",
    ".inc {folder}/pipe",
    ".inc {folder}/link.lib",
    ".inc {folder}",
    ".incpslt {folder}/inc.lib",
    ".hdl {outside}",
    ".osdi {outside}",
    ".pre_osdi {outside}",
    ".codemodel {outside}",
    ".load {outside}",
    ".title `touch {trap}`",
    ".model x1 filesource (file=\"{outside}\" amploffset=[0] amplscale=[1])",
    ".model x1 d_source (input_file=\"{outside}\")",
    ".model x1 d_state (state_file=\"{outside}\")",
    ".model x1 table2d (file=\"{outside}\")",
    ".model x1 d_process (process_file=\"/bin/touch\" process_params=[\"{trap}\"])",
    ".model x1 d_cosim (simulation=\"{outside}\")",
    ".model x1 numd level=1\n+ options rootfile=\"{outside}\"",
    "a1 %v(te) %v(be) x1",
    "n1 te be x1",
    "vx te be dc 0 file=\"{outside}\"",
    "vx te be pwl file=\"{outside}\"",
    ".options rawfile={outside}",
    ".options sourcepath={folder}",
    ".options editor=touch",
    ".four 1k v(a) ; shell touch {trap}",
    ".if (1)\n.control\nshell touch {trap}\n.endc\n.endif",
    ".func f(x) {{`touch {trap}`}}",
    "b1 te be i={{v(te)*$&trap}}",
    "r2 te be 1k ; $(touch {trap})",
    ".probe alli",
    ".global te",
    ".end\n.control\nshell touch {trap}\n.endc",
    ".subckt n a b\n.control\nshell touch {trap}\n.endc\n.ends",
]  # fmt: skip

BLANKS = [" ", "\t", "  ", "\u2003", "\u00a0", "\x0b", "\x0c", "\x85", "\u3000", "\x1c"]
ENDS = ["\n", "\r\n", "\r"]


def mangled(text, rng):
    """A hostile statement in another dress."""
    choice = rng.random()
    if choice < 0.25:
        text = "".join(rng.choice((sign.upper(), sign.lower())) for sign in text)
    elif choice < 0.45:
        text = text.replace(" ", rng.choice(BLANKS), rng.randint(1, 3))
    elif choice < 0.6:
        place = rng.randrange(1, len(text))
        text = f"{text[:place]}\n+{rng.choice(['', ' ', BLANKS[3]])}{text[place:]}"
    elif choice < 0.7:
        text = rng.choice(BLANKS) + text
    elif choice < 0.8:
        text = rng.choice(["+ ", "* ", "\ufeff", "\x00", "$ ", ";", "//", "\\"]) + text
    return text


def texts(rng, names):
    """A library and a deck, one of which holds a hostile statement somewhere."""
    statement = mangled(rng.choice(HOSTILE).format(**names), rng)
    library, deck = list(CELL), [f'.include "{names["folder"]}/user.lib"', *BENCH]
    if rng.random() < 0.6:
        library.insert(rng.randint(0, len(library)), statement)
    else:
        deck.insert(rng.randint(0, len(deck)), statement)
    title = statement.replace("\n", " ") if rng.random() < 0.1 else "* deck"
    end = rng.choice(ENDS)
    return end.join(library) + end, end.join([title, *deck]) + end


@pytest.fixture
def outside(tmp_path):
    """Files that no run may touch."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.txt").write_text("0 1\n1 2\n", encoding="utf-8")
    (folder / "inc.lib").write_text("* inc\n.control\nshell touch executed\n.endc\n", encoding="utf-8")
    (folder / "sections.lib").write_text(".lib tt\n*#shell touch executed\n.endl\n", encoding="utf-8")
    (folder / "link.lib").symlink_to("secret.txt")
    os.mkfifo(folder / "pipe")
    return folder


def snapshot(folder):
    """Name, kind and contents of everything in a folder."""
    return {
        path.name: (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.iterdir())
        if path.name != "user.lib"
    }


def cards_of(path):
    """The cards of a file that could name a file."""
    lines = path.read_text(encoding="utf-8").lower().replace("\n+", " ").split("\n")
    return "\n".join(line for line in lines if line.startswith((".inc", ".lib", ".model", ".opt")))


@pytest.mark.filterwarnings("ignore::circuitsim.library.LeftOutWarning")
def test_nothing_is_executed_and_nothing_outside_is_touched(tmp_path, outside, monkeypatch):
    rng = random.Random(20261125)
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    names = {"trap": outside / "executed", "outside": outside / "secret.txt", "folder": outside}
    before = snapshot(outside)
    accepted = 0
    for number in range(COUNT):
        library, deck = texts(rng, names)
        (outside / "user.lib").write_bytes(library.encode())
        folder = tmp_path / f"run_{number}"
        try:
            run(deck, folder=folder, time_limit_s=20)
            accepted += 1
        except (InputError, SimulatorError) as error:
            assert "\n" not in str(error), (library, deck)
        assert snapshot(outside) == before, (library, deck)
        assert list(here.iterdir()) == [], (library, deck)
        for path in folder.glob("*") if folder.exists() else ():
            assert path.name.removeprefix("attempt1_").removeprefix("attempt2_") in FILES, (library, deck)
            if path.suffix in (".cir", ".lib"):
                assert str(outside).lower() not in cards_of(path), (library, deck)
    assert accepted > COUNT // 20  # most are harmless once the bench is left out, some are plain SPICE


FILES = {"deck.cir", "models.lib", "deck.log", "deck.raw"}


def test_the_harmless_text_runs(outside, tmp_path):
    (outside / "user.lib").write_text("\n".join(CELL), encoding="utf-8")
    deck = "\n".join(["* deck", f'.include "{outside}/user.lib"', *BENCH])
    assert run(deck, folder=tmp_path / "run")["i(v1)"] == pytest.approx(-1e-6, rel=1e-9)


def test_the_traps_spring_when_nobody_reads_the_file(outside, tmp_path):
    """The generator is hostile: ngspice itself, given such a text, executes it."""
    import subprocess

    from circuitsim.spice import find_ngspice

    deck = tmp_path / "deck.cir"
    deck.write_text("\n".join(["* t", HOSTILE[0].format(trap=outside / "executed"), *BENCH[:1], ".end", ""]))
    subprocess.run([find_ngspice().path, "-n", "-b", deck], capture_output=True, check=False, cwd=tmp_path)
    assert (outside / "executed").exists()


def test_left_out_statements_are_told(outside, tmp_path):
    (outside / "user.lib").write_text("\n".join([*CELL, "shell touch x"]), encoding="utf-8")
    deck = "\n".join(["* deck", f'.include "{outside}/user.lib"', *BENCH])
    with pytest.warns(LeftOutWarning, match="line 4"):
        run(deck, folder=Path(tmp_path / "run"))

"""Six hundred random command lines: each does its work or is refused in one sentence; none is a traceback.

`CIRCUITSIM_FUZZ=100 pytest tests/fuzz` runs all; a tenth runs by default.
"""

import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import tomli_w
from fuzzing import GOOD, share

import circuitsim.demo

# Lines that work, to be changed at random.
LINES = [
    "solve array.toml -g g.npy -x x.npy -o out",
    "solve array.toml -g g.csv --seed 3 --nodes -o out",
    "solve array.toml --level ngspice -o out",
    "solve array.toml --level behavioral --model cal --certificate cal/certificate.json --strict -o out",
    "netlist array.toml -x x.npy -o array.cir",
    "netlist array.toml -o /dev/stdout",
    "certificate cal/certificate.json",
    "export ngspice cal/model.json -o tile.cir --name tile",
    "export crosssim cal -o parameters.json",
    "export neurosim cal -o table --bits 3 --seed 1",
    "infer cal net.onnx --data images.npz --calibration-images 1 -o out",
    "calibrate array.toml --truth nodal --max-rms 1e-3 --jobs 1 -o cal2",
    "device list",
    "device show rram_sinh",
    "device characterize mine.lib --subckt mine --g-min 1u --g-max 100u --v-read 0.1 --temperature-c 27",
    "device fit iv.csv -o fitted --form auto --v-read 0.2",
    "bench solver --largest 1",
    "bench calibration --repeats 0",
    "schema --device",
    "-v schema",
    "--version",
]


OPTIONS = [
    *("--seed", "--jobs", "--max-rms", "--level", "--truth", "-g", "-x", "--model", "--certificate", "--data", "-o"),
    *("--calibration-images", "--bits", "--name", "--largest", "--repeats", "--ngspice-up-to", "--temperature-c"),
    *("--v-read", "--subckt", "--g-min", "--g-max", "--ports", "--state", "--corner", "--form", "--nothing", "--plot"),
]
FLAGS = ["--json", "--strict", "--nodes", "--device", "--help", "--verbose", "-z"]
VALUES = [
    *(
        "0",
        "1",
        "-1",
        "3",
        "1e3",
        "nan",
        "inf",
        "9" * 400,
        "",
        "x",
        "-",
        "a" * 300,
        "1u",
        "100u",
        "1M",
        "te be",
        "../..",
    ),
    *("\x7f", "ngspice", "nodal", "behavioral", "--", "'", "$(date)", "{}", "%s", "\udcff"),
]


@pytest.fixture
def files(tmp_path, monkeypatch) -> list[str]:
    """Paths to good, bad and strange files, in the folder where the commands run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CIRCUITSIM_CACHE", str(tmp_path / "cache"))
    Path("array.toml").write_text(tomli_w.dumps(GOOD))
    np.save("g.npy", np.full((3, 2), 1e-5))
    np.save("x.npy", np.full((4, 3), 0.1))
    np.save("far.npy", np.full((1, 3), 1e30))
    np.save("objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.savez("images.npz", images=np.zeros((2, 64)))
    Path("cut.npy").write_bytes(Path("g.npy").read_bytes()[:100])
    header = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999,), }"
    Path("giant.npy").write_bytes(header.ljust(127) + b"\n")
    Path("g.csv").write_text("1e-5,1e-5\n1e-5,1e-5\n1e-5,1e-5\n")
    Path("iv.csv").write_text("v_V,i_A\n" + "\n".join(f"{v / 10},{v * 1e-6}" for v in range(-9, 10)) + "\n")
    Path("words.csv").write_text("a,b\nc\n")
    Path("empty").write_bytes(b"")
    Path("noise.json").write_bytes(os.urandom(300))
    Path("list.json").write_text("[1, 2]")
    Path("deep.json").write_text("[" * 50_000)
    Path("mine.lib").write_text(".subckt mine te be params: g=1u\nr1 te be {1/g}\n.ends\n")
    Path("bad.lib").write_text(".control\nquit\n.endc\n")
    Path("folder").mkdir()
    Path("loop").symlink_to("loop")
    main = [sys.executable, "-m", "circuitsim"]
    subprocess.run([*main, "calibrate", "array.toml", "--truth", "nodal", "-o", "cal"], check=True, capture_output=True)
    shutil.copy(Path(circuitsim.demo.__file__).with_name("digits.onnx"), "net.onnx")
    names = [path.name for path in tmp_path.iterdir() if path.name != "cache"]
    return [*sorted(names), "missing", "folder/missing", "/dev/null", "/dev/full", "empty/below", "rram_sinh"]


def random_line(rng: random.Random, files: list[str]) -> list[str]:
    """A line that works, with up to three changes."""
    words = rng.choice(LINES).split()
    for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
        place = rng.randrange(len(words) + 1)
        kind = rng.randrange(6)
        if kind == 0:
            words[place:] = words[place + 1 :]
        elif kind == 1:
            words.insert(place, rng.choice(FLAGS))
        elif kind == 2:
            words += [rng.choice(OPTIONS), rng.choice([*VALUES, *files])]
        elif kind == 3:
            words.append(rng.choice([*OPTIONS, *VALUES, *files]))
        else:
            words[place : place + 1] = [rng.choice([*VALUES, *files])]
    if words[:1] == ["bench"] and len(words) > 1:
        words += ["--largest", "1"]  # refused, after everything else was read: the work takes minutes
    return words


@pytest.mark.slow
def test_a_command_line_works_or_is_refused_in_one_sentence(watched, files):
    rng = random.Random(1)
    codes = Counter()
    for _ in range(share(600)):
        codes[watched(random_line(rng, files))] += 1
    print(dict(codes))
    assert codes[0] and codes[2]

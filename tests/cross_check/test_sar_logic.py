"""The logic of a SAR converter in SystemVerilog gives the codes of the same logic in Python, whichever tool runs it."""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import circuitsim as cs
from circuitsim.errors import InputError
from circuitsim.export import sar_logic_files, write_sar_logic

INPUTS = [0.0012, 0.1234, 0.5001, 0.9985]
BIN = Path(sys.executable).parent
needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None and "CI" not in os.environ, reason="Icarus Verilog is not installed"
)


def lacks(module):
    return pytest.mark.skipif(
        importlib.util.find_spec(module) is None, reason=f"{module.partition('.')[0]} is not installed (extra hdl)"
    )


def expected(bits):
    return [int(value * 2**bits) for value in INPUTS]


def codes_of(command, folder, **variables):
    environment = os.environ | variables | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "start_new_session": True}
    with subprocess.Popen(command, cwd=folder, env=environment, **pipes) as run:
        try:
            said, _ = run.communicate(timeout=120)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)  # a bench that fails would leave its simulator
    assert run.returncode == 0, said
    return [int(code) for code in re.findall(r"^code (\d+)$", said, re.MULTILINE)]


@pytest.mark.parametrize("bits", [4, 8])
def test_logic_in_python(tmp_path, bits):
    folder = write_sar_logic(tmp_path, INPUTS, bits=bits)
    trials = [f"trial_{k}" for k in range(bits)]
    deck = "\n".join(
        [
            "* analog part of a SAR converter, and its sources",
            (folder / "sar_analog.lib").read_text(),
            "vdd vdd 0 1",
            "vin vin 0 0",
            *(f"v{name} {name} 0 0" for name in trials),
            f"xanalog {' '.join(trials)} decision vin vdd 0 sar_analog",
            f".tran 10p {len(INPUTS) * (bits + 2) * 2e-9} 0 200p",
            ".save v(decision)",
            ".end",
        ]
    )
    found, t = [], 0.0
    with cs.Cosimulation(deck + "\n", read=["v(decision)"]) as live:
        for volts in INPUTS:
            code = 0
            for k in reversed(range(bits)):
                trial, t = code | 1 << k, t + 2e-9
                sources = {f"vtrial_{j}": float(trial >> j & 1) for j in range(bits)}
                decision = live.advance(t, {"vin": volts, **sources})["v(decision)"]
                code = trial if decision > 0.5 else code
            found.append(code)
    assert found == expected(bits)


@needs_icarus
@lacks("spicebind")
@pytest.mark.parametrize("bits", [4, 8])
def test_spicebind_gives_these_codes(tmp_path, bits):
    folder = write_sar_logic(tmp_path, INPUTS, bits=bits)
    subprocess.run(["iverilog", "-g2012", "-o", "bench", "sar.sv", "spicebind.sv"], cwd=folder, check=True, timeout=60)
    plugin = subprocess.run([BIN / "spicebind-vpi-path"], capture_output=True, text=True, check=True).stdout.strip()
    command = ["vvp", "-M", plugin, "-m", "spicebind_vpi", "bench"]
    variables = {"SPICE_NETLIST": str(folder / "spicebind.cir"), "HDL_INSTANCE": "top.analog", "VCC": "1.0"}
    assert codes_of(command, folder, **variables) == expected(bits)


@needs_icarus
@lacks("cocotbext.ams" if importlib.util.find_spec("cocotbext") else "cocotbext")
@pytest.mark.parametrize("bits", [4, 8])
def test_cocotb_gives_these_codes(tmp_path, bits):
    folder = write_sar_logic(tmp_path, INPUTS, bits=bits)
    assert codes_of([sys.executable, "cocotb_run.py"], folder) == expected(bits)


def test_the_deck_with_ngspice_as_the_master_connects_every_port_of_the_logic():
    files = sar_logic_files(INPUTS, bits=3)
    ports = re.search(
        r"module sar .*?\((.*?)\);", files["sar.sv"].replace("\n", " ").replace("#(parameter BITS = 3) ", "")
    )
    names = re.findall(r"(\w+)\s*(?:,|$)", ports[1])
    assert names == ["clk", "start", "decision", "trial", "code", "done"]
    logic = next(line for line in files["d_cosim.cir"].splitlines() if line.startswith("alogic"))
    groups = [group.split() for group in re.findall(r"\[(.*?)\]", logic)]
    assert groups == [
        ["d_clk", "d_start", "d_decision"],
        [*(f"d_{name}_{k}" for name in ("trial", "code") for k in (2, 1, 0)), "d_done"],
    ]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: sar_logic_files([1.2]), "voltages from 0 V to 1 V"),
        (lambda: sar_logic_files([np.nan]), "voltages from 0 V to 1 V"),
        (lambda: sar_logic_files([0.1], bits=17), "bits = 17: expected 2 to 16"),
        (lambda: sar_logic_files([0.1], bits=1), "bits = 1: expected 2 to 16"),
        (lambda: sar_logic_files([0.1], t_bit=1e-9), "t_bit = 1e-09 s: expected 1.4e-09 s or more"),
        (lambda: sar_logic_files([0.1], t_bit=1.5e-12), "multiple of 2 ps"),
    ],
)
def test_what_cannot_be_written_is_refused(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call()

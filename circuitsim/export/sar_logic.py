"""Write the logic of a SAR converter in SystemVerilog, and what three tools need to run it against ngspice.

The analog part is one sub-circuit, the logic one module; each tool has its own way to connect them:

- `d_cosim`, a model of ngspice 42 and later, has ngspice as the master (exported only, not tested);
- `spicebind` has a Verilog simulator as the master and loads ngspice through VPI;
- `cocotbext-ams` has Python as the master of both.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from circuitsim.errors import InputError
from circuitsim.results.atomic_files import write_text
from circuitsim.spec import Count, checked, real_numbers

SETTLING = 0.1e-9
"""Time constant of the reference of the analog part [s]."""

ANALOG = "sar_analog"
"""Name of the analog part, as a sub-circuit and as a module."""


@checked
def sar_logic_files(inputs: Sequence[float] | np.ndarray, *, bits: Count = 8, t_bit: float = 2e-9) -> Mapping[str, str]:
    """Return the texts of the files by name; `sar_analog.lib` may be replaced by a circuit with the same ports.

    The logic decides a bit at each rising edge of its clock, the highest first: a code c means that the input is from
    c to c + 1 steps of 2^-bits V. The analog part compares the input with the trial code's voltage, which settles with
    0.1 ns. Logic levels are 0 and 1 V.

    Args:
        inputs: Voltages that each bench converts, one after another (inputs,) [V]; 0 to 1.
        bits: Bits of the converter, 2 to 16.
        t_bit: Period of the clock [s], a multiple of 2 ps.

    Returns:
        `sar_analog.lib`, `sar.sv`; `d_cosim.cir`; `spicebind.cir`, `spicebind.sv`; `cocotb.sv`, `cocotb_sar.py`,
        `cocotb_run.py`; and `README.txt` with the command of each tool.

    Raises:
        InputError: An input is outside 0 to 1 V, `bits` is not 2 to 16, or `t_bit` is no multiple of 2 ps or so short
            that the reference does not settle.
    """
    values = real_numbers("inputs", inputs)
    if values.ndim != 1 or len(values) == 0:
        raise InputError(f"inputs has shape {values.shape}: expected (inputs,), at least one")
    for n in np.flatnonzero(~((values >= 0) & (values <= 1))):
        raise InputError(f"inputs[{n}] = {values[n]:g} V: expected voltages from 0 V to 1 V")
    if not 2 <= bits <= 16:
        raise InputError(f"bits = {bits}: expected 2 to 16")
    half = round(t_bit / 2e-12)
    if half < 1 or abs(half * 2e-12 - t_bit) > 1e-6 * t_bit:
        raise InputError(f"t_bit = {t_bit!r} s: expected a multiple of 2 ps, the resolution of the benches")
    # Half a period passes from a trial code to its decision: the reference settles to a quarter of a step.
    least = 2 * (bits + 2) * np.log(2) * SETTLING
    if t_bit < least:
        raise InputError(
            f"t_bit = {t_bit:g} s: expected {least:.2g} s or more, so that the reference settles to {bits} bits"
        )
    volts = [float(value) for value in values]
    return {
        "sar_analog.lib": _analog(bits),
        "sar.sv": _LOGIC.replace("{bits}", str(bits)),
        "d_cosim.cir": _d_cosim(bits, volts, t_bit),
        "spicebind.cir": _spicebind_deck(bits, len(volts), t_bit),
        "spicebind.sv": _spicebind_bench(bits, volts, half),
        "cocotb.sv": _cocotb_top(bits),
        "cocotb_sar.py": _cocotb_bench(bits, volts, half),
        "cocotb_run.py": _COCOTB_RUN,
        "README.txt": _README,
    }


@checked
def write_sar_logic(
    folder: str | Path, inputs: Sequence[float] | np.ndarray, *, bits: Count = 8, t_bit: float = 2e-9
) -> Path:
    """Write the files of `sar_logic_files` into a folder, which is made if it is not there; return it."""
    folder = Path(folder)
    for name, text in sar_logic_files(inputs, bits=bits, t_bit=t_bit).items():
        write_text(folder / name, text)
    return folder


_LOGIC = """\
// Logic of a SAR converter: one bit at each rising edge of clk, the highest first.
`timescale 1ps/1ps
module sar #(parameter BITS = {bits}) (
  input wire clk, input wire start, input wire decision,
  output reg [BITS-1:0] trial, output reg [BITS-1:0] code, output reg done);
  reg [BITS-1:0] mask, kept;
  initial begin
    mask = 0; trial = 0; code = 0; done = 1;
  end
  always @(posedge clk)
    if (start) begin
      mask <= 1 << (BITS - 1);
      trial <= 1 << (BITS - 1);
      done <= 0;
    end else if (!done) begin
      kept = decision ? trial : trial & ~mask;
      mask <= mask >> 1;
      trial <= kept | (mask >> 1);
      if (mask[0]) begin
        code <= kept;
        done <= 1;
      end
    end
endmodule
"""

_COCOTB_BENCH = '''\
"""Bench of the SAR logic with cocotb and cocotbext-ams; run by cocotb_run.py."""

import re
from pathlib import Path

import cocotb
from cocotb.triggers import Timer
from cocotbext.ams import AnalogBlock, DigitalPin, MixedSignalBridge, _bridge

BITS, HALF_PS = @bits, @half
INPUTS = @inputs
_generated = _bridge.generate_netlist


def _without_values(**settings):
    """A value before `external` makes ngspice 39 crash."""
    return [re.sub(r" dc \\S+ external", " external", line) for line in _generated(**settings)]


_bridge.generate_netlist = _without_values


async def edge(dut):
    await Timer(HALF_PS, "ps")
    dut.clk.value = 1
    await Timer(HALF_PS, "ps")
    dut.clk.value = 0


@cocotb.test()
async def codes(dut):
    pins = {"trial": DigitalPin("input", BITS, vdd=1.0), "decision": DigitalPin("output", vdd=1.0)}
    circuit = Path(__file__).with_name("sar_analog.lib")
    block = AnalogBlock("analog", circuit, "sar_analog", pins, {"vin": 0.0}, vdd=1.0, tran_step="10p")
    bridge = MixedSignalBridge(dut, [block], max_sync_interval_ns=HALF_PS / 10e3)
    dut.clk.value, dut.start.value = 0, 1
    length_ns = len(INPUTS) * (BITS + 1) * 2 * HALF_PS / 1e3 + HALF_PS / 1e3
    analog = cocotb.start_soon(bridge.start(duration_ns=length_ns))
    await Timer(HALF_PS // 10, "ps")
    for volts in INPUTS:
        bridge.set_analog_input("analog", "vin", volts)
        dut.start.value = 1
        await edge(dut)
        dut.start.value = 0
        for _ in range(BITS):
            await edge(dut)
        await Timer(1, "ps")
        print(f"code {int(dut.code.value)}")
    await analog
'''

_COCOTB_RUN = '''\
"""Compile and run the bench: python cocotb_run.py"""

from pathlib import Path

from cocotb_tools.runner import get_runner

here = Path(__file__).resolve().parent
runner = get_runner("icarus")
runner.build(
    sources=[here / "sar.sv", here / "cocotb.sv"],
    hdl_toplevel="top",
    build_dir=here / "cocotb_build",
    build_args=["-g2012"],
)
runner.test(hdl_toplevel="top", test_module="cocotb_sar", build_dir=here / "cocotb_build", test_dir=here)
'''

_README = """\
One SAR logic (sar.sv) and one analog part (sar_analog.lib), run by three tools. spicebind and cocotb print "code N" for
each input; d_cosim.cir measures code_0, code_1 and so on.

spicebind (pip install spicebind; needs Icarus Verilog 11 or later, a C++ compiler, the headers of libngspice):
  iverilog -g2012 -o spicebind.vvp sar.sv spicebind.sv
  SPICE_NETLIST=$PWD/spicebind.cir HDL_INSTANCE=top.analog VCC=1.0 \\
    vvp -M "$(spicebind-vpi-path)" -m spicebind_vpi spicebind.vvp

cocotb (pip install cocotb cocotbext-ams; needs Icarus Verilog 11 or later, libngspice):
  python cocotb_run.py

ngspice 42 or later, with Verilator (in d_cosim.cir, a comment says how with Icarus Verilog); not tested:
  ngspice vlnggen sar.sv
  ngspice -b d_cosim.cir
"""


def _bits(name: str, bits: int) -> list[str]:
    return [f"{name}_{k}" for k in range(bits)]


def _analog(bits: int) -> str:
    weighted = "+".join(f"{2.0 ** (k - bits)!r}*v({name})" for k, name in enumerate(_bits("high", bits)))
    lines = [
        "* analog part of a SAR converter: a comparator, and a reference that settles through a resistor",
        f".subckt {ANALOG} {' '.join(_bits('trial', bits))} decision vin vdd vss",
        *(f"bhigh_{k} high_{k} 0 v=v(trial_{k},vss)>0.5*v(vdd,vss)?1:0" for k in range(bits)),
        f"bdac target 0 v={weighted}",
        "rdac target dac 1k",
        "cdac dac 0 100f",
        "bcmp compared vss v=v(vin)>v(dac)?v(vdd,vss):0",
        "rcmp compared decision 100",
        "ccmp decision vss 10f",
        "rin vin 0 1g",
        f".ends {ANALOG}",
    ]
    return "\n".join(lines) + "\n"


def _d_cosim(bits: int, volts: list[float], t_bit: float) -> str:
    period = (bits + 1) * t_bit
    steps = " ".join(f"{n * period:.12g} {v!r} {(n + 1) * period - 1e-12:.12g} {v!r}" for n, v in enumerate(volts))
    trial, code = ([f"{name}_{k}" for k in reversed(range(bits))] for name in ("trial", "code"))
    outputs = [*trial, *code, "done"]
    ends = [f"{(n + 1) * period - 0.25 * t_bit:.12g}" for n in range(len(volts))]
    value = "+".join(f"{2**k}*v(code_{k})" for k in range(bits))
    lines = [
        "* ngspice as the master, 42 or later: the logic is compiled by `ngspice vlnggen sar.sv`",
        ".include sar_analog.lib",
        "vdd vdd 0 1",
        f"vin vin 0 pwl({steps})",
        f"vclk clk 0 pulse(0 1 {0.5 * t_bit:.6g} 10p 10p {0.5 * t_bit - 10e-12:.6g} {t_bit:.6g})",
        f"vstart start 0 pulse(1 0 {0.75 * t_bit:.6g} 10p 10p {bits * t_bit - 10e-12:.6g} {period:.6g})",
        f"xanalog {' '.join(_bits('trial', bits))} decision vin vdd 0 {ANALOG}",
        "ain [clk start decision] [d_clk d_start d_decision] to_logic",
        f"alogic [d_clk d_start d_decision] [{' '.join('d_' + name for name in outputs)}] null logic",
        f"aout [{' '.join('d_' + name for name in outputs)}] [{' '.join(outputs)}] to_analog",
        ".model to_logic adc_bridge(in_low=0.5 in_high=0.5)",
        ".model to_analog dac_bridge(out_low=0 out_high=1 t_rise=10p t_fall=10p)",
        '.model logic d_cosim(simulation="./sar.so")',
        "* with Icarus Verilog, after iverilog -g2012 -o sar sar.sv:",
        '* .model logic d_cosim(simulation="ivlng" sim_args=["sar"])',
        f"bcode code 0 v={value}",
        f".tran 10p {len(volts) * period:.6g} 0 {t_bit / 10:.6g}",
        *(f".meas tran code_{n} find v(code) at={end}" for n, end in enumerate(ends)),
        ".end",
    ]
    return "\n".join(lines) + "\n"


def _spicebind_deck(bits: int, count: int, t_bit: float) -> str:
    # A source has the name of its port. A value before `external` makes ngspice 39 crash.
    lines = [
        "* analog part for spicebind: its bench sets the external sources",
        ".include sar_analog.lib",
        "vdd vdd 0 1",
        "vvin vin 0 external",
        *(f"vtrial[{k}] trial[{k}] 0 external" for k in range(bits)),
        f"xanalog {' '.join(f'trial[{k}]' for k in range(bits))} decision vin vdd 0 {ANALOG}",
        f".tran 10p {(count + 1) * (bits + 1) * t_bit:.6g} 0 {t_bit / 10:.6g}",
        ".end",
    ]
    return "\n".join(lines) + "\n"


def _spicebind_bench(bits: int, volts: list[float], half: int) -> str:
    lines = [
        "// Bench of the SAR logic with spicebind: the module sar_analog is replaced by the circuit of spicebind.cir.",
        "`timescale 1ps/1ps",
        f"module {ANALOG}(input wire [{bits - 1}:0] trial, input real vin, output wire decision);",
        "endmodule",
        "module top;",
        "  reg clk = 0, start = 1;",
        "  real vin = 0.0;",
        f"  wire [{bits - 1}:0] trial, code;",
        "  wire decision, done;",
        f"  sar #({bits}) logic_part(clk, start, decision, trial, code, done);",
        f"  {ANALOG} analog(.trial(trial), .vin(vin), .decision(decision));",
        "  task convert(input real volts);",
        "    begin",
        "      vin = volts; start = 1;",
        f"      #{half} clk = 1; #{half} clk = 0; start = 0;",
        f"      repeat ({bits}) begin #{half} clk = 1; #{half} clk = 0; end",
        '      $display("code %0d", code);',
        "    end",
        "  endtask",
        "  initial begin",
        *(f"    convert({value!r});" for value in volts),
        "    $finish;",
        "  end",
        "endmodule",
    ]
    return "\n".join(lines) + "\n"


def _cocotb_top(bits: int) -> str:
    lines = [
        "// Top of the SAR logic for cocotb: the module sar_analog stands for the circuit of sar_analog.lib.",
        "`timescale 1ps/1ps",
        f"module {ANALOG}(input wire [{bits - 1}:0] trial, output wire decision);",
        "endmodule",
        "module top(input wire clk, input wire start);",
        f"  wire [{bits - 1}:0] trial, code;",
        "  wire decision, done;",
        f"  sar #({bits}) logic_part(clk, start, decision, trial, code, done);",
        f"  {ANALOG} analog(.trial(trial), .decision(decision));",
        "endmodule",
    ]
    return "\n".join(lines) + "\n"


def _cocotb_bench(bits: int, volts: list[float], half: int) -> str:
    return _COCOTB_BENCH.replace("@bits", str(bits)).replace("@half", str(half)).replace("@inputs", repr(volts))

"""`circuitsim device tabulate`: the current of a Verilog-A model as a table that `device fit` takes."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from circuitsim.cli.options import within
from circuitsim.cli.output import Json, print_result, replaces
from circuitsim.errors import InputError
from circuitsim.results import write_text
from circuitsim.units import format_quantity, parse_quantity

POINTS = 41  # voltages of the table: steps of 20 mV up to 0.4 V


@replaces(lambda out: [out])
def tabulate(
    file: Annotated[Path, typer.Argument(help="Verilog-A file of a memory with two terminals.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Table to write, for circuitsim device fit.")],
    state: Annotated[str, typer.Option(help="What holds the state: a parameter, or an internal node that is held.")],
    state_range: Annotated[str, typer.Option(help='Its ends, smaller first: "3.3n 4.9n".')],
    states: Annotated[
        int, typer.Option(parser=within("--states"), metavar="N", help="Number of states between the ends.")
    ] = 9,
    log: Annotated[bool, typer.Option("--log", help="Space the states by equal ratios.")] = False,
    v_max: Annotated[str, typer.Option(help="Largest voltage, on either side of 0 [V].")] = "0.4",
    module: Annotated[str | None, typer.Option(help="Module, where the file has several.")] = None,
    ports: Annotated[str, typer.Option(help="What each terminal is, in the module's order.")] = "te be",
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Value of another parameter, NAME=VALUE; repeat it.")
    ] = None,
    temperature_c: Annotated[
        float, typer.Option(parser=within("--temperature-c"), metavar="T", help="Temperature [°C].")
    ] = 27.0,
    as_json: Json = False,
) -> None:
    """Write the read current of a Verilog-A model, its state held, as a table for circuitsim device fit.

    The file is compiled and evaluated by openvaf-py (extra veriloga). Charges and changes in time are left out.
    """
    from circuitsim.characterization import read_verilog_a

    largest = parse_quantity(v_max)
    if not 0 < largest <= 100:
        raise InputError(f"--v-max = {v_max}: expected a voltage above 0 up to 100 V")
    values = _values(state_range, states, log=log)
    params = dict(_assignment(each) for each in set_ or ())
    found = read_verilog_a(
        file,
        state=state,
        states=values.tolist(),
        voltages=np.linspace(-largest, largest, POINTS).tolist(),
        module=module,
        ports=ports.split(),
        params=params,
        temperature_c=temperature_c,
    )
    settings = [f"{name} = {value:g}" for name, value in params.items()] + [f"{temperature_c:g} °C"]
    assert found.state is not None
    rows = [f"{s:.12g},{v:.12g},{i:.17g}" for s, v, i in zip(found.state, found.v, found.i, strict=True)]
    head = [f"# {line}" for line in (*found.notes, ", ".join(settings))]
    write_text(out, "\n".join([*head, "state,v_V,i_A", *rows]) + "\n")
    most = format_quantity(float(np.abs(found.i).max()), "A")
    content = {"table": str(out), "points": len(rows), "states": values.tolist(), "notes": list(found.notes)}
    shown = f"{out}: {len(values)} states of {state}, {len(rows)} points, up to {most}\nnote: {found.notes[0]}"
    print_result(content, shown, as_json, beside=out)


def _values(text: str, count: int, *, log: bool) -> np.ndarray:
    words = text.split()
    if len(words) != 2:
        raise InputError(f'--state-range {text!r}: expected two numbers, the smaller first: "3.3n 4.9n"')
    low, high = (parse_quantity(word) for word in words)
    if not low < high or (log and low <= 0):
        above = ", both above 0 for --log" if log else ""
        raise InputError(f'--state-range {text!r}: expected two numbers, the smaller first{above}: "3.3n 4.9n"')
    return np.geomspace(low, high, count) if log else np.linspace(low, high, count)


def _assignment(text: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    if not (equals and name.strip()):
        raise InputError(f"--set {text!r}: expected NAME=VALUE, such as r_s=1k")
    return name.strip(), parse_quantity(value.strip())

"""What a command prints: one JSON document, or text and tables whose rows stay whole where nobody reads along."""

import json

import numpy as np
from rich.table import Table

from circuitsim.cli.output import print_result
from circuitsim.cli.solve import describe_solution
from circuitsim.results import Convergence, Provenance, Solution

LONG = "a source that is longer than any terminal " * 20


def table() -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_row("g", "[S] :smile: [bold]", LONG)
    table.add_row("r", "", "as above")
    return table


def test_a_row_is_one_whole_line_with_its_brackets(capsys):
    print_result({}, ["before", table()], False)
    before, first, second = capsys.readouterr().out.splitlines()
    assert before == "before"
    assert first.split(maxsplit=1) == ["g", f"[S] :smile: [bold]  {LONG.strip()}"]
    assert second.startswith("r ") and second.endswith("as above")


def test_json_is_one_document(capsys):
    print_result({"a": 1}, ["text", table()], True)
    assert json.loads(capsys.readouterr().out) == {"a": 1}


def test_a_solution_is_told_in_its_own_unit():
    out = np.array([[1e-15, -3e-15]])
    charge = describe_solution(Solution(out, Provenance("ngspice", "ab"), quantity="charge", unit="C"))
    assert (charge["largest_output"], charge["quantity"], charge["unit"]) == (3e-15, "charge", "C")
    assert "residual" not in charge
    balance = Convergence(kirchhoff=np.array([1e-10]), residual=np.array([1e-9]), iterations=np.array([3]))
    current = describe_solution(Solution(out, Provenance("nodal", "ab"), convergence=balance))
    assert (current["unit"], current["residual"], current["provenance"]["level"]) == ("A", 1e-9, "nodal")

"""Braces in behavioral sources: ngspice puts their text into the formula, without parentheses of their own."""

import ast
import re
from pathlib import Path

import pytest

import circuitsim
from circuitsim.resources import device_models_folder, netlists_folder

FILES = sorted(file for folder in (device_models_folder(), netlists_folder()) for file in folder.rglob("*.[lc]i[br]"))

_SOURCE = re.compile(r"""["'n]b\w*(?:\{\w+\})? .*[iv] ?=.*\{""")


def outer_operators(expression):
    """Operators of an expression outside its parentheses, without the signs of numbers and of exponents."""
    bare = re.sub(r"\d\.?\d*e[-+]?\d+", "1", expression)
    while (shorter := re.sub(r"\([^()]*\)", "1", bare)) != bare:
        bare = shorter
    return set(re.findall(r"(?<=\w)\s*([-+*/])", bare))


def misread(line):
    """Brace expressions of a behavioral source whose neighbours bind one part of them."""
    if not re.match(r"b\w*\s", line, re.IGNORECASE):
        return []
    found = []
    for brace in re.finditer(r"\{([^{}]*)\}", line):
        before, after = line[: brace.start()].rstrip()[-1:], line[brace.end() :].lstrip()[:2]
        inside = outer_operators(brace[1])
        tight = before in ("*", "/", "-") or after[:1] in ("*", "/")
        sums_torn = tight and inside & {"+", "-"}
        quotient_torn = inside if before == "/" else after == "**" and (inside or brace[1].startswith("-"))
        if sums_torn or quotient_torn:
            found.append(brace[0])
    return found


def written_lines():
    """Lines of all strings in the package, those of f-strings with 1 for each value."""
    for file in sorted(Path(circuitsim.__file__).parent.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if not _SOURCE.search(text):  # parsing every module takes seconds
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.JoinedStr):
                text = "".join(str(part.value) if isinstance(part, ast.Constant) else "1" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            else:
                continue
            yield from ((file.name, line) for line in text.splitlines())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("b1 te be i=v(te,be)*({g_off}+{g_on-g_off}*v(st))", ["{g_on-g_off}"]),
        ("b1 te be i=v(te,be)*({g_off}+({g_on-g_off})*v(st))", []),
        ("b1 a 0 v=1-{a+b}", ["{a+b}"]),
        ("b1 a 0 v=1/{a*b}", ["{a*b}"]),
        ("b1 a 0 v={a/b}**2", ["{a/b}"]),
        ("b1 a 0 v={-2e-3*a}*v(b)-{1m*a/0.1n}*v(c)", []),
        ("b1 a 0 v={g/(1+k)}*f({a-b},{c})", []),
        ("r1 a b {a+b}", []),
    ],
)
def test_what_counts_as_misread(line, expected):
    """Each of these was compared with ngspice 39, by the same formula in parentheses."""
    assert misread(line) == expected


def test_no_shipped_netlist_has_one():
    assert len(FILES) > 70
    lines = [(file.parent.name, line) for file in FILES for line in file.read_text(encoding="utf-8").splitlines()]
    assert sum(bool(re.match(r"b.*\{", line)) for _, line in lines) > 100
    assert [(name, misread(line)) for name, line in lines if misread(line)] == []


def test_no_generator_writes_one():
    lines = [(name, line) for name, line in written_lines() if re.match(r"b\w*\s.*\{", line)]
    assert {"write_folder.py", "flash.py", "string_dac.py"} <= {name for name, _ in lines}
    assert [(name, misread(line)) for name, line in lines if misread(line)] == []

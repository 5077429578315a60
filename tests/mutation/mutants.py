"""Small wrong changes of a source file: which there are, which are left out, and a seeded draw of them.

cosmic-ray finds the places and makes the changes. A change counts if it is a change of behaviour: of the operators,
those are kept that may give another value of the same type, and of the places, texts and types are left out (`TEXTS`,
`_not_behaviour`). Every place is as likely to be drawn as any other, whatever the number of changes it allows.
"""

import ast
import hashlib
import itertools
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

# Operators that may replace each other: between families a change is a TypeError, which every test finds.
FAMILIES = [
    {"Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"},
    {"BitOr", "BitAnd", "BitXor"},
    {"LShift", "RShift"},
    {"Eq", "NotEq", "Lt", "LtE", "Gt", "GtE"},
    {"Is", "IsNot"},
]
# Bitwise complement, and a sign that becomes `not`, change the type; the variable operators need names to be given.
LEFT_OUT = re.compile(r"Invert|(USub|UAdd)_Not|Variable")
# Calls whose arguments are words for people.
TEXTS = re.compile(r"(warnings\.)?warn$|(_?log|_?logger|LOG|_LOG)\.\w+$|getLogger$")


@dataclass(frozen=True)
class Mutant:
    """One change: the operator of cosmic-ray and which of its occurrences in the file; `line` counts from 1."""

    path: str
    digest: str
    line: int
    column: int
    operator: str
    occurrence: int

    @property
    def name(self) -> str:
        """The mutant and the state of its file, in one word."""
        return f"{self.path}:{self.line}:{self.column}:{self.operator}:{self.occurrence}@{self.digest}"

    def apply(self, source: str) -> str:
        """Return the file's text with the change."""
        changed = mutate_code(source, get_operator(self.operator)(), self.occurrence)
        assert changed is not None, f"{self.name}: no such occurrence"
        return changed


def is_kept(operator: str) -> bool:
    """Whether an operator of cosmic-ray gives another value of the same type."""
    name = operator.rpartition("/")[2]
    kind, *ends = name.split("_")
    if LEFT_OUT.search(name):
        return False
    if kind in {"ReplaceBinaryOperator", "ReplaceComparisonOperator"}:
        return any(set(ends) <= family for family in FAMILIES)
    return True


def _not_behaviour(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield what states words or types: texts of errors, warnings and logs, annotations, unions, `__all__`."""
    for node in ast.walk(tree):
        match node:
            case ast.Raise(exc=ast.expr() as exc):
                yield exc
            case ast.Assert(msg=ast.expr() as message):
                yield message
            case ast.Call(func=function) if TEXTS.search(ast.unparse(function)):
                yield node
            case ast.Call(func=ast.Name("isinstance" | "issubclass"), args=[_, types]):
                yield types
            case ast.AnnAssign(annotation=annotation) | ast.arg(annotation=ast.expr() as annotation):
                yield annotation
            case ast.FunctionDef(returns=ast.expr() as returns):
                yield returns
            case ast.If(test=ast.Name("TYPE_CHECKING")):
                yield node
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp) and isinstance(node.value.op, ast.BitOr):
            yield node  # a type alias
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            yield node


def _is_marker(node: Any) -> bool:
    """Whether a star or a slash separates the parameters of a function."""
    return node.type == "operator" and node.parent.type in {"parameters", "param", "lambdef"}


def _spans(source: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """First and last (line, column) of what is no behaviour; ast counts bytes, parso characters."""
    lines = [line.encode() for line in source.splitlines()]

    def at(line: int, column: int) -> tuple[int, int]:
        return line, len(lines[line - 1][:column].decode())

    return [(at(n.lineno, n.col_offset), at(n.end_lineno, n.end_col_offset)) for n in _not_behaviour(ast.parse(source))]


def places(path: str, source: str) -> dict[tuple, list[Mutant]]:
    """Return the places of a file that allow a change, each with its changes.

    A place is a position and a kind of operator. Not every change is one: `is_change` says it of the text.
    """
    spans, digest = _spans(source), hashlib.sha256(source.encode()).hexdigest()[:8]
    nodes = list(ast_nodes(get_ast(source)))
    found: dict[tuple, list[Mutant]] = {}
    for name in sorted(filter(is_kept, operator_names())):
        operator, occurrence = get_operator(name)(), 0
        for node in nodes:
            for start, _ in operator.mutation_positions(node):
                if not _is_marker(node) and not any(first <= start < last for first, last in spans):
                    kind = name.rpartition("/")[2].split("_")[0]
                    mutant = Mutant(path, digest, *start, name, occurrence)
                    found.setdefault((path, start, kind), []).append(mutant)
                occurrence += 1
    return found


def is_change(source: str, changed: str) -> bool:
    """Whether a changed text is Python, and means something else."""
    try:
        return ast.dump(ast.parse(changed)) != ast.dump(ast.parse(source))
    except SyntaxError:
        return False


def draw(root: Path, room: str, *, seed: int, count: int) -> list[Mutant]:
    """Draw mutants of a room, at most one of each place; a larger count continues a smaller one.

    Args:
        root: Folder that holds the package.
        room: Folder of the package, such as "nodal".
        seed: Another seed is another sample.
        count: Number of mutants; fewer if the room has fewer places.
    """
    sources = {p.relative_to(root).as_posix(): p.read_text() for p in (root / "circuitsim" / room).rglob("*.py")}
    rng = random.Random(f"{room} {seed}")
    everywhere = [place for path in sorted(sources) for place in sorted(places(path, sources[path]).items())]
    rng.shuffle(everywhere)
    drawn: list[Mutant] = []
    for _, mutants in everywhere:
        if len(drawn) == count:
            break
        rng.shuffle(mutants)
        valid = (m for m in mutants if is_change(sources[m.path], m.apply(sources[m.path])))
        drawn += itertools.islice(valid, 1)
    return drawn

"""Which tests execute which line of the package: one run of a test file under coverage, kept by content."""

import ast
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import coverage
import pytest

FIXTURE = "fixture "  # begins the context of a fixture that several tests share


class Recorder:
    """Plugin of pytest: names each test to coverage, and notes how long it takes and what shared fixtures it uses."""

    def __init__(self, cov: coverage.Coverage):
        self.cov = cov
        self.contexts = [""]
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()
        self.fixtures: dict[str, list[str]] = {}

    @contextmanager
    def _within(self, context: str) -> Iterator[None]:
        self.contexts.append(context)
        self.cov.switch_context(context)
        yield
        self.contexts.pop()
        self.cov.switch_context(self.contexts[-1])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        definitions = [d for each in item._fixtureinfo.name2fixturedefs.values() for d in each]
        self.fixtures[item.nodeid] = [_fixture(d) for d in definitions if d.scope != "function"]
        with self._within(item.nodeid):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef):
        """Lines of a shared fixture belong to all tests that use it, not to the first one."""
        with self._within(self.contexts[-1] if fixturedef.scope == "function" else _fixture(fixturedef)):
            return (yield)

    def pytest_runtest_logreport(self, report):
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if report.outcome != "passed":
            self.failed.add(report.nodeid)


def _fixture(definition) -> str:
    return f"{FIXTURE}{definition.baseid}::{definition.argname}"


def record(root: Path, test_files: list[str], folder: Path) -> None:
    """Run test files in this process, and write for each what its tests execute.

    Args:
        root: Folder of the repository; the current one, and nothing of the package is imported yet.
        test_files: Paths from `root`.
        folder: Takes one JSON file for each: seconds of its tests, and of each line of the package the tests.
    """
    cov = coverage.Coverage(data_file=None, source=[str(root / "circuitsim")], config_file=False)
    recorder = Recorder(cov)
    cov.start()
    pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "not slow", *test_files], plugins=[recorder])
    cov.stop()
    executed = _executed(cov.get_data(), recorder, root)
    folder.mkdir(parents=True, exist_ok=True)
    for path in test_files:
        mine = {t: s for t, s in recorder.seconds.items() if t.partition("::")[0] == path and t not in recorder.failed}
        of_lines = {
            source: {line: sorted(tests & mine.keys()) for line, tests in lines.items() if tests & mine.keys()}
            for source, lines in executed.items()
        }
        (folder / _record_name(root, path)).write_text(json.dumps({"seconds": mine, "lines": of_lines}))


def _executed(data: coverage.CoverageData, recorder: Recorder, root: Path) -> dict[str, dict[int, set[str]]]:
    users: dict[str, set[str]] = {}
    for test, fixtures in recorder.fixtures.items():
        for fixture in fixtures:
            users.setdefault(fixture, set()).add(test)
    found: dict[str, dict[int, set[str]]] = {}
    for file in data.measured_files():
        lines = found.setdefault(Path(file).relative_to(root).as_posix(), {})
        for line, contexts in data.contexts_by_lineno(file).items():
            for context in filter(None, contexts):
                lines.setdefault(line, set()).update(users.get(context, ()) if context[:8] == FIXTURE else [context])
    return found


def _digest(files: list[Path]) -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sorted(files))).hexdigest()[:16]


def _record_name(root: Path, test_file: str) -> str:
    """A record holds as long as the package, what tests share, and the test file stay as they are."""
    shared = [*(root / "circuitsim").rglob("*.py"), *(root / "tests").rglob("conftest.py")]
    shared += (root / "tests" / "helpers").glob("*.py")
    return f"{_digest(shared)}-{_digest([root / test_file])}-{re.sub('[^a-z0-9_]', '-', test_file)}.json"


def unrecorded(root: Path, test_files: list[str], folder: Path) -> list[str]:
    """Return the test files that have no record of their present state."""
    return [path for path in test_files if not (folder / _record_name(root, path)).exists()]


@dataclass
class Records:
    """What tests execute: seconds of every test, and the tests of every line of every source file."""

    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[int, set[str]]] = field(default_factory=dict)

    def of(self, source: str, line: int, *, once: bool, importers: set[str]) -> set[str]:
        """Return the tests that execute a line, or what it made.

        Args:
            source: The file, and
            line: its line, from 1.
            once: The line runs once for many tests, see `runs_once`: it is one of all tests of the file, and of those
                that look at the package as a whole, directly in `tests/unit`.
            importers: Files whose tests execute compiled lines, which coverage does not see run.
        """
        tests = self.lines.get(source, {}).get(line, set())
        if not once and (tests or not importers):
            return tests
        whole = {test for test in self.seconds if re.match(r"tests/unit/test_\w+\.py::", test)} if once else set()
        files = {source} | importers
        return whole | {test for file in files for each in self.lines.get(file, {}).values() for test in each}


def runs_once(text: str, line: int) -> bool:
    """Whether a line runs while its file is imported, or while Numba compiles what uses it, and not for every test."""
    if re.search(r"^\s*@(intrinsic|overload|register_model)\b", text, re.M):
        return True
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    return not any(node.body[0].lineno <= line <= node.end_lineno for node in functions)


def load(root: Path, test_files: list[str], folder: Path) -> Records:
    """Read the records of test files."""
    records = Records()
    for path in test_files:
        one = json.loads((folder / _record_name(root, path)).read_text())
        records.seconds |= one["seconds"]
        for source, lines in one["lines"].items():
            mine = records.lines.setdefault(source, {})
            for line, tests in lines.items():
                mine.setdefault(int(line), set()).update(tests)
    return records


def compiled(root: Path, room: str) -> dict[str, set[str]]:
    """Return the files of a room whose text is compiled by Numba, each with the files that import it, at any depth."""
    texts = {p.relative_to(root).as_posix(): p.read_text() for p in (root / "circuitsim" / room).glob("*.py")}
    names = {path.removesuffix(".py").replace("/", "."): path for path in texts}
    imports: dict[str, set[str]] = {}
    for path, text in texts.items():
        modules = [n.module for n in ast.walk(ast.parse(text)) if isinstance(n, ast.ImportFrom) and n.module]
        imports[path] = {names[module] for module in modules if module in names}
    kernels = {path for path, text in texts.items() if re.search(r"^\s*(import|from) numba|^@kernel", text, re.M)}

    def importers(path: str) -> set[str]:
        found, new = set(), {path}
        while new:
            new = {p for p, used in imports.items() if used & new} - found
            found |= new
        return found

    return {path: importers(path) for path in kernels}

"""Mutation testing of one room of the package: `make mutants ROOM=nodal`, or `python tests/mutation nodal --help`."""

import argparse
import fcntl
import json
import resource
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from lines import Records, compiled, load, record, runs_once, unrecorded
from mutants import Mutant, draw
from scipy.stats import binomtest
from trial import changed, copy_repository, environment_of, fork, judge, linked, preload, run_tests

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "out" / "mutation"
TESTS = ("tests/unit", "tests/property", "tests/cross_check")
BUDGET_S = 15.0  # of processor time for a room's own tests of one mutant, the fastest first, and as much for others
COMPILE_S = 15.0  # more for a mutant of code that Numba compiles


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python tests/mutation", description=__doc__)
    parser.add_argument("room", help="folder of circuitsim/")
    parser.add_argument("--seed", type=int, default=1, help="of the sample (default 1)")
    parser.add_argument("--count", type=int, default=150, help="mutants in the sample (default 150)")
    parser.add_argument("--at-most", type=int, default=None, help="new trials in this call; the next one goes on")
    parser.add_argument(
        "--again", action="store_true", help="try the survivors again, and nothing else, after tests were added"
    )
    parser.add_argument(
        "--budget",
        type=float,
        default=BUDGET_S,
        help=f"processor seconds for the room's own tests of a mutant, and as many for others (default {BUDGET_S:g}); "
        "more where other work slows the machine down",
    )
    parser.add_argument("--tests", nargs="*", default=TESTS, help=f"files or folders (default {' '.join(TESTS)})")
    return parser.parse_args()


def fastest_first(tests: set[str], seconds: dict[str, float]) -> list[str]:
    """Order tests: the fastest of each file, then file by file, because tests of one file share fixtures."""
    files: dict[str, list[str]] = {}
    for test in sorted(tests, key=lambda t: (seconds[t], t)):
        files.setdefault(test.partition("::")[0], []).append(test)
    return [each[0] for each in files.values()] + [test for each in files.values() for test in each[1:]]


def stages(tests: set[str], seconds: dict[str, float], room: str) -> list[list[str]]:
    """The room's own tests, by the name of their folder, and after them all others."""
    own = {test for test in tests if f"/{room}/" in test}
    return [fastest_first(each, seconds) for each in (own, tests - own) if each]


def records_of(tree: Path, tests: list[str], folder: Path) -> Records:
    """What the tests execute; those whose record is missing or out of date run first, under coverage."""
    files = sorted({p for t in tests for p in ([tree / t] if t.endswith(".py") else (tree / t).rglob("test_*.py"))})
    names = [path.relative_to(tree).as_posix() for path in files]
    if missing := unrecorded(tree, names, folder):
        print(f"recording what {len(missing)} test files execute", flush=True)
        variables = environment_of(numba=OUT / "numba", characterized=OUT / "characterized")
        log = OUT / "record.log"
        ended = fork(lambda: record(tree, missing, folder) or 0, tree, log=log, limit_s=7200.0, environment=variables)
        if ended.code != 0:
            sys.exit(f"recording failed, see {log}")
        print(f"recorded in {ended.wall_s:.0f} s", flush=True)
    return load(tree, names, folder)


def attempt(mutant: Mutant, tree: Path, records: Records, kernels: dict[str, set[str]], budget_s: float) -> dict:
    """Try one mutant, and return its line of the results."""
    path, log = tree / mutant.path, OUT / f"{tree.parent.name}.log"
    source = path.read_text()
    text = mutant.apply(source)
    before, after = ([line.strip() for line in each.splitlines()] for each in (source, text))
    found = {"mutant": mutant.name, "was": before[mutant.line - 1], "is": after[mutant.line - 1]}
    found |= {"tests": 0, "outcome": "not executed", "by": None, "cpu_s": 0.0}
    importers = kernels.get(mutant.path, set())
    tests = records.of(mutant.path, mutant.line, once=runs_once(source, mutant.line), importers=importers)
    compiled_anew = [Path(file).stem for file in {mutant.path} | importers] if mutant.path in kernels else []
    with changed(path, text), tempfile.TemporaryDirectory(dir=OUT) as scratch:
        failures = Path(scratch) / "failures"
        characterized = linked(OUT / "characterized", Path(scratch) / "characterized")
        numba = linked(OUT / "numba", Path(scratch) / "numba", without=compiled_anew)
        variables = environment_of(numba=numba if compiled_anew else OUT / "numba", characterized=characterized)
        for stage in stages(tests, records.seconds, tree.parent.name):
            normal_s = min(sum(records.seconds[test] for test in stage), 2 * budget_s)
            compile_s = COMPILE_S if compiled_anew else 0.0
            limit_s = 30 + 2 * normal_s + compile_s
            work = partial(run_tests, stage, failures, budget_s + compile_s)
            ended = fork(work, tree, log=log, limit_s=limit_s, environment=variables)
            found |= {"tests": found["tests"] + len(stage), "outcome": judge(ended)}
            found["cpu_s"] = round(found["cpu_s"] + ended.cpu_s, 2)
            if found["outcome"] != "survived":
                break
        found["by"] = failures.read_text().split("\n")[0] if failures.exists() else None
    return found


def trials(args: argparse.Namespace, results: Path) -> Iterator[dict]:
    """Try the mutants of the sample that have no result yet, and yield each result."""
    tree = OUT / args.room / "tree"
    copy_repository(ROOT, tree)
    sample = draw(tree, args.room, seed=args.seed, count=args.count)
    known = {} if not results.exists() else {r["mutant"]: r for r in map(json.loads, results.read_text().splitlines())}
    done = {name for name, r in known.items() if not (args.again and r["outcome"] in {"survived", "not executed"})}
    wanted = known.keys() - done if args.again else {mutant.name for mutant in sample} - done
    todo = [mutant for mutant in sample if mutant.name in wanted][: args.at_most]
    yield from (known[m.name] for m in sample if m.name in done)
    if todo:
        preload()
        records, kernels = records_of(tree, args.tests, OUT / "records"), compiled(tree, args.room)
        yield from (attempt(mutant, tree, records, kernels, args.budget) | {"new": True} for mutant in todo)


def main() -> None:
    args = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the trial ends with this process
    results = OUT / f"{args.room}-{args.seed}.jsonl"
    results.parent.mkdir(parents=True, exist_ok=True)
    lock = (OUT / f"{args.room}.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"another run changes files of {args.room}: wait for it")
    found = []
    for result in trials(args, results):
        found.append(result)
        if result.pop("new", False):
            with results.open("a") as file:
                file.write(json.dumps(result) + "\n")
    counts = Counter(each["outcome"] for each in found)
    killed = counts["killed"] + counts["timeout"]
    interval = binomtest(killed, len(found)).proportion_ci(method="wilson")
    for each in found:
        if each["outcome"] not in {"killed", "timeout"}:
            print(f"{each['outcome']}: {each['mutant']}\n    - {each['was']}\n    + {each['is']}")
    print(f"{args.room}, seed {args.seed}: {len(found)} mutants, {dict(counts)}")
    print(f"killed {killed / len(found):.1%}, 95 % interval (Wilson) {interval.low:.1%} to {interval.high:.1%}")
    print(f"processor time of this call: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime:.0f} s")


if __name__ == "__main__":
    main()

"""A run is good when nothing in exit code, raw file or log says otherwise."""

import numpy as np
import pytest

from circuitsim.spice.process import Exit
from circuitsim.spice.raw import Plot
from circuitsim.spice.verdict import Failure, check_values, complaint, judge

GOOD_LOG = "\nNote: No compatibility mode selected!\n\nCircuit: * fatal error in the title\n\nNo. of Data Rows : 1\n"


def judged(folder, *, log=GOOD_LOG, values=(1.0,), code=0, timed_out=False):
    header = f"Title: t\nPlotname: Operating Point\nFlags: real\nNo. Variables: 1\nNo. Points: {len(values)}\n"
    raw = header.encode() + b"Variables:\n\t0\ti(vs)\tcurrent\nBinary:\n" + np.array(values, dtype=float).tobytes()
    (folder / "deck.raw").write_bytes(raw)
    (folder / "deck.log").write_text(log)
    return judge(Exit(code, timed_out, 1.0), folder, time_limit_s=5.0)


def test_a_good_run_hands_back_its_plots(tmp_path):
    plots = judged(tmp_path, values=(1.0, 2.0))
    np.testing.assert_array_equal(plots[0]["i(vs)"], [1.0, 2.0])


@pytest.mark.parametrize(
    ("how", "kind", "sentence"),
    [
        ({"timed_out": True, "code": -9}, "time", "did not finish within 5 s"),
        ({"code": -9}, "killed", "SIGKILL"),
        ({"code": -11}, "killed", "SIGSEGV"),
        ({"code": -25}, "disk", "limit for file sizes"),
        ({"code": 1}, "convergence", "exit code 1"),
        ({"values": ()}, "convergence", "0 points"),
        ({"values": (1.0, np.nan)}, "values", "not finite"),
        ({"values": (1.0, np.nan, 2.0)}, "values", "not finite"),
        ({"values": (-np.inf, 1.0)}, "values", "not finite"),
        ({"values": (np.inf,)}, "values", "not finite"),
        ({"log": "Error: Could not find include file x.lib\n", "code": 1}, "deck", "x.lib"),
        ({"log": "warning, can't find model 'foo' from line\n    d1 a 0 foo\n", "code": 1}, "deck", "foo"),
        ({"log": "Warning: singular matrix:  check node c\n"}, "singular", "at node c"),
        ({"log": "Error: Transient op failed, timestep too small\n", "code": 1}, "convergence", "timestep too small"),
        ({"log": "run simulation(s) aborted\n"}, "convergence", "aborted"),
    ],
)
def test_failures_are_told_apart(tmp_path, how, kind, sentence):
    failure = judged(tmp_path, **how)
    assert isinstance(failure, Failure)
    assert failure.kind == kind
    assert sentence in failure.sentence
    assert "\n" not in failure.sentence


@pytest.mark.parametrize(
    "line",
    [
        "Circuit: * error, aborted, singular matrix",
        "Trying gmin =   1.0000E-03 Error: -1258.1 out of range for cosh",
        "Warning: Dynamic gmin stepping failed",
        "Using SPARSE 1.3 as Direct Linear Solver",
    ],
)
def test_lines_that_a_good_run_may_print(line):
    assert complaint(f"{line}\n    in line b1\n") is None


def test_trial_voltages_do_not_excuse_a_run_that_was_aborted():
    log = "Error: 1e+300 out of range for exp\n    in line b1\nrun simulation(s) aborted\n"
    assert complaint(log).sentence.endswith("run simulation(s) aborted")


def test_a_value_that_is_not_finite_is_named_wherever_it_stands_in_a_sweep():
    """Every point, vector and analysis counts, not only the last of each."""
    good = Plot("DC transfer characteristic", ("v(a)", "i(vs)"), np.ones((5, 2)))
    assert check_values((good, good)) is None
    for point in range(5):
        for column, name in enumerate(good.variables):
            data = good.data.copy()
            data[point, column] = np.nan
            failure = check_values((Plot("first sweep", good.variables, data), good))
            assert failure is not None
            assert failure.kind == "values"
            assert failure.sentence == f"{name} of the analysis 'first sweep' is not finite"

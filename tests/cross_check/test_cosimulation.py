"""Python in the loop of one transient: pauses, sources set by what was read, branches, and every way it can fail."""

import itertools
import os
import signal
import time

import numpy as np
import pytest
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim.errors import ControllerError, InputError, SimulatorError

RC = """* two sources charge a capacitor
va a 0 0
vb b 0 pulse(0 1 50n 1n 1n 20n 100n)
ra a c 1k
rb b c 1k
c1 c 0 10p
.tran 1n 200n 0 1n uic
.save v(c) v(a)
.end
"""
SAR = """* successive approximation: the logic is Python, the rest is here
vin in 0 {v_in}
vdac d 0 0
rdac d dac 1k
cdac dac 0 10f
bcmp cmp 0 v = v(in) > v(dac) ? 1 : 0
rcmp cmp 0 1k
.tran .1n {end} 0 1n
.end
"""


def half_of(values):
    return 0.5 * values["v(c)"]


def test_the_same_waveforms_as_one_run_when_nothing_is_altered():
    found = cs.cosimulate(RC, lambda t, values: {}, read=["v(c)"], instants=[30e-9, 60e-9, 61e-9, 150e-9])
    with cs.Cosimulation(RC, read=[]) as run:
        whole = run.finish()
    grid = np.linspace(5e-9, 195e-9, 60)
    ours, theirs = (np.interp(grid, raw["time"], raw["v(c)"]) for raw in (found, whole))
    assert_allclose(ours, theirs, atol=2e-4)
    assert found["time"][-1] == pytest.approx(200e-9)
    assert np.all(np.diff(found["time"]) >= 0)


def test_a_source_follows_what_was_read():
    """From 40 ns on, source a holds half of what the capacitor had there: two resistors and a capacitor, by hand."""
    seen = []

    def controller(t, values):
        seen.append((t, values["v(c)"]))
        return {"va": 1.0} if t < 30e-9 else {"VA": half_of(values)}

    raw = cs.cosimulate(RC, controller, read=["v(c)"], instants=[20e-9, 40e-9])
    (t_0, v_0), (t_1, v_1) = seen
    assert 20e-9 <= t_0 < 20.2e-9 and 40e-9 <= t_1 < 40.2e-9
    tau = 500 * 10e-12
    assert v_0 == pytest.approx(0.0, abs=1e-9)
    assert v_1 == pytest.approx(0.5 * (1 - np.exp(-(t_1 - t_0) / tau)), rel=0.02)
    at_49 = np.interp(49e-9, raw["time"], raw["v(c)"])
    assert at_49 == pytest.approx(v_1 / 4 + (v_1 - v_1 / 4) * np.exp(-(49e-9 - t_1) / tau), rel=0.03)


@pytest.mark.parametrize("code", [5, 44, 129, 202])
def test_a_converter_with_its_logic_in_python(code):
    bits, slot = 8, 2e-9
    trial = {"code": 0, "bit": bits}

    def controller(t, values):
        if trial["bit"] < bits and values["v(cmp)"] < 0.5:
            trial["code"] -= 1 << trial["bit"]
        trial["bit"] -= 1
        if trial["bit"] < 0:
            return None
        trial["code"] += 1 << trial["bit"]
        return {"vdac": trial["code"] / 256}

    deck = SAR.format(v_in=(code + 0.5) / 256, end=(bits + 2) * slot)
    start = time.process_time()
    raw = cs.cosimulate(deck, controller, read=["v(cmp)"], instants=slot * np.arange(1, bits + 2))
    assert trial["code"] == code
    assert raw["time"][-1] == pytest.approx((bits + 1) * slot, rel=0.01)
    assert time.process_time() - start < 2


def test_instants_that_depend_on_what_was_read():
    """Read once a nanosecond until the capacitor has half a volt, then stop."""
    raw = cs.cosimulate(
        RC,
        lambda t, values: None if values["v(c)"] > 0.25 else {"va": 1.0},
        read=["v(c)"],
        instants=(n * 1e-9 for n in itertools.count(1)),
    )
    assert raw["v(c)"][-1] > 0.25 > raw["v(c)"][np.searchsorted(raw["time"], raw["time"][-1] - 2.5e-9)]


def test_a_branch_point_is_come_back_to():
    with cs.Cosimulation(RC, read=["v(c)"], instants=[20e-9, 40e-9]) as run:
        run.advance(20e-9)
        run.advance(40e-9, {"va": 1.0})
        here = run.snapshot()
        tried = []
        for v in (0.2, 1.0, 2.0, 1.0):
            run.restore(here)
            assert run.time == here.time
            tried.append(run.advance(48e-9, {"va": v})["v(c)"])
        waveforms = run.finish()
    assert tried[0] < tried[1] < tried[2]
    assert tried[3] == tried[1]
    times = waveforms["time"]
    assert times[0] < 1e-9 and times[-1] == pytest.approx(200e-9) and np.all(np.diff(times) >= 0)


@pytest.mark.parametrize(
    ("returned", "sentence"),
    [
        ({"vx": 1.0}, r"at t = 2\S*e-08 s, source 'vx': the deck has no such source .* it has va$"),
        ({"vb": 1.0}, "source 'vb': the deck has no such source without a waveform of its own"),
        ({"va": float("nan")}, r"source 'va' = nan: expected a finite number"),
        ({"va": [1.0]}, r"source 'va' = \[1\.0\]: expected a finite number"),
        (1.0, r"the controller returned 1\.0 at t = .*: expected values by the names of sources, or None to stop"),
    ],
)
def test_what_a_controller_returns_is_checked(returned, sentence):
    with pytest.raises(InputError, match=sentence):
        cs.cosimulate(RC, lambda t, values: returned, read=["v(c)"], instants=[20e-9])


def test_an_exception_of_the_controller_keeps_the_waveforms():
    def controller(t, values):
        raise ValueError("no more pulses")

    with pytest.raises(ControllerError, match=r"raised ValueError at t = 2\S*e-08 s: no more pulses") as caught:
        cs.cosimulate(RC, controller, read=["v(c)"], instants=[20e-9])
    assert isinstance(caught.value.__cause__, ValueError)
    kept = np.load(caught.value.folder / "waveforms.npz")
    assert kept["time"][-1] >= 20e-9
    assert (caught.value.folder / "deck.cir").read_text().startswith("* two sources")


def test_a_controller_that_does_not_return_is_given_up():
    start = time.perf_counter()
    with pytest.raises(ControllerError, match=r"did not return within 0\.2 s at t = 2"):
        cs.cosimulate(RC, lambda t, v: time.sleep(5), read=["v(c)"], instants=[20e-9], controller_limit_s=0.2)
    assert time.perf_counter() - start < 4


def test_a_killed_worker_is_reported_and_the_next_run_is_right():
    with cs.Cosimulation(RC, read=["v(c)"]) as run:
        run.advance(40e-9, {"va": 1.0})
        os.kill(run.worker_pid, signal.SIGKILL)
        with pytest.raises(SimulatorError, match=r"ngspice crashed at t = 4\S*e-08 s: .*signal 9") as caught:
            run.advance(50e-9)
    assert np.load(caught.value.folder / "waveforms.npz")["time"][-1] >= 40e-9
    assert cs.cosimulate(RC, lambda t, values: {}, read=["v(c)"], instants=[20e-9])["time"][-1] == pytest.approx(2e-7)


def test_a_transient_that_fails_says_when():
    bad = RC.replace("c1 c 0 10p", "c1 c 0 10p\nbx c 0 i = v(c) > 0.3 ? 1/(v(c) - v(c)) : 0")
    with pytest.raises(SimulatorError, match="at t = "):
        cs.cosimulate(bad, lambda t, values: {"va": 1.0}, read=["v(c)"], instants=[20e-9, 40e-9, 60e-9])


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda run: run.advance(10e-9), r"instant = 1e-08 s: expected a time later than 2\S*e-08 s, the last pause"),
        (lambda run: run.advance(float("nan")), "instant = nan s: expected a time later"),
        (lambda run: (run.finish(), run.advance(1.0)), r"the transient ended at 2e-07 s, expected a longer \.tran"),
        (lambda run: (run.finish(), run.snapshot()), "expected a paused transient"),
        (lambda run: (run.close(), run.advance(1e-7)), "the co-simulation is closed"),
    ],
)
def test_calls_out_of_order_are_refused(call, sentence):
    with cs.Cosimulation(RC, read=["v(c)"]) as run:
        run.advance(20e-9)
        with pytest.raises(InputError, match=sentence):
            call(run)


@pytest.mark.parametrize(
    ("change", "given", "sentence"),
    [
        ((".tran 1n 200n 0 1n uic", ".op"), {}, r"deck: expected one analysis, `\.tran STEP END`"),
        ((".tran 1n 200n 0 1n uic", ""), {}, r"deck: expected one analysis"),
        (("", ""), {"read": ["c; quit"]}, r"read: 'c; quit': expected a vector as ngspice writes it"),
        (("", ""), {"instants": [2e-8, 1e-8]}, "instants: expected finite times above 0 s, each later"),
    ],
)
def test_decks_and_arguments_that_cannot_be_used(change, given, sentence):
    with pytest.raises(InputError, match=sentence):
        cs.Cosimulation(RC.replace(*change), **{"read": ["v(c)"], **given})


def test_a_vector_that_is_not_there_is_named():
    with cs.Cosimulation(RC, read=["v(nowhere)"]) as run, pytest.raises((InputError, SimulatorError), match="nowhere"):
        run.advance(20e-9)

"""Python asked at every time point of a transient: feedback, agreement with pauses, and every way it can fail."""

import threading
import time

import numpy as np
import pytest
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim.errors import ControllerError, InputError, SimulatorError
from circuitsim.spice import cosimulate_points

RC = """* a source charges a capacitor
va a 0 dc 1
ra a c 1k
c1 c 0 10p
.tran 0.1n 200n 0 0.1n uic
.save v(c) i(va)
.end
"""


class Hysteresis:
    """Keeps the capacitor between two voltages."""

    def __init__(self, low: float, high: float):
        self.low, self.high, self.turned = low, high, []

    def __call__(self, t, values):
        if values["v(c)"] > self.high:
            self.turned.append(t)
            return {"va": 0.0}
        return {"va": 1.0} if values["v(c)"] < self.low else {}


def test_a_comparator_with_hysteresis_keeps_a_voltage_and_tells_when_it_turned():
    raw, controller = cosimulate_points(RC, Hysteresis(0.4, 0.6), read=["v(c)"], sources=["va"])
    settled = raw["v(c)"][raw["time"] > 20e-9]
    assert 0.395 < settled.min() < 0.4 and 0.6 < settled.max() < 0.605  # at most a step of 0.1 ns late
    assert controller.turned[0] == pytest.approx(10e-9 * np.log(1 / 0.4), rel=0.02)
    assert raw["time"][-1] == pytest.approx(200e-9) and raw.variables == ("time", "v(c)", "i(va)")


def test_both_ways_of_co_simulation_agree():
    """From 50 ns on, the source has 0.2 V; whichever way, it changes within the step after it."""
    paused = cs.cosimulate(RC, lambda t, values: {"va": 0.2}, read=["v(c)"], instants=[50e-9])
    raw, _ = cosimulate_points(RC, lambda t, values: {"va": 0.2} if t > 50e-9 else {}, read=[], sources=["VA"])
    grid = np.linspace(1e-9, 199e-9, 100)
    first, second = (np.interp(grid, found["time"], found["v(c)"]) for found in (paused, raw))
    assert_allclose(second, first, atol=0.012)  # 0.8 V / 10 ns for 0.1 ns
    assert_allclose(second[0], 1 - np.exp(-0.1), rtol=1e-3)  # the value of the deck until something is returned


def test_current_sources_and_currents_that_are_read():
    deck = RC.replace("va a 0 dc 1", "ia 0 a 1u").replace("i(va)", "i(vm)").replace("ra a c", "vm a b 0\nra b c")

    def controller(t, values):
        return {"ia": 2e-6} if values["i(vm)"] < 1.5e-6 and t > 5e-9 else {}

    raw, _ = cosimulate_points(deck, controller, read=["i(vm)"], sources=["ia"])
    assert raw["i(vm)"][2] == pytest.approx(1e-6, rel=1e-6) and raw["i(vm)"][-1] == pytest.approx(2e-6, rel=1e-6)


def test_none_stops_the_transient_there():
    raw, _ = cosimulate_points(RC, lambda t, values: None if t > 30e-9 else {}, read=[], sources=[])
    assert 30e-9 < raw["time"][-1] < 31e-9


def test_an_exception_ends_the_run_and_keeps_the_waveforms():
    began = time.monotonic()
    with pytest.raises(ControllerError, match=r"at t = 5\.\d*e-08 s: it raised ZeroDivisionError: division") as caught:
        cosimulate_points(RC, lambda t, values: {"va": 1 / 0 if t > 50e-9 else 1.0}, read=["v(c)"], sources=["va"])
    assert time.monotonic() - began < 20
    kept = np.load(caught.value.folder / "waveforms.npz")
    assert 50e-9 < kept["time"][-1] < 51e-9 and (caught.value.folder / "deck.cir").is_file()
    assert "va a 0 external" in (caught.value.folder / "deck.cir").read_text()


@pytest.mark.parametrize(
    ("returned", "sentence"),
    [
        ({"va": float("nan")}, r"at t = \S+ s: source 'va' = nan: expected a finite number"),
        ({"vx": 1.0}, "source 'vx': expected one of those named in `sources`"),
        ({"va": "1"}, "source 'va' = '1': expected a finite number"),
        (3, "it returned 3, expected values by the names of sources"),
    ],
)
def test_what_no_source_can_take_is_named_with_its_time(returned, sentence):
    with pytest.raises(InputError, match=sentence):
        cosimulate_points(RC, lambda t, values: returned, read=["v(c)"], sources=["va"])


def test_what_cannot_begin_is_refused():
    with pytest.raises(InputError, match=r"sources: 'vb': the deck has no such source .* it has va"):
        cosimulate_points(RC, lambda t, values: {}, read=[], sources=["vb"])
    with pytest.raises(InputError, match=r"sources: va = '{x}' in the deck: expected a plain number"):
        cosimulate_points(RC.replace("dc 1", "{x}") + ".param x=1\n", lambda t, values: {}, read=[], sources=["va"])
    with pytest.raises(InputError, match=r"ngspice shows nothing before a start time; expected \.tran STEP END"):
        cosimulate_points(RC.replace("200n 0 0.1n", "200n 50n 0.1n"), lambda t, values: {}, read=[], sources=["va"])
    lock = threading.Lock()
    with pytest.raises(InputError, match="controller: it cannot be copied to the process of the simulator"):
        cosimulate_points(RC, lambda t, values: {} if lock.locked() else None, read=[], sources=[])
    with pytest.raises(InputError, match="expected one analysis"):
        cosimulate_points(RC.replace(".tran 0.1n 200n 0 0.1n uic", ".op"), lambda t, values: {}, read=[], sources=[])


def test_a_vector_that_the_deck_does_not_have_is_named():
    with pytest.raises(InputError, match=r"read: 'v\(nowhere\)': the transient has no such vector"):
        cosimulate_points(RC, lambda t, values: {}, read=["v(nowhere)"], sources=[])


def test_a_controller_that_never_returns_is_stopped_at_the_limit():
    def stuck(t, values):
        while t > 50e-9:
            pass
        return {}

    began = time.monotonic()
    with pytest.raises(SimulatorError, match="did not answer within 3 s") as caught:
        cosimulate_points(RC, stuck, read=[], sources=[], time_limit_s=3.0)
    assert time.monotonic() - began < 20 and (caught.value.folder / "deck.cir").is_file()
    assert cosimulate_points(RC, lambda t, values: {}, read=[], sources=[])[0]["v(c)"][-1] == pytest.approx(1, abs=1e-6)

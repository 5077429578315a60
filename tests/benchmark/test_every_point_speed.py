"""How often Python is asked at every point: `pytest tests/benchmark/test_every_point_speed.py -s`."""

import resource

from circuitsim.spice import cosimulate_points

DECK = """* a source charges a capacitor
va a 0 1
ra a c 1k
c1 c 0 10p
.tran 0.1n 100u 0 0.5n uic
.save v(c)
.end
"""


class Counter:
    def __init__(self):
        self.calls = 0

    def __call__(self, t, values):
        self.calls += 1
        return {}


def test_callbacks_a_second():
    began = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    raw, counter = cosimulate_points(DECK, Counter(), read=["v(c)"], sources=["va"])
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - began
    assert counter.calls == len(raw["time"])
    # ngspice also asks for both external sources, that of the deck and the one that halts, twice a point or more.
    calls = 5 * counter.calls
    print(f"{counter.calls} points, {calls} callbacks or more in {seconds:.2f} s: {calls / seconds:.3g} a second")

"""The digits network on passive arrays with wires, and with conductances that make up for what the wires take."""

from dataclasses import dataclass

import circuitsim as cs
from circuitsim import nodal
from circuitsim.demo.data import NETWORK, load_digits
from circuitsim.evaluation import NodalProduct
from circuitsim.network import evaluate, fit_ranges, load_network, program

G_MAX = 100e-6


def cases():
    """Mapping of signed weights, resistance of a segment [ohm], weights' part of the range, largest conductance [S]."""
    return {
        "offset, 2 ohm": ("offset", 2.0, 4.0, G_MAX),
        "offset, 5 ohm": ("offset", 5.0, 4.0, G_MAX),
        "pairs, 40 ohm": ("differential", 40.0, 4.0, G_MAX),
        "pairs, 60 ohm": ("differential", 60.0, 4.0, G_MAX),
        "pairs, 60 ohm, wide": ("differential", 60.0, 4.0, 16 * G_MAX),
        "pairs, 60 ohm, halved": ("differential", 60.0, 8.0, G_MAX),
    }


def array(mapping, r_wire, g_min, g_max=G_MAX):
    """Passive arrays of 64 x 64 cells."""
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": 64, "cols": 64, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": g_min, "g_max": g_max},
            "wire": {"r_row": r_wire, "r_col": r_wire},
            "driver": {"v_read": 0.2},
            "mapping": {"weights": mapping},
        }
    )


@dataclass(frozen=True)
class WithRoom:
    """Writes a part of the conductances, so that compensation has room, and multiplies the currents in turn."""

    spec: cs.ArraySpec
    room: float
    compensated: bool

    def __call__(self, place, g, /):
        """Return the function that reads a tile."""
        wanted = g / self.room
        written = nodal.compensate(self.spec, wanted, steps=10).g if self.compensated else wanted
        read = NodalProduct(self.spec)(place, written)
        return lambda v_in: self.room * read(v_in)


def accuracy(mapping, r_wire, room, g_max, compensated):
    """Accuracy [%] on the test images."""
    product = WithRoom(array(mapping, r_wire, G_MAX / 800 / room, g_max), room, compensated)
    digits = load_digits()
    on_arrays = program(load_network(NETWORK), array(mapping, r_wire, G_MAX / 100), product)
    ranges = fit_ranges(on_arrays, digits.train_images[:100])
    return 100 * evaluate(on_arrays, digits.test_images, digits.test_labels, ranges=ranges).accuracy


def compute(case):
    """Points lost by wires, and the share of them that compensation brings back."""
    mapping, _, room, g_max = case
    ideal = accuracy(mapping, 0.0, room, g_max, compensated=False)
    plain, better = (accuracy(*case, compensated=each) for each in (False, True))
    return {"lost": ideal - plain, "recovered": (better - plain) / (ideal - plain)}

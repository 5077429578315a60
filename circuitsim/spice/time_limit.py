"""How long a deck may take: many times what it is predicted to take, so that only a simulator that hangs is ended."""

import re

from circuitsim.library import assemble_own
from circuitsim.netlist import ChainNetlist, Netlist, TransientNetlist
from circuitsim.spec import checked
from circuitsim.spice.predict import predict
from circuitsim.spice.predict_chain import predict_deck
from circuitsim.spice.simulator import Simulator

# What a loaded machine, stepping of gmin and a large kit add to a prediction that is itself within a factor of 3.
PATIENCE = 30
LEAST_S = 1800.0  # for decks whose predicted time says little: arrays that step gmin for minutes, decks of the user
LEAST_OF_CELLS_S = 60.0  # for decks of single cells and devices, which take fractions of a second

# Upper ends of what decks of 1T1R cells took on one core with ngspice 39 (nmos_bsim4_default and sky130_nfet_01v8,
# 10 to 29 cells, 178 to 2642 points): 28 to 143 us for a cell and point, which is two elements. A kit is read at more
# than 1 MB a second.
_ELEMENT_POINT_S = 1e-4
_BYTES_PER_S = 1e6
_STEPS = 1000  # of a read in time: it takes 300 to 700
_SOLVES_PER_STEP = 3

_ELEMENT = re.compile(r"^[a-z]", re.I | re.M)
_SWEEP = re.compile(r"^\.dc\s+\S+\s+(\S+)\s+(\S+)\s+(\S+)", re.I | re.M)


@checked
def time_limit(
    deck: str | Netlist | TransientNetlist | ChainNetlist, simulator: Simulator, *, least_s: float = LEAST_S
) -> float:
    """Return the wall-clock limit of a deck [s]: `PATIENCE` times what it is predicted to take, at least `least_s`.

    Args:
        deck: An array's deck, or the text of a deck that circuitsim wrote.
        simulator: The ngspice that will run it.
        least_s: The shortest limit [s].
    """
    return max(least_s, PATIENCE * predicted_time(deck, simulator))


def predicted_time(deck: str | Netlist | TransientNetlist | ChainNetlist, simulator: Simulator) -> float:
    """Return the time that a deck takes on one idle core [s], within a factor of about 3."""
    if isinstance(deck, Netlist):
        return predict(deck.shape, vectors=deck.points, simulator=simulator).seconds
    if isinstance(deck, TransientNetlist):
        steps = _STEPS + round(deck.pulse.t_stop / deck.pulse.t_step)
        return predict(deck.shape, vectors=_SOLVES_PER_STEP * steps, simulator=simulator).seconds
    if isinstance(deck, ChainNetlist):
        return predict_deck(deck, simulator).seconds
    whole = assemble_own(deck)
    size = len(whole.deck) + len(whole.models or "")
    return size / _BYTES_PER_S + len(_ELEMENT.findall(deck)) * _points(deck) * _ELEMENT_POINT_S


def _points(deck: str) -> float:
    """Return the number of points of the deck's sweep; 1 without one."""
    if (sweep := _SWEEP.search(deck)) is None:
        return 1
    first, last, step = (float(text) for text in sweep.groups())
    return abs((last - first) / step) + 1

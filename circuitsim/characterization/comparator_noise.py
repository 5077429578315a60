"""Noise of a clocked comparator without random numbers: how far each moment of each transistor moves its decision.

Copies of a comparator stand side by side. In one, the input lies a little above the others; in each of the others a
small current flows through one transistor for a short while. Until the latch leaves its linear range, the ratio of what
both do to it says which input the current is worth. White noise of density S in an interval of length t has the
variance S / 2 t; the squares add up.

Source: J. Kim, B. S. Leibowitz, J. Ren, C. J. Madden, "Simulation and analysis of random decision errors in clocked
comparators", IEEE Trans. Circuits Syst. I 56 (8), 2009, 1844-1857 (impulse sensitivity function of a decision).
"""

import itertools
import re
from dataclasses import dataclass

import numpy as np

from circuitsim.characterization.adc_runs import TOLERANCES
from circuitsim.characterization.kept_runs import kept_runs
from circuitsim.devices import list_cards
from circuitsim.errors import InputError, SimulatorError
from circuitsim.library import FourNodes, find_subckt, four_node_elements, read_library
from circuitsim.netlist.conversions import Bench
from circuitsim.netlist.decisions import Injection, decision_deck, inner_node, transistor_noise_deck
from circuitsim.netlist.phases import clock_nodes, phase_window
from circuitsim.spec import by_value, checked
from circuitsim.spice import RawResult, Simulator

INTERVALS = 16  # of the decision; 12 give 6 % less noise, 20 the same within 1 %
BEFORE = 1e-10  # [s] before the clock, in which the reset still leaves noise on the nodes
INPUT_STEP = 1e-5  # [V] by which one input lies above the others
CURRENT_STEP = 2e-9  # [A] through one transistor for one interval
OBSERVED = 1e-3  # [V] between the nodes of the latch, when they are read: linear, and later noise counts a hundredth
TIME_STEP = 5e-12  # [s]
FINER = 50  # points of an interval, over which the worth of a current is interpolated
WHITE_FREQUENCY = 1e9  # [Hz] at which the noise of a transistor is taken; flicker noise is left out
FINE = {**TOLERANCES, "reltol": "1e-6", "vntol": "1e-9"}

_WHITE = re.compile(r"onoise\..*\.?[xm](\d+)_(\d+)\..*(id|rd|rs)|onoise\.m(\d+)_(\d+)\.(id|rd|rs)")


@by_value
@dataclass(frozen=True)
class DecisionNoise:
    """White noise of a decision.

    Attributes:
        sigma: Standard deviation of the threshold [V].
        transistors: Drain and source of each transistor.
        edges: (intervals + 1,) bounds of the intervals [s].
        density: (transistors, intervals) noise of each [A²/Hz].
        worth: (transistors, intervals) voltage at the input that a current through each is worth [V/A].
        observed: When the latch is read [s].
        gain: Voltage of the latch per voltage at the input then [V/V].
        decks: Digests of the decks.
    """

    sigma: float
    transistors: tuple[tuple[str, str], ...]
    edges: np.ndarray
    density: np.ndarray
    worth: np.ndarray
    observed: float
    gain: float
    decks: tuple[str, ...]


@checked
def decision_noise(bench: Bench, threshold: float, simulator: Simulator) -> DecisionNoise:
    """Find the noise of a comparator whose card names the nodes of its latch.

    Args:
        bench: The comparator.
        threshold: Input at which it decides [V].
        simulator: The ngspice to use.

    Raises:
        InputError: The sub-circuit has no transistors of its own.
        SimulatorError: ngspice failed, or the latch does not follow the input; the run folder is kept.

    Valid for: white noise; the decision itself, not what comes before the comparator.
    """
    transistors = transistors_of(bench)
    if not transistors:
        raise InputError(
            f"the converter {bench.block.name!r}: none of its elements is a transistor with drain, gate, source and "
            "bulk; expected those that make the noise of its latch"
        )
    start = decision_start(bench)
    latch = bench.block.latch
    terminals = sorted({inner_node(bench, 0, node) for one in transistors for node in one.nodes} - {"0"})
    deck = decision_deck(
        bench,
        np.array([threshold, threshold + INPUT_STEP]),
        [[], []],
        saved=[*(f"v({node})" for node in terminals), *latch_vectors(bench, 2)],
        step=TIME_STEP,
    )
    with kept_runs([deck], simulator, FINE) as (raw,):
        time, difference = raw["time"], _latches(bench, raw, 2)
        moved = np.abs(difference[:, 1] - difference[:, 0])
        reached = np.flatnonzero((moved > OBSERVED) & (time > start))
        if not len(reached):
            raise SimulatorError(
                f"the converter {bench.block.name!r}: its latch {' '.join(latch)} moves by {moved.max():.2g} V for "
                f"{INPUT_STEP:g} V more at 'in'; expected {OBSERVED:g} V, check the nodes of latch in its card",
                raw.folder,
            )
        observed = float(time[reached[0]])
        edges = np.linspace(start - BEFORE, observed, INTERVALS + 1)
        middle = (edges[1:] + edges[:-1]) / 2
        volts = np.array([[_terminals_at(bench, raw, one, t) for t in middle] for one in transistors])
    worth, gain, moved = _worth(bench, threshold, transistors, edges, simulator)
    density, alone = _densities(bench, transistors, volts, simulator)
    variance = sum(_variance(edges, *each) for each in zip(density, worth, strict=True))
    return DecisionNoise(
        sigma=float(np.sqrt(variance)),
        transistors=tuple((one.nodes[0], one.nodes[2]) for one in transistors),
        edges=edges,
        density=density,
        worth=worth,
        observed=observed,
        gain=gain,
        decks=(raw.deck_digest, *moved, alone),
    )


def _variance(edges: np.ndarray, density: np.ndarray, worth: np.ndarray) -> float:
    """Variance [V²] by one transistor: ½ ∫ density · impulse², both smooth between the middles of the intervals."""
    middle = (edges[1:] + edges[:-1]) / 2
    time = np.linspace(edges[0], edges[-1], FINER * len(density) + 1)
    from scipy.interpolate import PchipInterpolator  # takes 0.4 s to import

    impulse = PchipInterpolator(middle, worth / np.diff(edges))(time)
    values = np.interp(time, middle, density) * impulse**2 / 2
    return float(np.sum((values[1:] + values[:-1]) * np.diff(time)) / 2)


def decision_start(bench: Bench) -> float:
    """Return when the last clock of a comparator starts, with which it decides [s]."""
    return max(phase_window(bench.block, role.partition(".")[2])[0] for role in clock_nodes(bench.block))


def transistors_of(bench: Bench) -> tuple[FourNodes, ...]:
    """Return the transistors of a comparator: its elements with four nodes that are shipped cards or .model lines."""
    block = bench.block
    library = read_library(block.lib, block.sections)
    cards = set(list_cards())
    found = four_node_elements(library, find_subckt(library, block.subckt))
    return tuple(one for one in found if one.name.startswith("m") or one.model in cards)


def latch_difference(bench: Bench, raw: RawResult, count: int, moment: float) -> np.ndarray:
    """Return the voltage between the nodes of the latch (count,) of comparators side by side at a moment [V]."""
    waves = _latches(bench, raw, count)
    return np.array([np.interp(moment, raw["time"], waves[:, m]) for m in range(count)])


def latch_vectors(bench: Bench, count: int) -> list[str]:
    """Return the vectors that `latch_difference` needs."""
    return [f"v({inner_node(bench, m, node)})" for m in range(count) for node in bench.block.latch]


def _latches(bench: Bench, raw: RawResult, count: int) -> np.ndarray:
    pairs = raw.columns(latch_vectors(bench, count))
    return pairs[:, 0::2] - pairs[:, 1::2]


def _terminals_at(bench: Bench, raw: RawResult, one: FourNodes, moment: float) -> list[float]:
    nodes = [inner_node(bench, 0, node) for node in one.nodes]
    return [0.0 if node == "0" else float(np.interp(moment, raw["time"], raw[f"v({node})"])) for node in nodes]


def _worth(
    bench: Bench, threshold: float, transistors: tuple[FourNodes, ...], edges: np.ndarray, simulator: Simulator
) -> tuple[np.ndarray, float, tuple[str, ...]]:
    """Input that a current through each transistor in each interval is worth [V/A], gain of the latch, the decks."""
    # A deck for each transistor: with very many comparators ngspice finds no time step at the edge of the clock.
    decks = [_injected(bench, threshold, one, edges) for one in transistors]
    count, gain = len(edges) + 1, 0.0
    worth = np.zeros((len(transistors), len(edges) - 1))
    with kept_runs(decks, simulator, FINE) as raws:
        for k, raw in enumerate(raws):
            found = latch_difference(bench, raw, count, float(edges[-1]))
            gain = float(found[1] - found[0]) / INPUT_STEP
            worth[k] = (found[2:] - found[0]) / gain / CURRENT_STEP
        return worth, gain, tuple(raw.deck_digest for raw in raws)


def _injected(bench: Bench, threshold: float, one: FourNodes, edges: np.ndarray) -> str:
    """Deck of comparators: as it is, with a higher input, and with a current in a transistor in each interval."""
    injections: list[list[Injection]] = [[], []]
    for low, high in itertools.pairwise(edges):
        edge = (high - low) / 100  # of the pulse, centred on the bounds so that its area is that of the interval
        at = np.array([0.0, low - edge, low + edge, high - edge, high + edge])
        current = CURRENT_STEP * np.array([0.0, 0.0, 1.0, 1.0, 0.0])
        injections.append([Injection((one.nodes[0], one.nodes[2]), at, current)])
    inputs = np.full(len(injections), threshold)
    inputs[1] += INPUT_STEP
    saved, stop = latch_vectors(bench, len(inputs)), float(edges[-1]) + TIME_STEP
    return decision_deck(bench, inputs, injections, saved=saved, step=TIME_STEP, stop=stop)


def _densities(
    bench: Bench, transistors: tuple[FourNodes, ...], volts: np.ndarray, simulator: Simulator
) -> tuple[np.ndarray, str]:
    """White noise of each transistor at each moment (transistors, moments) [A²/Hz], and the digest of the deck."""
    density = np.zeros(volts.shape[:2])
    with kept_runs([transistor_noise_deck(bench, transistors, volts, WHITE_FREQUENCY)], simulator, FINE) as (raw,):
        plot = next(one for one in raw.plots if "onoise_spectrum" in one.variables)
        for name, value in zip(plot.variables, np.real(plot.data[0]), strict=True):
            if match := _WHITE.fullmatch(name):
                k, j = (int(text) for text in (match[1] or match[4], match[2] or match[5]))
                density[k, j] += float(value) ** 2
    return density, raw.deck_digest

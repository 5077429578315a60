"""Energy of a conversion, by the source that delivers it; that of the logic is the estimate of the card."""

import numpy as np

from circuitsim.characterization.adc_runs import converter_run
from circuitsim.netlist.conversions import Bench, conversion_deck
from circuitsim.spice import RawResult, Simulator

CODES = 4  # at which the energy of a converter that counts is measured


def part_energies(bench: Bench, raw: RawResult, inputs: np.ndarray, cycle: float) -> dict[str, np.ndarray]:
    """Return the energy (cycles,) that each source delivers in each cycle [J], by the part that it feeds.

    Args:
        bench: The converter, the only one in the deck.
        raw: A run in time with `energy_vectors`.
        inputs: (cycles,) inputs [V] or [A].
        cycle: Time for each of them [s].
    """
    time = raw["time"]
    found = {
        part: per_cycle(time, -raw[f"v({role})"] * raw[f"i(v{role})"], cycle, len(inputs))
        for part, role in _rails(bench).items()
    }
    if bench.analog == "v":
        found["input"] = per_cycle(time, -raw["v(in_0)"] * raw["i(vin_0)"], cycle, len(inputs))
    else:
        found["input"] = inputs * per_cycle(time, raw["v(in_0)"], cycle, len(inputs))
    return _with_logic(bench, found, len(inputs))


def energy_vectors(bench: Bench) -> list[str]:
    """Return the vectors that `part_energies` needs."""
    names = [name for role in _rails(bench).values() for name in (f"v({role})", f"i(v{role})")]
    return [*names, "v(in_0)", *(["i(vin_0)"] if bench.analog == "v" else [])]


def conversion_energies(
    bench: Bench, inputs: np.ndarray, simulator: Simulator
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Convert inputs (n,) one after another; energies (n,) by part [J], and digests of the decks."""
    deck = conversion_deck(bench, inputs[:, None], what="conversions", saved=energy_vectors(bench))
    with converter_run(deck, simulator) as raw:
        return part_energies(bench, raw, inputs, bench.cycle), (raw.deck_digest,)


def oscillation_energies(
    bench: Bench, inputs: np.ndarray, durations: np.ndarray, simulator: Simulator
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Run an oscillator at each input (n,) for a duration (n,) [s] and scale what it takes to a whole conversion."""
    parts, decks = [], []
    for value, duration in zip(inputs.tolist(), durations.tolist(), strict=True):
        deck = conversion_deck(
            bench, np.array([[value]]), what="oscillation", saved=energy_vectors(bench), cycle=duration
        )
        with converter_run(deck, simulator) as raw:
            parts.append(part_energies(bench, raw, np.array([value]), duration))
            decks.append(raw.deck_digest)
    scale = {part: 1.0 if part == "logic" else bench.cycle / durations for part in parts[0]}
    return {part: np.array([one[part][0] for one in parts]) * scale[part] for part in parts[0]}, tuple(decks)


def resting_energies(bench: Bench, raw: RawResult, at: np.ndarray, duration: float) -> dict[str, np.ndarray]:
    """Return the energies (n,) of a converter without phases at inputs (n,), from a sweep of its input [J]."""
    swept = raw.data[:, 0]

    def taken(power: np.ndarray) -> np.ndarray:
        return np.interp(at, swept, power) * duration

    found = {part: taken(-raw[f"v({role})"] * raw[f"i(v{role})"]) for part, role in _rails(bench).items()}
    current = -raw["i(vin_0)"] if bench.analog == "v" else swept
    return _with_logic(bench, {**found, "input": taken(raw["v(in_0)"] * current)}, len(at))


def per_cycle(time: np.ndarray, values: np.ndarray, cycle: float, cycles: int) -> np.ndarray:
    """Return the integral (cycles,) of a waveform (points,) over each cycle."""
    edges = np.arange(cycles + 1) * cycle
    total = np.concatenate([[0.0], np.cumsum((values[1:] + values[:-1]) / 2 * np.diff(time))])
    return np.diff(np.interp(edges, time, total))


def _rails(bench: Bench) -> dict[str, str]:
    """Role of the rail that feeds each part."""
    rails = {"comparator" if bench.analog == "v" else "oscillator": "vdd", "reference": "ref"}
    return {part: role for part, role in rails.items() if role in bench.block.roles}


def _with_logic(bench: Bench, parts: dict[str, np.ndarray], count: int) -> dict[str, np.ndarray]:
    logic = bench.block.logic_energy
    return parts if logic is None else {**parts, "logic": np.full(count, logic.value)}

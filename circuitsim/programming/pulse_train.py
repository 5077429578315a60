"""The pulse response of a device, measured: trains of equal pulses with a read after each, in one run of ngspice."""

import warnings
from dataclasses import replace

import numpy as np

from circuitsim.devices import device_card, device_values
from circuitsim.devices.card import Card
from circuitsim.errors import DeclaredRangeWarning, InputError
from circuitsim.programming.pulses import PulseTiming, WritePulse
from circuitsim.programming.write_deck import AMPLITUDES, READ, switching_card, write_deck
from circuitsim.programming.write_options import along_ladder
from circuitsim.results import PulseResponse
from circuitsim.spec import ArraySpec, Count, checked
from circuitsim.spice import Cosimulation, RawResult

_GATED = ("te", "be", "ga", "st")
_GATE_CURRENT = "i(bga)"
_READ_ERROR = 6e-4  # of the largest conductance: 0.06 µS of 100 µS, see `WRITE_OPTIONS`
_GATE_LIMIT = 1e-6  # A into the gate, to which the model.lib of `ecram` holds


@checked
def measure_pulse_response(
    spec: ArraySpec,
    *,
    up: WritePulse,
    down: WritePulse,
    pulses: Count = 40,
    first: WritePulse | None = None,
    timing: PulseTiming | None = None,
) -> PulseResponse:
    """Measure what equal up and down pulses do to a cell: a train of down pulses, then one of up pulses.

    Args:
        spec: The cell: 1T1R, wires and drivers left out; or a device whose switching model has a programming gate
            `ga` (`ecram`), as a cell "1r".
        up: Pulse that raises the conductance. Of a device with a gate `ga`, `v_gate` is the voltage there.
        down: Pulse that lowers it.
        pulses: Length of each train.
        first: Pulse before both trains, such as a strong SET; None: the train begins at the highest conductance of
            the card for a gate `ga`, and at the lowest for 1T1R, which a down pulse does not leave.
        timing: The slots; None: `PulseTiming()`.

    Returns:
        The response over the conductances that the trains passed, with energy and duration of a pulse. Conductances are
        those of the whole cell, as it is read; `step_error` is what their reads may be off by. Noise and spread are 0,
        and the endurance is unknown: the switching models have none; `results.stated_pulses` adds them.

    Raises:
        SpecError: The cell is another one, or its device has no switching model.
        InputError: The pulses do not move the conductance, down and up again.
        SimulatorError: ngspice failed; its folder is kept.

    Warns:
        DeclaredRangeWarning: A gate is driven beyond the current to which the model of `ecram` holds.

    Valid for: these amplitudes and widths; beyond the conductances that the trains reached nothing is known, and cells
    stop there. Every step is taken as a function of g alone. The model of `ecram` is valid up to 1 µA into its gate,
    which is 1 V there.
    """
    if (up.kind, down.kind) != ("set", "reset"):
        raise InputError(f"up and down are {up.kind!r} and {down.kind!r} pulses: expected 'set' and 'reset'")
    timing, card = timing or PulseTiming(), device_card(spec)
    train = [*([first] if first else []), *([down] * pulses), *([up] * pulses)]
    gated = card.dynamic is not None and card.dynamic.ports == _GATED
    if gated:
        _tell_gate_current(card, train)
    slots = len(train) + 2
    deck = _gated_deck(spec, card, timing, slots) if gated else write_deck(spec, timing, slots)
    read = ("v(bl)", "v(st)", "i(bbl)", _GATE_CURRENT) if gated else READ

    def attempt(options: dict[str, str]) -> tuple[np.ndarray, np.ndarray, float]:
        with Cosimulation(deck, read=read, options=options) as live:
            currents = [live.advance(timing.t_sample)["i(bbl)"]]
            for n, pulse in enumerate(train, start=1):
                live.advance((n - 1) * timing.t_slot + timing.t_change)
                amplitudes = {key: getattr(pulse, key) for key in AMPLITUDES}
                currents.append(live.advance(n * timing.t_slot + timing.t_sample, amplitudes)["i(bbl)"])
            energy = _energies(live.waveforms(), timing, len(train), gated)
            return -np.array(currents) / spec.driver.v_read, energy, float(options["reltol"])

    g, energy, reltol = along_ladder(attempt)
    skipped = 1 if first else 0
    error = max(_READ_ERROR, reltol) * float(g.max())
    return replace(_response(g[skipped:], energy[skipped:], pulses, timing), step_error=error)


def _tell_gate_current(card: Card, train: list[WritePulse]) -> None:
    """Warn of pulses that drive more into a gate than the switching model holds for."""
    assert card.dynamic is not None  # a gate is one of its ports
    v_gate = max((pulse.v_gate for pulse in train), key=abs)
    r_gate = float(device_values(card).get("r_gate", card.dynamic.parameters["r_gate"].value))
    if abs(v_gate) > _GATE_LIMIT * r_gate * (1 + 1e-9):
        warnings.warn(
            f"v_gate = {v_gate:g} V drives {abs(v_gate) / r_gate:.3g} A into the gate: the switching model of "
            f"{card.name} holds up to {_GATE_LIMIT:g} A, which is {_GATE_LIMIT * r_gate:g} V, and beyond it steps are "
            "extrapolated",
            DeclaredRangeWarning,
            stacklevel=4,
        )


def _gated_deck(spec: ArraySpec, card: Card, timing: PulseTiming, slots: int) -> str:
    """A device with a programming gate alone; its gate is at 0 V, which moves nothing, except during write pulses."""
    dynamic = switching_card(spec, "1r").dynamic
    assert dynamic is not None
    edge, period = f"{timing.t_edge:g}", f"{timing.t_slot:g}"
    given = {**device_values(card), dynamic.parameter: dynamic.maximum}
    settings = " ".join(f"{k}={v!r}" for k, v in given.items() if k in dynamic.parameters or k == dynamic.parameter)
    lines = [
        f"* {card.name} alone, written through its gate and read in slots of {period} s",
        card.include,
        f"vwrite write 0 pulse(0 1 {edge} {edge} {edge} {timing.t_write:g} {period})",
        f"vread read 0 pulse(0 1 {timing.t_read_begin:g} {edge} {edge} {timing.t_read:g} {period})",
        *(f"{key} amp_{key} 0 0" for key in AMPLITUDES),
        f"bbl bl 0 v = v(amp_v_bl)*v(write) + {spec.driver.v_read!r}*v(read)",
        "bsl sl 0 v = v(amp_v_sl)*v(write)",
        "bga ga 0 v = v(amp_v_gate)*v(write)",
        f"xcell bl sl ga st {dynamic.subckt} {settings}",
        f".temp {spec.array.temperature_c:g}",
        f".save v(bl) v(sl) v(st) i(bbl) i(bsl) v(write) v(ga) {_GATE_CURRENT}",
        f".tran {timing.t_slot / 30:g} {slots * timing.t_slot:.17g}",
        ".end",
    ]
    return "\n".join(lines) + "\n"


def _energies(raw: RawResult, timing: PulseTiming, pulses: int, gated: bool) -> np.ndarray:
    """Energy (pulses,) that the drivers delivered in each write pulse [J]."""
    time = np.asarray(raw["time"])
    power = -(raw["v(bl)"] * raw["i(bbl)"] + raw["v(sl)"] * raw["i(bsl)"])
    if gated:
        power = power - raw["v(ga)"] * raw[_GATE_CURRENT]
    slot, within = np.divmod(time, timing.t_slot)
    found = [
        np.trapezoid(np.where((slot == n) & (within < timing.t_read_begin), power, 0.0), time)
        for n in range(1, pulses + 1)
    ]
    return np.array(found)


def _response(g: np.ndarray, energy: np.ndarray, pulses: int, timing: PulseTiming) -> PulseResponse:
    """Make the tables of both trains over all conductances that they passed; g (2 · pulses + 1,) begins on top."""
    fallen, risen = g[: pulses + 1], g[pulses:]
    low, high = float(g.min()), float(g.max())
    if not fallen[-1] < (1 - 1e-3) * fallen[0] or not risen[-1] > (1 + 1e-3) * risen[0]:
        raise InputError(
            f"the down train moves g from {fallen[0]:.4g} S to {fallen[-1]:.4g} S, the up train from {risen[0]:.4g} S "
            f"to {risen[-1]:.4g} S: expected pulses that lower it by 0.1 % or more, and raise it again"
        )
    grid = np.unique(g)
    grid = grid[np.concatenate([[True], np.diff(grid) > 1e-6 * (high - low)])]
    down, energy_down = _over(grid, fallen[:-1], np.minimum(np.diff(fallen), 0.0), energy[:pulses])
    up, energy_up = _over(grid, risen[:-1], np.maximum(np.diff(risen), 0.0), energy[pulses:])
    source = f"one cell in ngspice, {pulses} down and {pulses} up pulses of {timing.t_write:g} s"
    names = ("steps", "energy_up", "energy_down", "duration")
    return PulseResponse(
        grid,
        up,
        down,
        energy_up=energy_up,
        energy_down=energy_down,
        duration=timing.t_slot,
        sources=dict.fromkeys(names, source),
    )


def _over(grid: np.ndarray, g: np.ndarray, steps: np.ndarray, energy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return steps and energies on the grid; beyond the conductances of this train those of its nearest end."""
    order = np.argsort(g, kind="stable")
    return np.interp(grid, g[order], steps[order]), np.interp(grid, g[order], energy[order])

"""Choose what a cell is made of in time, and write the decks that measure one part between two sources."""

from dataclasses import dataclass

import numpy as np

from circuitsim.characterization.states import array_states
from circuitsim.devices import has_two_states
from circuitsim.netlist import access_text, cell_text, index_deck
from circuitsim.netlist.cell import CellText
from circuitsim.netlist.index_sweep import save_cards
from circuitsim.netlist.names import number
from circuitsim.spec import ArraySpec

FREQUENCIES = (1e5, 1e6, 1e7, 1e8, 1e9)
"""[Hz], by decades: so low that cells follow at rest, up to where their lag is seen. A femtofarad at the first carries
1e-6 of the current of 1 mS, ten digits above rounding."""

_TERMINALS = ("bl", "sl", "wl")
LINES = ("bl", "sl")


@dataclass(frozen=True)
class MeasuredPart:
    """A whole cell, a device or a transistor, between the nodes `bl` and `sl`.

    Attributes:
        spec: The array.
        text: The part as the sub-circuit `cell`.
        g_range: Range of the conductances [S].
        g_scale: Scale of the conductance coordinate [S].
        v_range: Range of both voltages [V].
        v_gate: Gate voltage [V].
        stores: Whether the part has a state that g sets.
    """

    spec: ArraySpec
    text: CellText
    g_range: tuple[float, float]
    g_scale: float
    v_range: tuple[float, float]
    v_gate: float
    stores: bool

    @property
    def two_states(self) -> bool:
        """Whether g takes the ends of its range alone."""
        return self.stores and has_two_states(self.spec)

    def stored(self, g: np.ndarray) -> np.ndarray:
        """Return what cells of conductances g store, in the unit of the device's card."""
        if not self.stores:
            return np.zeros(len(g))
        states = array_states(self.spec, g)
        return g if states is None else states


def whole_part(
    spec: ArraySpec, g_range: tuple[float, float], g_scale: float, v_range: tuple[float, float], v_gate: float
) -> MeasuredPart:
    """Return a whole cell, or a device alone in a specification without a transistor."""
    return MeasuredPart(spec, cell_text(spec), g_range, g_scale, v_range, v_gate, stores=True)


def access_part(spec: ArraySpec, v_range: tuple[float, float], v_gate: float) -> MeasuredPart:
    """Return the access transistor of an array, which has no state."""
    return MeasuredPart(spec, access_text(spec), (1.0, 2.0), 1.0, v_range, v_gate, stores=False)


def _head(part: MeasuredPart, title: str) -> list[str]:
    degrees = part.spec.array.temperature_c
    return [f"* {title}", f"* gate {part.v_gate:g} V, {degrees:g} degC", part.text.text.rstrip(), f".temp {degrees}"]


def current_deck(
    part: MeasuredPart, v_bl: np.ndarray, v_sl: np.ndarray, v_gate: np.ndarray | float | None = None
) -> str:
    """Write a deck that sweeps a part without a state over bias points (points,) [V]; its current is `i(vm)`.

    `v_gate` is the gate voltage at each point or at all; None: that of the part.
    """
    gate = np.broadcast_to(part.v_gate if v_gate is None else v_gate, v_bl.shape)
    voltages = {"wl": gate, "top": v_bl, "sl": v_sl}
    body = ["vm top bl 0", "x_0 bl wl sl 0 cell g=0"]
    return index_deck(_head(part, "current of one part of a cell"), voltages, body, ["i(vm)"])


def gate_sweep_deck(part: MeasuredPart, gates: np.ndarray, u: np.ndarray, lowest: np.ndarray) -> tuple[str, list[str]]:
    """Write a deck that sweeps equally spaced gate voltages and smaller voltages, with a copy of a part for each |U|.

    Args:
        part: The part, without a state.
        gates: Gate voltages (gates,) [V], the outer sweep.
        u: |U| (n_u,) [V].
        lowest: Smaller voltages (n_m,) [V], the inner sweep.

    Returns:
        The deck, and the vectors of the currents' sizes, those of U > 0 first: positive where the current flows down.
    """
    body, saved = [], []
    for node, index, values in (("wl", "i", gates), ("low", "j", lowest)):
        body.append(f"v{index} {index} 0 0")
        step = (values[-1] - values[0]) / (len(values) - 1)
        body.append(f"b{node} {node} 0 v={number(values[0])}+{number(step)}*v({index})")
    for side, (upper, lower) in enumerate((("{0}", "low"), ("low", "{0}"))):
        for k, volts in enumerate(u.tolist()):
            name = f"{side}_{k}"
            body.append(f"vu_{name} low_{name} high_{name} dc {number(-volts)}")
            body.append(f"vm_{name} low low_{name} 0")
            bl, sl = (each.format(f"high_{name}") for each in (upper, lower))
            body.append(f"x_{name} {bl} wl {sl} 0 cell g=0")
            saved.append(f"i(vm_{name})")
    sweep = f".dc vj 0 {len(lowest) - 1} 1 vi 0 {len(gates) - 1} 1"
    head = _head(part, "current of a transistor from gate off to gate on")
    return "\n".join([*head, *body, *save_cards(saved), sweep, ".end", ""]), saved


def admittance_deck(
    part: MeasuredPart,
    stored: np.ndarray,
    v_bl: np.ndarray,
    v_sl: np.ndarray,
    v_gate: np.ndarray | None = None,
    *,
    lines: tuple[str, ...] = LINES,
) -> str:
    """Write a deck that measures small-signal admittances of a part at bias points.

    Every point has a copy of the part for each terminal that is excited, between sources of its own, with 1 V of small
    signal at that terminal.

    Args:
        part: The part.
        stored: What it stores at each point (points,).
        v_bl, v_sl: Bias (points,) [V].
        v_gate: Gate voltages (points,) [V]; None: that of the part.
        lines: Excited terminals, of bl, sl, wl.
    """
    body, saved = [], []
    gates = np.full(len(v_bl), part.v_gate) if v_gate is None else v_gate
    points = zip(stored.tolist(), v_bl.tolist(), v_sl.tolist(), gates.tolist(), strict=True)
    for k, (value, bl, sl, gate) in enumerate(points):
        for excited in lines:
            name = f"{k}_{excited}"
            for terminal, volts in zip(_TERMINALS, (bl, sl, gate), strict=True):
                small = " ac 1" if terminal == excited else ""
                body.append(f"v{terminal}_{name} {terminal}_{name} 0 dc {number(volts)}{small}")
            body.append(f"x_{name} bl_{name} wl_{name} sl_{name} 0 cell g={number(value)}")
            saved.append(" ".join(f"i(v{terminal}_{name})" for terminal in _TERMINALS))
    title = f"charges of one part of a cell at {len(stored)} bias points"
    analysis = f".ac dec 1 {number(FREQUENCIES[0])} {number(FREQUENCIES[-1])}"
    return "\n".join([*_head(part, title), *body, *(f".save {names}" for names in saved), analysis, ".end", ""])


def admittances(values: np.ndarray, points: int, lines: tuple[str, ...] = LINES) -> np.ndarray:
    """Sort the currents of sources (frequencies, …) [A] into admittances (frequencies, points, excited, terminals) [S].

    The sign is that of currents into the part.
    """
    return -values.reshape(len(FREQUENCIES), points, len(lines), len(_TERMINALS))


def saved_currents(points: int, lines: tuple[str, ...] = LINES) -> list[str]:
    """Return the vectors that `admittance_deck` saves, in the order of `admittances`."""
    return [f"i(v{t}_{k}_{e})" for k in range(points) for e in lines for t in _TERMINALS]

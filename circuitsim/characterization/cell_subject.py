"""What is characterized: the cell of an array, over ranges of conductances and voltages, at one gate voltage."""

from dataclasses import dataclass

import numpy as np

from circuitsim import spice
from circuitsim.characterization.states import array_states
from circuitsim.characterization.sweep import deck
from circuitsim.netlist.cell import CellElement
from circuitsim.spec import ArraySpec, has_bypass


@dataclass(frozen=True)
class CellSubject:
    """The cell of an array, over ranges of conductances [S] and voltages [V], at a gate [V]; None: a selected row's."""

    spec: ArraySpec
    g_range: tuple[float, float]
    v_range: tuple[float, float]
    v_gate: float | None
    simulator: spice.Simulator

    @property
    def in_series(self) -> bool:
        """Whether the cell is a device in series with a transistor, so that each can be swept alone."""
        return self.spec.access is not None and not has_bypass(self.spec)

    def read(
        self, g: np.ndarray, v_bl: np.ndarray, v_sl: np.ndarray, *, alone: CellElement | None = None
    ) -> tuple[np.ndarray, spice.RawResult]:
        """Read cells of conductances g (cells,) at the bias points: currents (points, cells) [A], and the run."""
        states = array_states(self.spec, g)
        text = deck(self.spec, g if states is None else states, v_bl, v_sl, v_gate=self.v_gate, alone=alone)
        # A cell that overflows at its bias and would step gmin for many minutes is ended.
        limit = spice.time_limit(text, self.simulator, least_s=spice.LEAST_OF_CELLS_S)
        raw = spice.run(text, simulator=self.simulator, time_limit_s=limit)
        return np.stack([raw[f"i(vs_{k})"] for k in range(len(g))], axis=1), raw

"""From vectors of a raw file to the currents and voltages of an array."""

import numpy as np

from circuitsim.netlist import Netlist
from circuitsim.results import Convergence, Provenance, Solution
from circuitsim.spec import ArraySpec
from circuitsim.spice.result import RawResult


def read_solution(spec: ArraySpec, netlist: Netlist, raw: RawResult) -> Solution:
    """Read what a run of an array's deck computed.

    Args:
        spec: The array.
        netlist: The deck, which knows what its vectors mean.
        raw: The finished run.

    Returns:
        Column currents (batch, cols) [A], positive into the sense amplifiers, row currents, the power of the row
        drivers, node voltages when the deck saves them, and how well row and column currents balance.

    Raises:
        KeyError: The run does not hold a vector of the deck: raw file and deck do not belong together.
    """
    i_row = -raw.columns(netlist.i_row)
    out = raw.columns(netlist.i_out)
    shape = (len(out), *netlist.shape)
    v_row = raw.columns(netlist.v_row).reshape(shape) if netlist.v_row else None
    v_col = raw.columns(netlist.v_col).reshape(shape) if netlist.v_col else None
    unbalanced = np.abs(i_row.sum(axis=1) - out.sum(axis=1))
    return Solution(
        out=out,
        provenance=Provenance(
            level="ngspice",
            spec_digest=spec.digest,
            deck_digest=raw.deck_digest,
            ngspice=raw.simulator.version_text,
            options=dict(raw.options),
        ),
        i_row=i_row,
        v_row=v_row,
        v_col=v_col,
        power=(netlist.x * i_row).sum(axis=1),
        # ngspice reports no residual of its own: the balance of all terminals is the one that can be seen from outside.
        convergence=Convergence(
            residual=_relative(unbalanced, np.abs(out).max(axis=1)),
            kirchhoff=_relative(unbalanced, np.abs(i_row).sum(axis=1)),
            sweeps=np.ones(len(out), dtype=int),
        ),
    )


def _relative(value: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return value / np.where(scale > 0, scale, 1.0)

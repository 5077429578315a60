"""Build the solution of an array from the vectors of a raw file."""

import numpy as np

from circuitsim.errors import SimulatorError
from circuitsim.netlist import Netlist
from circuitsim.nodal.judgement import check_balance
from circuitsim.results import Convergence, Provenance, Solution
from circuitsim.spec import ArraySpec
from circuitsim.spice.result import RawResult


def solution_of(spec: ArraySpec, netlist: Netlist, raw: RawResult) -> Solution:
    """Build the solution of an array deck: outputs, column and row currents, node voltages, power.

    Column currents (batch, cols) [A] are positive into the sense amplifier, row currents (batch, rows) [A] are positive
    into the array. Power (batch,) [W] is the sum over the sources of the rows, of biased bit lines and of the sense
    references. `convergence` states the current balance of the terminals, because ngspice reports no residual.

    Args:
        spec: The array.
        netlist: The deck that was run.
        raw: Results of the run.

    Raises:
        SimulatorError: The number of points differs from that of the input vectors, or a saved vector is missing.
        NotConvergedError: Currents balance to less than 1e-4 because a resistance is too small for double precision.

    Warns:
        UnbalancedWarning: Currents balance to less than 1e-7.
    """
    if len(raw.data) != netlist.points:
        raise SimulatorError(f"the run has {len(raw.data)} points, expected {netlist.points}", raw.folder)
    try:
        i_sense = raw.columns(netlist.i_out)
        v_out = raw.columns(netlist.v_out) if netlist.v_out else None
        i_row = -raw.columns(netlist.i_row)
        i_bias = -raw.columns(netlist.i_bias) if netlist.i_bias else np.zeros((len(i_sense), 0))
        v_row = _grid(raw, netlist.v_row, netlist.shape)
        v_col = _grid(raw, netlist.v_col, netlist.shape)
        i_cell = _cells(raw, netlist.i_cell, netlist.shape)
    except KeyError as error:
        raise SimulatorError(f"the run lacks a vector: {error.args[0]}", raw.folder) from None
    i_in = np.concatenate([i_row, i_bias], axis=1)
    imbalance = np.abs(i_in.sum(axis=1) - i_sense.sum(axis=1))
    terminals = np.full((len(i_sense), 1), netlist.v_bias) if netlist.i_bias else netlist.drive
    v_largest = np.maximum(np.abs(terminals).max(axis=1), abs(spec.sense.v_ref))
    check_balance("ngspice", spec, spec.wires, v_largest, i_in, i_sense)
    v_ref, power = spec.sense.v_ref, np.einsum("ba,ba->b", netlist.drive, i_row) + netlist.v_bias * i_bias.sum(axis=1)
    return Solution(
        out=i_sense if v_out is None else v_out,
        quantity="current" if v_out is None else "voltage",
        unit="A" if v_out is None else "V",
        i_sense=None if v_out is None else i_sense,
        i_row=i_row,
        v_row=v_row,
        v_col=v_col,
        i_cell=i_cell,
        power=power if v_ref == 0 else power - v_ref * i_sense.sum(axis=1),
        convergence=Convergence(kirchhoff=_relative(imbalance, np.abs(i_in).sum(axis=1))),
        provenance=provenance_of(spec.digest, netlist.cell_digest, raw),
    )


def provenance_of(spec_digest: str, cell_digest: str, raw: RawResult) -> Provenance:
    """State the origin of the results of a finished run; `cell_digest` is that of its deck."""
    return Provenance(
        level="ngspice",
        spec_digest=spec_digest,
        deck_digest=raw.deck_digest,
        ngspice=str(raw.simulator.version),
        options=dict(raw.options),
        files_digest=cell_digest,
        attempts=len(raw.attempts),
        seconds=raw.seconds,
    )


def _grid(raw: RawResult, names: tuple[str, ...], shape: tuple[int, int]) -> np.ndarray | None:
    return raw.columns(names).reshape(-1, *shape) if names else None


def _cells(raw: RawResult, names: tuple[str, ...], shape: tuple[int, int]) -> np.ndarray | None:
    """Return the cell currents (batch, rows, cols) [A]; they are 0 in open cells, whose names are empty."""
    if not names:
        return None
    current = np.zeros((len(raw.data), len(names)))
    cells = [k for k, name in enumerate(names) if name]
    current[:, cells] = raw.columns([names[k] for k in cells])
    return current.reshape(-1, *shape)


def _relative(value: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return value / np.where(scale > 0, scale, 1.0)

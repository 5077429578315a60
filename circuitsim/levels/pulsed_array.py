"""Pulse widths at level nodal, with ideal sense amplifiers: charges as intervals of constant rows."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from circuitsim import nodal
from circuitsim.levels.pulses import constant_rows
from circuitsim.netlist import read_pulse
from circuitsim.nodal import PreparedArray
from circuitsim.results import Solution
from circuitsim.spec import ArraySpec, by_value, check_inputs


@by_value
@dataclass(frozen=True)
class PulsedArray:
    """An array whose inputs are pulse widths on bit lines.

    Attributes:
        spec: The array.
        array: The same array, prepared for voltages.
    """

    spec: ArraySpec
    array: PreparedArray

    @property
    def g(self) -> np.ndarray:
        """(rows, cols) programmed conductances [S]."""
        return self.array.g


def read_pulsed(array: PulsedArray, x: ArrayLike) -> Solution:
    """Return the charges (batch, cols) [C] of pulses for shares x (batch, rows) of t_read.

    The power is averaged over the run of a read in time, as at level ngspice.

    Raises:
        InputError, OutsideRangeError, NotConvergedError: As `nodal.read`.

    Valid for: pulses whose edges are short against them, and cells without memory. What charges the array's
        capacitances leaves again when rows return to rest.
    """
    spec, share = array.spec, check_inputs(array.spec, x)
    rest, high = spec.drive_range
    parts = list(constant_rows(np.full(share.shape, high), share * spec.driver.t_read, rest))
    inputs = np.concatenate([rows for rows, _ in parts] or [np.full(share.shape, rest)])
    duration = np.concatenate([each for _, each in parts] or [np.zeros(len(share))])
    solved = nodal.read(array.array, inputs)
    out = (duration[:, None] * solved.out).reshape(-1, len(share), spec.array.cols).sum(axis=0)
    power, error = solved.power, solved.cell_error
    stop = read_pulse(spec).t_stop
    return Solution(
        out=out,
        quantity="charge",
        unit="C",
        power=None if power is None else (duration * power).reshape(-1, len(share)).sum(axis=0) / stop,
        cell_error=None if error is None else error.reshape(-1, len(share)).max(axis=0),
        provenance=replace(solved.provenance, spec_digest=spec.digest),
    )

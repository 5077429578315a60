"""Pulse widths with ideal sense amplifiers: charges as intervals of constant rows, at levels nodal and behavioral."""

import warnings
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from circuitsim import nodal
from circuitsim.errors import CellErrorWarning, SettlingWarning
from circuitsim.levels.tile import CertifiedTile, read_tile
from circuitsim.netlist import read_pulse
from circuitsim.nodal import NodalArray
from circuitsim.nodal.judgement import output_error, tell_cell_error
from circuitsim.periphery import constant_rows
from circuitsim.results import Solution
from circuitsim.spec import ArraySpec, by_value, check_inputs

_BESIDE = 1e-12  # of v_read: below the tolerance of every read


@by_value
@dataclass(frozen=True)
class PulsedArray:
    """An array whose inputs are pulse widths.

    Attributes:
        spec: The array.
        array: The same array, prepared for voltages or for gates that are on or off.
    """

    spec: ArraySpec
    array: NodalArray | CertifiedTile

    @property
    def g(self) -> np.ndarray:
        """(rows, cols) programmed conductances [S]."""
        return self.array.g


def read_pulsed(array: PulsedArray, x: ArrayLike) -> Solution:
    """Return the charges (batch, cols) [C] of pulses for shares x (batch, rows) of t_read.

    The power is averaged over the run of a read in time, as at level ngspice, without what gate drivers deliver to
    gates: a few per cent of it for pulses of 20 ns.

    Raises:
        InputError, OutsideRangeError, NotConvergedError: As `nodal.read`.

    The error that a certificate states of a tile holds for every interval, and so for the mean current over t_read; its
    full scale is that current times t_read [C].

    Valid for: pulses whose edges are short against them, and cells without memory. What charges the array's
    capacitances leaves again when rows return to rest. Gates conduct during most of their edges: charges come out low
    by up to one edge, 1 % of t_read at level ngspice (a warning tells of a longer t_rise), and by what the gates'
    capacitances inject.
    """
    spec, share, t_read = array.spec, check_inputs(array.spec, x), array.spec.driver.t_read
    if spec.driver.edge > spec.driver.usual_edge:
        warnings.warn(
            f"driver.t_rise = {spec.driver.edge:g} s is left out: this level takes pulses for rectangles, whose charge "
            f"may differ by up to {spec.driver.edge / t_read:.1%} of that of a pulse of t_read, and power by more; "
            "level 'ngspice' follows the edges",
            SettlingWarning,
            stacklevel=2,
        )
    stop, gated = read_pulse(spec).t_stop, spec.array.input_line != "bl"
    low, high = (0.0, 1.0) if gated else spec.drive_range
    rest = np.full(share.shape, low)
    if spec.technique.skip_zero_rows:  # the gates of a row that is pulsed stay on: it rests beside v_ref, not at it
        rest = np.where(share > 0, low + _BESIDE * spec.driver.v_read, low)
    end = stop if gated else 0.0  # gates that are off leak until the end
    parts = list(constant_rows(np.full(share.shape, high), share * t_read, rest, end))
    inputs = np.concatenate([rows for rows, _ in parts] or [rest])
    duration = np.concatenate([each for _, each in parts] or [np.zeros(len(share))])
    inner = array.array
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CellErrorWarning)  # of one interval; the charge speaks below
        solved = read_tile(inner, inputs) if isinstance(inner, CertifiedTile) else nodal.read(inner, inputs)
    out = (duration[:, None] * solved.out).reshape(-1, len(share), spec.array.cols).sum(axis=0)
    power, error, stated = solved.power, solved.cell_error, solved.tile_error
    return Solution(
        out=out,
        quantity="charge",
        unit="C",
        power=None if power is None else (duration * power).reshape(-1, len(share)).sum(axis=0) / stop,
        tile_error=None if stated is None else replace(stated, full_scale=stated.full_scale * t_read),
        cell_error=None if error is None else _joint(error * np.abs(solved.out).max(axis=1) * duration, out, t_read),
        provenance=replace(solved.provenance, spec_digest=spec.digest),
    )


def _joint(error: np.ndarray, out: np.ndarray, t_read: float) -> np.ndarray:
    """Return the error (batch,) of charges `out` [C] relative to the largest, from those of intervals [C]; tell it."""
    joint = output_error(error.reshape(-1, len(out)).sum(axis=0) / t_read, out / t_read)
    tell_cell_error(joint)
    return joint

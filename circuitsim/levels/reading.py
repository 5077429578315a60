"""Read an array at any level: `read` applies inputs to a prepared array, `solve` prepares and reads."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from circuitsim import nodal, truth
from circuitsim.chain import SensedArray, read_exact
from circuitsim.errors import InputError
from circuitsim.levels.can import Level, refuse_unused
from circuitsim.levels.input_range import input_range
from circuitsim.levels.joint import joint_tile_error, worst_convergence
from circuitsim.levels.preparing import AnyArray, LevelArray, TechniqueArray, prepare
from circuitsim.levels.pulsed_array import PulsedArray, read_pulsed
from circuitsim.levels.tile import CertifiedTile, read_tile
from circuitsim.nodal.judgement import joint_cell_error
from circuitsim.results import (
    Certificate,
    Provenance,
    Solution,
    TileModel,
    content_digest,
)
from circuitsim.results.provenance import joint_provenance
from circuitsim.spec import (
    ArraySpec,
    check_inputs,
    checked,
    drawn_inputs,
    input_unit,
    put_together,
    real_numbers,
    tell_inputs,
)
from circuitsim.truth import TruthArray


@checked
def solve(
    spec: ArraySpec,
    g: ArrayLike,
    x: ArrayLike,
    level: Level = "nodal",
    *,
    model: TileModel | None = None,
    certificate: Certificate | None = None,
    strict: bool = False,
    max_error: float | None = None,
    drawn: bool = False,
    nodes: bool = False,
    folder: str | Path | None = None,
) -> Solution:
    """Read an array once per input vector.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S]: current over voltage at v_read across the device alone. Capacitances [F] for
            1c cells.
        x: Inputs (batch, rows), after the DAC: volts on bit lines; 0 or 1 on gates, or k / (n − 1), which selects
            the k-th of n `driver.gate_levels`; shares of t_read for pulse widths.
        level: "ngspice" (the truth, seconds), "nodal" (the same circuit on the characterized cell, milliseconds) or
            "behavioral" (matrix products; needs `model`).
        model: A calibrated model of the same array, for the behavioral level.
        certificate: Certificate of the model; use outside its range warns. With a certificate, the array may differ
            from that of the model in size and temperature.
        strict: Use outside the certificate raises an error, and so do a matrix above `max_error` and a model that
            misses its target.
        max_error: Largest error that you allow among those found for matrices with the column load of g, as a fraction
            of full scale, see `LoadTable`. A matrix above it warns, or is refused if `strict`.
        drawn: The conductances are what programming left: they may lie outside g_min to g_max, see
            `devices.programmable_range`, and the cell is characterized as far as they reach.
        nodes: Also return the voltages at every cell (ngspice and nodal).
        folder: Where to keep the run folder of ngspice; None removes it after success.

    Returns:
        Outputs (batch, cols) before the ADC, with power and provenance: currents, positive into the sense amplifiers;
        the output voltages of the amplifiers where [sense] names a circuit, and their currents as `i_sense`.

    Raises:
        InputError: Shapes or values cannot be used, the level is unknown or does not take a given argument, or the
            behavioral level has no model of this array.
        SpecError: The level does not simulate this array; the message names the levels that do.
        OutsideRangeError: A conductance is outside the device's range; or `strict` is True and the use is outside the
            certificate, the model misses its target, or the worst error found for such matrices is above `max_error`.
        SimulatorError: ngspice failed; its folder is kept.
        NotConvergedError: The array solver did not reach its tolerance.

    Warns:
        DeclaredRangeWarning: At levels ngspice and nodal, an input is outside the range of the drivers, g is
            above `device.g_max`, the read voltage is above that at which the card of the device holds, or a transistor
            has an impossible size.
        MissedTargetWarning: The certificate of the model misses its target; also without it, the model knows.
        OutsideCertificateWarning: The use is outside the certificate; without a certificate, an input is outside the
            range of the model.
        WorstCaseWarning: The worst error found for matrices like g is above `max_error`, or without it above five times
            the largest error of the hold-out.
    """
    x = real_numbers("x", x)
    volts = spec.array.input_line == "bl" and input_unit(spec) == "V" and spec.array.cell != "1c"
    v_range = input_range(spec, x) if level == "nodal" and volts else None
    array = prepare(
        spec,
        g,
        level,
        model=model,
        certificate=certificate,
        strict=strict,
        max_error=max_error,
        v_range=v_range,
        drawn=drawn,
    )
    return read(array, x, nodes=nodes, folder=folder)


@checked
def read(array: AnyArray, x: ArrayLike, *, nodes: bool = False, folder: str | Path | None = None) -> Solution:
    """Read a prepared array once per input vector.

    Args:
        array: From `prepare`.
        x: Inputs (batch, rows); see `solve`.
        nodes: Also return the voltages at every cell (ngspice and nodal).
        folder: Where to keep the run folder of ngspice; None removes it after success.

    Raises:
        InputError: A shape or value cannot be used, or the level does not take a given argument.
        OutsideRangeError: An input is outside the range for which the array was prepared, or outside the certificate of
            an array prepared with `strict`.
        SimulatorError, NotConvergedError: As `solve`.
    """
    if isinstance(array, TechniqueArray):
        if nodes:
            raise InputError("nodes = True: [technique] draws several arrays, expected one array or nodes = False")
        return _read_drawn(array, x, folder)
    if not isinstance(array, CertifiedTile):  # its certificate or its model states a range of its own
        tell_inputs(array.spec, real_numbers("x", x))
    return read_prepared(array, x, nodes=nodes, folder=folder)


def read_prepared(
    array: LevelArray, x: ArrayLike, *, nodes: bool = False, folder: str | Path | None = None
) -> Solution:
    """Read a prepared array of one level as `read` does, without telling inputs beyond the range of ideal drivers."""
    if isinstance(array, TruthArray):
        return truth.read(array, x, nodes=nodes, folder=folder)
    inner = array.array if isinstance(array, PulsedArray) else array
    level = "behavioral" if isinstance(inner, CertifiedTile) else "nodal"
    refuse_unused(level, {"folder": folder}, "ngspice")
    if isinstance(array, CertifiedTile):
        refuse_unused(level, {"nodes": nodes or None}, "ngspice or nodal")
        return read_tile(array, x)
    if isinstance(array, PulsedArray):
        refuse_unused(f"{level}, of pulse widths", {"nodes": nodes or None}, "nodal, of voltages")
        return read_pulsed(array, x)
    if isinstance(array, SensedArray):
        return read_exact(array, x, nodes=nodes)
    return nodal.read(array, x, nodes=nodes)


@checked
def array_decks(spec: ArraySpec, g: ArrayLike, x: ArrayLike) -> list[str]:
    """Return the decks that level "ngspice" runs: one per drawn array; for charges, one per drawn array and vector.

    Raises:
        InputError, SpecError, OutsideRangeError, SimulatorError: As `solve`. Small decks are run to find the
            states of devices that do not take their conductance.
    """
    array = prepare(spec, g, "ngspice")
    if isinstance(array, TruthArray):
        return truth.decks(array, x)
    assert isinstance(array, TechniqueArray)
    x = check_inputs(spec, x)
    return [
        deck
        for part, inputs in _drawn_reads(array, x)
        if isinstance(part, TruthArray)
        for deck in truth.decks(part, inputs)
    ]


def _read_drawn(array: TechniqueArray, x: ArrayLike, folder: str | Path | None) -> Solution:
    """Read all drawn arrays and return the outputs and the power of the matrix."""
    x = check_inputs(array.spec, x)
    if not isinstance(array.arrays[0], CertifiedTile):
        tell_inputs(array.spec, x)
    reads = _drawn_reads(array, x)
    in_ngspice = [(part, inputs) for part, inputs in reads if isinstance(part, TruthArray)]
    if in_ngspice:
        solutions = truth.read_many(in_ngspice, folder=folder)
    else:
        solutions = [read_prepared(part, inputs, folder=folder) for part, inputs in reads]
    first = solutions[0]
    out = put_together(array.spec, array.drawn, [solution.out for solution in solutions])
    return Solution(
        out=out,
        quantity=first.quantity,
        unit=first.unit,
        power=np.sum([solution.power for solution in solutions if solution.power is not None], axis=0),
        convergence=worst_convergence(solutions),
        cell_error=joint_cell_error(array.spec, solutions, out),
        tile_error=joint_tile_error(array.spec, array.drawn, solutions),
        provenance=_joint_provenance(array, [solution.provenance for solution in solutions]),
    )


def _joint_provenance(array: TechniqueArray, parts: Sequence[Provenance]) -> Provenance:
    """Join the provenance of the drawn arrays; what was given is the matrix of the whole."""
    joint = joint_provenance(array.spec.digest, parts)
    return replace(joint, given={**joint.given, "g": content_digest(array.g)})


def _drawn_reads(array: TechniqueArray, x: np.ndarray) -> list[tuple[LevelArray, np.ndarray]]:
    pairs = zip(array.drawn, array.arrays, strict=True)
    return [(part, drawn_inputs(array.spec, drawn, x)) for drawn, part in pairs]

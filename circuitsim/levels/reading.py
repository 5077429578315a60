"""Read an array at any level: `prepare` programs conductances, `read` applies inputs, `solve` does both."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike

from circuitsim import characterization, nodal, truth
from circuitsim.devices import programmable_range
from circuitsim.errors import InputError
from circuitsim.levels.can import Level, check_can, refuse_unused
from circuitsim.levels.cell_surface import surface_of
from circuitsim.levels.input_range import input_range
from circuitsim.levels.sensed import SensedArray, prepare_sensed, read_sensed, sense_table_of
from circuitsim.levels.tile import CertifiedTile, prepare_tile, read_tile
from circuitsim.nodal import NodalArray
from circuitsim.nodal.judgement import joint_cell_error
from circuitsim.results import (
    Certificate,
    Convergence,
    Provenance,
    Solution,
    TileModel,
    content_digest,
)
from circuitsim.results.provenance import joint_provenance
from circuitsim.spec import (
    ArraySpec,
    DrawnArray,
    by_value,
    check_inputs,
    checked,
    drawn_inputs,
    lay_out,
    put_together,
    real_numbers,
)
from circuitsim.truth import TruthArray


@by_value
@dataclass(frozen=True)
class TechniqueArray:
    """A matrix on the arrays that its techniques draw, all prepared at the same level.

    Attributes:
        spec: The specification of the matrix.
        g: (rows, cols) conductances of the matrix [S].
        drawn: The drawn arrays, each with the part of the matrix that it holds.
        arrays: The prepared arrays, in the same order.
    """

    spec: ArraySpec
    g: np.ndarray
    drawn: tuple[DrawnArray, ...]
    arrays: tuple["LevelArray", ...]


LevelArray = TruthArray | NodalArray | SensedArray | CertifiedTile
AnyArray = Annotated[LevelArray | TechniqueArray, "what circuitsim.prepare returns"]


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
    nodes: bool = False,
    folder: str | Path | None = None,
) -> Solution:
    """Read an array once per input vector.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S]: current over voltage at v_read across the device alone. Capacitances [F] for
            1c cells.
        x: Inputs (batch, rows), after the DAC: volts on bit lines, 0 or 1 on gates, shares of t_read for pulse widths.
        level: "ngspice" (the truth, seconds), "nodal" (the same circuit on the characterized cell, milliseconds) or
            "behavioral" (matrix products; needs `model`).
        model: A calibrated model of the same array, for the behavioral level.
        certificate: Certificate of the model; use outside its range warns. With a certificate, the array may differ
            from that of the model in size and temperature.
        strict: Use outside the certificate raises an error.
        nodes: Also return the voltages at every cell (ngspice and nodal).
        folder: Where to keep the run folder of ngspice; None removes it after success.

    Returns:
        Outputs (batch, cols) before the ADC, with power and provenance: currents, positive into the sense amplifiers;
        the output voltages of the amplifiers where [sense] names a circuit, and their currents as `i_sense`.

    Raises:
        InputError: Shapes or values cannot be used, the level is unknown or does not take a given argument, or the
            behavioral level has no model of this array.
        SpecError: The level does not simulate this array; the message names the levels that do.
        OutsideRangeError: A conductance is outside the device's range, or `strict` is True and the use is outside the
            certificate.
        SimulatorError: ngspice failed; its folder is kept.
        NotConvergedError: The array solver did not reach its tolerance.

    Warns:
        OutsideCertificateWarning: The use is outside the certificate; without a certificate, an input is outside the
            range of the model.
    """
    x = real_numbers("x", x)
    v_range = input_range(spec, x) if level == "nodal" and spec.array.input_line == "bl" else None
    array = prepare(spec, g, level, model=model, certificate=certificate, strict=strict, v_range=v_range)
    return read(array, x, nodes=nodes, folder=folder)


@checked
def prepare(
    spec: ArraySpec,
    g: ArrayLike,
    level: Level = "nodal",
    *,
    model: TileModel | None = None,
    certificate: Certificate | None = None,
    strict: bool = False,
    v_range: tuple[float, float] | None = None,
) -> LevelArray | TechniqueArray:
    """Program a matrix of conductances once, for many reads with `read`.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S], or capacitances [F] for 1c cells; 0 is an open cell.
        level: "ngspice", "nodal" or "behavioral".
        model, certificate, strict: As in `solve`, for the behavioral level.
        v_range: Range of the inputs [V], for the nodal level with inputs on the bit lines; None: v_ref to v_ref +
            v_read.

    Returns:
        The programmed array, for `read`.

    Raises:
        InputError, SpecError, OutsideRangeError: As `solve`.
        SimulatorError: The characterization of the cell failed in ngspice.
    """
    if level != "behavioral":
        refuse_unused(level, {"model": model, "certificate": certificate, "strict": strict or None}, "behavioral")
    if level != "nodal" or spec.array.input_line != "bl":
        refuse_unused(level, {"v_range": v_range}, "nodal, with array.input_line = 'bl'")
    if level == "behavioral":
        if model is None:
            raise InputError("level = 'behavioral' needs a model: pass model=, on the command line --model FILE")
        if strict and certificate is None:
            raise InputError("strict = True needs the certificate of the model")
    check_can(spec, level)
    if not spec.technique.changes_size:
        return _prepare(spec, g, level, model, certificate, strict, v_range)
    # A tile needs no card: its surface states the valid conductances.
    g_range = None if level == "behavioral" else programmable_range(spec)
    drawn = lay_out(spec, g, g_range=g_range)
    arrays = tuple(_prepare(part.spec, part.g, level, model, certificate, strict, v_range) for part in drawn)
    return TechniqueArray(spec, np.array(g, dtype=float), drawn, arrays)


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
    if isinstance(array, TruthArray):
        return truth.read(array, x, nodes=nodes, folder=folder)
    level = "behavioral" if isinstance(array, CertifiedTile) else "nodal"
    refuse_unused(level, {"folder": folder}, "ngspice")
    if isinstance(array, CertifiedTile):
        refuse_unused(level, {"nodes": nodes or None}, "ngspice or nodal")
        return read_tile(array, x)
    if isinstance(array, SensedArray):
        return read_sensed(array, x, nodes=nodes)
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


def _prepare(
    spec: ArraySpec,
    g: ArrayLike,
    level: Level,
    model: TileModel | None,
    certificate: Certificate | None,
    strict: bool,
    v_range: tuple[float, float] | None,
) -> LevelArray:
    """Prepare a single array at a level that simulates it."""
    if level == "ngspice":
        return truth.prepare(spec, g)
    if level == "nodal":
        g_range = programmable_range(spec)
        if (sense := sense_table_of(spec)) is not None:
            return prepare_sensed(spec, g, sense, v_range)
        if spec.array.input_line == "bl":
            return nodal.prepare(spec, g, surface_of(spec, v_range=v_range), v_range=v_range, g_range=g_range)
        on, off = characterization.gated_cells(spec)
        return nodal.prepare(spec, g, on, off=off, g_range=g_range)
    assert model is not None
    return prepare_tile(spec, g, model, certificate, strict=strict)


def _read_drawn(array: TechniqueArray, x: ArrayLike, folder: str | Path | None) -> Solution:
    """Read all drawn arrays and return the outputs and the power of the matrix."""
    reads = _drawn_reads(array, check_inputs(array.spec, x))
    in_ngspice = [(part, inputs) for part, inputs in reads if isinstance(part, TruthArray)]
    if in_ngspice:
        solutions = truth.read_many(in_ngspice, folder=folder)
    else:
        solutions = [read(part, inputs, folder=folder) for part, inputs in reads]
    first = solutions[0]
    out = put_together(array.spec, array.drawn, [solution.out for solution in solutions])
    return Solution(
        out=out,
        quantity=first.quantity,
        unit=first.unit,
        power=np.sum([solution.power for solution in solutions if solution.power is not None], axis=0),
        convergence=_worst_convergence(solutions),
        cell_error=joint_cell_error(array.spec, solutions, out),
        provenance=_joint_provenance(array, [solution.provenance for solution in solutions]),
    )


def _worst_convergence(solutions: Sequence[Solution]) -> Convergence | None:
    """Return each measure of convergence for each vector, from the drawn array with the largest value."""
    parts = [solution.convergence for solution in solutions if solution.convergence is not None]
    if len(parts) < len(solutions):
        return None

    def worst(values: list[np.ndarray | None]) -> np.ndarray | None:
        arrays = [value for value in values if value is not None]
        return np.max(arrays, axis=0) if len(arrays) == len(parts) else None

    return Convergence(
        kirchhoff=np.max([part.kirchhoff for part in parts], axis=0),
        residual=worst([part.residual for part in parts]),
        iterations=worst([part.iterations for part in parts]),
    )


def _joint_provenance(array: TechniqueArray, parts: Sequence[Provenance]) -> Provenance:
    """Join the provenance of the drawn arrays; what was given is the matrix of the whole."""
    joint = joint_provenance(array.spec.digest, parts)
    return replace(joint, given={**joint.given, "g": content_digest(array.g)})


def _drawn_reads(array: TechniqueArray, x: np.ndarray) -> list[tuple[LevelArray, np.ndarray]]:
    pairs = zip(array.drawn, array.arrays, strict=True)
    return [(part, drawn_inputs(array.spec, drawn, x)) for drawn, part in pairs]

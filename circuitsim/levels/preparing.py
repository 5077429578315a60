"""Prepare an array at any level: program a matrix of conductances once, for many reads."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike

from circuitsim import characterization, nodal, truth
from circuitsim.chain import SensedArray
from circuitsim.devices import programmable_range, tell_read_voltage
from circuitsim.errors import InputError
from circuitsim.levels.can import Level, check_can, refuse_unused
from circuitsim.levels.cell_surface import surface_of
from circuitsim.levels.pulsed_array import PulsedArray
from circuitsim.levels.sensed import prepare_sensed, sense_table_of
from circuitsim.levels.tile import CertifiedTile, prepare_tile
from circuitsim.nodal import GatedArray, NodalArray, PreparedArray
from circuitsim.results import (
    Certificate,
    TileModel,
)
from circuitsim.spec import (
    ArraySpec,
    DrawnArray,
    by_value,
    check_conductances,
    checked,
    lay_out,
    real_numbers,
    tell_cells,
    tell_straps,
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


LevelArray = TruthArray | NodalArray | SensedArray | PulsedArray | CertifiedTile
AnyArray = Annotated[LevelArray | TechniqueArray, "what circuitsim.prepare returns"]


@checked
def prepare(
    spec: ArraySpec,
    g: ArrayLike,
    level: Level = "nodal",
    *,
    model: TileModel | None = None,
    certificate: Certificate | None = None,
    strict: bool = False,
    max_error: float | None = None,
    v_range: tuple[float, float] | None = None,
    drawn: bool = False,
) -> LevelArray | TechniqueArray:
    """Program a matrix of conductances once, for many reads with `read`.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S], or capacitances [F] for 1c cells; 0 is an open cell.
        level: "ngspice", "nodal" or "behavioral".
        model, certificate, strict, max_error: As in `solve`, for the behavioral level.
        v_range: Range of the inputs [V], for the nodal level with inputs on the bit lines; None: v_ref to v_ref +
            v_read.
        drawn: As in `solve`.

    Returns:
        The programmed array, for `read`.

    Raises:
        InputError, SpecError, OutsideRangeError: As `solve`.
        SimulatorError: The characterization of the cell failed in ngspice.
    """
    use = TileUse(model, certificate, strict, max_error)
    check_tile_use(level, use)
    if level != "nodal" or spec.array.input_line != "bl" or spec.array.cell == "1c":
        refuse_unused(level, {"v_range": v_range}, "nodal, with array.input_line = 'bl' and no capacitors")
    check_can(spec, level)
    tell_straps(spec)
    if drawn:
        g = characterization.opened(spec, real_numbers("g", g))
    one = partial(_prepare, level=level, use=use, v_range=v_range, drawn=drawn)
    if spec.technique.changes_size:
        # A tile needs no card: its surface states the valid conductances.
        g_range = None if level == "behavioral" and not drawn else programmable_range(spec, drawn=drawn)
        parts = lay_out(spec, g, g_range=g_range)
        arrays = tuple(one(part.spec, part.g) for part in parts)
        array = TechniqueArray(spec, np.array(g, dtype=float), parts, arrays)
    else:
        array = one(spec, g)
    if level != "behavioral":
        tell_cells(spec, array.g, drawn=drawn)  # what the card refuses has been refused
        tell_read_voltage(spec)
    return array


@dataclass(frozen=True)
class TileUse:
    """How the behavioral level is used; fields as in `levels.solve`."""

    model: TileModel | None
    certificate: Certificate | None
    strict: bool
    max_error: float | None


def check_tile_use(level: Level, use: TileUse) -> None:
    """Reject what the level ignores, and a behavioral level without what it needs."""
    if level != "behavioral":
        given = {"model": use.model, "certificate": use.certificate, "strict": use.strict or None}
        refuse_unused(level, {**given, "max_error": use.max_error}, "behavioral")
        return
    if use.model is None:
        raise InputError("level = 'behavioral' needs a model: pass model=, on the command line --model FILE")
    if use.certificate is None:
        for argument, given in (("strict = True", use.strict), ("max_error", use.max_error is not None)):
            if given:
                raise InputError(f"{argument} needs the certificate of the model")


def _prepare(
    spec: ArraySpec,
    g: ArrayLike,
    *,
    level: Level,
    use: TileUse,
    v_range: tuple[float, float] | None,
    drawn: bool,
) -> LevelArray:
    """Prepare a single array at a level that simulates it."""
    if level == "ngspice":
        return truth.prepare(spec, g, drawn=drawn)
    if spec.driver.input_code == "pulse_width":
        still = spec.replace(driver={"input_code": "amplitude"})
        array = _prepare(still, g, level=level, use=use, v_range=v_range, drawn=drawn)
        assert isinstance(array, PreparedArray | GatedArray | CertifiedTile)  # a circuit in [sense] was refused
        return PulsedArray(spec, array)
    if level == "behavioral":
        assert use.model is not None
        return prepare_tile(
            spec, g, use.model, use.certificate, strict=use.strict, max_error=use.max_error, drawn=drawn
        )
    if (sense := sense_table_of(spec)) is not None:
        return prepare_sensed(spec, g, sense, v_range, drawn=drawn)
    g_range = programmable_range(spec, drawn=drawn)
    reach = None
    if drawn:
        reach = characterization.stepped_conductances(spec, check_conductances(spec, g, g_range=g_range))
    if spec.array.cell == "1c":
        return nodal.prepare(spec, g, characterization.capacitor_cell(spec, g_range=reach), g_range=g_range)
    if spec.array.input_line == "bl":
        surface = surface_of(spec, v_range=v_range, g_range=reach)
        off = characterization.skipped_cell(spec, v_range=v_range, g_range=reach)
        return nodal.prepare(spec, g, surface, off=off, v_range=v_range, g_range=g_range)
    on, off = characterization.gated_cells(spec, g_range=reach)
    between = characterization.gate_level_cells(spec, g_range=reach)
    return nodal.prepare(spec, g, on, off=off, between=between, g_range=g_range)

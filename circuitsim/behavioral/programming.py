"""Program a tile: wires, cells, driver and sense resistance into matrices, once per set of conductances."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.behavioral.abilities import SIMULATES
from circuitsim.behavioral.banded import band_products
from circuitsim.behavioral.charge_programming import charge_tile
from circuitsim.behavioral.charge_tile import ChargeTile
from circuitsim.behavioral.expansion import expand
from circuitsim.behavioral.gate_parabolas import borne_form
from circuitsim.behavioral.gated_programming import gated_tile
from circuitsim.behavioral.grades import AnyForm, StringForm, TileForm, charge_form, form_of, gated_form, string_form
from circuitsim.behavioral.guard import tell_missed
from circuitsim.behavioral.level_programming import level_tile
from circuitsim.behavioral.one_level import one_level_factors
from circuitsim.behavioral.one_product import one_product_tiles
from circuitsim.behavioral.residual import short
from circuitsim.behavioral.row_levels import row_correction, seen_levels
from circuitsim.behavioral.string_programming import string_tile
from circuitsim.behavioral.switched_read import SwitchedTile
from circuitsim.behavioral.tile import Tile
from circuitsim.behavioral.tile_parts import inputs_about_rest, tile_parts, tile_wires
from circuitsim.behavioral.tile_source import TileSource
from circuitsim.errors import InputError
from circuitsim.nodal.gated import check_strings
from circuitsim.nodal.surface import check_surface_range
from circuitsim.results import CapacitorCell, TileModel
from circuitsim.spec import check_able, check_conductances, checked


@checked
def program(
    model: TileModel,
    g: ArrayLike,
    *,
    dtype: str = "float64",
    xp: Any = np,
    device: Any = None,
    inputs: str | None = None,
    drawn: bool = False,
) -> Tile | SwitchedTile | ChargeTile:
    """Program conductances into a tile.

    Args:
        model: The array, its characterized cell, the grade and the range of inputs.
        g: Conductances (rows, cols) [S], or capacitances of 1c cells [F]; 0 is an open cell.
        dtype: "float64" or "float32", of the matrices and so of the reads.
        xp: Array namespace of the matrices: numpy, torch, or another one that follows the array API.
        device: Device of the matrices, as `xp` names it ("cuda" for torch); None: its default. Reads take place there.
        inputs: "analog", or "binary" for inputs that are either v_ref or the end of the range: fewer products from
            grade 2 on. None: "analog" on bit lines; inputs that switch gates are binary, or those of
            `driver.gate_levels`.
        drawn: The conductances are what programming left: they may lie outside g_min to g_max, as far as the surface of
            the model reaches.

    Returns:
        The tile; see `Tile`, `GatedTile`, `LevelTile` and `StringTile` for inputs that switch gates, and `ChargeTile`
        for capacitors, for what it computes.

    Raises:
        InputError: A shape does not fit, the grade or the kind of inputs is unknown, or the range of inputs is empty.
        OutsideRangeError: A conductance is outside the device's or the surface's range.

    Warns:
        MissedTargetWarning: The certificate of the model misses its target.

    Valid for: static reads, inputs within `model.v_range`; the error is what a certificate states.
    """
    spec = model.spec
    check_able(spec, SIMULATES, "the behavioral model")
    tell_missed(model)
    _check_sense(model)
    g = check_conductances(spec, g, g_range=(0.0, np.inf) if drawn else None)
    put = _putter(xp, dtype, device)
    if spec.array.cell == "1c" and not isinstance(model.surface, CapacitorCell):
        raise InputError("array.cell = '1c' needs a CapacitorCell as surface, from characterization.capacitor_cell")
    if isinstance(model.surface, CapacitorCell):
        return _charges(model, model.surface, g, inputs, put)
    surface = model.current_surface
    check_surface_range(surface, g)
    if spec.array.input_line != "bl":
        return _switched(model, g, inputs, put, single=dtype == "float32")
    inputs = inputs or "analog"
    form = form_of(model.grade, inputs, rows=spec.array.rows)
    if form.linear:
        return one_product_tiles(model, form, g[None], put)[0]
    source = TileSource(model, g, form)
    parts = tile_parts(model, g, form, voltages=form.bands > 0)
    fields, columns, v_scale = parts.fields, parts.columns, parts.v_scale
    expansion = expand(parts.residual, form)
    if form.bands:
        correction = row_correction(
            short(surface), g, parts.g_ref, fields, parts.residual, spec.sense.v_ref, form.across
        )
        seen = seen_levels(fields, columns, parts.g_ref)
        products = {"bands": band_products(fields, columns, expansion, correction, seen, v_scale, put)}
    else:
        products = one_level_factors(fields, columns, expansion, parts.g_ref, v_scale, put)
    return _tile(
        source, v_scale,
        w=put(fields.w),
        functions=(expansion.functions[0][::-1], expansion.functions[1]),
        port_admittance=None if model.sense is None else fields.w_port,
        port_level=put(fields.port_level / columns.span),
        **products,
    )  # fmt: skip


@checked
def program_many(
    model: TileModel,
    g: Sequence[np.ndarray],
    *,
    dtype: str = "float64",
    xp: Any = np,
    device: Any = None,
    drawn: bool = False,
) -> list[Tile | SwitchedTile | ChargeTile]:
    """Program several sets of conductances, each into a tile: the same tiles as those of `program`, bit for bit.

    Tiles of one product are solved together, without the interpreter lock, so that threads can each program some.

    Args:
        model, dtype, xp, device, drawn: As in `program`.
        g: Conductances (rows, cols) [S] of each tile.

    Raises:
        InputError, OutsideRangeError: As `program`.

    Warns:
        MissedTargetWarning: For each tile, where the certificate of the model misses its target.

    Valid for: as `program`.
    """
    form = model_form(model)
    many = _of_one_product(model, form, g, drawn)
    if many is None or not isinstance(form, TileForm):
        return [program(model, each, dtype=dtype, xp=xp, device=device, drawn=drawn) for each in g]
    check_able(model.spec, SIMULATES, "the behavioral model")
    _check_sense(model)
    for _ in g:
        tell_missed(model)
    many.setflags(write=False)
    return [*one_product_tiles(model, form, many, _putter(xp, dtype, device))]


def _of_one_product(model: TileModel, form: AnyForm, g: Sequence[np.ndarray], drawn: bool) -> np.ndarray | None:
    """Return conductances (tiles, rows, cols) [S] that tiles of one product take as they are.

    None for other tiles, and where a conductance calls for a second look or a sentence that names its cell.
    """
    spec, linear = model.spec, isinstance(form, TileForm) and form.linear
    if not linear or len(g) == 0 or isinstance(model.surface, CapacitorCell) or spec.technique.changes_size:
        return None
    if model.surface.two_states or any(each.shape != spec.shape or each.dtype != np.float64 for each in g):
        return None
    low, high = model.surface.g_range
    if not drawn:
        low, high = max(low, spec.device.g_min), min(high, spec.device.g_max)
    many = np.array(g)
    return many if np.all((many == 0) | ((many >= low) & (many <= high))) else None


def _charges(model: TileModel, cell: CapacitorCell, g: np.ndarray, inputs: str | None, put: Callable) -> ChargeTile:
    """Program an array of capacitors; one product serves both kinds of inputs."""
    inputs_about_rest(model, TileForm(inputs or "analog").inputs)
    return charge_tile(model, cell, check_conductances(model.spec, g, g_range=cell.g_range), put)


def _switched(model: TileModel, g: np.ndarray, inputs: str | None, put: Callable, *, single: bool) -> SwitchedTile:
    """Program an array whose inputs switch gates."""
    spec = model.spec
    if inputs is not None and (inputs != "binary" or spec.driver.gate_levels is not None):
        expected = "'binary', the inputs switch gates" if spec.driver.gate_levels is None else "none with gate_levels"
        raise InputError(f"inputs = {inputs!r} with array.input_line = {spec.array.input_line!r}: expected {expected}")
    for law in (model.off, *model.between):
        check_surface_range(law, g)
    on, off = short(model.current_surface), None if model.off is None else short(model.off)
    known = {"grade": model.grade, "v_read": spec.driver.v_read, "v_ref": spec.sense.v_ref, "put": put}
    if spec.driver.gate_levels is not None:
        laws = [None if law is None else short(law) for law in (model.off, *model.between, model.current_surface)]
        return level_tile(laws, g, spec.wires, form=gated_form(model.grade), single=single, **known)
    if spec.array.input_line == "string":
        bypass = check_strings(off, g)
        return string_tile(on, bypass, g, spec.wires, form=string_form(model.grade), **known)
    return gated_tile(on, off, g, spec.wires, form=gated_form(model.grade), single=single, **known)


def model_form(model: TileModel) -> AnyForm:
    """Return what the tiles of a model keep."""
    if model.spec.array.cell == "1c":
        return charge_form(model.grade)
    line, rows = model.spec.array.input_line, model.spec.array.rows
    if line == "bl":
        return form_of(model.grade, rows=rows)
    if line == "string":
        form = string_form(model.grade)
        return StringForm(form.powers, min(form.bands, rows))
    return borne_form(gated_form(model.grade), model.spec.wires)


def _check_sense(model: TileModel) -> None:
    """Refuse a model that lacks the table of its sense amplifiers, or has one for ideal amplifiers."""
    part = model.spec.sense
    if part.block is not None and model.sense is None:
        raise InputError(
            f"sense.{part.sources[0]} = {part.block!r}: the model has no table of this circuit; expected one from "
            "circuitsim.calibrate, or TileModel(…, sense=circuitsim.characterize(spec).sense)"
        )
    if part.block is None and model.sense is not None:
        raise InputError(
            f"the model has a table of {model.sense.block or 'sense amplifiers'!r}, and its specification names no "
            "circuit in [sense]: expected both or neither"
        )


def _tile(source: TileSource, v_scale: float, **products: Any) -> Tile:
    """Build a tile from its products and what every tile of the model shares."""
    model, spec = source.model, source.model.spec
    return Tile(
        grade=model.grade, form=source.form, rows=spec.array.rows, cols=spec.array.cols, v_range=model.v_range,
        v_ref=spec.sense.v_ref, v_scale=v_scale, r_sense=tile_wires(model).r_sense, sense=model.sense, source=source,
        **products,
    )  # fmt: skip


def _putter(xp: Any, dtype: str, device: Any) -> Callable[[np.ndarray], Any]:
    if dtype not in ("float64", "float32"):
        raise InputError(f"dtype = {dtype!r}: expected 'float64' or 'float32'")
    place = {} if device is None else {"device": device}  # NumPy before 2.0 knows no device
    return lambda array: xp.asarray(np.ascontiguousarray(array, dtype=dtype), dtype=getattr(xp, dtype), **place)

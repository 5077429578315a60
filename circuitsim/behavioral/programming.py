"""Program a tile: wires, cells, driver and sense resistance into matrices, once per set of conductances."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from circuitsim import nodal
from circuitsim.behavioral.abilities import SIMULATES
from circuitsim.behavioral.banded import band_products
from circuitsim.behavioral.charge_programming import charge_tile
from circuitsim.behavioral.charge_tile import ChargeTile
from circuitsim.behavioral.columns import column_voltages
from circuitsim.behavioral.expansion import expand
from circuitsim.behavioral.fields import linear_fields
from circuitsim.behavioral.gated_programming import borne_form, gated_tile
from circuitsim.behavioral.grades import (
    INPUT_POINTS,
    AnyForm,
    StringForm,
    TileForm,
    charge_form,
    form_of,
    gated_form,
    string_form,
)
from circuitsim.behavioral.guard import tell_missed
from circuitsim.behavioral.one_level import one_level_factors
from circuitsim.behavioral.residual import reference_conductance, short, tabulate
from circuitsim.behavioral.row_levels import row_correction, seen_levels
from circuitsim.behavioral.sense import reference_resistance
from circuitsim.behavioral.string_programming import string_tile
from circuitsim.behavioral.switched_read import SwitchedTile
from circuitsim.behavioral.tile import Tile
from circuitsim.behavioral.tile_power import linear_power, residual_power
from circuitsim.errors import InputError
from circuitsim.nodal.array import plan_of_wires
from circuitsim.nodal.blocks import sweep_batch
from circuitsim.nodal.gated import check_strings
from circuitsim.nodal.surface import cell_polynomials, check_surface_range
from circuitsim.results import CapacitorCell, TileModel
from circuitsim.spec import WireGrid, check_able, check_conductances, checked

_SWEEP = 1e-8  # relative tolerance of one product's matrix: far below the error of one product


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
            grade 2 on. None: "analog" on bit lines; inputs that switch gates are binary.
        drawn: The conductances are what programming left: they may lie outside g_min to g_max, as far as the surface of
            the model reaches.

    Returns:
        The tile; see `Tile`, `GatedTile` and `StringTile` for inputs that switch gates, and `ChargeTile` for
        capacitors, for what it computes.

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
    if isinstance(model.surface, CapacitorCell):
        return _charges(model, model.surface, g, inputs, put)
    surface = model.current_surface
    check_surface_range(surface, g)
    if spec.array.input_line != "bl":
        return _switched(model, g, inputs, put, single=dtype == "float32")
    inputs = inputs or "analog"
    form = form_of(model.grade, inputs, rows=spec.array.rows)
    v_low, v_high = inputs_about_rest(model, inputs)
    v_ref, v_scale, wires = spec.sense.v_ref, max(-v_low, v_high), tile_wires(model)
    g_ref = reference_conductance(surface, g, v_low, v_high, v_ref)
    if form.linear:
        return _one_product(model, form, wires, g_ref, put, v_scale)
    fields = linear_fields(wires, g_ref, max(1, form.bands))
    columns = column_voltages(fields, g_ref, v_low, v_high)
    s = chebyshev_points(v_low / v_scale, v_high / v_scale, INPUT_POINTS[form.inputs])
    cells = cell_polynomials(short(surface), g)
    residual = tabulate(
        cells, g_ref, wires, fields, columns,
        s=s, level=chebyshev_points(0.0, 1.0, form.level_points), v_scale=v_scale, v_ref=v_ref,
    )  # fmt: skip
    expansion = expand(residual, form)
    if form.bands:
        correction = row_correction(cells, g_ref, fields, residual, v_ref, form.across)
        seen = seen_levels(fields, columns, g_ref)
        products = {"bands": band_products(fields, columns, expansion, correction, seen, v_scale, put)}
    else:
        products = one_level_factors(fields, columns, expansion, g_ref, v_scale, put)
    return _tile(
        model, form, wires, v_scale,
        w=put(fields.w),
        functions=(expansion.functions[0][::-1], expansion.functions[1]),
        power=residual_power(fields, columns, residual, v_scale),
        w_port=fields.w_port,
        port_level=put(fields.port_level / columns.span),
        **products,
    )  # fmt: skip


def _charges(model: TileModel, cell: CapacitorCell, g: np.ndarray, inputs: str | None, put: Callable) -> ChargeTile:
    """Program an array of capacitors; one product serves both kinds of inputs."""
    inputs_about_rest(model, TileForm(inputs or "analog").inputs)
    return charge_tile(model, cell, check_conductances(model.spec, g, g_range=cell.g_range), put)


def _switched(model: TileModel, g: np.ndarray, inputs: str | None, put: Callable, *, single: bool) -> SwitchedTile:
    """Program an array whose inputs switch gates."""
    if inputs not in (None, "binary"):
        raise InputError(
            f"inputs = {inputs!r} with array.input_line = {model.spec.array.input_line!r}: expected 'binary', the "
            "inputs switch gates"
        )
    check_surface_range(model.off, g)
    spec = model.spec
    on, off = short(model.current_surface), None if model.off is None else short(model.off)
    known = {"grade": model.grade, "v_read": spec.driver.v_read, "v_ref": spec.sense.v_ref, "put": put}
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


def tile_wires(model: TileModel) -> WireGrid:
    """Return the wires of an array, behind the resistance that fits the curve of its sense amplifiers best."""
    spec = model.spec
    if model.sense is None:
        return spec.wires
    i_largest = spec.array.rows * spec.device.g_max * spec.driver.v_read
    return replace(spec.wires, r_sense=reference_resistance(model.sense, i_largest))


def _tile(model: TileModel, form: TileForm, wires: WireGrid, v_scale: float, **products: Any) -> Tile:
    """Build a tile from its products and what every tile of the model shares."""
    spec = model.spec
    return Tile(
        grade=model.grade, form=form, rows=spec.array.rows, cols=spec.array.cols, v_range=model.v_range,
        v_ref=spec.sense.v_ref, v_scale=v_scale, r_sense=wires.r_sense, sense=model.sense, **products,
    )  # fmt: skip


def _one_product(
    model: TileModel, form: TileForm, wires: WireGrid, g_ref: np.ndarray, put: Callable, v_scale: float
) -> Tile:
    v_ref = model.spec.sense.v_ref
    rows, cols = g_ref.shape
    i_out, i_row = _responses(wires, g_ref, np.eye(rows))
    offset = None if v_ref == 0 else put(-v_ref * i_out.sum(0))
    w_port = None
    if model.sense is not None:
        w_port = -_responses(wires, g_ref, np.zeros((cols, rows)), np.eye(cols))[0].T
    return _tile(model, form, wires, v_scale, w=put(i_out), offset=offset, power=linear_power(i_row), w_port=w_port)


def _responses(
    wires: WireGrid, g: np.ndarray, v_in: np.ndarray, v_sense: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Currents (batch, cols) of the outputs and (batch, rows) of the drivers for voltages at inputs and senses [A]."""
    plan = plan_of_wires(wires, g)
    if plan is not None:
        swept = sweep_batch(plan, v_in, v_sense, tol=_SWEEP, most=200)
        if (swept.passes > 0).all():
            return swept.i_out, swept.i_row
    solved = nodal.solve_linear(nodal.linear_array(wires, g), v_in, 0.0 if v_sense is None else v_sense)
    return solved.i_out, solved.i_row


def inputs_about_rest(model: TileModel, inputs: str = "analog") -> tuple[float, float]:
    """Range of the inputs relative to v_ref [V]; unused rows stay at v_ref, so the range contains 0."""
    v_ref = model.spec.sense.v_ref
    low, high = (v - v_ref for v in model.v_range)
    if not (np.isfinite(low) and np.isfinite(high) and low <= high and max(-low, high) > 0):
        raise InputError(f"v_range = {model.v_range} V: expected a lower and a higher voltage, one of them not v_ref")
    low, high = min(low, 0.0), max(high, 0.0)
    if inputs == "binary" and low < 0 < high:
        raise InputError(f"v_range = {model.v_range} V: binary inputs are v_ref = {v_ref:g} V or one end of the range")
    return low, high


def chebyshev_points(low: float, high: float, count: int) -> np.ndarray:
    """Chebyshev points between two ends, the ends included."""
    return low + (high - low) * 0.5 * (1.0 - np.cos(np.pi * np.arange(count) / (count - 1)))


def _putter(xp: Any, dtype: str, device: Any) -> Callable[[np.ndarray], Any]:
    if dtype not in ("float64", "float32"):
        raise InputError(f"dtype = {dtype!r}: expected 'float64' or 'float32'")
    place = {} if device is None else {"device": device}  # NumPy before 2.0 knows no device
    return lambda array: xp.asarray(np.ascontiguousarray(array, dtype=dtype), dtype=getattr(xp, dtype), **place)

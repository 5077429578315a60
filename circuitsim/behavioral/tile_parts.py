"""What a tile is made of before its products: wires, reference conductances, the linear array, residual currents."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from circuitsim import nodal
from circuitsim.behavioral.columns import Columns, column_voltages
from circuitsim.behavioral.field_types import Fields
from circuitsim.behavioral.fields import linear_fields
from circuitsim.behavioral.grades import INPUT_POINTS, TileForm
from circuitsim.behavioral.residual import Residual, reference_conductance, short, tabulate
from circuitsim.behavioral.sense import reference_resistance
from circuitsim.errors import InputError
from circuitsim.nodal.array import MOST_PASSES, plan_of_wires
from circuitsim.nodal.blocks import sweep_batch
from circuitsim.results import TileModel
from circuitsim.spec import WireGrid

SWEEP_TOLERANCE = 1e-8  # relative tolerance of one product's matrix: far below the error of one product


@dataclass(frozen=True, eq=False)
class TileParts:
    """The linear array of a tile, and what its cells carry beyond it.

    Attributes:
        g_ref: (rows, cols) conductances of the linear array [S].
        fields, columns: That array.
        residual: The cells' residual currents.
        v_scale: Voltage above v_ref at s = 1 [V].
    """

    g_ref: np.ndarray
    fields: Fields
    columns: Columns
    residual: Residual
    v_scale: float


def tile_parts(model: TileModel, g: np.ndarray, form: TileForm, *, voltages: bool) -> TileParts:
    """Solve the array of a nonlinear tile.

    Args:
        model: The model.
        g: Conductances (rows, cols) [S].
        form: What the tile keeps.
        voltages: Whether the residual currents come with the voltages at which they flow.
    """
    surface, v_ref = model.current_surface, model.spec.sense.v_ref
    v_low, v_high = inputs_about_rest(model, form.inputs)
    v_scale, wires = max(-v_low, v_high), tile_wires(model)
    g_ref = reference_conductance(surface, g, v_low, v_high, v_ref)
    fields = linear_fields(wires, g_ref, max(1, form.bands))
    columns = column_voltages(fields, g_ref, v_low, v_high)
    residual = tabulate(
        short(surface), g, g_ref, wires, fields, columns,
        s=chebyshev_points(v_low / v_scale, v_high / v_scale, INPUT_POINTS[form.inputs]),
        level=chebyshev_points(0.0, 1.0, form.level_points), v_scale=v_scale, v_ref=v_ref, voltages=voltages,
    )  # fmt: skip
    return TileParts(g_ref, fields, columns, residual, v_scale)


@lru_cache(maxsize=8)
def tile_wires(model: TileModel) -> WireGrid:
    """Return the wires of an array, behind the resistance that fits the curve of its sense amplifiers best."""
    spec = model.spec
    if model.sense is None:
        return spec.wires
    i_largest = spec.array.rows * spec.device.g_max * spec.driver.v_read
    return replace(spec.wires, r_sense=reference_resistance(model.sense, i_largest))


def linear_responses(
    wires: WireGrid, g: np.ndarray, v_in: np.ndarray, v_sense: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Currents (batch, cols) of the outputs and (batch, rows) of the drivers for voltages at inputs and senses [A].

    Args:
        wires: Segment resistances [ohm].
        g: Conductances (rows, cols) [S].
        v_in, v_sense: (batch, rows), (batch, cols) less v_ref [V]; v_sense None: 0.
    """
    plan = plan_of_wires(wires, g)
    if plan is not None:
        swept = sweep_batch(plan, v_in, v_sense, tol=SWEEP_TOLERANCE, most=MOST_PASSES)
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

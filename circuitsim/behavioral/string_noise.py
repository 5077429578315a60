"""Read noise of strings: conductances that differ from one read to the next, in cells that share one current.

The voltages of a string's cells add up to the bias. At a given current a cell whose conductance is off by δg loses the
voltage q·δg, with q = (∂i/∂g) / (∂i/∂u), and the string's current rises until the bias is met again, by q·δg over the
differential resistance of the whole string. Voltages of selected cells and q follow powers of the current, cell by
cell; bypassed cells and wires are nearly resistors, and share what selected cells leave of the bias.
"""

from dataclasses import dataclass
from typing import Any

import array_api_compat
import numpy as np

from circuitsim.nodal.surface import cell_law
from circuitsim.results import TileModel
from circuitsim.spec import by_value

_POWERS = 4
_SAMPLES = 12  # voltages at which the law of a cell is fitted


@by_value
@dataclass(frozen=True, kw_only=True)
class StringNoise:
    """Read noise of a tile's cells as it appears in the currents of its strings. NumPy arrays.

    With c = i_out / i_unit and V = Σ_p c^p · (x @ voltage_p), the voltage of the selected cells,

        variance = (Σ_p c^(p + 1) · (x @ selected_p) + c² · ((1 − x) @ bypassed)) / (dV/dc + (v_read − V)/c)² · i_unit²,

    where p counts from 1.

    | field | shape and unit | meaning |
    |---|---|---|
    | voltage | (powers, rows, cols) [V] | of each selected cell per power of c |
    | selected | (2 · powers − 1, rows, cols) [V²] | variance of this voltage at constant current per power of c |
    | bypassed | (rows, cols) [V²] | the same of a bypassed cell per c² |
    | i_unit | [A] | unit of the currents |
    | v_read | [V] | bias of the strings above the sense nodes |
    """

    voltage: np.ndarray
    selected: np.ndarray
    bypassed: np.ndarray
    i_unit: float
    v_read: float


def string_noise(model: TileModel, g: np.ndarray, sigma: np.ndarray) -> StringNoise:
    """Return the read noise of the tile of a model with `array.input_line` "string".

    Args:
        model: The model.
        g: Conductances (rows, cols) [S].
        sigma: Standard deviation of each (rows, cols) [S].
    """
    spec, off, rows = model.spec, model.off, len(g)
    assert off is not None  # a string's cells carry the column's current at input 0 too
    (v_ref, v_bias), pitch = spec.drive_range, spec.driver.v_read / rows
    v_read = v_bias - v_ref
    below = pitch * np.arange(rows)[::-1, None]  # voltage below each cell where the bias falls evenly
    share = 0.5 * (1.0 - np.cos(np.pi * (np.arange(_SAMPLES) + 0.5) / _SAMPLES))
    u = v_read * np.broadcast_to(share, (*g.shape, _SAMPLES))
    w = np.minimum(below[:, :, None], v_read - u)
    current, slope, _, per_g = cell_law(model.current_surface, g[:, :, None], u + w + v_ref, w + v_ref)
    i_unit = float(np.exp(np.log(current[..., -1]).mean()))
    basis = (current / i_unit)[..., None] ** np.arange(1, _POWERS + 1) / u[..., None]  # fitted relative to the voltage
    lost = per_g / slope * sigma[:, :, None]
    inverse = np.linalg.pinv(basis)
    voltage, lost = ((inverse @ (values / u)[..., None])[..., 0] for values in (u, lost))
    square = np.zeros((*g.shape, 2 * _POWERS - 1))
    for p in range(_POWERS):
        square[..., p : p + _POWERS] += lost[..., p : p + 1] * lost
    one, along, _, of_g = cell_law(off, g, below + pitch + v_ref, below + v_ref)
    return StringNoise(
        voltage=np.moveaxis(voltage, -1, 0),
        selected=np.moveaxis(square, -1, 0),
        bypassed=(of_g / along * sigma * i_unit / one) ** 2,
        i_unit=i_unit,
        v_read=v_read,
    )


def string_sigma(noise: StringNoise, x: Any, i_out: Any) -> Any:
    """Return the standard deviation (batch, cols) [A] of currents of inputs x (batch, rows), 0 or 1."""
    xp, device = array_api_compat.array_namespace(x), array_api_compat.device(i_out)

    def put(array: np.ndarray) -> Any:
        return xp.asarray(np.ascontiguousarray(array), dtype=i_out.dtype, device=device)

    c = i_out / noise.i_unit
    voltage, slope, variance = (xp.zeros_like(i_out) for _ in range(3))
    for p, part in enumerate(noise.voltage, start=1):
        product = x @ put(part)
        voltage, slope = voltage + c**p * product, slope + p * c ** (p - 1) * product
    for p, part in enumerate(noise.selected, start=1):
        variance = variance + c ** (p + 1) * (x @ put(part))
    variance = variance + c**2 * ((1.0 - x) @ put(noise.bypassed))
    left = noise.v_read - voltage
    slope = slope + xp.where(left > 0.0, left, xp.zeros_like(left)) / c
    return noise.i_unit * xp.sqrt(xp.where(variance > 0.0, variance, xp.zeros_like(variance))) / slope

"""Read noise: how conductances that differ from one read to the next appear in the currents of an array.

A conductance that is off by δg carries the extra current di/dg·δg, at the voltages that the cell has without noise. The
linear array of the cells' mean conductances carries it to the outputs: most to the own column, some through the row
wire to others. Noise is small, so that the currents of different cells add up.

A tile knows the voltages of a cell by the scaled input s of its row and the mean voltage τ of its column in its band of
rows (`columns`), as it knows the cell's residual current. The variance of an output is fitted as a polynomial of both.
"""

import itertools
from dataclasses import dataclass
from typing import Annotated, Any

import array_api_compat
import numpy as np

from circuitsim.behavioral.bands import band_limit
from circuitsim.behavioral.columns import column_voltages
from circuitsim.behavioral.field_types import Fields
from circuitsim.behavioral.fields import linear_fields
from circuitsim.behavioral.gated_noise import GatedNoise, gated_noise, gated_sigma
from circuitsim.behavioral.gated_tile import GatedTile
from circuitsim.behavioral.grades import INPUT_POINTS
from circuitsim.behavioral.product import AnyTile
from circuitsim.behavioral.residual import reference_conductance, short, tabulate
from circuitsim.behavioral.string_noise import StringNoise, string_noise, string_sigma
from circuitsim.behavioral.string_tile import StringTile
from circuitsim.behavioral.tile import Tile
from circuitsim.behavioral.tile_parts import chebyshev_points, inputs_about_rest, tile_wires
from circuitsim.devices.statistics import Statistics, read_sigma
from circuitsim.errors import InputError
from circuitsim.nodal.gated import check_strings
from circuitsim.nodal.surface import cell_law
from circuitsim.periphery import drop_and_slope
from circuitsim.results import CellSurface, TileModel
from circuitsim.spec import WireGrid, by_value, check_conductances, checked, real_numbers

_BANDS, _LEVELS = 4, 4
# Powers of s that stand beside each power of τ. A cell at rest is without noise: at least two factors in all.
_POWERS = ((2, 3, 4, 5, 6), (1, 2, 3, 4, 5), (0, 1, 2, 3, 4), (0, 1, 2))


@by_value
@dataclass(frozen=True, kw_only=True)
class ReadNoise:
    """Read noise of a tile's cells as it appears in the tile's currents. NumPy arrays.

    With the scaled input s and the level τ_b = s @ level_b of each column in each band of rows, 0 at rest,

        variance = Σ_b Σ_q τ_b^q · (Σ_p s^p @ variance_qp)       of the currents [A²],

    where the products within the sum over b are those of the rows of band b.

    | field | shape and unit | meaning |
    |---|---|---|
    | variance | for each power of τ (powers of s, rows, cols) [A²] | of the output per power of s and τ |
    | level | (bands, rows, cols) | level of each column in a band per scaled input |
    | port_level | (bands, cols) [1/V] | the same per volt at the sense nodes |
    | edges | | first row of each band, and the number of rows |
    """

    variance: tuple[np.ndarray, ...]
    level: np.ndarray
    port_level: np.ndarray
    edges: tuple[int, ...]


AnyNoise = Annotated[ReadNoise | GatedNoise | StringNoise, "what circuitsim.behavioral.read_noise returns"]


@checked
def read_noise(
    model: TileModel,
    stats: Statistics,
    g: Any,
    *,
    g_programmed: Any = None,
    t: float = 0.0,
    extrapolate: bool = False,
) -> AnyNoise:
    """Return the read noise of a tile that is programmed from a model with conductances g.

    Args:
        model: The model.
        stats: Statistics with read noise.
        g: Conductances (rows, cols) at the time of the read [S].
        g_programmed: Conductances at the end of programming [S]; None: g.
        t: Seconds since then.
        extrapolate: Go on outside the range of the source, with a warning.

    Raises:
        InputError: A shape does not fit, a string has an open cell, or the gates have several levels.
        OutsideRangeError: A conductance or the time is outside the range of the source, without `extrapolate`.

    Valid for: noise of a few per cent of the conductances. Against exact reads the standard deviation of an output is
    within 2 % for ohmic cells of which the wires take half of the current, and within 8 % for sinh cells with v0 =
    0.25 V, 0.4 V, there; of 64 x 64 such cells with 2 ohm within 3 %. Where inputs switch gates, within 2 % in
        columns of 16 cells with lines of 40 ohm a segment, and in strings of 16 cells.
    """
    spec, surface = model.spec, model.current_surface
    if spec.driver.gate_levels is not None:
        raise InputError(
            "read noise of a tile with driver.gate_levels: the noise of a cell is modelled with its gate off or on, "
            "and near the threshold its share differs; expected no gate_levels"
        )
    g = check_conductances(spec, g, g_range=(0.0, np.inf))
    if spec.array.input_line == "wl":
        return gated_noise(model, g, _sigma(stats, g, g_programmed, t, extrapolate))
    if spec.array.input_line == "string":
        check_strings(model.off, g)
        return string_noise(model, g, _sigma(stats, g, g_programmed, t, extrapolate))
    v_low, v_high = inputs_about_rest(model)
    v_ref, v_scale, wires = spec.sense.v_ref, max(-v_low, v_high), tile_wires(model)
    g_ref = reference_conductance(surface, g, v_low, v_high, v_ref)
    fields = noise_paths(wires, g_ref, min(_BANDS, band_limit(spec.array.rows)))
    columns = column_voltages(fields, g_ref, v_low, v_high)
    s = chebyshev_points(v_low / v_scale, v_high / v_scale, INPUT_POINTS["analog"])
    cells = tabulate(
        short(surface), g, g_ref, wires, fields, columns,
        s=s, level=chebyshev_points(0.0, 1.0, _LEVELS), v_scale=v_scale, v_ref=v_ref,
    )  # fmt: skip
    sigma = _sigma(stats, g, g_programmed, t, extrapolate)
    gain = noise_voltages(short(surface), g[:, :, None, None], cells.v_row + v_ref, cells.v_col + v_ref)
    fitted = _fit((sigma[:, :, None, None] * gain) ** 2, s, cells.t + columns.centre + v_low / (v_high - v_low))
    reach = fields.to_output**2  # (i, j, o); what little reaches other columns sees their levels as its own column's
    return ReadNoise(
        variance=tuple(np.moveaxis(np.moveaxis(part, 2, 1) @ reach, 1, 0) for part in fitted),
        level=v_scale * columns.mean / columns.span[:, None],
        port_level=fields.port_level / columns.span,
        edges=fields.edges,
    )


def with_read_noise(tile: AnyTile, noise: AnyNoise, v_in: Any, i_out: Any, *, rng: np.random.Generator) -> Any:
    """Add one read's noise to currents.

    Args:
        tile: The programmed tile.
        noise: From `read_noise`.
        v_in: Inputs (batch, rows) [V]; 0 or 1 where they switch gates.
        i_out: Currents of these inputs (batch, cols) [A].
        rng: Draws one normal number for each current.

    Returns:
        (batch, cols) [A].
    """
    xp, device = array_api_compat.array_namespace(v_in), array_api_compat.device(i_out)
    normal = xp.asarray(rng.standard_normal(tuple(i_out.shape)), dtype=i_out.dtype, device=device)
    return i_out + noise_sigma(tile, noise, v_in, i_out) * normal


def noise_sigma(tile: AnyTile, noise: AnyNoise, v_in: Any, i_out: Any) -> Any:
    """Return the standard deviation (batch, cols) [A] of currents; arguments as in `with_read_noise`.

    Raises:
        InputError: The noise is that of another kind of tile.
    """
    if [isinstance(noise, GatedNoise), isinstance(noise, StringNoise)] != [
        isinstance(tile, GatedTile),
        isinstance(tile, StringTile),
    ]:
        raise InputError(
            f"noise is a {type(noise).__name__} and the tile a {type(tile).__name__}: expected one model's"
        )
    if isinstance(noise, GatedNoise):
        return gated_sigma(noise, v_in, i_out)
    if isinstance(noise, StringNoise):
        return string_sigma(noise, v_in, i_out)
    assert isinstance(tile, Tile)
    xp, device = array_api_compat.array_namespace(v_in), array_api_compat.device(i_out)

    def put(array: np.ndarray) -> Any:
        return xp.asarray(np.ascontiguousarray(array), dtype=i_out.dtype, device=device)

    s = (v_in - tile.v_ref) * (1.0 / tile.v_scale)
    powers = [xp.ones_like(s), s]
    while len(powers) <= _POWERS[0][-1]:
        powers.append(powers[-1] * s)
    extra, left = None, 1.0
    if tile.sense is not None:
        drop, slope = drop_and_slope(tile.sense, i_out)
        extra = drop - tile.r_sense * i_out
        left = amplifier_share(put(np.diag(tile.w_port)), slope, tile.r_sense)
    total = 0.0
    for band, (first, last) in enumerate(itertools.pairwise(noise.edges)):
        tau = s @ put(noise.level[band])
        if extra is not None:
            tau = tau + extra * put(noise.port_level[band])
        summed = 0.0
        for exponents, variance in reversed(list(zip(_POWERS, noise.variance, strict=True))):
            terms = zip(exponents, variance, strict=True)
            summed = summed * tau + sum(powers[p][:, first:last] @ put(part[first:last]) for p, part in terms)
        total = total + summed
    return xp.sqrt(xp.maximum(total, 0.0 * total)) * left


def noise_voltages(surface: CellSurface | None, g: np.ndarray, v_row: np.ndarray, v_col: np.ndarray) -> np.ndarray:
    """Return the current of cells per change of their conductance [A/S] at voltages of rows and columns [V]."""
    return cell_law(surface, g, v_row, v_col)[3]


def noise_paths(wires: WireGrid, mean: np.ndarray, bands: int = 1) -> Fields:
    """Return the linear array whose `to_output` carries the currents of noisy cells to the outputs.

    Args:
        wires: Segment resistances [ohm].
        mean: Mean conductances of the cells (rows, cols) [S], see `reference_conductance`.
        bands: As in `linear_fields`.
    """
    return linear_fields(wires, mean, bands)


def amplifier_share(admittance: Any, slope: Any, r_sense: float) -> Any:
    """Return the share of a small current that an amplifier takes behind a column, of that behind r_sense.

    Args:
        admittance: What the column loses per volt at its amplifier, behind r_sense (cols,) [S].
        slope: Resistance of the amplifier at its current (batch, cols) [ohm].
        r_sense: Resistance behind which the small current was found [ohm].
    """
    return 1.0 / (1.0 + admittance * (slope - r_sense))


def _sigma(stats: Statistics, g: np.ndarray, before: Any, t: float, extrapolate: bool) -> np.ndarray:
    """Return the standard deviation of each conductance [S]; open cells have none."""
    programmed = g if before is None else real_numbers("g_programmed", before, shape=g.shape, axes="(rows, cols)")
    sigma, closed = np.zeros_like(g), g > 0
    sigma[closed] = read_sigma(stats, programmed[closed], g[closed], t, extrapolate=extrapolate)
    return sigma


def _fit(table: np.ndarray, s: np.ndarray, tau: np.ndarray) -> list[np.ndarray]:
    """Fit a table (rows, cols, s, τ) by `_POWERS`; (rows, cols, powers of s) for each power of τ."""
    basis = [s[:, None] ** p * tau**q for q, powers in enumerate(_POWERS) for p in powers]
    inverse = np.linalg.pinv(np.stack(basis, axis=2).reshape(len(s) * len(tau), -1))
    fitted = table.reshape(*table.shape[:2], -1) @ inverse.T
    return np.split(fitted, np.cumsum([len(powers) for powers in _POWERS])[:-1], axis=2)

"""The read time that a network needs: a model of settling by the load of a column, fitted to the array solver.

A step of the rows leaves each column with an error that falls like an exponential whose time constant grows with what
the column carries and with what loads its rows. Two affine functions of these loads stand for both; how far they are
off is measured on matrices and inputs of which the fit knows nothing.
"""

import warnings
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from circuitsim.calibration import draw_matrix
from circuitsim.errors import InputError, NotConvergedError, SettlingWarning, SpecError
from circuitsim.levels import solve_in_time
from circuitsim.network import LayerRange, ProgrammedNetwork, tile_conductances
from circuitsim.results import LayerSettling, Provenance, SettlingModel, Transient
from circuitsim.results.waveforms import settling_time
from circuitsim.spec import ArraySpec, checked, input_unit
from circuitsim.spice import Progress

FITTED = ("differential", "uniform", "log_uniform", "dense")
HELD_OUT = ("differential", "few_high", "uniform")
_VECTORS = 2  # reads of each matrix: every row on, and rows at random
_LADDER = 2.0  # ratio of one band to the next
_LEAST = 4.0  # of i / band: a column of less current settles with the edge
_LONGER, _MOST = 4, 4  # a read that ends before all have settled is repeated, so much longer, so often
_Draw = tuple[np.ndarray, np.ndarray, np.ndarray]  # loads (points, 3), ln(i / band), settling time [s]


@checked
def settling_model(
    spec: ArraySpec, *, rng: np.random.Generator | None = None, progress: Progress | None = None
) -> SettlingModel:
    """Fit settling times to reads of the array solver, and measure the error on others.

    Args:
        spec: The array; `adc.bits` sets the finest band, half an LSB of the largest current.
        rng: Draws conductances and inputs; None: a generator with seed 0.
        progress: Called with (finished, total) after each matrix.

    Raises:
        InputError: The ADC has no specified bits, or nothing in the array has a capacitance.
        SpecError: The array solver does not follow this array in time, or inputs are widths of pulses, whose outputs
            are charges.
        NotConvergedError: Columns do not settle within 256 t_read.

    Valid for: one step of all rows from rest, arrays of this specification.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    finest, given, spec = _finest(spec), spec.digest, _one_read(spec)
    draws: dict[str, list[_Draw]] = {"fit": [], "held out": []}
    total, finished = len(FITTED) + len(HELD_OUT), 0
    for which, kinds in (("fit", FITTED), ("held out", HELD_OUT)):
        for kind in kinds:
            g = draw_matrix(kind, spec, rng)
            draws[which].append(_times(spec, g, _reads(spec, g, _inputs(spec, rng), finest), finest))
            finished += 1
            if progress is not None:
                progress(finished, total)
    of, depth, t = (np.concatenate(part) for part in zip(*draws["fit"], strict=True))
    found = np.linalg.lstsq(np.hstack([of, of * depth[:, None]]), t, rcond=None)[0]
    of_other, depth_other, t_other = (np.concatenate(part) for part in zip(*draws["held out"], strict=True))
    predicted = of_other @ found[:3] + (of_other @ found[3:]) * depth_other
    off = t_other / predicted - 1
    return SettlingModel(
        delay=found[:3],
        tau=found[3:],
        loads=(float(of[:, 1].min()), float(of[:, 1].max())),
        ratio=finest,
        reads=(_VECTORS * len(FITTED), _VECTORS * len(HELD_OUT)),
        error=float(np.sqrt(np.mean(off**2))),
        late=max(float(off.max()), 0.0),
        provenance=Provenance(level="nodal", spec_digest=given),
    )


@checked
def network_settling(
    programmed: ProgrammedNetwork, model: SettlingModel, *, ranges: Mapping[str, LayerRange] | None = None
) -> tuple[LayerSettling, ...]:
    """Return the slowest column with a weight of each layer, and tell where `driver.t_read` ends before it has settled.

    A column settles to half an LSB of its own ADC from the current of all its rows in use at v_read. More than full
    scale does not count: the largest code stands for it.

    Args:
        programmed: The network on arrays.
        model: From `settling_model`, of the specification of these arrays.
        ranges: Ranges of the layers; None, or a layer whose range is not a current: the largest current of a tile.

    Raises:
        InputError: The model belongs to another specification.

    Warns:
        SettlingWarning: driver.t_read is shorter than the slowest column takes; says what the network needs.
    """
    spec = programmed.spec
    if model.provenance.spec_digest != spec.digest:
        raise InputError("the settling model belongs to another specification: expected one of the network's arrays")
    layers = []
    for name, layer in programmed.layers.items():
        known = (ranges or {}).get(name)
        tiles = [tile_conductances(layer.layer, place, spec, w_max=layer.w_max) for place in layer.places]
        largest = max(float(_currents(spec, g).max()) for g in tiles)
        full_scale = largest if known is None or known.full_scale is None else known.full_scale
        found = []
        for k, (place, g) in enumerate(zip(layer.places, tiles, strict=True)):
            scales = np.full(g.shape[1], full_scale)
            if known is not None and known.column_scales is not None:
                scales[place.col_part] = known.column_scales[k]
            found.append(_slowest(spec, model, name, place.index, g, scales))
        slowest = max(found, key=lambda each: each.time)
        layers.append(replace(slowest, inside=all(each.inside for each in found)))
    _tell(spec, layers)
    return tuple(layers)


def _slowest(
    spec: ArraySpec, model: SettlingModel, name: str, tile: int, g: np.ndarray, scales: np.ndarray
) -> LayerSettling:
    """Return the slowest column of a tile of conductances (rows, cols) [S], with ADC ranges (cols,) [A]."""
    used = g.max(axis=0) > g.min()  # without a weight a column carries no current to settle
    columns = np.flatnonzero(used | ~used.any())
    loads = g.mean(axis=0)[columns] / spec.device.g_max
    scales = scales[columns]
    lsb = scales / (_finest(spec) / 2)
    ratio = np.maximum(np.minimum(_currents(spec, g)[columns], scales) / (lsb / 2), 1.0)
    times = (1 + model.late) * model.time(loads, float(g.mean() / spec.device.g_max), ratio)
    at = int(times.argmax())
    inside = model.loads[0] <= loads.min() and loads.max() <= model.loads[1]
    return LayerSettling(name, float(loads[at]), float(times[at]), bool(inside), tile, int(columns[at]), float(lsb[at]))


def _currents(spec: ArraySpec, g: np.ndarray) -> np.ndarray:
    """Currents of columns with all rows at v_read, as the product has them (cols,) [A]."""
    return spec.driver.v_read * g.sum(axis=0)


def _tell(spec: ArraySpec, layers: list[LayerSettling]) -> None:
    slowest = max(layers, key=lambda layer: layer.time)
    if slowest.time > spec.driver.t_read:
        warnings.warn(
            f"driver.t_read = {spec.driver.t_read:.3g} s, but the slowest column, {slowest.column} of tile "
            f"{slowest.tile} in {slowest.name!r}, needs "
            f"{slowest.time:.3g} s to half an LSB; errors are those of settled outputs; raise driver.t_read",
            SettlingWarning,
            stacklevel=4,
        )


def _one_read(spec: ArraySpec) -> ArraySpec:
    """Return an array whose inputs are those of one read: a bit of bit-serial codes is an amplitude."""
    if spec.driver.input_code == "pulse_width":
        raise SpecError(
            "driver.input_code = 'pulse_width': outputs are charges, which do not settle; expected 'amplitude' or "
            "'bit_serial'"
        )
    return spec.replace(driver={"input_code": "amplitude"})


def _finest(spec: ArraySpec) -> float:
    """Full scale of the ADC over half an LSB."""
    if spec.adc.bits is None:
        raise InputError("settling needs adc.bits: half an LSB is the band within which a column has settled")
    return 2.0 * (2**spec.adc.bits - 1)


def _inputs(spec: ArraySpec, rng: np.random.Generator) -> np.ndarray:
    """Inputs (2, rows): every row on, and rows at random."""
    share = np.stack([np.ones(spec.array.rows), rng.random(spec.array.rows)])
    if input_unit(spec) != "V":
        return np.round(share)
    return spec.sense.v_ref + spec.driver.v_read * share


def _reads(spec: ArraySpec, g: np.ndarray, x: np.ndarray, finest: float) -> tuple[Transient, ...]:
    """Follow reads until every column has settled within the finest band of the largest current."""
    edge, t_read = spec.driver.edge, spec.driver.t_read
    for _ in range(_MOST + 1):
        longer = spec.replace(driver={"t_read": t_read, "t_rise": edge})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SettlingWarning)  # what does not settle is read again
            reads = solve_in_time(longer, g, x, "nodal", band=_largest(spec) / finest)
        if all(np.isfinite(settling_time(r.time, r.i_out, r.i_final, _band(r, finest))).all() for r in reads):
            return reads
        t_read *= _LONGER
    raise NotConvergedError(f"columns have not settled {t_read / _LONGER:.3g} s after their rows: nothing fits that")


def _largest(spec: ArraySpec) -> float:
    """Smallest full scale that an ADC may have here [A], for the tolerance of the steps."""
    return spec.driver.v_read * spec.device.g_max


def _band(read: Transient, finest: float) -> float:
    return float(np.abs(read.i_final).max()) / finest


def _times(spec: ArraySpec, g: np.ndarray, reads: tuple[Transient, ...], finest: float) -> _Draw:
    """Settling times of all columns within bands from the finest on, with loads and ln(i / band)."""
    loads = g.mean(axis=0) / spec.device.g_max
    of = np.stack([np.ones_like(loads), loads, np.full_like(loads, loads.mean())], axis=1)
    found: list[_Draw] = []
    for read in reads:
        band, size = _band(read, finest), np.abs(read.i_final)
        while np.any(size > _LEAST * band):
            t, seen = settling_time(read.time, read.i_out, read.i_final, band), size > _LEAST * band
            found.append((of[seen], np.log(size[seen] / band), t[seen]))
            band *= _LADDER
    parts = (np.concatenate(part) for part in zip(*found, strict=True))
    return next(parts), next(parts), next(parts)

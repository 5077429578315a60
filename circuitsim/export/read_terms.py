"""Convert a programmed tile to terms."""

import itertools

import numpy as np

from circuitsim.behavioral import Tile
from circuitsim.behavioral.banded_read import REPETITIONS
from circuitsim.behavioral.product import ITERATIONS
from circuitsim.behavioral.tile import BandProducts, Factor
from circuitsim.errors import InputError
from circuitsim.export.terms import Combination, Feature, Sum, Terms


def read_terms(tile: Tile) -> Terms:
    """Convert a tile to coefficients.

    Raises:
        InputError: The tile's matrices are not NumPy arrays, or its sense amplifiers are circuits.
    """
    if tile.sense is not None:
        raise InputError(
            f"the tile ends in the circuit {tile.sense.block!r}, whose curve is not exported: calibrate the array with "
            "sense.kind = 'virtual_ground' for an export"
        )
    if not isinstance(tile.w, np.ndarray):
        raise InputError(f"the tile's matrices are {type(tile.w).__name__}: export one programmed with xp = numpy")
    i_scale = float(np.abs(tile.w).sum(0).max()) * tile.v_scale or 1.0
    before, after = tile.functions
    features = [Feature(f"f{n}", (0.0, *c)) for n, c in enumerate(before)]
    features += [Feature("x", (1.0,))] + [Feature(f"h{n}", (0.0, *c)) for n, c in enumerate(after)]
    row_sums, row_steps = (), ()
    if tile.bands is not None:
        row_sums = (_linear("tau", tile.bands, slice(len(tile.bands.edges) * tile.cols, None)),)
        row_steps = (Combination("taux", (("tau", "x"),)),)
        sums, steps = _banded(tile, tile.bands, i_scale)
    elif tile.currents:
        sums, steps = _one_level(tile, i_scale)
    else:
        matrix = ("x", 0, tile.w * (tile.v_scale / i_scale))
        sums, steps = (Sum("c0", (matrix,), np.zeros(tile.cols)),), (Combination("out", (("c0",),)),)
    return Terms(
        rows=tile.rows, cols=tile.cols, v_ref=tile.v_ref, v_scale=tile.v_scale, i_scale=i_scale,
        features=tuple(features), row_sums=row_sums, row_steps=row_steps, sums=sums, steps=steps,
        i_row=tile.power.w_row * (tile.v_scale / i_scale),
    )  # fmt: skip


def _powers(names: list[str], t: str) -> tuple[tuple[str, ...], ...]:
    """The products of a polynomial of t, whose coefficients have these names."""
    return tuple((*[t] * power, name) for power, name in enumerate(names))


def _one_level(tile: Tile, i_scale: float) -> tuple[tuple[Sum, ...], tuple[Combination, ...]]:
    currents = [_sum(f"c{power}", factor, tile, 1.0 / i_scale) for power, factor in enumerate(tile.currents)]
    levels = [_sum(f"l{power}", factor, tile, 1.0) for power, factor in enumerate(tile.levels)]
    steps, t = [], "l0"
    for n in range(ITERATIONS if len(levels) > 1 else 0):
        steps.append(Combination(f"t{n}", _powers([level.name for level in levels], t)))
        t = f"t{n}"
    steps.append(Combination("out", _powers([current.name for current in currents], t)))
    return (*currents, *levels), tuple(steps)


def _sum(name: str, factor: Factor, tile: Tile, scale: float) -> Sum:
    """Split the matrix of a factor by feature; the features of a tile are ordered [f… | x | 1 | h…]."""
    names = [f"f{n}" for n in range(len(tile.functions[0]))] + ["x", None]
    names += [f"h{n}" for n in range(len(tile.functions[1]))]
    matrices, constant, start = [], np.zeros(tile.cols), 0
    for feature in names:
        width = 1 if feature is None else tile.rows
        if factor.first <= start and start + width <= factor.last:
            block = np.asarray(factor.matrix[start - factor.first :][:width], float) * scale
            if feature is None:
                constant = block[0]
            else:
                matrices.append((feature, 0, block))
        start += width
    return Sum(name, tuple(matrices), constant)


def _linear(name: str, products: BandProducts, columns: slice, scale: float = 1.0) -> Sum:
    """One part of the product that everything starts from."""
    matrix, constant = (np.asarray(part[:, columns], float) * scale for part in (products.wide, products.rest))
    return Sum(name, (("x", 0, matrix),), constant[0])


def _banded(tile: Tile, products: BandProducts, i_scale: float) -> tuple[tuple[Sum, ...], tuple[Combination, ...]]:
    """The sums and steps that `BandProducts` states; e with the sign reversed."""
    cols, bands = tile.cols, range(len(products.flat))
    sums = [_linear("i", products, slice(cols), 1.0 / i_scale)]
    for b in bands:
        sums.append(_linear(f"l{b}", products, slice((1 + b) * cols, (2 + b) * cols)))
        sums += _band_sums(tile, products, b, 1.0 / i_scale)
        sums += [Sum(f"k{b}_{r}", (), np.asarray(products.exchange[b, r], float) * i_scale) for r in bands]
    steps, t = [], [f"l{b}" for b in bands]
    for n in range(REPETITIONS):
        steps += [Combination(f"s{n}_{b}", _added(b, t[b])) for b in bands]
        steps += [Combination(f"t{n}_{b}", ((f"l{b}",), *((f"k{b}_{r}", f"s{n}_{r}") for r in bands))) for b in bands]
        t = [f"t{n}_{b}" for b in bands]
    steps.append(Combination("out", (("i",), *itertools.chain(*(_added(b, t[b]) for b in bands)))))
    return tuple(sums), tuple(steps)


def _added(band: int, t: str) -> tuple[tuple[str, ...], ...]:
    """The products of what a band adds to the currents at level t."""
    return (*_powers([f"p{band}", f"q{band}", f"r{band}", f"d{band}"], t), (f"l{band}", f"e{band}"))


def _band_sums(tile: Tile, products: BandProducts, band: int, scale: float) -> list[Sum]:
    """The sums over the rows of one band: p and e, which do not depend on its level, q, r and d of t, t² and t³."""
    first, cols, nothing = products.edges[band], tile.cols, np.zeros((0, tile.cols))
    before, after = ([f"{kind}{n}" for n in range(len(tile.functions[side]))] for side, kind in ((0, "f"), (1, "h")))

    def total(name: str, features: list[str], matrix: np.ndarray, constant: np.ndarray, sign: float = 1.0) -> Sum:
        blocks = np.split(np.asarray(matrix, float) * (sign * scale), len(features)) if features else []
        parts = [(feature, first, block) for feature, block in zip(features, blocks, strict=True)]
        return Sum(f"{name}{band}", tuple(parts), np.asarray(constant, float) * (sign * scale))

    one, two, three, apart = products.constants[band]
    shared = products.shared[band]
    return [
        total("p", [*before, "tau", "taux"], products.flat[band], np.zeros(cols)),
        total("q", ["x", *after], products.sloped[band], one),
        total("r", ["x"], shared[:, :cols], two),
        total("d", [], nothing, three),
        total("e", ["x"], shared[:, cols:], apart, -1.0),
    ]

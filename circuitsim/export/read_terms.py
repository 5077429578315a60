"""Convert a programmed tile to terms."""

import itertools
from collections.abc import Callable, Mapping
from operator import attrgetter

import numpy as np

from circuitsim.behavioral import Tile
from circuitsim.behavioral.banded_read import REPETITIONS
from circuitsim.behavioral.product import ITERATIONS
from circuitsim.behavioral.tile import BandProducts, DistanceFunction, Factor
from circuitsim.errors import InputError
from circuitsim.export.terms import Combination, Feature, Sum, Terms

_OF_ROW = {
    ("tau", "x"): "s",
    ("tau", "x2"): "s2",
    ("tau", "tau"): "tau",
    ("tau", "tau", "x"): "s_tau",
    ("tau", "tau", "tau"): "tau2",
}
"""Products of a row's input and of the level that it sees, and the coefficient of each in τ·φ (`DistanceFunction`)."""


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
        features += [Feature("x2", (0.0, 1.0))]
        row_steps = tuple(Combination("".join(factors), (factors,)) for factors in _OF_ROW)
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
    """The sums and steps that `BandProducts` states."""
    cols, bands = tile.cols, range(len(products.edges) - 1)
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
    own = [f"{name}{band}" for name in ("p", "e", "m", "n")]
    return (*_powers([f"p{band}", f"q{band}", f"r{band}", f"d{band}"], t), *_powers(own, f"l{band}")[1:])


def _band_sums(tile: Tile, products: BandProducts, band: int, scale: float) -> list[Sum]:
    """The sums over the rows of one band.

    They are p, which does not depend on levels of the output; q, r and d of its powers t, t² and t³; and e, m and n of
    those of the level without residual currents.
    """
    first, cols = products.edges[band], tile.cols
    before, after = ([f"{kind}{n}" for n in range(len(tile.functions[side]))] for side, kind in ((0, "f"), (1, "h")))

    def total(name: str, matrices: dict[str, np.ndarray], constant: np.ndarray) -> Sum:
        parts = [(feature, first, np.asarray(matrix, float) * scale) for feature, matrix in matrices.items()]
        return Sum(f"{name}{band}", tuple(parts), np.asarray(constant, float) * scale)

    fitted = np.split(products.rows_of(products.apart, band), len(products.functions))

    def weighed(of: Mapping[str, Callable[[DistanceFunction], float]]) -> dict[str, np.ndarray]:
        """Write functions of input and level as powers of them."""
        weights = {feature: [weight(c) for c in products.functions] for feature, weight in of.items()}
        return {feature: np.tensordot(weight, fitted, 1) for feature, weight in weights.items()}

    flat = np.split(products.rows_of(products.flat, band), len(before) + 1 + len(fitted))
    one, two, three, apart, square = products.constants[band]
    of_row = {"".join(factors): attrgetter(term) for factors, term in _OF_ROW.items()}
    of_own = {
        "x": lambda c: -c.s, "x2": lambda c: -c.s2,
        "tau": lambda c: c.t - c.tau, "taux": lambda c: c.s_t - c.s_tau, "tautau": lambda c: c.tau_t - c.tau2,
    }  # fmt: skip
    of_square = {"x": lambda c: -c.s_t, "tau": lambda c: c.t2 - c.tau_t}
    rest = np.tensordot([-c.t for c in products.functions], fitted, 1).sum(0)
    sloped = np.split(products.rows_of(products.sloped, band), 1 + len(after))
    return [
        total("p", dict(zip([*before, "tau"], flat, strict=False)) | weighed(of_row), np.zeros(cols)),
        total("q", dict(zip(["x", *after], sloped, strict=True)), one),
        total("r", {"x": products.rows_of(products.curved, band)}, two),
        total("d", {}, three),
        total("e", weighed(of_own), -apart),
        total("m", weighed(of_square), rest),
        total("n", {}, -square),
    ]

"""Tiles that err by some causes alone: wires, cells, and what the statistics of their device draw."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from circuitsim import nodal
from circuitsim.devices.statistics import Statistics, read_sigma
from circuitsim.errors import InputError
from circuitsim.evaluation.drawn_tiles import DrawnProduct, drawn_cells, tile_entropy
from circuitsim.evaluation.products import BehavioralProduct
from circuitsim.network import ReadTile, TilePlace, check_same_array
from circuitsim.results import TileModel
from circuitsim.spec import ArraySpec, with_ideal

ARRAY_CAUSES = ("wires", "cells")
DRAWN_CAUSES = ("programming", "drift", "read_noise", "stuck")
_BENT = 2  # the lowest grade that follows the bend of cells


@dataclass(frozen=True)
class CauseProduct:
    """Programs tiles in which only some causes act.

    Wires alone are the linear network of the wanted conductances; cells alone are those of the model without wires and
    terminal resistances; both together are the model. Neither is the exact product. Drawn causes draw the conductances
    first, the same ones for a seed whatever else acts.

    Attributes:
        product: The calibrated model, with ideal sense amplifiers.
        causes: Of `ARRAY_CAUSES` and `DRAWN_CAUSES`.
        statistics: Statistics of the device; None without drawn causes.
        t: Time since the end of programming [s].
        seed: Of every draw.
        extrapolate: Go on outside the range of the source of the statistics, with a warning.
    """

    product: BehavioralProduct
    causes: frozenset[str]
    statistics: Statistics | None = None
    t: float = 0.0
    seed: int = 0
    extrapolate: bool = False

    def check_array(self, spec: ArraySpec) -> None:
        """Refuse another array; its converters may differ, because they are causes of their own."""
        check_same_array(*(with_ideal(each, "driver", "adc") for each in (self.product.spec, spec)))

    def __call__(self, place: TilePlace, g: np.ndarray, /) -> ReadTile:
        """Return the function that reads conductances g (rows, cols) [S]."""
        drawn = self.causes.intersection(DRAWN_CAUSES)
        whole = self.causes.issuperset(ARRAY_CAUSES)
        model = self.product.model if whole else bare_model(self.product.model) if "cells" in self.causes else None
        if model is not None:
            product = self.product if whole else replace(self.product, model=model, certificate=None, max_error=None)
            product = product if whole else replace(product, strict=False)
            if not drawn:
                return product(place, g)
            assert self.statistics is not None
            return DrawnProduct(product, self.statistics, drawn, self.t, self.seed, self.extrapolate)(place, g)
        entropy = tile_entropy(self.seed, place)
        given = {"causes": drawn, "t": self.t, "extrapolate": self.extrapolate}
        actual, programmed = drawn_cells(self.statistics, g, entropy, **given)
        read = (
            _through_wires(self.product.spec, actual) if "wires" in self.causes else _exact(self.product.spec, actual)
        )
        if programmed is None or self.statistics is None:
            return read
        noise = read_sigma(self.statistics, programmed, actual, self.t, extrapolate=self.extrapolate)
        return NoisyLinearRead(read, noise, self.product.spec.sense.v_ref, (*entropy, 1))


class NoisyLinearRead:
    """Reads a linear tile and draws the noise of each read anew, from a generator that `anew` starts again.

    Attributes:
        read: The read without noise.
        sigma, variance: (rows, cols) standard deviation and variance of the conductances [S, S²].
        v_ref: Voltage of the columns [V].
        entropy: Seed of the generator.
    """

    def __init__(self, read: ReadTile, sigma: np.ndarray, v_ref: float, entropy: tuple[int, ...]) -> None:
        self.read, self.sigma, self.variance, self.v_ref, self.entropy = read, sigma, sigma**2, v_ref, entropy
        self.rng = np.random.default_rng(entropy)

    def __call__(self, v_in: np.ndarray) -> np.ndarray:
        """Outputs (batch, cols) [A] of one read each."""
        sigma = np.sqrt((v_in - self.v_ref) ** 2 @ self.variance)
        return np.asarray(self.read(v_in)) + sigma * self.rng.standard_normal(sigma.shape)

    def anew(self, *stream: int) -> "NoisyLinearRead":
        """The same tile with a noise of its own for what a stream of numbers names, whatever was read before."""
        return NoisyLinearRead(self.read, self.sigma, self.v_ref, (*self.entropy, *stream))


def bare_model(model: TileModel) -> TileModel:
    """Return the model of the same cells without wires and terminal resistances, which follows how they bend.

    Raises:
        InputError: The array's wires are not stated by numbers.
    """
    spec = model.spec
    if spec.wire.r_row is None or spec.wire.r_col is None:
        raise InputError("the causes of wires are split for wire.r_row and wire.r_col as numbers alone; expected both")
    bare = spec.replace(wire={"r_row": 0.0, "r_col": 0.0}, driver={"r_out": 0.0}, sense={"r_in": 0.0})
    return replace(model, spec=bare, grade=max(model.grade, _BENT), missed=None)


def _exact(spec: ArraySpec, g: np.ndarray) -> ReadTile:
    return partial(_linear, g, spec.sense.v_ref)


def _through_wires(spec: ArraySpec, g: np.ndarray) -> ReadTile:
    """A linear network is a matrix: one solution for each row at 1 V."""
    matrix = nodal.solve_linear(nodal.linear_array(spec.wires, g), np.eye(spec.array.rows)).i_out
    return partial(_linear, matrix, spec.sense.v_ref)


def _linear(matrix: np.ndarray, v_ref: float, v_in: np.ndarray) -> np.ndarray:
    return (v_in - v_ref) @ matrix

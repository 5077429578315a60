"""What a tile was made from: the matrices that few reads need follow from it when they are asked for."""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from circuitsim.behavioral.grades import TileForm
from circuitsim.behavioral.residual import reference_conductance
from circuitsim.behavioral.tile import TilePower
from circuitsim.behavioral.tile_parts import inputs_about_rest, linear_responses, tile_parts, tile_wires
from circuitsim.behavioral.tile_power import linear_power, residual_power
from circuitsim.results import TileModel
from circuitsim.spec import by_value


@by_value
@dataclass(frozen=True)
class TileSource:
    """The model and the conductances of a tile.

    What follows from them is as large as all of the tile's products: it is computed when it is first asked for, at
    about the price of programming, and then kept.

    Attributes:
        model: The model.
        g: (rows, cols) conductances [S].
        form: What the tile keeps.
    """

    model: TileModel
    g: np.ndarray
    form: TileForm

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the fields alone: what follows from them is computed again when it is needed."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def power(self) -> TilePower:
        """The matrices of the drivers' power."""
        return self._power

    @property
    def w_port(self) -> np.ndarray:
        """(cols, cols) current that output o (axis 0) loses per volt at each sense node (axis 1) [S]."""
        return self._w_port

    @cached_property
    def _power(self) -> TilePower:
        if self.form.linear:
            return linear_power(linear_responses(tile_wires(self.model), self._g_ref, np.eye(len(self.g)))[1])
        parts = tile_parts(self.model, self.g, self.form, voltages=True)
        return residual_power(parts.fields, parts.columns, parts.residual, parts.v_scale)

    @cached_property
    def _w_port(self) -> np.ndarray:
        rows, cols = self.g.shape
        unit = np.zeros((cols, rows)), np.eye(cols)
        return -linear_responses(tile_wires(self.model), self._g_ref, *unit)[0].T

    @property
    def _g_ref(self) -> np.ndarray:
        v_low, v_high = inputs_about_rest(self.model, self.form.inputs)
        return reference_conductance(self.model.current_surface, self.g, v_low, v_high, self.model.spec.sense.v_ref)

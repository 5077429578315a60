"""A tile of a module in training whose conductances are those of cells that pulses move."""

import numpy as np
import torch

from circuitsim.errors import InputError
from circuitsim.network import TilePlace
from circuitsim.network.linear import LinearLayer
from circuitsim.network.mapping import scheme_of
from circuitsim.network.programming import tile_conductances, tile_numbers
from circuitsim.programming import PulsedCells
from circuitsim.spec import ArraySpec
from circuitsim.training.trained_tile import TrainedTile


class CellPlaces:
    """Where the cells of one tile lie that hold weights, and what they are worth.

    Attributes:
        rows, cols: The rows, and the columns that belong to one output each.
        around: (rows, cols of the array) conductances of all other cells, which stay [S].
        worth: (columns,) change of a cell [S] by a unit of −∂loss/∂g that changes its weight by one of −∂loss/∂w: of k
            cells with dw/dg = ±1/a each, a²/k.
    """

    def __init__(self, layer: LinearLayer, place: TilePlace, spec: ArraySpec, w_max: float) -> None:
        """Lay out the tile at a place; its cells that hold weights are not among those around."""
        self.layer, self.place, self.spec, self.w_max = layer, place, spec, w_max
        scheme = scheme_of(spec)
        own = scheme.columns_per_output * (place.outputs[1] - place.outputs[0])
        self.rows, self.cols = place.row_part, slice(place.first_col, place.first_col + own)
        self.around = tile_conductances(layer, place, spec, w_max=w_max)
        slopes = tile_numbers(
            layer, place, spec, np.eye(place.cols), np.zeros(place.cols), w_max=w_max, v_per_unit=1.0
        )[:own]
        self.worth = (slopes != 0.0) @ (1.0 / np.square(slopes).sum(axis=0))

    def first_cells(self, middle: float) -> np.ndarray:
        """Return the conductances (rows, columns) [S] of the layer's weights; pairs lie about the middle of the range.

        A pair whose one side is at g_min could be changed in one direction only.
        """
        g = self.around[self.rows, self.cols].copy()
        if scheme_of(self.spec).paired:
            half = (g[:, 0::2] - g[:, 1::2]) / 2
            g[:, 0::2], g[:, 1::2] = middle + half, middle - half
        return g

    def whole(self, g: np.ndarray) -> np.ndarray:
        """Return the conductances of the whole array with cells g (rows, columns) [S] in their places."""
        found = self.around.copy()
        found[self.rows, self.cols] = g
        return found

    def weights(self, g: np.ndarray) -> np.ndarray:
        """Return the weights (inputs, outputs) that cells g (rows, columns) [S] hold."""
        used = self.whole(g)[self.rows, self.place.col_part]
        return tile_numbers(
            self.layer, self.place, self.spec, used, np.ones(len(used)), w_max=self.w_max, v_per_unit=1.0
        )


class PulsedTile:
    """Reads a tile at the conductances of its cells, and keeps what the update of them needs.

    Attributes:
        inner: The tile that is read.
        places: Where the cells lie.
        cells: The cells.
        g: (rows, cols) conductances of the whole array [S]; its gradient is the derivative of the loss.
        reads: Row voltages (vectors, rows) [V] and the derivatives by the currents (vectors, cols) of each read.
    """

    def __init__(self, inner: TrainedTile, places: CellPlaces, cells: PulsedCells) -> None:
        """Take over a tile of a converted module."""
        self.inner, self.places = inner, places
        self.reads: list[tuple[torch.Tensor, torch.Tensor]] = []
        self.take(cells)

    def __repr__(self) -> str:
        """Say what is read."""
        return f"cells that pulses move, {self.inner!r}"

    def take(self, cells: PulsedCells) -> None:
        """Take over cells, and forget the reads of those before."""
        self.cells = cells
        self.g = torch.as_tensor(self.places.whole(cells.g)).requires_grad_(True)
        self.reads = []

    def forget(self) -> None:
        """Forget reads and derivatives."""
        self.g.grad, self.reads = None, []

    def read(self, g: torch.Tensor, v_in: torch.Tensor, *, training: bool) -> torch.Tensor:
        """Return the column currents (batch, cols) [A] of the cells; g, what weights would be mapped to, is unused."""
        del g
        i_out = self.inner.read(self.g, v_in, training=training)
        if training and i_out.requires_grad:
            v_kept, reads = v_in.detach(), self.reads
            i_out.register_hook(lambda due: reads.append((v_kept, due.detach())))
        return i_out

    def gathered(self) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs x (updates, rows) in parts of v_read, and derivatives (updates, columns) by currents at x = 1.

        An update is a vector that was read; those without inputs or errors are left out.

        Raises:
            InputError: A derivative is not finite.
        """
        spec, places = self.places.spec, self.places
        if not self.reads:
            return np.zeros((0, len(self.cells.g))), np.zeros((0, self.cells.g.shape[1]))
        v = np.concatenate([each.double().numpy() for each, _ in self.reads])[:, places.rows]
        due = np.concatenate([each.double().numpy() for _, each in self.reads])[:, places.cols]
        if not np.all(np.isfinite(due)):
            raise InputError(f"layer {places.place.layer!r}: a derivative by its currents is not finite")
        x, by_current = (v - spec.sense.v_ref) / spec.driver.v_read, due * spec.driver.v_read
        used = x.any(axis=1) & by_current.any(axis=1)
        return x[used], by_current[used]

    def slope(self) -> np.ndarray:
        """Return the derivative of the loss by the cells (rows, columns) [1/S], the wires included.

        Raises:
            InputError: It is not finite.
        """
        if self.g.grad is None:
            return np.zeros(self.cells.g.shape)
        found = self.g.grad.numpy()[self.places.rows, self.places.cols]
        if not np.all(np.isfinite(found)):
            raise InputError(f"layer {self.places.place.layer!r}: a derivative by its cells is not finite")
        return found

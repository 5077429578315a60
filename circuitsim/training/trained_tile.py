"""A calibrated tile with conductances and inputs as tensors, differentiated by both."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from circuitsim import behavioral, nodal
from circuitsim.behavioral.tile_parts import tile_wires
from circuitsim.errors import InputError
from circuitsim.network import TilePlace
from circuitsim.results import TileModel
from circuitsim.training.array_gradient import CellsThrough, LinearResponses, MatrixThrough, linear_response
from circuitsim.training.draws import DrawnCells
from circuitsim.training.sensed_currents import SensedThrough

GRADIENTS = ("frozen", "exact")


@dataclass(frozen=True, eq=False)
class TrainingTiles:
    """Makes the tiles of a module in training; a `TensorProduct`.

    The derivative by the inputs is that of the tile's polynomial. By the conductances it is one of two:

    - "frozen": each cell keeps the factors that wires put on its current when the tile was last programmed, so that its
      matrices scale with its conductance. What a cell does to the voltages of others is left out. It costs nothing.
    - "exact": the adjoint of the array, what a cell does to all others included; of a tile of one matrix product two
      products a step (see `array_gradient`), of others two solves of the exact array a vector: for small arrays. It is
      then the derivative of the exact array: finite differences of tiles programmed anew are off by their own error.

    Between two programmings the currents too are those of frozen factors, see `behavioral.reprogram`; outside training
    a tile is programmed whenever its conductances change.

    Attributes:
        model: A calibrated model of the tiles, whose inputs are voltages.
        gradient: "frozen" or "exact".
        every: A tile in training is programmed, and linearized, again at every so many-th new set of conductances.
        dtype: Of the matrices.
        drawn: Draws deviations of the cells, at each read in training or of one array; None: none.

    Raises:
        InputError: The gradient is none of these, or amplifiers that are circuits read a model of several products.
    """

    model: TileModel
    gradient: str = "frozen"
    every: int = 1
    dtype: torch.dtype = torch.float32
    drawn: DrawnCells | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.gradient not in GRADIENTS:
            raise InputError(f"gradient = {self.gradient!r}: expected 'frozen' or 'exact'")
        if self.model.sense is not None and self.model.grade != 1:
            raise InputError(
                f"grade = {self.model.grade} with a table of sense amplifiers: training reads amplifiers that are "
                "circuits behind one matrix product; expected a model of grade 1"
            )

    def __call__(self, place: TilePlace) -> "TrainedTile":
        """Return the tile of a place, not programmed yet."""
        return TrainedTile(self, place)


class TrainedTile:
    """One tile of a module: what it was programmed with last, and how it is differentiated."""

    def __init__(self, made_by: TrainingTiles, place: TilePlace) -> None:
        """Begin without conductances."""
        self.made_by, self.place = made_by, place
        self.times = 0  # that it was programmed
        self.tile: behavioral.Tile | None = None
        self.g = self.cells = np.zeros((0, 0))
        self.seen: np.ndarray | None = None
        self.age = 0
        self.factors = torch.zeros(0)
        self.around_open: torch.Tensor | None = None  # (rows, cols) of the matrix where cells are 0; None: none is
        self.responses: LinearResponses | None = None
        self.array: Any = None

    def __repr__(self) -> str:
        """Name the gradient and how often the tile is programmed."""
        words = "factors of the wires held" if self.made_by.gradient == "frozen" else "adjoint of the array"
        return f"gradient = {self.made_by.gradient} ({words}), every = {self.made_by.every}"

    def __deepcopy__(self, memo: Any) -> "TrainedTile":
        """Copy the tile without what it was programmed with; the model is shared."""
        del memo
        return TrainedTile(self.made_by, self.place)

    def read(self, g: torch.Tensor, v_in: torch.Tensor, *, training: bool) -> torch.Tensor:
        """Return the column currents (batch, cols) [A], see `TensorTile`, or what amplifiers make of them.

        `v_in` decides on the type.

        Raises:
            OutsideRangeError: A conductance is outside the range of the model.
        """
        wanted = g.detach().cpu().numpy()
        self._program_if_needed(wanted, g.device, training=training)
        drawn, cells = self.made_by.drawn, wanted
        if self._held is not None:
            g, cells = g + torch.as_tensor(self.cells - self.g, device=g.device), self.cells
        elif drawn is not None and training:
            cells = drawn.cells(wanted)
            g = g + torch.as_tensor(cells - wanted, device=g.device)
        v_ref, kind = self.made_by.model.spec.sense.v_ref, self.made_by.dtype
        given = v_in.to(kind)
        across = given if v_ref == 0.0 else given - v_ref
        tile = self.tile
        assert tile is not None  # programmed above
        i_out = across @ self._matrix(g) if tile.form.linear else self._polynomial(tile, g, given)
        if drawn is not None and training:
            i_out = i_out + drawn.read(wanted, cells, self.factors, across)
        if tile.sense is not None:
            i_out = SensedThrough.apply(i_out, tile)
        return i_out.to(v_in.dtype)

    @property
    def _held(self) -> DrawnCells | None:
        """What draws the cells of the array that is held; None: every read draws others, or none."""
        drawn = self.made_by.drawn
        return drawn if drawn is not None and drawn.draws.held else None

    def _matrix(self, g: torch.Tensor) -> torch.Tensor:
        """Return the matrix (rows, cols) [S] of a linear tile."""
        matrix = g.to(self.made_by.dtype) * self.factors
        if self.around_open is not None:
            matrix = matrix + self.around_open
        return matrix if self.responses is None else MatrixThrough.apply(g, matrix.detach(), self.responses)

    def _polynomial(self, tile: behavioral.Tile, g: torch.Tensor, v_in: torch.Tensor) -> torch.Tensor:
        """Return the currents of a tile that keeps the cells' nonlinearity."""
        exact = self.array is not None
        base = torch.as_tensor(_inverse(self.cells), device=g.device)
        given = g.detach() if exact else g
        ratio = torch.where(base > 0, given * base, 1.0).to(self.made_by.dtype)  # at open cells the tile stays
        i_out = behavioral.mvm(behavioral.scale_tile(tile, ratio), v_in)
        return i_out + CellsThrough.apply(g, v_in, self.array) if exact else i_out

    def _program_if_needed(self, g: np.ndarray, device: torch.device, *, training: bool) -> None:
        """Program the tile again where its conductances have changed often enough; carry it to their device."""
        if self.tile is not None and self.factors.device != device:
            self._place(self.cells, device)
        if self.tile is not None:
            if np.array_equal(g, self.g if self.seen is None else self.seen):
                if training or self.seen is None:
                    return
            else:
                self.seen, self.age = g.copy(), self.age + 1
                if training and self.age < self.made_by.every:
                    return
        made_by, model, held = self.made_by, self.made_by.model, self._held
        cells = g.copy() if held is None else held.programmed(g, self.place, self.times)
        self._place(cells, device)
        self.g, self.cells, self.seen, self.age = g.copy(), cells, None, 0
        self.times += 1
        if made_by.gradient == "exact" and not self._is_linear:
            surface, given = model.current_surface, {"wires": tile_wires(model), "v_range": model.v_range}
            self.array = nodal.prepare(model.spec, cells, surface, **given)

    @property
    def _is_linear(self) -> bool:
        """Whether the tile is one matrix product."""
        return self.tile is not None and self.tile.form.linear

    def _place(self, cells: np.ndarray, device: torch.device) -> None:
        """Make the matrices of cells (rows, cols) [S] on a device; they are the same on each."""
        made_by = self.made_by
        of = {"dtype": "float64" if made_by.dtype == torch.float64 else "float32", "xp": torch, "device": device}
        programmed = behavioral.program(made_by.model, cells, drawn=self._held is not None, **of)
        self.tile = tile = behavioral.voltage_tile(programmed, "train")
        self.factors = (tile.w.double() * torch.as_tensor(_inverse(cells), device=device)).to(made_by.dtype)
        # Wires lead a row's current through other cells to a column where its own cell is open.
        is_open = torch.as_tensor(cells == 0.0, device=device)
        self.around_open = torch.where(is_open, tile.w, 0.0).to(made_by.dtype) if bool(is_open.any()) else None
        if made_by.gradient == "exact" and self._is_linear:
            self.responses = linear_response(made_by.model, cells, made_by.dtype, device)


def _inverse(g: np.ndarray) -> np.ndarray:
    """Return 1/g [Ohm], 0 of an open cell."""
    return np.where(g > 0, 1.0 / np.where(g > 0, g, 1.0), 0.0)

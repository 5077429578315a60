"""Products of a network's tiles at each level, as frozen dataclasses that can be pickled."""

import importlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import array_api_compat
import numpy as np

from circuitsim import behavioral, truth
from circuitsim.calibration import check_use, judged_model
from circuitsim.calibration.allowed_error import check_worst
from circuitsim.chain import ExactArray, exact_array, read_exact
from circuitsim.characterization import check_contents, check_sense_contents
from circuitsim.errors import InputError
from circuitsim.evaluation.gate_bend import tell_bend
from circuitsim.evaluation.joint_tiles import joint_form_of
from circuitsim.evaluation.tile_files import TileStore, check_storable, kept_tiles
from circuitsim.netlist import cell_text
from circuitsim.network import JointForm, ReadTile, TilePlace, check_same_array, over_groups
from circuitsim.network.product import put_like
from circuitsim.results import AnyCell, CellSurface, Certificate, SenseTable, Solution, TileModel, column_load
from circuitsim.spec import ArraySpec, by_value, with_ideal
from circuitsim.spice import Simulator

Listener = Callable[[TilePlace, np.ndarray, np.ndarray, Solution], None]
"""Called after each read of a tile: its place, conductances (rows, cols) [S], inputs (batch, rows) [V], solution."""


@dataclass(frozen=True)
class BehavioralProduct:
    """Programs each tile as matrices of a behavioral model and reads it by matrix products.

    Reads outside the certificate warn, or are refused. Without a certificate, inputs outside the range of the model
    warn.

    Attributes:
        model: A calibrated model of the network's tiles.
        dtype: Data type of the matrices and the currents, "float64" or "float32".
        namespace: Array module that computes: "numpy", "torch", or another that follows the array API.
        device: Device of the matrices, as the module names it ("cuda" for torch); None: its default. A network's
            drivers, ADCs and digital sums are computed there too; noise is drawn on the CPU.
        certificate: Certificate of the model, or None.
        strict: Use outside the certificate raises OutsideRangeError, and so do a tile above `max_error` and a model
            that misses its target.
        max_error: Largest error allowed among those found for matrices with the column load of a tile, as a fraction of
            full scale. A tile above it warns, or is refused if `strict`.
        store: Keeps the tiles of whole layers on disk, see `tile_store`; None: they are programmed each time.

    Raises:
        InputError: `strict` or `max_error` is given without a certificate, or the certificate belongs to another model;
            or a store cannot keep such tiles.
        OutsideRangeError: `strict` is True and the model misses its target.

    Warns:
        MissedTargetWarning: For each tile, where the model misses its target.
    """

    model: TileModel
    dtype: str = "float64"
    namespace: str = "numpy"
    device: Any = None
    certificate: Certificate | None = None
    strict: bool = False
    max_error: float | None = None
    store: TileStore | None = None

    def __post_init__(self) -> None:
        for argument, given in (("strict = True", self.strict), ("max_error", self.max_error is not None)):
            if self.certificate is None and given:
                raise InputError(f"{argument} needs the certificate of the model")
        if self.store is not None:
            check_storable(self.model, self.namespace)
        self._judged()

    @property
    def spec(self) -> ArraySpec:
        """The array that was calibrated."""
        return self.model.spec

    def check_array(self, spec: ArraySpec) -> None:
        """Refuse an array other than that of the model, or one whose SPICE files have changed since the calibration."""
        check_same_array(self.model.spec, spec)
        check_contents(spec, self.model.surface)
        check_sense_contents(spec, self.model.sense)
        tell_bend(spec)

    def __call__(self, place: TilePlace, g: np.ndarray, /) -> ReadTile:
        """Return the function that reads conductances g (rows, cols) [S]; judge its column load, see `check_worst`."""
        del place  # all tiles are the same kind of array
        return self.read_of(self.tile(g), g)

    def of_layer(self, places: Sequence[TilePlace], matrices: Sequence[np.ndarray], n_jobs: int = 1) -> list[ReadTile]:
        """Return the functions that read the tiles of a layer; judge the column load of each."""
        tiles = self.tiles(places[0].layer, matrices, n_jobs)
        return [self.read_of(tile, g) for tile, g in zip(tiles, matrices, strict=True)]

    def tiles(self, layer: str, matrices: Sequence[np.ndarray], n_jobs: int = 1) -> list[behavioral.AnyTile]:
        """Program the tiles of a layer with conductances (rows, cols) [S] each, or take them from the store."""
        judged = self._judged()
        for g in matrices:
            self._judge_load(g)
        given = {"dtype": self.dtype, "xp": importlib.import_module(self.namespace), "device": self.device}
        make = partial(over_groups, partial(behavioral.program_many, judged, **given), matrices, n_jobs)
        if self.store is None:
            return make()
        behavioral.tell_missed(judged)
        return kept_tiles(self.store, layer, judged, matrices, self.dtype, make)

    def tile(self, g: np.ndarray, *, drawn: np.ndarray | None = None) -> behavioral.AnyTile:
        """Program a tile with conductances g (rows, cols) [S], or with what was drawn for them; judge the load of g."""
        self._judge_load(g)
        xp, programmed = importlib.import_module(self.namespace), g if drawn is None else drawn
        given = {"dtype": self.dtype, "xp": xp, "device": self.device}
        return behavioral.program(self._judged(), programmed, drawn=drawn is not None, **given)

    def read_of(self, tile: behavioral.AnyTile, g: np.ndarray) -> ReadTile:
        """Return the function that reads a tile; its inputs are judged for the wanted conductances g [S]."""
        return MatrixRead(self, tile, g)

    def _judge_load(self, g: np.ndarray) -> None:
        if self.certificate is not None:
            load = column_load(g, self.model.spec.device.g_max)
            check_worst(self.certificate, load, max_error=self.max_error, strict=self.strict)

    def _judged(self) -> TileModel:
        """Return the model with the target that it misses; refuse it if `strict`."""
        return judged_model(self.model, self.certificate, strict=self.strict)


@by_value
@dataclass(frozen=True)
class MatrixRead:
    """Reads a tile of a behavioral model by matrix products; judges its inputs for the wanted conductances g [S]."""

    product: BehavioralProduct
    tile: behavioral.AnyTile
    g: np.ndarray

    def __call__(self, v_in: Any) -> Any:
        """Return the outputs (batch, cols) of inputs (batch, rows), where the tile is."""
        self.check_inputs(v_in)
        return behavioral.tile_outputs(self.tile, like_tile(self.tile, v_in))

    def own_array(self) -> Any:
        """Return an array of the tile."""
        return behavioral.own_array(self.tile)

    def check_inputs(self, v_in: Any) -> None:
        """Warn about inputs outside the certificate, or refuse them; without one the range of the model counts."""
        if v_in.shape[0] == 0:
            return
        xp = array_api_compat.array_namespace(v_in)
        lowest, highest = float(xp.min(v_in)), float(xp.max(v_in))
        if self.product.certificate is None:
            behavioral.check_input_ends(self.tile, lowest, highest)
        else:
            ends = np.array([[lowest], [highest]])
            check_use(self.product.model, self.product.certificate, self.g, ends, strict=self.product.strict)

    def joint_form(self) -> JointForm | None:
        """Return the products of the tile; None where it has others than those of one level a column."""
        return joint_form_of(self.tile)


@dataclass(frozen=True)
class NodalProduct:
    """Prepares each tile for the array solver and reads it with it.

    Attributes:
        spec: The array; all tiles are arrays of this kind.
        surface: Its characterized cell; None for ohmic 1R cells.
        record: Called with (place, conductances, inputs, solution) after each read, unless None.
        sense: Table of its sense amplifiers; None for ideal ones.
        off: Where inputs switch gates, the cell of a row at 0; None: it carries nothing.
        between: Where gates have `driver.gate_levels`, the cells between off and on, as in `nodal.prepare`.
    """

    spec: ArraySpec
    surface: AnyCell | None = None
    record: Listener | None = None
    sense: SenseTable | None = None
    off: CellSurface | None = None
    between: tuple[CellSurface, ...] = ()

    def check_array(self, spec: ArraySpec) -> None:
        """Refuse an array other than that of the product, or one whose SPICE files differ from those of the surface."""
        check_same_array(self.spec, spec)
        if self.surface is not None:
            check_contents(spec, self.surface)
        check_sense_contents(spec, self.sense)
        tell_bend(spec)

    def __call__(self, place: TilePlace, g: np.ndarray, /) -> ReadTile:
        """Return the function that reads conductances g (rows, cols) [S]."""
        array = exact_array(_still(self.spec), g, self.surface, off=self.off, between=self.between, sense=self.sense)
        return partial(_read_exactly, array, place, self.record)


@dataclass(frozen=True)
class NgspiceProduct:
    """Writes the deck of each tile and reads it in ngspice.

    Attributes:
        spec: The array; all tiles are arrays of this kind.
        folder: Where to keep the run folder of each tile, named by `run_folder`; None removes it after success.
        simulator: The ngspice to use; None: the one that `spice.find_ngspice` finds.
        record: Called with (place, conductances, inputs, solution) after each read, unless None. The thread that read
            the tile calls it.
    """

    spec: ArraySpec
    folder: Path | None = None
    simulator: Simulator | None = None
    record: Listener | None = None

    def check_array(self, spec: ArraySpec) -> None:
        """Refuse an array other than that of the product, or one whose SPICE files differ."""
        check_same_array(self.spec, spec)
        if cell_text(self.spec).digest != cell_text(spec).digest:
            raise InputError(
                "the product simulates another array than that of the network: the contents of their SPICE files "
                "differ; expected one specification for both"
            )
        tell_bend(spec)

    def __call__(self, place: TilePlace, g: np.ndarray, /) -> ReadTile:
        """Return the function that reads conductances g (rows, cols) [S]."""
        folder = None if self.folder is None else self.folder / run_folder(place)
        return partial(
            _read_in_ngspice,
            truth.prepare(with_ideal(_still(self.spec), "driver", "adc"), g),
            place,
            folder,
            self.simulator,
            self.record,
        )


def _still(spec: ArraySpec) -> ArraySpec:
    """Return the array with inputs that stay: pulses reach a product as intervals of constant rows."""
    return spec.replace(driver={"input_code": "amplitude"}) if spec.driver.input_code == "pulse_width" else spec


def run_folder(place: TilePlace) -> str:
    """Return the name of the folder in which `NgspiceProduct` keeps the run of a tile."""
    return f"{re.sub(r'[^A-Za-z0-9]+', '_', place.layer).strip('_')}_{place.index:02d}"


def like_tile(tile: behavioral.AnyTile, v_in: Any) -> Any:
    """Return inputs, of NumPy or already there, as an array of the namespace, dtype and device of a tile."""
    return put_like(behavioral.own_array(tile), v_in)


def _read_exactly(array: ExactArray, place: TilePlace, record: Listener | None, v_in: np.ndarray) -> np.ndarray:
    solution = read_exact(array, v_in)
    if record is not None:
        record(place, array.g, v_in, solution)
    return solution.out


def _read_in_ngspice(
    array: truth.TruthArray,
    place: TilePlace,
    folder: Path | None,
    simulator: Simulator | None,
    record: Listener | None,
    v_in: np.ndarray,
) -> np.ndarray:
    solution = truth.read(array, v_in, folder=folder, simulator=simulator)
    if record is not None:
        record(place, array.g, v_in, solution)
    return solution.out

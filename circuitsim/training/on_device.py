"""Train the cells of tiles themselves: forward and backward on the tiles, updates by pulses."""

import warnings
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from circuitsim.devices import has_two_states, stated_pulse_response
from circuitsim.errors import InputError, SpecError, WornCellsWarning
from circuitsim.evaluation.drawn_tiles import tile_entropy
from circuitsim.network.torch import MatrixTiles, layers_on_tiles
from circuitsim.programming import PulsedCells, draw_cells
from circuitsim.results import PulseResponse
from circuitsim.spec import ArraySpec, checked
from circuitsim.training.draws import TrainingDraws
from circuitsim.training.pulsed_tile import CellPlaces, PulsedTile
from circuitsim.training.pulsed_updates import FastArray, UpdatedArray, update_cells
from circuitsim.training.steps import differentiated_loss
from circuitsim.training.trained_tile import TrainedTile, TrainingTiles
from circuitsim.training.update_cost import UpdateCost
from circuitsim.training.update_rules import TikiTaka, UpdateRule


class DeviceTraining:
    """The cells of a module in training; `train_on_device` makes it.

    Attributes:
        module: The module, whose weights are those that its cells hold.
        response: What a pulse does to a cell.
        rule: How pulses follow from gradients.
        arrays: The tile, its cells and, in `TikiTaka`, its fast array.
        slots: Time slots of pulses so far, all tiles at the same time.
    """

    def __init__(self, module: nn.Module, response: PulseResponse, rule: UpdateRule) -> None:
        """Begin without tiles."""
        self.module, self.response, self.rule = module, response, rule
        self.arrays: list[tuple[PulsedTile, UpdatedArray, FastArray | None]] = []
        self.slots, self.told = 0, False

    @property
    def written(self) -> list[tuple[str, UpdatedArray]]:
        """All arrays that are written, slow or alone first, by the layer's name."""
        slow = [(tile.places.place.layer, each) for tile, each, _ in self.arrays]
        return slow + [
            (f"{tile.places.place.layer}: fast array", fast.written) for tile, _, fast in self.arrays if fast
        ]

    def __repr__(self) -> str:
        """Name the rule and the number of cells."""
        return f"{self.rule}, {sum(each.cells.g.size for _, each in self.written)} cells"


@checked
def train_on_device(
    module: nn.Module,
    response: PulseResponse | None = None,
    *,
    rule: UpdateRule,
    headroom: float = 1.0,
    seed: int = 0,
) -> DeviceTraining:
    """Let the weights of a module lie in cells that pulses move, from its present weights on.

    From then on the tiles are read at the conductances of their cells, which `device_step` changes; weights that
    `requires_grad` have cells, and are no parameters of an optimizer any more. Biases and whatever else is digital go
    to an optimizer. The weight that takes the whole range of conductances is held. Pairs of columns begin about the
    middle of the response's range, because a cell at g_min can be changed in one direction only.

    Args:
        module: A module that `convert_module` made, which is changed.
        response: What a pulse does to a cell; None: as the card of the device states it.
        rule: `PulseTrains`, `PulseCounts` or `TikiTaka`.
        headroom: Weight at the end of the range, in parts of each layer's largest one at the beginning; 1 or above.
        seed: Of the differences between cells, of the trains of pulses and of the write noise, each of its own.

    Raises:
        InputError: The card states no pulses, the cells cannot be trained, the response leaves the range of the array,
            or has no symmetry point that `TikiTaka` needs.
        SpecError: The array holds weights as something else than analog cells of one scale a layer.

    Valid for: cells at rest that do not move while others are written, and cells that no read moves. A response that
    was measured behind a transistor is that of the whole cell.
    """
    if not 1.0 <= headroom < np.inf:
        raise InputError(f"headroom = {headroom:g}: expected a number, 1 or above")
    found = _trained_tiles(module)
    spec = found[0][0].spec
    _check_array(spec)
    response = stated_pulse_response(spec) if response is None else response
    _check_response(response, spec, rule)
    training = DeviceTraining(module, response, rule)
    for tiles, weights in found:
        layer = tiles.linear_layer(weights)
        tiles.w_max = headroom * (float(np.abs(layer.weights).max()) or 1.0)
        for index, inner in enumerate(tiles.tiles):
            assert isinstance(inner, TrainedTile)  # refused before
            places = CellPlaces(layer, tiles.places[index], spec, tiles.w_max)
            made = _arrays(places, inner, training, seed)
            tiles.tiles[index] = made[0]
            training.arrays.append(made)
    weights_by_storage = {each.untyped_storage().data_ptr(): each for each in module.parameters()}
    for _, weights in found:
        weights_by_storage[weights.untyped_storage().data_ptr()].requires_grad_(False)
    _show_weights(training)
    return training


def _trained_tiles(module: nn.Module) -> list[tuple[MatrixTiles, torch.Tensor]]:
    """Return the tiles, with their weights, whose cells are to be trained; refuse those whose cells cannot be."""
    found = [(tiles, weights) for tiles, weights in layers_on_tiles(module) if weights.requires_grad]
    if not found:
        raise InputError("no weight on tiles requires a gradient: expected a module that convert_module made")
    own = {each.untyped_storage().data_ptr() for each in module.parameters()}
    for tiles, weights in found:
        where, product = f"layer {tiles.layer!r}", tiles.product
        if any(isinstance(each, PulsedTile) for each in tiles.tiles):
            raise InputError(f"{where}: its cells are trained already; expected a module from convert_module")
        if not isinstance(product, TrainingTiles):
            raise InputError(f"{where}: its tiles are not those of convert_module")
        if product.drawn is not None and not _draws_reads_alone(product.drawn.draws):
            raise InputError(
                f"{where}: draws of other cells than pulses leave; expected none, or causes of read_noise alone"
            )
        if tiles.shape[0] != 1 or weights.untyped_storage().data_ptr() not in own:
            raise InputError(
                f"{where}: its weights are {tiles.shape[0]} groups, or computed from others; expected one matrix whose "
                "weights are parameters, or it among digital"
            )
        if not bool(torch.isfinite(weights.detach()).all()):
            raise InputError(f"{where}: a weight is not finite")
    return found


def _draws_reads_alone(draws: TrainingDraws) -> bool:
    return draws.causes == {"read_noise"} and not (draws.relative_sigma or draws.proportional_sigma)


def _check_array(spec: ArraySpec) -> None:
    """Refuse arrays whose cells do not each hold a share of one weight."""
    mapping = spec.mapping
    if mapping.bits_per_cell != "analog" or has_two_states(spec):
        what = f"mapping.bits_per_cell = {mapping.bits_per_cell!r}, device {spec.device.model or 'of a file'!r}"
        raise SpecError(f"{what}: cells of a few levels cannot be trained by pulses; expected analog cells")
    if mapping.scale not in (None, "layer"):
        raise SpecError(f"mapping.scale = {mapping.scale!r}: expected 'layer', a scale that training does not move")
    if mapping.inputs == "differential":
        raise SpecError(
            "mapping.inputs = 'differential': both rows of an input would learn a weight of their own; expected "
            "'two_phase' or 'unsigned'"
        )


def _check_response(response: PulseResponse, spec: ArraySpec, rule: UpdateRule) -> None:
    low, high = spec.device.g_min, spec.device.g_max
    if response.g[0] < low * (1 - 1e-6) or response.g[-1] > high * (1 + 1e-6):
        raise InputError(
            f"the pulses reach {response.g[0]:.4g} to {response.g[-1]:.4g} S, beyond device.g_min = {low:g} S or "
            f"device.g_max = {high:g} S: expected an array whose range takes all of them"
        )
    if isinstance(rule, TikiTaka) and not response.has_symmetry_point:
        raise InputError(
            "TikiTaka needs a symmetry point, a conductance between the bounds towards which pairs of an up and a down "
            f"pulse drift from both sides, but up + down is {response.pair_drift[0]:.3g} S at the lower bound and "
            f"{response.pair_drift[-1]:.3g} S at the upper one, with steps known to {response.step_error:.2g} S: "
            "expected it above 0 below, and below 0 above, without a wide range in between where both cancel; "
            "PulseTrains and PulseCounts need none"
        )


def _arrays(
    places: CellPlaces, inner: TrainedTile, training: DeviceTraining, seed: int
) -> tuple[PulsedTile, UpdatedArray, FastArray | None]:
    """Return the tile of a place on cells, with what writes them; every stream of numbers has its own generator."""
    response, entropy = training.response, tile_entropy(seed, places.place)
    g_range = (places.spec.device.g_min, places.spec.device.g_max)

    def written(g: np.ndarray, first: int, *, symmetric: bool = False) -> UpdatedArray:
        draws, bits, noise = (np.random.default_rng([*entropy, first + n]) for n in range(3))
        cells = draw_cells(response, g, rng=draws, g_range=g_range)
        cells = _at_symmetry(cells) if symmetric else cells
        return UpdatedArray(cells, bits, noise, np.zeros(g.shape), response.step)

    first = places.first_cells((response.g[0] + response.g[-1]) / 2)
    slow = written(first, 0)
    tile, fast = PulsedTile(inner, places, slow.cells), None
    if isinstance(training.rule, TikiTaka):
        gathers = written(np.full(first.shape, response.symmetry_point), 3, symmetric=True)
        fast = FastArray(gathers, TrainedTile(inner.made_by, places.place), places)
    return tile, slow, fast


def _at_symmetry(cells: PulsedCells) -> PulsedCells:
    return PulsedCells(**{**vars(cells), "g": cells.symmetry})


@checked
def device_step(
    training: DeviceTraining,
    loss: Callable[[], torch.Tensor],
    *,
    step: int,
    optimizer: torch.optim.Optimizer | None = None,
) -> float:
    """Take one step: read the loss, then pulse the cells by the rule; return the loss.

    Args:
        training: The cells.
        loss: Computes the loss of one batch on the module in `train()`, which is differentiated here.
        step: Number of the step, for messages.
        optimizer: Of what is digital, such as biases; None: that stays.

    Raises:
        InputError: The loss or a gradient is not finite, the module is in `eval()`, or the loss reaches no cell; cells
            and parameters are those before the step.

    Warns:
        WornCellsWarning: Cells no longer respond; told once.
    """
    if not training.module.training:
        raise InputError(f"step {step}: the module is in eval(), whose reads train nothing; expected module.train()")
    for tile, _, _ in training.arrays:
        tile.forget()
    training.module.zero_grad()
    found = differentiated_loss(training.module, training.module.zero_grad, loss, step)
    reached = [each for each in training.arrays if each[0].reads]
    if not reached:
        raise InputError(f"step {step}: the loss reaches no cell: expected one that reads the module's layers on tiles")
    try:
        for tile, _, _ in reached:
            tile.gathered()
            tile.slope()
    except InputError as error:
        raise InputError(f"step {step}: {error}; cells and parameters are those before the step") from error
    slots = []
    for tile, slow, fast in reached:
        before = _slots(slow, fast)
        update_cells(training.rule, tile, slow, fast)
        tile.take(slow.cells)
        slots.append(_slots(slow, fast) - before)
    training.slots += max(slots)
    if optimizer is not None:
        optimizer.step()
    _show_weights(training)
    _tell_worn(training, step)
    return found


def _slots(slow: UpdatedArray, fast: FastArray | None) -> int:
    return slow.slots + (0 if fast is None else fast.written.slots)


def _show_weights(training: DeviceTraining) -> None:
    """Let the weights of the module be those that its cells hold."""
    by_layer = {tiles.layer: weights for tiles, weights in layers_on_tiles(training.module)}
    with torch.no_grad():
        for tile, slow, _ in training.arrays:
            place, weights = tile.places.place, by_layer[tile.places.place.layer]
            held = torch.as_tensor(tile.places.weights(slow.cells.g), dtype=weights.dtype)
            weights[0, slice(*place.inputs), slice(*place.outputs)] = held


def _tell_worn(training: DeviceTraining, step: int) -> None:
    worn = sum(int(each.cells.worn.sum()) for _, each in training.written)
    if worn and not training.told:
        training.told = True
        total = sum(each.cells.g.size for _, each in training.written)
        warnings.warn(
            f"step {step}: {worn} of {total} cells have received the {training.response.endurance:g} pulses that their "
            "device endures, and no longer respond; update_cost tells how many there are later",
            WornCellsWarning,
            stacklevel=4,
        )


@checked
def update_cost(training: DeviceTraining) -> UpdateCost:
    """Return what all updates have taken: pulses of each cell, wear, energy and time."""
    arrays, response = training.written, training.response
    cells = [each.cells for _, each in arrays]
    pulses: dict[str, list[np.ndarray]] = {}
    for name, each in arrays:
        pulses.setdefault(name, []).append(each.cells.pulses.ravel())
    trains, spec = sum(each.trains for _, each in arrays), training.arrays[0][0].places.spec
    at_end = [(each.low <= spec.device.g_min) | (each.high >= spec.device.g_max) for each in cells]
    energies = [each.energy for each in cells if each.energy is not None]
    return UpdateCost(
        {name: np.concatenate(each) for name, each in pulses.items()},
        response,
        clipped_share=sum(each.clipped for each in cells) / max(sum(int(each.pulses.sum()) for each in cells), 1),
        cut_share=sum(each.cut for _, each in arrays) / trains if trains else float("nan"),
        bounds_cut=float(np.concatenate([each.ravel() for each in at_end]).mean()) if response.bound_spread else 0.0,
        worn=sum(int(each.worn.sum()) for each in cells),
        energy=sum(energies) if energies else None,
        time=None if response.duration is None else training.slots * response.duration,
    )

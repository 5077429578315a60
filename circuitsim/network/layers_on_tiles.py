"""The products of a network's layers on their tiles: together and compiled where possible, else tile by tile."""

import math
from collections import defaultdict
from dataclasses import dataclass, field, fields, replace

import numpy as np

from circuitsim.errors import InputError
from circuitsim.network.chunks import LayerSizes
from circuitsim.network.driven_tensor import largest_input
from circuitsim.network.finishes import Finish
from circuitsim.network.input_ranges import relative_ranges
from circuitsim.network.joint.layer import JointLayer, JointReading, joint_layer, read_jointly
from circuitsim.network.layer_range import LayerRange
from circuitsim.network.linear import LinearLayer, float_product, output_tensor
from circuitsim.network.product import JudgingRead
from circuitsim.network.programming import ProgrammedLayer, ProgrammedNetwork
from circuitsim.network.reading import LayerReading, read_layer
from circuitsim.network.rooms import Rooms
from circuitsim.network.vector_places import VectorPlaces, places_of_vectors

_PATCHES, _CURRENTS = 10, 6  # copies of its vectors and of its currents, float64, that a layer makes tile by tile
_PLACES = 16  # bytes of the places of a vector


@dataclass(frozen=True)
class LayerCounts:
    """Counts of a layer for some images; fields as in `LayerReading`, sums of squares (images,) for each image.

    Sums of all images do not depend on how the images are grouped, because they are made of those of single images.
    """

    vectors: int
    reads: int
    conversions: int
    adc_clipped: int
    encoded: int
    inputs_clipped: int
    input_max: float
    i_max: float
    input_squares: np.ndarray
    lost_squares: np.ndarray


@dataclass(frozen=True)
class LayersOnTiles:
    """The product of a network whose layers lie on tiles; a `LayerProduct` that keeps counts.

    Attributes:
        programmed: The network on its tiles.
        ranges: By the layer's name.
        rng: Source of the noise of circuits; None: without noise.
        n_jobs: Threads.
        compiled: Read layers together where that is possible.
        images: Number of images that are run.
        counts: Of each layer, in the order of the runs.
        joint: The layers that are read together, None for others; filled as layers are met.
        places: Of the vectors of each layer that is read together, by its name and the shape of its input.
        rooms: Memory of the layers.
        judged: Largest scaled input of each layer that its tiles have judged.
    """

    programmed: ProgrammedNetwork
    ranges: dict[str, LayerRange]
    rng: np.random.Generator | None = None
    n_jobs: int = 1
    compiled: bool = True
    images: int = 1
    counts: defaultdict[str, list[LayerCounts]] = field(default_factory=lambda: defaultdict(list))
    joint: dict[str, JointLayer | None] = field(default_factory=dict)
    places: dict[tuple[str, tuple[int, ...]], VectorPlaces] = field(default_factory=dict)
    rooms: Rooms = field(default_factory=Rooms)
    judged: dict[str, float] = field(default_factory=dict)

    def __call__(self, layer: LinearLayer, activations: np.ndarray) -> object:
        """Return products (vectors, groups, outputs) of activations (vectors, groups, inputs), read tile by tile."""
        if layer.name not in self.programmed.layers:  # named in mapping.digital
            return float_product(layer, activations)
        tiles, known = self.programmed.layers[layer.name], self._range(layer)
        around = {"tables": self.programmed.tables, "rng": self.rng, "n_jobs": self.n_jobs}
        reading = read_layer(tiles, self.programmed.spec, activations, known, **around)
        ends = known.activation_max * relative_ranges(tiles, known)
        self.counts[layer.name].append(_counts(reading, activations, ends, self.images))
        return reading.y

    def of_tensor(self, layer: LinearLayer, x: np.ndarray) -> np.ndarray | None:
        """Return the output tensor of a layer that is read together, bias included; None for others."""
        return self._together(layer, x, None)

    def finished(self, layer: LinearLayer, x: np.ndarray, finish: Finish) -> np.ndarray | None:
        """Return the output tensor of a layer that is read together, finished; None for others."""
        return None if layer.contraction is not None else self._together(layer, x, finish)

    def _together(self, layer: LinearLayer, x: np.ndarray, finish: Finish | None) -> np.ndarray | None:
        if layer.name not in self.programmed.layers or x.dtype not in (np.float32, np.float64) or x.size == 0:
            return None
        joint = self.joint_form(layer)
        if joint is None:
            return None
        vectors = x if layer.contraction is None else layer.contraction.vectors(x)
        if self.programmed.spec.mapping.inputs == "unsigned" and float(x.min()) < 0.0:
            return None  # refused where it is encoded
        if (layer.name, vectors.shape) not in self.places:
            self.places[layer.name, vectors.shape] = places_of_vectors(layer, vectors.shape)
        places = self.places[layer.name, vectors.shape]
        if finish is not None and not finish.fits(places.shape):
            return None
        vectors = np.ascontiguousarray(vectors)
        reading = read_jointly(joint, vectors, places, self.rooms, finish=finish, n_jobs=self.n_jobs)
        if reading is None:
            return None
        self._judge(joint, self.programmed.layers[layer.name], reading.inputs.largest)
        self.counts[layer.name].append(_joint_counts(reading))
        return reading.out if layer.contraction is None else output_tensor(layer, reading.out, x.shape)

    def for_images(self, count: int) -> "LayersOnTiles":
        """Return the same products for the next chunk, of `count` images; outputs of earlier ones are overwritten."""
        return replace(self, images=count, rooms=self.rooms.next_chunk())

    def joint_form(self, layer: LinearLayer) -> JointLayer | None:
        """Return the layer in the form in which its tiles are read together; None where they are not."""
        if not self.compiled or self.rng is not None:
            return None
        if layer.name not in self.joint:
            programmed, known = self.programmed, self._range(layer)
            tiles = programmed.layers[layer.name]
            self.joint[layer.name] = joint_layer(tiles, programmed.spec, known, programmed.tables)
        return self.joint[layer.name]

    def cost(self, size: LayerSizes) -> float:
        """Return the bytes that a layer takes while it computes."""
        layer = size.layer
        groups, inputs, _ = layer.weights.shape
        patches = size.vectors * groups * inputs
        if layer.name not in self.programmed.layers:
            return 8.0 * (2 * patches + size.outputs)
        phases = 2 if self.programmed.spec.mapping.inputs == "two_phase" else 1
        joint = self.joint_form(layer) if layer.name in self.ranges else None
        if joint is not None:
            padded = math.prod(size.shape) * (1 if layer.window is None else 2)
            return joint.dtype.itemsize * (3 * phases * padded + 2 * size.outputs) + _PLACES * size.vectors
        if self.programmed.spec.driver.input_code == "bit_serial":
            phases *= self.programmed.spec.driver.dac_bits or 1
        columns = sum(place.cols for place in self.programmed.layers[layer.name].places)
        return 8.0 * (_PATCHES * phases * patches + _CURRENTS * phases * size.vectors * columns)

    def _range(self, layer: LinearLayer) -> LayerRange:
        if layer.name not in self.ranges:
            raise InputError(
                f"ranges lack the layer {layer.name!r}; expected those of fit_ranges for this network, from images of "
                "which one or more reach the layer"
            )
        return self.ranges[layer.name]

    def _judge(self, joint: JointLayer, tiles: ProgrammedLayer, largest: float) -> None:
        """Let tiles judge inputs that are larger than those before."""
        name, v = tiles.layer.name, largest_input(joint.drive, largest)
        if v <= self.judged.get(name, 0.0):
            return
        self.judged[name] = v
        for place, read in zip(tiles.places, tiles.reads, strict=True):
            if isinstance(read, JudgingRead):
                v_in = np.full((2, self.programmed.spec.array.rows), joint.rest)
                v_in[1, place.row_part] += v
                read.check_inputs(v_in)


def _counts(reading: LayerReading, activations: np.ndarray, ends: np.ndarray | float, images: int) -> LayerCounts:
    """Return the counts of a read; `ends` (groups, inputs) are the ranges of its inputs."""
    same = {each.name: getattr(reading, each.name) for each in fields(LayerCounts) if hasattr(reading, each.name)}
    parts = images if activations.size and len(activations) % images == 0 else 1
    each = activations.reshape(parts, -1)
    lost = np.sum(np.maximum(np.abs(activations) - ends, 0.0).reshape(parts, -1) ** 2, axis=1)
    return LayerCounts(vectors=len(activations), input_squares=np.sum(each**2, axis=1), lost_squares=lost, **same)


def _joint_counts(reading: JointReading) -> LayerCounts:
    return LayerCounts(
        vectors=reading.vectors,
        reads=reading.reads,
        conversions=reading.conversions,
        adc_clipped=reading.adc_clipped,
        encoded=reading.inputs.encoded,
        inputs_clipped=reading.inputs.clipped,
        input_max=reading.inputs.largest,
        i_max=reading.i_max,
        input_squares=reading.inputs.squares,
        lost_squares=reading.inputs.lost,
    )

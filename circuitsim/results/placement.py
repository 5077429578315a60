"""Which layers of a network stay digital, so that its loss of score stays within a limit."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PlacementStep:
    """One layer more that is digital, or one that is put back on arrays.

    Attributes:
        layer: Name of the layer.
        digital: Whether it became digital.
        loss: Loss of score afterwards, on the images of the choice.
    """

    layer: str
    digital: bool
    loss: float


@dataclass(frozen=True)
class PlacementEnergies:
    """Energy of an image, low and high [J].

    Attributes:
        arrays: Of the layers that stay on arrays: drivers, references, amplifiers, conversions, digital sums, buffers.
        digital: Of the multiply-accumulates of the layers that are digital.
        all_on_arrays: With every layer on arrays.
        converter: Whose conversions these are.
        published: `digital` is the range of published machines, not the user's number.
    """

    arrays: tuple[float, float]
    digital: tuple[float, float]
    all_on_arrays: tuple[float, float]
    converter: str
    published: bool


@dataclass(frozen=True)
class Placement:
    """A choice of digital layers.

    Attributes:
        digital: Names of the layers, for `mapping.digital`.
        reached: Whether the loss on the images of the choice is within the limit.
        max_loss: The limit.
        loss_chosen: Loss on the images of the choice, mean over the draws.
        loss: The same on images that took no part in the choice.
        sigma: Standard deviation of that loss from draw to draw; None for one draw.
        loss_on_arrays: Loss on these images with all layers on arrays.
        images: Number of images of the choice, and of those that took no part.
        macs, digital_macs: Multiply-accumulates of an image in all layers, and in those that are digital.
        reads, conversions: Tile reads and ADC conversions of an image.
        reads_on_arrays, conversions_on_arrays: The same with all layers on arrays.
        energies: Energy of an image; None where reads are not counted.
        by_energy: Whether the choice weighs layers by their energy; else by their multiply-accumulates.
        steps: How the choice was made.
    """

    digital: tuple[str, ...]
    reached: bool
    max_loss: float
    loss_chosen: float
    loss: float
    sigma: float | None
    loss_on_arrays: float
    images: tuple[int, int]
    macs: int
    digital_macs: int
    reads: float
    conversions: float
    reads_on_arrays: float
    conversions_on_arrays: float
    energies: PlacementEnergies | None
    by_energy: bool
    steps: tuple[PlacementStep, ...]

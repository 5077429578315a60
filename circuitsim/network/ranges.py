"""Learn input range, ADC range and digital gain of each layer from calibration images."""

import dataclasses

import numpy as np

from circuitsim.network.inputs import encode
from circuitsim.network.linear import LinearLayer, as_numpy, float_product
from circuitsim.network.network import Network
from circuitsim.network.programming import ProgrammedLayer, ProgrammedNetwork
from circuitsim.network.reading import LayerRange, layer_products, read_tiles
from circuitsim.spec import ArraySpec, checked, real_numbers

INNER = 0.9998
"""Fraction of the calibration outputs inside an automatic ADC range.

Source: T. P. Xiao et al., "On the accuracy of analog neural network inference accelerators", IEEE Circuits and Systems
    Magazine 22(4), 2022.
"""


@checked
def layer_inputs(network: Network, images: np.ndarray) -> dict[str, np.ndarray]:
    """Return the activations (vectors, groups, inputs) of each layer in the float network, by the layer's name."""
    inputs: dict[str, np.ndarray] = {}

    def product(layer: LinearLayer, activations: np.ndarray) -> np.ndarray:
        inputs[layer.name] = activations
        return float_product(layer, activations)

    network.run(real_numbers("images", images, keep_type=True), product)
    return inputs


@checked
def fit_ranges(
    programmed: ProgrammedNetwork, images: np.ndarray, *, gain: bool = False, n_jobs: int = 1
) -> dict[str, LayerRange]:
    """Learn the input range, the ADC range and, optionally, a digital gain of each layer.

    Each layer receives the activations of the float network, so that the layers are learnt independently. The range of
    activations is the bound from the graph (1 after tanh), else the largest |activation|. An "auto" ADC range contains
    99.98 % of the layer's column currents between 0 and full scale.

    The gain is the least-squares factor from the products after the ADC to the float products. A designer would trim
    it digitally to compensate the mean loss of current in wires and transistors. It is off by default: with a fifth of
    the current lost, it hardly changes the classes; with half of it lost, it recovers most of the accuracy (tested on
    the demo network).

    Args:
        programmed: The network on its tiles.
        images: (images, …) calibration images; must not be among those on which accuracy is reported.
        gain: Fit a digital gain for each layer; otherwise it is 1.
        n_jobs: Number of tiles of a layer read at the same time, in threads; see `parallel.over_tiles`.

    Returns:
        The ranges by the layer's name.

    Raises:
        InputError: The images do not fit the network, or an input is negative but mapping.inputs = "unsigned".
    """
    spec, inputs = programmed.spec, layer_inputs(programmed.network, images)
    return {name: _fit_layer(programmed.layers[name], spec, inputs[name], gain, n_jobs) for name in inputs}


def _fit_layer(tiles: ProgrammedLayer, spec: ArraySpec, activations: np.ndarray, gain: bool, n_jobs: int) -> LayerRange:
    largest = tiles.layer.input_bound or float(np.abs(activations).max(initial=0.0)) or 1.0
    known = LayerRange(activation_max=largest)
    converts = spec.adc.bits is not None
    if converts and spec.adc.full_scale != "auto":
        known = dataclasses.replace(known, full_scale=float(spec.adc.full_scale))
    if not gain and (known.full_scale is not None or not converts):
        return known  # nothing to learn from the tiles
    phases = encode(activations, spec, activation_max=known.activation_max, layer=tiles.layer.name)
    currents = read_tiles(tiles, spec, phases, n_jobs=n_jobs)
    if converts and known.full_scale is None:
        # A layer without currents in all calibration images may take any range: use the current of one cell at g_max.
        flat = np.concatenate([as_numpy(tile.i_out).ravel() for tile in currents]).astype(float, copy=False)
        full_scale = float(np.quantile(flat, INNER)) if flat.size else 0.0
        known = dataclasses.replace(known, full_scale=full_scale or spec.device.g_max * spec.driver.v_read)
    if gain:
        y, _ = layer_products(tiles, spec, currents, phases.weights, known)
        y = as_numpy(y).astype(float, copy=False)
        square = float(np.vdot(y, y))
        factor = float(np.vdot(y, float_product(tiles.layer, activations))) / square if square > 0.0 else 1.0
        known = dataclasses.replace(known, gain=factor)
    return known

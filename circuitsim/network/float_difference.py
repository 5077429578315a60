"""Compare arrays that compute exactly with the float network: mapping, tiling, phases and digital sums."""

import numpy as np

from circuitsim.network.chunks import MEMORY
from circuitsim.network.images import checked_images
from circuitsim.network.inference import evaluate
from circuitsim.network.network import Network
from circuitsim.network.product import Product, exact_product
from circuitsim.network.programming import program
from circuitsim.network.ranges import fit_ranges
from circuitsim.spec import ArraySpec, checked, input_unit, with_ideal

FINEST = 24  # bits of the finest DAC


@checked
def float_difference(
    network: Network,
    spec: ArraySpec,
    images: np.ndarray,
    *,
    product: Product | None = None,
    memory: float = MEMORY,
) -> np.ndarray:
    """Compare the outputs on arrays without DAC, ADC and levels of cells with those of the float network.

    Bit-serial inputs take 24 bits.

    This checks mapping, tiling, phases and digital sums. With exact products, or those of an ohmic array without wires,
    the difference is rounding alone, below 1e-5 where the network computes in float32.

    Args:
        network: The network.
        spec: The array; its DAC and ADC are taken as ideal.
        images: (images, …); the input ranges are learnt from them, so that no input is clipped.
        product: Programs and reads a tile of this array; None for exact products.
        memory: Bytes that the images may take, as in `evaluate`.

    Returns:
        (images,) largest |difference| of an image's outputs, relative to the largest |output| of the float network over
        all images (to 1 if all its outputs are 0).
    """
    images = checked_images(images)
    ideal = with_ideal(spec, "driver", "sense", "adc") if product is None else spec
    on_gates = input_unit(spec) != "V"  # they take bits, whose codes are as fine as these inputs
    driver = {"dac_bits": FINEST} if on_gates else {"dac_bits": None, "input_code": "amplitude"}
    if spec.driver.gate_levels is not None and product is None:
        driver |= {"gate_levels": None, "input_code": "bit_serial"}
    mapping = {"bits_per_cell": "analog", "weight_bits": None} if product is None else {}
    spec = ideal.replace(driver=driver, adc={"bits": None}, mapping=mapping)
    programmed = program(network, spec, product or exact_product(spec))
    ranges = fit_ranges(programmed, images, memory=memory)
    array = evaluate(programmed, images, ranges=ranges, memory=memory).logits.reshape(len(images), -1)
    logits = network.run_float(images).reshape(len(images), -1)
    scale = float(np.abs(logits).max(initial=0.0)) or 1.0
    return np.abs(array.astype(float) - logits.astype(float)).max(axis=1) / scale

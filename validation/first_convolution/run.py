"""The first convolution of a network by ngspice and by calibrated tiles: currents, and codes of the ADC.

    python validation/first_convolution/run.py MODEL.json CERTIFICATE.json IMAGES.npz [--images 20] [--network FILE]

Tiles and ngspice read the same voltages: those that the images put on the rows at every position of the kernel. Equal
voltages are read once, and count once. The first images of the file set the ranges of drivers and ADCs, those after
them are read. An error e moves a current across an edge of a code with the chance |e| / LSB, so the sum of |e| / LSB is
the number of codes that should differ. Exit code 1: an error is above the worst that the certificate knows, a code
differs by more than one LSB, or the number of codes that differ is three standard deviations from what is due.
"""

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from circuitsim.errors import CircuitsimError
from circuitsim.evaluation import BehavioralProduct, NgspiceProduct
from circuitsim.evaluation.image_files import images_apart
from circuitsim.network import RecordedProduct, TilePlace, evaluate, fit_ranges, load_network, program
from circuitsim.network.converting import layer_adc
from circuitsim.network.onnx import OnnxNetwork
from circuitsim.periphery import Periphery, convert_and_count
from circuitsim.results import Certificate, TileModel, load_certificate, load_model

NETWORK = Path(__file__).parent.parent / "mnist_cnn" / "mnist_cnn.onnx"
STRAY = 3.0  # standard deviations that the number of codes that differ may stray from what is due


@dataclass(frozen=True)
class Compared:
    """What tiles and ngspice read: currents (currents,) [A] and codes of each, positions of the kernel, LSB [A]."""

    tile: np.ndarray
    truth: np.ndarray
    tile_codes: np.ndarray
    truth_codes: np.ndarray
    positions: int
    distinct: int
    tiles: int
    lsb: float


def compare(network: OnnxNetwork, model: TileModel, first: np.ndarray, images: np.ndarray) -> Compared:
    """Read the first layer on tiles of the model, then the distinct inputs of each of its tiles in ngspice."""
    spec, layer, records = model.spec, network.layers[0].name, []
    programmed = program(network, spec, RecordedProduct(BehavioralProduct(model), records))
    ranges = fit_ranges(programmed, first)
    records.clear()  # of the images that set the ranges
    evaluate(programmed, images, ranges=ranges)
    own = [each for each in records if each.place.layer == layer]
    places: list[TilePlace] = list(dict.fromkeys(each.place for each in own))
    adc = layer_adc(spec, Periphery(), ranges[layer].full_scale)
    if adc is None:
        raise SystemExit("adc.bits is missing in the specification of the model: there are no codes to compare")
    currents, codes, positions, distinct = [], [], 0, 0
    for place in places:
        reads = [each for each in own if each.place == place]
        v_in = np.concatenate([each.v_in for each in reads])
        once, at = np.unique(v_in, axis=0, return_index=True)
        tile = np.concatenate([each.i_out for each in reads])[at]
        pair = [out[:, place.col_part] for out in (tile, NgspiceProduct(spec)(place, reads[0].g)(once))]
        currents.append([out.ravel() for out in pair])
        codes.append([convert_and_count(adc, out)[0].ravel() for out in pair])
        positions, distinct = positions + len(v_in), distinct + len(once)
    (tile, truth), (a, b) = (np.concatenate(parts, axis=1) for parts in (currents, codes))
    return Compared(tile, truth, a, b, positions, distinct, len(places), adc.lsb)


def table(found: Compared, certificate: Certificate) -> bool:
    """Print what was found beside what is due; return whether it is as the certificate and the LSB say."""
    error, moved = np.abs(found.tile - found.truth), np.abs(found.tile_codes - found.truth_codes)
    chances = np.minimum(error / found.lsb, 1.0)
    due, spread = chances.sum(), np.sqrt((chances * (1 - chances)).sum())
    rms, worst, scale = np.sqrt(np.mean(error**2)), error.max(), certificate.full_scale
    typical, known = certificate.typical.rms * scale, None if certificate.worst is None else certificate.worst.error
    bound = (np.inf if known is None else known) * scale
    print(f"tiles                             {found.tiles}")
    print(f"reads, and distinct ones          {found.positions}, {found.distinct}")
    print(f"currents compared                 {error.size}, largest {1e6 * np.abs(found.truth).max():.4g} uA")
    print(f"rms error                         {1e9 * rms:.4g} nA: {rms / typical:.3g} of the certificate's rms")
    share = "no worst error in the certificate" if known is None else f"{worst / bound:.3g} of the worst known"
    print(f"largest error                     {1e9 * worst:.4g} nA: {share}")
    print(f"LSB                               {1e9 * found.lsb:.4g} nA; rms error {rms / found.lsb:.2g} LSB")
    print(f"codes that differ, by one LSB     {np.count_nonzero(moved)}, {np.count_nonzero(moved == 1)}")
    print(f"due to differ, by these errors    {due:.1f} +- {spread:.1f}")
    print(f"due, by the certificate's rms     at most {error.size * typical / found.lsb:.1f}")
    return bool(worst <= bound and moved.max() <= 1 and abs(np.count_nonzero(moved) - due) <= STRAY * max(spread, 1.0))


def main() -> int:
    """Compare, print the table, and say how long it took."""
    parser = argparse.ArgumentParser(
        description="The first convolution of a network by ngspice and by calibrated tiles."
    )
    parser.add_argument("model", type=Path, help="model.json, from circuitsim calibrate")
    parser.add_argument("certificate", type=Path, help="its certificate.json")
    parser.add_argument("data", type=Path, help=".npz with images, as circuitsim infer takes them")
    parser.add_argument("--images", type=int, default=20, help="number of images that are read")
    parser.add_argument("--network", type=Path, default=NETWORK)
    options, start = parser.parse_args(), time.process_time()
    try:
        network, model = load_network(options.network), load_model(options.model)
        first, images, _ = images_apart(network, options.data, None, None)
        if not 1 <= options.images <= len(images):
            parser.error(f"--images {options.images}: expected 1 to {len(images)}, the images left after the ranges'")
        held = table(compare(network, model, first, images[: options.images]), load_certificate(options.certificate))
    except CircuitsimError as error:
        parser.error(str(error))
    print(f"{options.images} images, {len(first)} set ranges; {time.process_time() - start:.0f} s of CPU but ngspice")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())

"""Networks on arrays: an ONNX model's products go to tiles, everything else to onnxruntime.

`load_network` cuts the model, `program` puts its layers into tiles whose analog product is an argument, `fit_ranges`
learns the ranges, `evaluate` classifies images.
"""

from circuitsim.network.arrays import LayerRange, ProgrammedLayer, ProgrammedNetwork, program
from circuitsim.network.inference import (
    Inference,
    LayerStatistics,
    evaluate,
    evaluate_float,
    evaluate_ideal,
    float_difference,
)
from circuitsim.network.linear import LinearLayer
from circuitsim.network.onnx.graph import Network, load_network
from circuitsim.network.product import Product, Read, TileMap, TileRead, exact, recorded
from circuitsim.network.ranges import fit_ranges, layer_inputs
from circuitsim.network.tiling import TilePlace

__all__ = [
    "Inference",
    "LayerRange",
    "LayerStatistics",
    "LinearLayer",
    "Network",
    "Product",
    "ProgrammedLayer",
    "ProgrammedNetwork",
    "Read",
    "TileMap",
    "TilePlace",
    "TileRead",
    "evaluate",
    "evaluate_float",
    "evaluate_ideal",
    "exact",
    "fit_ranges",
    "float_difference",
    "layer_inputs",
    "load_network",
    "program",
    "recorded",
]

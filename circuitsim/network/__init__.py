"""Networks on arrays: tiles compute the products with constant weights, everything else stays digital.

`load_network` reads an ONNX model and needs onnx and onnxruntime; any other network that follows `Network` works
without them. `program` programs the layers into tiles, whose analog product is an argument. `fit_ranges` learns input
and ADC ranges, and `evaluate` gives outputs and a score.
"""

from circuitsim.network.apart import check_images_apart
from circuitsim.network.bounds import OutputBounds, check_bounded, output_bounds
from circuitsim.network.chunks import MEMORY
from circuitsim.network.contraction import Contraction
from circuitsim.network.converting import equivalent_currents, layer_adc, network_tables
from circuitsim.network.crosstalk import allowed_crosstalk, expected_crosstalk, layer_places
from circuitsim.network.fitting_array import check_same_array
from circuitsim.network.float_difference import float_difference
from circuitsim.network.images import image_records
from circuitsim.network.inference import (
    Inference,
    LayerStatistics,
    evaluate,
    evaluate_float,
    evaluate_ideal,
)
from circuitsim.network.joint.form import JointForm
from circuitsim.network.layer_range import InputRangePer, LayerRange, RangePer
from circuitsim.network.linear import LinearLayer, Window, as_numpy, float_product, input_vectors, output_tensor
from circuitsim.network.load import load_network
from circuitsim.network.mapping import Copied, Differential, Offset, Reference, Scheme, Sliced, scheme_of
from circuitsim.network.network import (
    BatchedNetwork,
    CorrectedNetwork,
    CutNetwork,
    LayerProduct,
    MonotoneNetwork,
    Network,
    WholeLayerProduct,
)
from circuitsim.network.parallel import over_groups, over_tiles
from circuitsim.network.product import (
    ArrayProduct,
    ExactProduct,
    IntervalRead,
    JointRead,
    JudgingRead,
    LayerProgramming,
    NoiseRead,
    PlacedRead,
    Product,
    ReadTile,
    RecordedProduct,
    TileRead,
    exact_product,
    program_tiles,
)
from circuitsim.network.programming import ProgrammedLayer, ProgrammedNetwork, program, tile_conductances, tile_numbers
from circuitsim.network.range_rule import LARGEST, LEAST_RMS, RangeRule, range_rule
from circuitsim.network.ranges import fit_ranges, layer_inputs
from circuitsim.network.reading import LayerReading
from circuitsim.network.scores import Metric, Score, has_classes
from circuitsim.network.tiling import TilePlace

__all__ = [
    "LARGEST",
    "LEAST_RMS",
    "MEMORY",
    "ArrayProduct",
    "BatchedNetwork",
    "Contraction",
    "Copied",
    "CorrectedNetwork",
    "CutNetwork",
    "Differential",
    "ExactProduct",
    "Inference",
    "InputRangePer",
    "IntervalRead",
    "JointForm",
    "JointRead",
    "JudgingRead",
    "LayerProduct",
    "LayerProgramming",
    "LayerRange",
    "LayerReading",
    "LayerStatistics",
    "LinearLayer",
    "Metric",
    "MonotoneNetwork",
    "Network",
    "NoiseRead",
    "Offset",
    "OutputBounds",
    "PlacedRead",
    "Product",
    "ProgrammedLayer",
    "ProgrammedNetwork",
    "RangePer",
    "RangeRule",
    "ReadTile",
    "RecordedProduct",
    "Reference",
    "Scheme",
    "Score",
    "Sliced",
    "TilePlace",
    "TileRead",
    "WholeLayerProduct",
    "Window",
    "allowed_crosstalk",
    "as_numpy",
    "check_bounded",
    "check_images_apart",
    "check_same_array",
    "equivalent_currents",
    "evaluate",
    "evaluate_float",
    "evaluate_ideal",
    "exact_product",
    "expected_crosstalk",
    "fit_ranges",
    "float_difference",
    "float_product",
    "has_classes",
    "image_records",
    "input_vectors",
    "layer_adc",
    "layer_inputs",
    "layer_places",
    "load_network",
    "network_tables",
    "output_bounds",
    "output_tensor",
    "over_groups",
    "over_tiles",
    "program",
    "program_tiles",
    "range_rule",
    "scheme_of",
    "tile_conductances",
    "tile_numbers",
]

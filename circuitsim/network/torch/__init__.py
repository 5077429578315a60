"""Modules of torch whose products with weights run on tiles, and a torch module as a network that arrays compute.

Importing this package without the extra `torch` raises MissingExtraError.
"""

from circuitsim.errors import require

require("torch", extra="torch")

# After the check, because these modules import the package.
from circuitsim.network.torch.column_trim import TrimmedLayer  # noqa: E402
from circuitsim.network.torch.conversion import (  # noqa: E402
    adapted_tiles,
    layers_on_tiles,
    on_tiles,
    plain,
    trimmable_layers,
    weight_parameters,
)
from circuitsim.network.torch.converter_draws import ConverterDraws  # noqa: E402
from circuitsim.network.torch.matrix_tiles import MatrixTiles, TensorProduct, TensorTile  # noqa: E402
from circuitsim.network.torch.onnx_file import export_onnx  # noqa: E402
from circuitsim.network.torch.torch_network import TorchNetwork  # noqa: E402

__all__ = [
    "ConverterDraws",
    "MatrixTiles",
    "TensorProduct",
    "TensorTile",
    "TorchNetwork",
    "TrimmedLayer",
    "adapted_tiles",
    "export_onnx",
    "layers_on_tiles",
    "on_tiles",
    "plain",
    "trimmable_layers",
    "weight_parameters",
]

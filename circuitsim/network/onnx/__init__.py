"""ONNX models, cut at their products with constant weights; onnxruntime computes the rest.

Importing this package without the extra `network` raises MissingExtraError.
"""

from circuitsim.errors import require

require("onnx", extra="network")
require("onnxruntime", extra="network")

# After the check, because these modules import the packages.
from circuitsim.network.onnx.graph import cut, load_onnx  # noqa: E402
from circuitsim.network.onnx.runner import OnnxNetwork  # noqa: E402

__all__ = ["OnnxNetwork", "cut", "load_onnx"]

"""ONNX models: cut at their products with constant weights, run by onnxruntime.

Importing any module of this folder without the extra `network` raises MissingExtraError.
"""

from circuitsim.errors import require

require("onnx", extra="network")
require("onnxruntime", extra="network")

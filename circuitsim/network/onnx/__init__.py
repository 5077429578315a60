"""ONNX models: cut at their products with constant weights, run by onnxruntime."""

from circuitsim.network.onnx.graph import cut, load_onnx
from circuitsim.network.onnx.runner import OnnxNetwork

__all__ = ["OnnxNetwork", "cut", "load_onnx"]

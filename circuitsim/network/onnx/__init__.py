"""ONNX models: cut at their products with constant weights, run by onnxruntime."""

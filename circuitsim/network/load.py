"""Read a network from a file."""

from pathlib import Path
from typing import TYPE_CHECKING

from circuitsim.spec import checked

if TYPE_CHECKING:
    from circuitsim.network.onnx import OnnxNetwork


@checked
def load_network(path: str | Path) -> "OnnxNetwork":
    """Read an ONNX model (.onnx) and separate the products that arrays compute from everything else.

    Raises:
        InputError: The file is missing or is not a valid ONNX model, or one of its nodes is not supported.
        MissingExtraError: onnx or onnxruntime is not installed.
    """
    from circuitsim.network.onnx import load_onnx  # here, because the other modules work without onnx

    return load_onnx(path)

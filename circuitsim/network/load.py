"""Read a network from a file."""

from pathlib import Path
from typing import TYPE_CHECKING

from circuitsim.spec import checked

if TYPE_CHECKING:
    from circuitsim.network.onnx import OnnxNetwork


@checked
def load_network(path: str | Path, *, output: str | None = None, batch_axis: int | None = None) -> "OnnxNetwork":
    """Read an ONNX model (.onnx) and separate the products that arrays compute from everything else.

    Args:
        path: The file; weights may lie in other files of its folder.
        output: Name of the output to compute, or of any tensor that a node writes; None: the only one of real numbers
            with a fraction.
        batch_axis: Axis of the inputs along which the model takes several images; None: the first of any length, or the
            first where it has the length 1 or all lengths are stated.

    Raises:
        InputError: The file is missing or is not a valid ONNX model, its inputs or outputs cannot be used, or it has
            no products with constant weights.
        MissingExtraError: onnx or onnxruntime is not installed.
    """
    from circuitsim.network.onnx import load_onnx  # here, because the other modules work without onnx

    return load_onnx(path, output=output, batch_axis=batch_axis)

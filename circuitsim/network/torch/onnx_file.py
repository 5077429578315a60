"""Write the weights of a module on tiles as an ONNX file, which `load_network` reads."""

import io
import warnings
from pathlib import Path

import torch
from torch import nn

from circuitsim.network.torch.conversion import plain
from circuitsim.spec import checked

_OPSET = 17


@checked
def export_onnx(module: nn.Module, example: torch.Tensor, path: str | Path) -> Path:
    """Write a module with its present weights, taken off the tiles, as ONNX; return the path.

    Args:
        module: The module.
        example: Images (images, …) that it takes; the file takes any number of them.
        path: The file.
    """
    taken_off, content = plain(module).eval(), io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        # The exporter through torch.export needs onnxscript, which nothing else here does.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", message="Exporting a model to ONNX with a batch_size other than 1")
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        torch.onnx.export(
            taken_off, (example,), content, dynamo=False, opset_version=_OPSET, input_names=["input"],
            output_names=["output"], dynamic_axes={"input": {0: "images"}, "output": {0: "images"}},
        )  # fmt: skip
    path = Path(path)
    path.write_bytes(content.getvalue())
    return path

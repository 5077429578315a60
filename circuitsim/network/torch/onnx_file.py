"""Write the weights of a module on tiles as an ONNX file, which `load_network` reads."""

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

    An adapter beside a layer is two products of its own, whose names hold "/adapter/": those of a digital adapter
    belong into `mapping.digital`.

    Args:
        module: The module.
        example: Images (images, …) that it takes; the file takes any number of them.
        path: The file.

    Raises:
        InputError: An adapter acts inside an attention or a recurrent layer, whose products are one operator of ONNX
            each; `plain` folds it into the weights, and what it returns can be exported.
    """
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # an attention in one operator has no counterpart in ONNX
    try:
        with warnings.catch_warnings(), torch.no_grad():
            # The exporter by tracing is deprecated; that by torch.export needs onnxscript, as nothing else here does.
            warnings.simplefilter("ignore")
            taken_off = plain(module, fold=False).eval()
            torch.onnx.export(
                taken_off, (example,), str(path), dynamo=False, opset_version=_OPSET, input_names=["input"],
                output_names=["output"], dynamic_axes={"input": {0: "images"}, "output": {0: "images"}},
            )  # fmt: skip
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    return Path(path)

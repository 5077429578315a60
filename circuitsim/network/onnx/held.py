"""Constants that do not fit into one ONNX message of 2 GiB: NumPy holds their values, and the model names them.

A model over this size keeps its weights in files beside it. Where the model names a constant, its tensor has a type, a
shape and the location "held", which no file has; onnxruntime takes the value from memory, onnx infers shapes without.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, external_data_helper, helper

from circuitsim.errors import InputError

LARGEST = 2**31 - 1
"""Bytes that the ONNX file format holds in one piece."""
_LARGE = 1 << 20  # bytes of a constant whose value no inference of shapes asks for


def read_model(path: Path) -> tuple[onnx.ModelProto, dict[str, np.ndarray]]:
    """Read an ONNX file, and in one over 2 GiB the values of its large constants, by name.

    Raises:
        InputError: It is no ONNX model, or a file of its weights is missing or lies outside the model's folder.
    """
    if path.stat().st_size > LARGEST:
        raise InputError(f"{path}: an ONNX file over 2 GiB; expected weights in files beside it (external data)")
    try:
        model = onnx.load(path, load_external_data=False)
    except Exception:  # protobuf's DecodeError has no public base
        raise InputError(f"{path}: not an ONNX model; expected a file that a framework exported as ONNX") from None
    try:
        outside = [tensor for tensor in model.graph.initializer if is_named(tensor)]
        files = [_file_of(path, tensor) for tensor in outside]
        sizes = [_length(tensor, file) for tensor, file in zip(outside, files, strict=True)]
        if path.stat().st_size + sum(sizes) <= LARGEST:
            return onnx.load(path), {}
        held = {}
        for tensor, file, size in zip(outside, files, sizes, strict=True):
            if size <= _LARGE or (value := _value(tensor, file, size)) is None:
                external_data_helper.load_external_data_for_tensor(tensor, str(path.parent))
                tensor.data_location = TensorProto.DEFAULT  # which older versions of onnx leave to their caller
                del tensor.external_data[:]
            else:
                held[tensor.name] = value
                tensor.CopyFrom(named_tensor(tensor.name, value))
    except Exception:  # onnx's own errors of a missing or forbidden file share no base
        raise InputError(
            f"{path}: an ONNX model whose file of external weights is missing or lies elsewhere; expected it beside "
            "the model"
        ) from None
    return model, held


def is_named(tensor: onnx.TensorProto) -> bool:
    """Tell whether the value of a constant lies outside the message."""
    return tensor.data_location == TensorProto.EXTERNAL


def named_tensor(name: str, value: np.ndarray) -> onnx.TensorProto:
    """Return a constant without its value."""
    kind = helper.np_dtype_to_tensor_dtype(value.dtype)
    tensor = TensorProto(name=name, data_type=kind, dims=value.shape, data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="held")
    return tensor


def too_large(values: Mapping[str, np.ndarray]) -> set[str]:
    """Return the names of constants that a message only names: the large ones, where all do not fit into it."""
    if sum(value.nbytes for value in values.values()) <= LARGEST - _LARGE:
        return set()
    return {name for name, value in values.items() if value.nbytes > _LARGE}


def with_named_inputs(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a model whose named constants are inputs, for the checks and inferences of onnx; itself without any."""
    named = [tensor for tensor in model.graph.initializer if is_named(tensor)]
    if not named:
        return model
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    kept = [tensor for tensor in model.graph.initializer if not is_named(tensor)]
    del copy.graph.initializer[:]
    copy.graph.initializer.extend(kept)
    copy.graph.input.extend(
        helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims)) for tensor in named
    )
    return copy


def _file_of(path: Path, tensor: onnx.TensorProto) -> Path:
    """Return the file of an external constant; links are followed, so that none leads out of the folder."""
    folder = path.parent.resolve()
    location = external_data_helper.ExternalDataInfo(tensor).location
    file = (folder / location).resolve()
    if Path(location).is_absolute() or not file.is_relative_to(folder) or not file.is_file():
        raise InputError("outside")  # the caller says so
    return file


def _length(tensor: onnx.TensorProto, file: Path) -> int:
    about = external_data_helper.ExternalDataInfo(tensor)
    return about.length if about.length else file.stat().st_size - (about.offset or 0)


def _value(tensor: onnx.TensorProto, file: Path, size: int) -> np.ndarray | None:
    """Return the value of an external constant, bfloat16 as float32; None for types that NumPy packs otherwise."""
    dtype, shape = helper.tensor_dtype_to_np_dtype(tensor.data_type), tuple(tensor.dims)
    if dtype.itemsize * int(np.prod(shape, dtype=int)) != size:
        return None
    value = np.empty(shape, dtype)
    content: Any = value.reshape(-1).view(np.uint8)
    with file.open("rb") as stream:
        stream.seek(external_data_helper.ExternalDataInfo(tensor).offset or 0)
        if stream.readinto(content) != size:
            raise InputError("too short")  # the caller says so
    return value.astype(np.float32) if tensor.data_type == TensorProto.BFLOAT16 else value

"""An accelerator that every machine has: tensors that behave as those of a GPU do, and compute on the CPU.

They say that they lie on torch's device "meta". NumPy does not see them, no operation mixes them with other tensors
(single numbers of the CPU excepted, as on a GPU), and what is made of them stays there until `cpu()` fetches it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

REMOTE = "meta"
_GPU = 2  # as DLPack numbers it
_MOVES = (torch.ops.aten.copy_.default, torch.ops.aten._to_copy.default)
_MIXING = (*_MOVES, torch.ops.aten.index.Tensor, torch.ops.aten.index_put.default)  # a GPU takes places of the CPU


class RemoteTensor(torch.Tensor):
    """A tensor of the accelerator; `held` has its numbers."""

    held: torch.Tensor

    @staticmethod
    def __new__(cls, held):
        layout = {"strides": held.stride(), "storage_offset": held.storage_offset(), "dtype": held.dtype}
        return torch.Tensor._make_wrapper_subclass(cls, held.shape, device=REMOTE, **layout)

    def __init__(self, held):
        self.held = held.detach()

    def __dlpack_device__(self):
        return (_GPU, 0)

    def tolist(self):
        return self.held.tolist()

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return _run(func, args, kwargs or {})


class _Everywhere(TorchDispatchMode):
    """Also sees what makes tensors of nothing."""


def _run(func, args, kwargs):
    tensors = [each for each in tree_leaves((args, kwargs)) if isinstance(each, torch.Tensor)]
    remote = [each for each in tensors if isinstance(each, RemoteTensor)]
    local = [each for each in tensors if not isinstance(each, RemoteTensor) and each.dim()]
    if remote and local and func not in _MIXING:
        raise RuntimeError(f"Expected all tensors to be on the same device, {func} found {REMOTE} and cpu")
    asked = kwargs.get("device")
    there = bool(remote) if asked is None else torch.device(asked).type == REMOTE
    held, named = tree_map(lambda each: each.held if isinstance(each, RemoteTensor) else each, (args, kwargs))
    found = func(*held, **(named if asked is None else named | {"device": torch.device("cpu")}))
    if func._schema.is_mutable and isinstance(args[0], torch.Tensor) and found is held[0]:
        return args[0]
    return (
        tree_map(lambda each: RemoteTensor(each) if isinstance(each, torch.Tensor) else each, found) if there else found
    )


# Set from outside: torch wraps what is defined inside, and imports its compiler for that, which takes seconds.
_Everywhere.__torch_dispatch__ = lambda self, func, types, args=(), kwargs=None: _run(func, args, kwargs or {})


@contextmanager
def accelerator() -> Iterator[str]:
    """Open the accelerator; yield its name."""
    before = torch._C._only_lift_cpu_tensors()
    torch._C._set_only_lift_cpu_tensors(True)  # `torch.tensor` would make a tensor that is seen nowhere
    try:
        with _Everywhere():
            yield REMOTE
    finally:
        torch._C._set_only_lift_cpu_tensors(before)

"""Array libraries and devices on which reads are tested: two forbid to mix devices, and a GPU where there is one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

DEVICES = ("strict device1", "torch remote", "torch cuda")
"""`torch remote` computes as torch does on the CPU, see `remote_torch`."""


@dataclass(frozen=True)
class ArrayDevice:
    """A device of an array library: `namespace` names the library, `xp` is it."""

    namespace: str
    xp: Any
    device: Any

    @property
    def of(self) -> dict[str, Any]:
        """Arguments of `program`."""
        return {"xp": self.xp, "device": self.device}

    def put(self, array, dtype=None):
        """Return a copy of an array there, of its own dtype or of another."""
        array = np.array(array, dtype=dtype)
        return self.xp.asarray(array, dtype=getattr(self.xp, array.dtype.name), device=self.device)

    def fetch(self, array) -> np.ndarray:
        """Return an array of the device as NumPy's; fail where it is of another library or lies elsewhere."""
        assert type(array) is type(self.put([0.0])), f"{type(array)} in place of {self.namespace}"
        assert array.device == self.put([0.0]).device, f"on {array.device}"
        if self.namespace == "torch":
            return getattr(array, "held", array).detach().cpu().numpy()
        return array._array  # both public ways out need numpy 2


@contextmanager
def opened(name: str) -> Iterator[ArrayDevice]:
    """Open one of `DEVICES`; skip the test where it is not installed."""
    if name == "strict device1":
        xp = pytest.importorskip("array_api_strict")
        yield ArrayDevice("array_api_strict", xp, xp.Device("device1"))
        return
    torch = pytest.importorskip("torch", reason="torch is optional: the extra [torch]")
    kind = name.removeprefix("torch ")
    if kind == "remote":
        from remote_torch import accelerator

        with accelerator() as device:
            yield ArrayDevice("torch", torch, device)
        return
    if kind == "cuda" and not torch.cuda.is_available():
        pytest.skip("torch sees no GPU")
    yield ArrayDevice("torch", torch, kind)

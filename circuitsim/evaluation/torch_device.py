"""Devices of torch on which tiles are read: refuse one that is not there, and say which are."""

import importlib
from typing import Any

from circuitsim.errors import InputError, require


def check_torch_device(device: str) -> None:
    """Refuse a device that torch does not have here, or that knows no float64, in which codes of drivers are found.

    Raises:
        MissingExtraError: torch is not installed.
        InputError: The device cannot be used; says which can.
    """
    require("torch", extra="torch")
    torch: Any = importlib.import_module("torch")
    try:
        sum_there = torch.ones(2, dtype=torch.float64, device=device).sum()
        works = float(sum_there.cpu()) == 2.0
    except (RuntimeError, NotImplementedError, AssertionError, TypeError, ValueError):
        works = False  # each backend has its own way to say it
    if not works:
        raise InputError(
            f"device = {device!r}: torch {torch.__version__} computes no float64 there; it has {', '.join(_present())}"
        )


def _present() -> list[str]:
    """Return the devices that torch has here."""
    torch: Any = importlib.import_module("torch")
    cuda = [f"cuda:{k} ({torch.cuda.get_device_name(k)})" for k in range(torch.cuda.device_count())]
    return ["cpu", *cuda]

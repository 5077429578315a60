"""Measures of tests, cheap and told apart by their numbers; some leave a trace of each call, kill or fail."""

import os
import signal
import time
from pathlib import Path

import numpy as np

import circuitsim as cs


def drawn(spec, rng, *, scale: float = 1.0):
    return {"x": (scale * rng.standard_normal() + spec.array.rows, "V"), "y": (rng.standard_normal(), "A")}


def traced(spec, rng, *, trace: str, pause: float = 0.0):
    """Append one byte to a file of this point, so that each call is counted."""
    value = rng.standard_normal()
    time.sleep(pause)
    with (Path(trace) / f"{spec.digest[:12]} {value!r}").open("a") as file:
        file.write("x")
    return {"x": (value, "V")}


def failing(spec, rng, *, broken: str = ""):
    if broken and Path(broken).exists() and spec.array.rows > 2:
        raise RuntimeError(f"no answer\nfor {spec.array.rows} rows")
    return {"x": (1.0, "V")}


def deadly(spec, rng):
    if spec.array.rows == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"x": (rng.standard_normal(), "V")}


def changing(spec, rng):
    return {"x": (1.0, "V" if spec.array.rows == 2 else "A")}


def not_finite(spec, rng):
    return {"x": (float("nan"), "V")}


_KEPT = []


def keeping(spec, rng, *, megabytes: float = 0.0):
    """Keep memory from point to point, as a leak does."""
    _KEPT.append(bytearray(int(megabytes * 1e6)))
    return {"kept": (float(len(_KEPT)), "1")}


def large(spec, rng, *, gigabytes: float = 1.0):
    """Want memory at the points of 3 rows alone."""
    wanted = np.ones(int(gigabytes * 1e9 / 8)) if spec.array.rows == 3 else np.ones(1)
    return {"x": (float(wanted[-1]), "V")}


def summed(spec, rng, *, one: float = 1e-6, two: float = 1e-6, three: float = 1e-6):
    """Current of the first column of an array without wires, three of its cells at 0.1 V: it adds their currents."""
    g = np.full((spec.array.rows, spec.array.cols), spec.device.g_min)
    g[:3, 0] = one, two, three
    plain = spec.replace(wire={"r_row": 0.0, "r_col": 0.0})
    x = np.where(np.arange(spec.array.rows) < 3, 0.1, 0.0)
    return {"x": (float(cs.solve(plain, g, x[None], "nodal").out[0, 0]), "A")}


def designed(spec, rng, *, shift: float = 0.0):
    """Cost rises and error falls with rows and with bit-serial inputs; more columns are worse in both."""
    serial = spec.driver.input_code == "bit_serial"
    cost, error = spec.array.rows * (2.0 if serial else 1.0), (0.6 if serial else 1.0) / spec.array.rows
    return {"cost": (cost + 0.1 * spec.array.cols, "J"), "error": (error + 0.01 * spec.array.cols + shift, "1")}


def designed_or_failing(spec, rng, *, shift: float = 0.0):
    if spec.array.rows >= 5:
        raise RuntimeError("no answer")
    return designed(spec, rng, shift=shift)

"""Mismatch within one array: threshold shift and width factor of each access transistor."""

from dataclasses import dataclass

import numpy as np

from circuitsim.errors import InputError
from circuitsim.spec import ArraySpec, by_value, checked


@by_value
@dataclass(frozen=True)
class Mismatch:
    """Deviation of each access transistor from its card.

    The shift is a voltage source in series with the gate, and works with every transistor model, also with that of a
    foundry.

    Attributes:
        v_th: (rows, cols) threshold shift [V]; positive makes the transistor weaker.
        width: (rows, cols) factor on the gate width, which scales the current.
    """

    v_th: np.ndarray
    width: np.ndarray


@checked
def sample_mismatch(spec: ArraySpec, rng: np.random.Generator) -> Mismatch:
    """Sample the mismatch of one array: independent normal deviations with σ = a/√(w l).

    Raises:
        InputError: The array has no access transistor, or both `access.a_vt` and `access.a_beta` are 0.

    Source: M. Pelgrom, A. Duinmaijer, A. Welbers, IEEE J. Solid-State Circuits 24, 1433 (1989).
    """
    access = spec.access
    if access is None:
        raise InputError(f"array.cell = {spec.array.cell!r} has no access transistor that could differ")
    if access.a_vt == 0 and access.a_beta == 0:
        raise InputError("access.a_vt and access.a_beta are 0: expected at least one > 0")
    scale = 1 / np.sqrt(access.w * access.l)
    v_th = access.a_vt * scale * rng.standard_normal(spec.shape)
    width = 1 + access.a_beta * scale * rng.standard_normal(spec.shape)
    return Mismatch(v_th, width)


def check_mismatch(spec: ArraySpec, mismatch: Mismatch) -> None:
    """Reject a mismatch that does not fit the array.

    Raises:
        InputError: The array has no access transistor, or a shape or value does not fit: finite numbers, widths > 0.
    """
    if spec.access is None:
        raise InputError(
            f"array.cell = {spec.array.cell!r} has no access transistor that could differ: expected mismatch = None"
        )
    for name, values, lowest in (("v_th", mismatch.v_th, -np.inf), ("width", mismatch.width, 0.0)):
        if np.shape(values) != spec.shape:
            raise InputError(f"mismatch.{name} has shape {np.shape(values)}, expected (rows, cols) = {spec.shape}")
        if not (np.isfinite(values) & (values > lowest)).all():
            raise InputError(f"mismatch.{name}: expected finite numbers{' > 0' if lowest == 0 else ''}")

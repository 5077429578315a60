"""The ideal converter of a column current."""

import numpy as np


def convert(i_out: np.ndarray, *, bits: int | None, full_scale: float | None) -> tuple[np.ndarray, int]:
    """Round currents to the codes of an ideal converter.

    Args:
        i_out: Currents [A].
        bits: Resolution; None for no quantization.
        full_scale: Current of the largest code, 2^bits − 1 [A]; code 0 stands for no current.

    Returns:
        The currents that the codes stand for [A], and how many of them were clipped.
    """
    if bits is None or full_scale is None:
        return i_out, 0
    top = 2**bits - 1
    lsb = full_scale / top
    codes = np.rint(i_out / lsb)
    clipped = np.count_nonzero((codes < 0) | (codes > top))
    return np.clip(codes, 0, top) * lsb, int(clipped)

"""Say where a model or a tile does not hold: it misses its target, or inputs leave its range."""

import warnings
from typing import Any

import array_api_compat

from circuitsim.behavioral.product import AnyTile, check_shape
from circuitsim.behavioral.switched_read import SwitchedTile
from circuitsim.errors import CertificateError, MissedTargetWarning, OutsideCertificateWarning
from circuitsim.results import TileModel

_SLACK = 1e-9  # of the range: a DAC's end levels are exact to rounding


def check_input_range(tile: AnyTile, v_in: Any, *, strict: bool = False) -> bool:
    """Say whether inputs lie within the range a tile was built for; v_ref itself always does, and 0 and 1 on gates.

    Args:
        tile: The programmed tile.
        v_in: Source voltages (batch, rows) [V].
        strict: Raise instead of warning.

    Returns:
        Whether all are inside.

    Raises:
        InputError: The shape does not fit.
        CertificateError: With `strict`, an input is outside or not finite; names the largest excess and the range.

    Warns:
        OutsideCertificateWarning: Without `strict`, the same sentence.
    """
    check_shape(tile, v_in)
    xp = array_api_compat.array_namespace(v_in)
    if v_in.shape[0] == 0:
        return True
    return check_input_ends(tile, float(xp.min(v_in)), float(xp.max(v_in)), strict=strict)


def check_input_ends(tile: AnyTile, lowest: float, highest: float, *, strict: bool = False) -> bool:
    """As `check_input_range`, for the lowest and the highest of all inputs [V], wherever these are."""
    if isinstance(tile, SwitchedTile):  # a read refuses what is neither 0 nor 1
        return True
    low, high = min(tile.v_range[0], tile.v_ref), max(tile.v_range[1], tile.v_ref)
    slack = _SLACK * (high - low)
    if low - slack <= lowest and highest <= high + slack:
        return True
    worst = lowest if low - lowest > highest - high else highest
    sentence = f"v_in holds {worst:g} V: the model was built for {low:g} V to {high:g} V, and no certificate covers it"
    if strict:
        raise CertificateError(sentence)
    warnings.warn(sentence, OutsideCertificateWarning, stacklevel=3)
    return False


def tell_missed(model: TileModel) -> None:
    """Warn of a model that misses its target: `program` does so for every tile, a reader of a tile for every read.

    Warns:
        MissedTargetWarning: Names the errors found and those asked for; Python's default filter shows it once.
    """
    if model.missed is not None:
        warnings.warn(model.missed.sentence, MissedTargetWarning, stacklevel=1)

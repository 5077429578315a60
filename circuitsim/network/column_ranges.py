"""Learn a range for the ADC of each tile or of each column."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from circuitsim.network.layer_range import LayerRange, RangePer
from circuitsim.network.range_rule import RangeRule


def with_column_ranges(
    known: LayerRange, currents: Sequence[np.ndarray], bits: int, rule: RangeRule, per: RangePer
) -> LayerRange:
    """Give each tile or each column the range that a rule chooses from its own calibration currents.

    Args:
        known: The layer with one range for all, which those take that carry no current.
        currents: For each tile (reads, columns in use) [A].
        bits: Of the ADCs.
        rule: Chooses a range.
        per: "tile" or "column".

    Returns:
        The ranges; `full_scale` is the largest of them, `adc_clipped` the share of all calibration outputs.
    """
    assert known.full_scale is not None  # the caller has chosen that of the layer
    scales, clipped, count = [], 0.0, 0
    for tile in currents:
        parts = [tile] if per == "tile" else list(tile.T)
        chosen = [_chosen(np.asarray(part, dtype=float), bits, rule, known.full_scale) for part in parts]
        clipped += sum(share * part.size for (_, share), part in zip(chosen, parts, strict=True))
        count += tile.size
        ends = [end for end, _ in chosen]
        scales.append(tuple(ends * tile.shape[1] if per == "tile" else ends))
    return dataclasses.replace(
        known,
        full_scale=max(max(ends) for ends in scales),
        column_scales=tuple(scales),
        adc_rule=f"for each {per}, {rule.words}" + (f" at {bits} bits" if rule.kind == "least_rms" else ""),
        adc_clipped=clipped / max(count, 1),
    )


def _chosen(currents: np.ndarray, bits: int, rule: RangeRule, otherwise: float) -> tuple[float, float]:
    if float(currents.max(initial=0.0)) <= 0.0:
        return otherwise, 0.0
    return rule.choose(currents, bits)

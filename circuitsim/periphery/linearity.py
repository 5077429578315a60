"""Static figures of an ADC from its thresholds: INL, DNL, missing codes, as a measured transfer would show them."""

from dataclasses import dataclass

import numpy as np

from circuitsim.periphery.converters import convert_and_count
from circuitsim.results.periphery_tables import ConverterTable
from circuitsim.spec import by_value


@by_value
@dataclass(frozen=True)
class Linearity:
    """Nonlinearity of a transfer curve, against the line through its first and its last transition.

    Attributes:
        transitions: (2^bits − 1,) smallest input above which no code below k + 1 occurs [unit of the table].
        inl: (2^bits − 1,) deviation of each transition from the line [LSB]; both ends are 0.
        dnl: (2^bits − 2,) width of the codes 1 to 2^bits − 2, minus one [LSB]; −1 for a missing code.
        missing: Codes that no input gives.
        gain: Step of the line over the ideal step of the table.
    """

    transitions: np.ndarray
    inl: np.ndarray
    dnl: np.ndarray
    missing: tuple[int, ...]
    gain: float


def linearity(table: ConverterTable) -> Linearity:
    """Return the static figures of an ADC, without noise.

    Between two neighbouring thresholds the code does not change, so that one input in each gap gives the whole curve,
    missing codes included.

    Args:
        table: An ADC of 2 bits or more.
    """
    edges = np.unique(table.thresholds)
    between = np.concatenate([[edges[0] - table.lsb], (edges[1:] + edges[:-1]) / 2, [edges[-1] + table.lsb]])
    quiet = ConverterTable(table.bits, table.low, table.high, table.inl, decide=table.decide)
    codes = convert_and_count(quiet, between[None])[0][0].astype(int)
    count = 2**table.bits
    seen = np.zeros(count, dtype=bool)
    seen[codes] = True
    lowest_above = np.minimum.accumulate(codes[::-1])[::-1]  # smallest code at this input and beyond
    transitions = edges[np.searchsorted(lowest_above, np.arange(1, count), side="left").clip(1, len(edges)) - 1]
    step = (transitions[-1] - transitions[0]) / max(count - 2, 1)
    widths = np.bincount(codes[1:-1], weights=np.diff(edges), minlength=count)[1:-1]
    return Linearity(
        transitions=transitions,
        inl=(transitions - transitions[0]) / step - np.arange(count - 1),
        dnl=widths / step - 1,
        missing=tuple(int(code) for code in np.flatnonzero(~seen)),
        gain=float(step / table.lsb),
    )

"""Words and times that options take, checked when the command line is read: before older results are set aside."""

import math
import re
from collections.abc import Callable

from circuitsim.errors import InputError, require
from circuitsim.spec import shown

SECONDS = {"": 1.0, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "y": 31557600.0}
_TIME = re.compile(r"((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([a-z]*)")
SPREADS = {
    "--adc-gain-sigma": "gain",
    "--adc-offset-sigma": "offset",
    "--adc-noise": "noise",
    "--capacitor-sigma": "capacitor",
    "--offset-sigma": "comparator",
}
"""Options of `circuitsim age` by the field of `evaluation.ConverterSpread` that they set."""
DRAWN_CAUSES = ("programming", "drift", "read_noise", "stuck")
WORDS = {
    "--adc-range-per": ("layer", "tile", "column"),
    "--bounds": ("certificate", "drawn_tiles", "own_tiles"),
    "--cause": ("wires", "cells", "dac", "adc", *DRAWN_CAUSES),
    "--clear": ("cells", "tables", "tiles", "all"),
    "--compensation": ("none", "network", "layer", "column", "column_offset"),
    "--input-range-per": ("layer", "tile"),
    "--tables": ("csv", "parquet"),
    "--level": ("behavioral", "nodal", "ngspice"),
}
"""What options take that choose among words."""


def one_of(option: str, words: tuple[str, ...] = ()) -> Callable[[str], str]:
    """Return a parser that refuses all but some words, or all but the words of the option, in one sentence."""
    words = words or WORDS[option]

    def word(value: str) -> str:
        if value not in words:
            raise InputError(f"{option} = {shown(value)}: expected {', '.join(words[:-1])} or {words[-1]}")
        return value

    return word


def table_kind(value: str) -> str:
    """Return a kind of tables; refuse Parquet where it cannot be written, before older results are set aside."""
    kind = one_of("--tables")(value)
    if kind == "parquet":
        require("pyarrow", extra="parquet")
    return kind


def kept_tiles(value: bool) -> bool:
    """Return whether tiles are kept; refuse a limit in the environment that is none, before results are set aside."""
    if value:
        from circuitsim.evaluation import tile_store

        tile_store()
    return value


def seconds(option: str) -> Callable[[str | float], float]:
    """Return a parser for a time [s] with a unit, which raises InputError."""

    def time(value: str | float) -> float:
        text = str(value)
        found = _TIME.fullmatch(text.strip())
        if not found or found[2] not in SECONDS or math.isinf(float(found[1]) * SECONDS[found[2]]):
            raise InputError(f"{option} {text!r}: expected seconds, or a number with one of s, min, h, d, y: 1h, 30d")
        return float(found[1]) * SECONDS[found[2]]

    return time


def rule_of_ranges(option: str) -> Callable[[str], str]:
    """Return a parser that refuses what is no rule of ranges, see `network.range_rule`."""

    def rule(value: str) -> str:
        from circuitsim.network import range_rule

        try:
            range_rule(value)
        except InputError as error:
            raise InputError(f"{option} = {error}") from None
        return value

    return rule

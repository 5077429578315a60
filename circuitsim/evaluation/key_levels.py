"""Which levels honour a key of the specification, from the tables by which they refuse what they do not simulate."""

from collections.abc import Mapping
from dataclasses import dataclass

from circuitsim.levels import CAN, CAN_IN_TIME, Level
from circuitsim.network.fitting_array import READS
from circuitsim.spec import Abilities, BlockSpec, KeyUse, Only, checked, key_uses
from circuitsim.spec.abilities import IN_TIME
from circuitsim.spec.block import NAMING

_OF_CIRCUIT = (*NAMING, *BlockSpec.OF_BLOCK)
_LINES = {
    "technique.skip_zero_rows": ("bl",),
    "driver.gate_levels": ("wl",),
    **{f"wire.{name}": ("wl",) for name in ("r_bl", "c_bl", "col_drive")},
}
"""Input lines with which a specification takes a key; those that are not listed go with every line."""

_SIZES = {"technique.g_dummy", *(key for key in READS["bl"] if key.startswith("technique."))}
"""Techniques that draw other arrays than rows x cols, which reads in time and networks refuse."""

_DRAWS: tuple[Level, ...] = ("ngspice", "nodal")
"""Levels that solve arrays whose transistors differ: decks of `monte_carlo`, and the budget's `nodal.vary`."""

_DECKS: tuple[Level, ...] = ("ngspice",)
"""The level that follows codes in time, through circuits; tables of circuits hold for settled outputs."""


@dataclass(frozen=True)
class UseAtLevels:
    """One use of a key, and the levels that honour the key in it.

    Attributes:
        use: What the key matters to, see `spec.USES`.
        levels: The levels.
        limits: Which values alone are taken, where and why, one sentence each.
    """

    use: KeyUse
    levels: tuple[Level, ...]
    limits: tuple[str, ...]


@checked
def key_levels(key: str) -> tuple[UseAtLevels, ...]:
    """Return what a key matters to and which levels honour it there; empty for a section.

    Args:
        key: Section and key, joined by a dot, for example "wire.r_row".
    """
    if "." not in key:
        return ()
    uses = key_uses(key)
    found = [_at_levels(key, use, CAN if "reads" in uses else {}) for use in uses]
    return tuple(each for each in found if each.levels)


def _at_levels(key: str, use: KeyUse, reads: Mapping[Level, Abilities]) -> UseAtLevels:
    """Return the levels for one use; where reads depend on the key, what levels read of it holds for every use."""
    if use == "spread":
        return UseAtLevels(use, _DRAWS, ())
    if use in ("time", "networks") and key in _SIZES:
        return UseAtLevels(use, (), ())
    if use == "time":
        return UseAtLevels(use, *_taken(key, CAN_IN_TIME))
    if use == "codes" and key in IN_TIME:
        return UseAtLevels(use, _DECKS, ())
    levels, limits = _taken(key, reads)
    if use == "networks":
        able, limits = _taken(key, dict.fromkeys(CAN, READS), "a network")
        return UseAtLevels(use, tuple(level for level in able if level in levels or not reads), limits)
    return UseAtLevels(use, levels if reads else tuple(CAN), limits if use == "reads" else ())


def _taken(key: str, tables: Mapping[Level, Abilities], who: str = "") -> tuple[tuple[Level, ...], tuple[str, ...]]:
    """Return the levels that take more than one value of a key, and what limits it."""
    levels, limits = [], []
    for level, lines in tables.items():
        taken = {line: _restricted(key, keys) for line, keys in lines.items() if line in _LINES.get(key, lines)}
        if any(only is None or len(only.values) > 1 for only in taken.values()):
            levels.append(level)
        limits += _limits(who or f"level {level!r}", taken)
    return tuple(levels), tuple(dict.fromkeys(limits))


def _restricted(key: str, keys: Mapping[str, Only]) -> Only | None:
    section, _, name = key.partition(".")
    return keys.get(f"{section}.block") if name in _OF_CIRCUIT and section != "device" else keys.get(key)


def _limits(who: str, taken: Mapping[str, Only | None]) -> list[str]:
    """Say what is taken of a key, lines of one restriction together."""
    said = []
    for only in dict.fromkeys(filter(None, taken.values())):
        values = " or ".join("no value" if value is None else repr(value) for value in only.values)
        lines = [repr(line) for line, each in taken.items() if each == only]
        where = "" if len(lines) == len(taken) else f" with array.input_line = {' or '.join(lines)}"
        said.append(f"{who}{where} takes {values} alone: {only.because}")
    return said

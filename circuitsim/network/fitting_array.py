"""Which arrays the layers of a network can lie on, and whether a product simulates the array of its network."""

from typing import Any

from pydantic import BaseModel

from circuitsim.errors import InputError, SpecError
from circuitsim.spec import Abilities, ArraySpec, Only, checked, unable

_DRAWN = "a tile has the rows and columns of its array"
_CURRENTS = "the ADCs of a network convert the currents of cells between two lines"
_LEVELS = "a code selects a gate level, in one read"
_AS_DRAWN = {
    "technique.partition": Only((None,), _DRAWN),
    "technique.replicate_cols": Only((1,), _DRAWN),
    "technique.g_reference": Only((None,), _DRAWN),
    "technique.dummy_rows": Only((0,), _DRAWN),
    "technique.dummy_cols": Only((0,), _DRAWN),
}
READS: Abilities = {
    "bl": {
        "driver.input_code": Only(("amplitude", "bit_serial", "pulse_width"), _CURRENTS),
        **_AS_DRAWN,
    },
    "wl": {
        "array.cell": Only(("1t1r", "2t2r", "1t", "own"), _CURRENTS),
        "driver.input_code": Only(("bit_serial", "pulse_width"), "a gate is on or off and takes no amplitude"),
        **_AS_DRAWN,
    },
}
"""Layers are read through bit lines (amplitudes, bits, pulses) or gates (bits, pulses), and by column outputs."""

_BY_GATE_LEVELS: Abilities = {"wl": {**READS["wl"], "driver.input_code": Only(("amplitude",), _LEVELS)}}
"""The same of gates with `driver.gate_levels`."""

# What stands between a tile and its network: one product may serve several of them.
_AROUND_THE_ARRAY = {"adc", "mapping", "schema_version"}
_NOT_READ = {"dac_bits", "input_code", "file", "folder"}


def check_network_array(spec: ArraySpec) -> None:
    """Refuse an array on which the layers of a network cannot lie.

    Raises:
        SpecError: Names the key, its value and the accepted values.
    """
    obstacle = unable(spec, READS if spec.driver.gate_levels is None else _BY_GATE_LEVELS)
    if obstacle is None:
        return
    key, value, expected = obstacle
    choices = " or ".join("no value" if choice is None else repr(choice) for choice in expected.values)
    raise SpecError(
        f"{key} = {value!r}: a network is read by voltages on bit lines, or bit by bit, by pulses or by "
        f"driver.gate_levels on gates, and by currents or charges, in tiles of array.rows x array.cols cells; expected "
        f"{choices} ({expected.because})"
    )


@checked
def check_same_array(own: ArraySpec, spec: ArraySpec) -> None:
    """Refuse a product that simulates another array than that of a network.

    Converters and mapping may differ, because they are outside the tile. Of files and folders only the contents count,
    which the product checks.

    Args:
        own: The array that the product simulates.
        spec: The array of the network.

    Raises:
        InputError: Names the first key that differs, with both values.
    """
    here, there = _values(spec), _values(own)
    if here == there:
        return
    key = next(key for key in (*here, *there) if here.get(key) != there.get(key))
    raise InputError(
        f"the product simulates another array than that of the network: its {key} is {_short(there.get(key))}, not "
        f"{_short(here.get(key))}; expected one specification for both"
    )


def _short(value: object) -> str:
    text = "absent" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _values(spec: ArraySpec) -> dict[str, Any]:
    """Return the value of every key on which the currents of a tile depend."""
    sections = ((name, part) for name, part in spec if name not in _AROUND_THE_ARRAY)
    return {
        f"{name}.{key}": value
        for name, part in sections
        if isinstance(part, BaseModel)
        for key, value in part
        if key not in _NOT_READ
    }

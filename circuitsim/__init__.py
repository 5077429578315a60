"""SPICE-level co-simulation of analog in-memory computing arrays.

A designer's array, from its specification over ngspice to a fast behavioral model with a certificate:

    spec = load_spec("array.toml")
    truth = solve(spec, g, v_in, level="ngspice")
    model, certificate = calibrate(spec, rng=rng)
    i_out = mvm(program(model, g), v_in)
"""

__version__ = "0.1.0"

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from circuitsim.behavioral import mvm, program
    from circuitsim.levels import calibrate, prepare, read, solve
    from circuitsim.nodal import effective_matrix
    from circuitsim.spec import ArraySpec, load_spec, parse_spec
    from circuitsim.units import format_quantity

__all__ = [
    "ArraySpec",
    "calibrate",
    "effective_matrix",
    "format_quantity",
    "load_spec",
    "mvm",
    "parse_spec",
    "prepare",
    "program",
    "read",
    "solve",
]

# Loaded on first use: `circuitsim doctor` should not wait for compilers and plotting libraries.
_HOME = {
    "ArraySpec": "circuitsim.spec",
    "calibrate": "circuitsim.levels",
    "effective_matrix": "circuitsim.nodal",
    "format_quantity": "circuitsim.units",
    "load_spec": "circuitsim.spec",
    "mvm": "circuitsim.behavioral",
    "parse_spec": "circuitsim.spec",
    "prepare": "circuitsim.levels",
    "program": "circuitsim.behavioral",
    "read": "circuitsim.levels",
    "solve": "circuitsim.levels",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'circuitsim' has no attribute {name!r}")

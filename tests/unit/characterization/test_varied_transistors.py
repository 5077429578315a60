"""Transistors that differ are characterized where inputs switch their gates; other arrays are refused."""

import tomllib

import numpy as np
import pytest
from array_toml import ARRAY

from circuitsim import characterization
from circuitsim.errors import SpecError
from circuitsim.netlist import Mismatch
from circuitsim.spec import parse_spec


def test_cells_without_a_gate_that_switches_are_refused():
    spec = parse_spec(tomllib.loads(ARRAY))
    assert spec.array.input_line == "bl"
    with pytest.raises(SpecError, match=r"with array\.input_line = 'bl': expected cells with a transistor"):
        characterization.varied_cells(spec, Mismatch(np.zeros(spec.shape), np.ones(spec.shape)))

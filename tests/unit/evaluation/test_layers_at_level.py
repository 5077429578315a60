"""Layers at a level of their own: a choice without effect is refused before anything is read."""

from dataclasses import dataclass

import pytest

from circuitsim.errors import InputError
from circuitsim.evaluation.layers_at_level import layers_at_level


@dataclass(frozen=True)
class Empty:
    layers: tuple = ()


def test_no_name_is_no_choice():
    with pytest.raises(InputError, match=r"^layers = \[\] has no effect: no layer is named"):
        layers_at_level(None, None, Empty(), [], None, "ngspice", None)

"""Columns whose ADCs differ get the codes that each ADC alone gives."""

from dataclasses import replace

import numpy as np
import pytest

from circuitsim.periphery import convert_and_count, convert_columns
from circuitsim.results import ConverterTable


@pytest.mark.parametrize("decide", ["search", "sorted"])
@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_columns_are_converted_as_one_by_one(decide, noise):
    rng = np.random.default_rng(0)
    table = ConverterTable(5, 0.1, 0.9, noise=noise, decide=decide, unit="V")
    inl = rng.normal(0.0, 0.7 if decide == "search" else 0.2, (4, 31))
    analog = rng.uniform(-0.1, 1.1, (50, 4))
    together = np.random.default_rng(7) if noise else None
    alone = np.random.default_rng(7) if noise else None
    found = convert_columns(table, inl, analog, rng=together)
    each = [convert_and_count(replace(table, inl=inl[k]), analog[:, k : k + 1], rng=alone)[0] for k in range(4)]
    np.testing.assert_array_equal(found, np.hstack(each))
    assert found.min() == 0 and found.max() == 31

"""Pulses as intervals of constant rows."""

import numpy as np
import pytest
from gated_arrays import gated_model, gated_spec, log_uniform

from circuitsim import behavioral, chain, levels
from circuitsim.levels import CertifiedTile
from circuitsim.levels.pulsed_array import PulsedArray, read_pulsed
from circuitsim.levels.pulses import constant_rows


def test_intervals_add_up_to_the_pulses():
    rng = np.random.default_rng(0)
    width, height, rest = rng.uniform(0, 1, (5, 4)), rng.uniform(1, 2, (5, 4)), 0.9
    width[0], width[1] = 0.5, [0.0, 0.2, 0.2, 0.7]  # equal pulses, and rows without one
    parts = list(constant_rows(height, width, rest, 1.2))
    assert len(parts) <= 5
    total = sum(duration for _, duration in parts)
    np.testing.assert_allclose(total, 1.2)
    area = sum((rows - rest) * duration[:, None] for rows, duration in parts)
    np.testing.assert_allclose(area, (height - rest) * width, rtol=1e-12, atol=1e-15)
    for rows, _ in parts:
        assert np.all((rows == rest) | (rows == height))


@pytest.mark.parametrize("tile", [False, True], ids=["nodal", "behavioral"])
def test_pulses_on_gates_are_reads_of_0_and_1_in_turn(tile):
    spec = gated_spec(12, 5)
    model, g = gated_model(spec, 3, leak=1e-3), log_uniform(spec)
    inner = chain.model_array(model, g)
    if tile:
        inner = CertifiedTile(spec, g, behavioral.program(model, g), model, model, None, strict=False)
    pulsed = spec.replace(driver={"input_code": "pulse_width", "t_read": 10e-9})
    quarters = np.random.default_rng(0).integers(0, 5, (6, 12))
    found = read_pulsed(PulsedArray(pulsed, inner), quarters / 4)
    reads = [levels.read(inner, (quarters > slot).astype(float)) for slot in range(4)]
    leak = levels.read(inner, np.zeros((1, 12)))
    charge = 2.5e-9 * sum(one.out for one in reads) + 2e-9 * leak.out  # the simulation ends after 1.2 t_read
    np.testing.assert_allclose(found.out, charge, rtol=1e-7)
    power = (2.5e-9 * sum(one.power for one in reads) + 2e-9 * leak.power) / 12e-9
    np.testing.assert_allclose(found.power, power, rtol=1e-7)
    assert (found.quantity, found.unit) == ("charge", "C")

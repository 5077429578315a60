"""Pulses as intervals of constant rows."""

import numpy as np

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

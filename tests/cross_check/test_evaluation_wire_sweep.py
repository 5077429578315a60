"""A network over wire resistances: each point recalibrated, the ends compared with ngspice."""

import numpy as np
import pytest
from small_networks import convolution_and_gemm

from circuitsim.evaluation import network_experiments, wire_sweep
from circuitsim.spec import parse_spec

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 12, "cols": 6, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
        "wire": {"r_row": 1.0, "r_col": 1.0},
        "driver": {"v_read": 0.2, "r_out": 50.0, "dac_bits": 6},
        "adc": {"bits": 8},
    }
)


@pytest.fixture(scope="module")
def swept():
    network, rng = convolution_and_gemm(4), np.random.default_rng(0)
    images = rng.uniform(0.0, 1.0, (40, 1, 4, 4))
    labels = network.run_float(images).argmax(axis=1)
    seen = []
    points = wire_sweep(
        network,
        SPEC,
        images[20:],
        labels[20:],
        calibration_images=images[:20],
        tiles=network_experiments(network, SPEC, images[:20], vectors=4, rng=rng),
        rng=rng,
        resistances=(50.0, 0.0, 5.0),
        progress=lambda done, total: seen.append((done, total)),
    )
    return points, seen


def test_points_follow_the_given_resistances(swept):
    points, seen = swept
    assert [point.r_wire for point in points] == [50.0, 0.0, 5.0]
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]
    drops = {point.r_wire: point.ir_drop for point in points}
    assert 0 < drops[0.0] < drops[5.0] < drops[50.0] < 1  # without wires, the drivers' resistance is left
    assert all(0 <= point.accuracy <= 1 for point in points)


def test_only_the_lowest_and_the_highest_are_compared_with_ngspice(swept):
    high, low, middle = swept[0]
    assert middle.ngspice_rms is None and middle.ngspice_max is None
    for point in (high, low):
        assert point.ngspice_rms is not None and point.ngspice_max is not None
        # The array solver is exact for ohmic cells: the model is as far from ngspice as from it.
        assert point.ngspice_rms <= point.ngspice_max < 10 * point.max + 1e-9

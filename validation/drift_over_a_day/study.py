"""The digits network on drawn cells of pcm_joshi, at the end of programming and a day later."""

import circuitsim as cs
from circuitsim import levels
from circuitsim.demo.data import NETWORK, load_digits
from circuitsim.evaluation import BehavioralProduct, score_draws
from circuitsim.network import load_network
from circuitsim.results import TileModel

DAY = 86400.0


def cases():
    """Number of draws."""
    return {"digits": 3}


def compute(draws):
    """Mean points lost and gained."""
    spec = cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": 64, "cols": 64, "cell": "1r"},
            "device": {"model": "pcm_joshi", "g_min": "0.1u", "g_max": "25u"},
            "wire": {"r_row": 0.0, "r_col": 0.0},
            "driver": {"v_read": 0.2},
            "mapping": {"weights": "differential", "inputs": "two_phase"},
        }
    )
    digits = load_digits()
    surface = levels.surface_of(spec, g_range=(1e-13, 40e-6))  # as far as draws reach
    product = BehavioralProduct(TileModel(spec, surface, 1, (0.0, 0.2)))
    scores = score_draws(
        load_network(NETWORK),
        product,
        digits.test_images,
        digits.test_labels,
        calibration_images=digits.train_images[:100],
        seeds=range(draws),
        times=(0.0, DAY),
        compensations=("none", "network"),
    ).scores.mean(axis=-1)
    plain, compensated = 100 * scores[:, 0], 100 * scores[:, 1]
    return {"lost_compensated": compensated[0] - compensated[1], "gained": compensated[1] - plain[1]}

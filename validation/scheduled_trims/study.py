"""The digits network on phase-change cells that drift, with gains of columns trimmed on a schedule or not at all."""

import numpy as np

import circuitsim as cs
from circuitsim import levels
from circuitsim.demo.data import NETWORK, load_digits
from circuitsim.devices import load_card
from circuitsim.devices.statistics import drift_mean, read_statistics
from circuitsim.evaluation import BehavioralProduct, score_draws
from circuitsim.network import load_network
from circuitsim.results import TileModel

MINUTES, HOUR, DAY, IMAGES = 300.0, 3600.0, 86400.0, 150


def cases():
    """Time between two trims [s]."""
    return {"5 minutes": MINUTES, "1 hour": HOUR, "6 hours": 6 * HOUR}


def errors(every, time):
    """Rms error of the outputs against the float network: at the end of programming, untrimmed and trimmed later."""
    spec = cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": 64, "cols": 64, "cell": "1r"},
            "device": {"model": "pcm_joshi", "g_min": "0.1u", "g_max": "25u"},
            "wire": {"r_row": 0.0, "r_col": 0.0},
            "driver": {"v_read": 0.2},
        }
    )
    net, digits = load_network(NETWORK), load_digits()
    surface = levels.surface_of(spec, g_range=(1e-13, 40e-6))  # as far as draws reach
    images = digits.test_images[:IMAGES]
    scores = score_draws(
        net,
        BehavioralProduct(TileModel(spec, surface, 1, (0.0, 0.2))),
        images,
        net.run_float(images),
        calibration_images=digits.train_images[:100],
        seeds=(0, 1),
        causes=("programming", "drift"),
        times=(0.0, time),
        compensations=("none", "column"),
        trim_every=every,
    ).scores.mean(axis=-1)
    return scores[0, 0], scores[1, 0], scores[1, 1]


def compute(every):
    """Share of the error that drift adds which trims leave, and the error over that with trims each 5 minutes."""
    found = {}
    for name, time in (("early", 2 * every - 1.0), ("day", DAY - 1.0)):  # the last moments before a trim
        fresh, drifted, trimmed = errors(every, time)
        found[name] = (trimmed - fresh) / (drifted - fresh)
    stats = read_statistics(load_card("pcm_joshi"))
    now, then = (drift_mean(stats, np.array([10e-6]), t) for t in (DAY - 1.0, DAY - every))
    moved = 1 - float(now[0] / then[0])
    return found | {"over_minutes": trimmed / errors(MINUTES, DAY - 1.0)[2], "moved": moved}

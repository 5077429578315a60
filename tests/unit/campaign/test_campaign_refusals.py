"""What a campaign cannot do is said before anything runs."""

import numpy as np
import pytest

from circuitsim import campaign
from circuitsim.errors import InputError
from circuitsim.spec import parse_spec

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 3, "cols": 2, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
        "wire": {"r_row": 2.0, "r_col": 2.0},
        "driver": {"v_read": 0.2},
    }
)
G, X = np.full((3, 2), 5e-5), np.full((1, 3), 0.2)


def test_a_sweep_has_no_model_for_every_value():
    with pytest.raises(InputError, match=r"level = 'behavioral': expected 'ngspice' or 'nodal'"):
        campaign.sweep(SPEC, G, X, "driver.r_out", [1.0], level="behavioral")


def test_a_sweep_at_the_nodal_level_needs_no_simulator():
    out = campaign.sweep(SPEC, G, X, "wire.r_row", [0.0, 50.0], level="nodal")
    assert out.dims == ("r_row", "batch", "col")
    assert (out.sel(r_row=50.0) < out.sel(r_row=0.0)).all()


def test_draws_do_not_depend_on_the_number_of_jobs():
    drawn = [
        campaign.monte_carlo(
            SPEC,
            G,
            X,
            draws=5,
            rng=np.random.default_rng(0),
            program=campaign.normal_spread(1e-6),
            level="nodal",
            n_jobs=jobs,
        )
        for jobs in (1, 3)
    ]
    np.testing.assert_array_equal(*drawn)
    assert drawn[0].std("draw").min() > 0


def test_nothing_varies():
    with pytest.raises(InputError, match="nothing varies"):
        campaign.monte_carlo(SPEC, G, X, draws=3, rng=np.random.default_rng(0))

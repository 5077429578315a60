"""Monte Carlo, mismatch, temperature and corner sweeps through ngspice."""

import numpy as np
import pytest
from netlist_cases import currents, passive, transistor
from numpy.testing import assert_allclose

from circuitsim import netlist, spice
from circuitsim.campaign import monte_carlo, normal_spread, sweep
from circuitsim.errors import InputError, SpecError
from circuitsim.netlist import Mismatch, sample_mismatch


def test_spread_of_conductances_becomes_the_spread_of_currents():
    rng = np.random.default_rng(0)
    g, x = 10 ** rng.uniform(-5, -4, (16, 16)), rng.uniform(0, 0.2, (1, 16))
    sigma = 0.1 * g
    spec, program = passive(16, 16, 0.01, 0.01), normal_spread(sigma)
    out, decks = (
        monte_carlo(spec, g, x, draws=draws, rng=np.random.default_rng(1), program=program, level=level)
        for draws, level in ((1000, "nodal"), (10, "ngspice"))
    )
    assert_allclose(decks.values, out.values[:10], rtol=1e-8, atol=0)
    ratio = out.values[:, 0].std(axis=0, ddof=1) / np.sqrt((x[0][:, None] ** 2 * sigma**2).sum(axis=0))
    # The standard deviation of 1000 draws has itself one of 2.2 %.
    assert abs(np.sqrt((ratio**2).mean()) - 1) < 0.02
    assert abs(ratio[0] - 1) < 0.05
    assert np.all(np.abs(ratio - 1) < 0.09)
    assert out.dims == ("draw", "batch", "col") and out.attrs["units"] == "A"


def test_draws_do_not_depend_on_how_many_run_at_once():
    spec, g, x = transistor(3, 3).replace(access={"a_vt": 4e-9}), np.full((3, 3), 1e-4), [[0.2, 0.2, 0.2]]
    one, two = (monte_carlo(spec, g, x, draws=3, rng=np.random.default_rng(7), n_jobs=n) for n in (1, 2))
    assert_allclose(one.values, two.values, rtol=0, atol=0)
    assert np.all(one.values.std(axis=0) > 0)


def test_threshold_shift_is_a_gate_voltage_and_width_a_width():
    spec, g, x = transistor(4, 4), np.full((4, 4), 1e-4), np.full((1, 4), 0.2)
    alike, ones = np.zeros((4, 4)), np.ones((4, 4))

    def read(mismatch):
        deck = netlist.crossbar(spec, g, x, mismatch=mismatch)
        return spice.run(deck).columns(deck.i_out)

    assert_allclose(read(Mismatch(alike, ones)), currents(spec, g, x), rtol=1e-8, atol=0)
    weaker = currents(spec.replace(access={"v_gate": 1.7}), g, x)
    assert_allclose(read(Mismatch(alike + 0.1, ones)), weaker, rtol=1e-8, atol=0)
    wider = currents(spec.replace(access={"w": 1.2e-6}), g, x)
    assert_allclose(read(Mismatch(alike, 1.2 * ones)), wider, rtol=1e-8, atol=0)


def test_matching_follows_the_gate_area():
    spec = transistor(40, 40).replace(access={"a_vt": 4e-9, "a_beta": 1e-8})
    drawn = sample_mismatch(spec, np.random.default_rng(1))
    area = np.sqrt(1e-6 * 0.13e-6)
    # 1600 draws: the standard deviation is known to 1.8 %.
    assert_allclose(drawn.v_th.std(), 4e-9 / area, rtol=0.07, atol=0)
    assert_allclose(drawn.width.std(), 1e-8 / area, rtol=0.07, atol=0)
    assert_allclose(drawn.width.mean(), 1.0, rtol=0.003, atol=0)


def test_temperature_sweep_is_labelled():
    spec, g, x = transistor(3, 3), np.full((3, 3), 1e-4), np.full((2, 3), 0.2)
    out = sweep(spec, g, x, "array.temperature_c", [-40.0, 27.0, 125.0])
    assert out.dims == ("temperature_c", "batch", "col")
    assert_allclose(out.sel(temperature_c=27.0).values, currents(spec, g, x), rtol=1e-9, atol=0)
    assert np.all(np.abs(out.diff("temperature_c")) > 1e-3 * out.sel(temperature_c=27.0))


@pytest.mark.filterwarnings("ignore::circuitsim.characterization.ChordWarning")  # its corners scale the current
def test_corner_sweep_takes_sections_of_the_users_library(tmp_path):
    parts = [
        f".lib {name}\n.subckt r te be g=1u\ng1 te be te be {{{k}*g}}\n.ends\n.endl\n"
        for name, k in (("ss", 0.8), ("ff", 1.3))
    ]
    (tmp_path / "corners.lib").write_text("* corners\n" + "".join(parts))
    spec = passive(2, 2, 0.0, 0.0)
    data = {
        **spec.model_dump(by_alias=True),
        "device": {"file": tmp_path / "corners.lib", "subckt": "r", "corner": "ss", "g_min": 1e-6, "g_max": 1e-3},
    }
    g, x = np.full((2, 2), 1e-4), np.array([[0.1, 0.2]])
    out = sweep(type(spec).model_validate(data), g, x, "device.corner", ["ss", "ff"])
    assert_allclose(out.sel(corner="ff") / out.sel(corner="ss"), 1.3 / 0.8, rtol=1e-9, atol=0)


def test_what_cannot_vary_is_refused():
    spec, g, x = passive(2, 2, 1.0, 1.0), np.full((2, 2), 1e-4), [[0.1, 0.1]]
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="nothing varies"):
        monte_carlo(spec, g, x, draws=2, rng=rng)
    with pytest.raises(InputError, match="draws = 0"):
        monte_carlo(spec, g, x, draws=0, rng=rng, program=normal_spread(1e-6))
    with pytest.raises(InputError, match="no access transistor that could differ"):
        netlist.crossbar(spec, g, x, mismatch=Mismatch(np.zeros((2, 2)), np.ones((2, 2))))
    with pytest.raises(InputError, match=r"mismatch.width: expected finite numbers > 0"):
        netlist.crossbar(transistor(2, 2), g, x, mismatch=Mismatch(np.zeros((2, 2)), np.zeros((2, 2))))
    with pytest.raises(SpecError, match=r"unknown key array.temperature"):
        sweep(spec, g, x, "array.temperature", [27.0])
    with pytest.raises(InputError, match=r"expected section.key"):
        sweep(spec, g, x, "temperature_c", [27.0])

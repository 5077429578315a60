"""The error per column load of tiles as networks make them: drawn from sparse to dense, within it on fresh ones."""

from dataclasses import replace

import numpy as np
import pytest

from circuitsim.calibration import drawn_loads, full_scale_of_box
from circuitsim.calibration.drawn_loads import KINDS, MARGIN, _pattern, with_drawn_loads
from circuitsim.results import LoadTable

TABLE = LoadTable((1.0,), (1.0,), 1.5)


@pytest.fixture(scope="module")
def model(make_model, make_spec):
    return make_model(grade=1, v_range=(0.0, 0.2), spec=make_spec(rows=12, cols=10))


def test_tiles_are_from_sparse_to_dense_and_pairs_rest_on_one_side():
    rng, means = np.random.default_rng(0), {}
    for kind in KINDS:
        patterns = [_pattern(kind, 40, 20, rng) for _ in range(20)]
        assert all(np.all((p >= 0) & (p <= 1)) and p.max() > 0 for p in patterns)
        if kind != "uniform cells":
            assert all(np.all(p[:, 0::2] * p[:, 1::2] == 0) for p in patterns)
        means[kind] = max(p.mean(axis=0).max() for p in patterns)
    assert means["sparse pairs"] < 0.2 < means["normal pairs"] < means["binary pairs"] and means["uniform cells"] > 0.5


def test_the_coefficient_holds_on_tiles_drawn_anew(model, monkeypatch):
    monkeypatch.setattr(drawn_loads, "TILES", 10)
    scale, _ = full_scale_of_box(model.spec, model.surface)
    found = with_drawn_loads(TABLE, model, scale, rng=np.random.default_rng(0))
    assert found.drawn is not None and found.fresh is not None
    assert found.loads == TABLE.loads and found.drawn > 1e-6 and 0.3 < found.fresh <= 1
    again = with_drawn_loads(TABLE, model, scale, rng=np.random.default_rng(1))
    assert (
        again.drawn is not None and again.fresh is not None and again.drawn * again.fresh <= found.drawn
    )  # the largest of 20 others is within it
    half = with_drawn_loads(TABLE, model, 2 * scale, rng=np.random.default_rng(0))
    assert half.drawn == pytest.approx(found.drawn / 2) and half.fresh == pytest.approx(found.fresh)


def test_fresh_tiles_above_the_coefficient_raise_it(model, monkeypatch):
    ratios = iter([1.0] * drawn_loads.TILES + [4.0] * drawn_loads.TILES)
    monkeypatch.setattr(drawn_loads, "_ratio", lambda *_: next(ratios))
    found = with_drawn_loads(TABLE, model, 1e-4, rng=np.random.default_rng(0))
    assert (found.drawn, found.fresh) == (4.0 * MARGIN, 1 / MARGIN)


def test_gates_draw_no_tiles(model):
    spec = model.spec.replace(driver={"input_code": "pulse_width", "dac_bits": 4})
    assert with_drawn_loads(TABLE, replace(model, spec=spec), 1e-4, rng=np.random.default_rng(0)) is TABLE

"""Derivatives by conductances that training uses, against finite differences of ngspice."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is optional: the extra [torch]")

import circuitsim as cs  # noqa: E402
from circuitsim import characterization  # noqa: E402
from circuitsim.results import TileModel  # noqa: E402
from circuitsim.training import TrainingTiles  # noqa: E402

SIZE, VECTORS = 8, 3
SPEC = {
    "schema": 1,
    "array": {"rows": SIZE, "cols": SIZE, "cell": "1r"},
    "device": {"g_min": 1e-6, "g_max": 1e-4},
    "wire": {"r_row": 20.0, "r_col": 20.0},
    "driver": {"v_read": 0.2, "r_out": 50.0},
}


def currents(spec, g, v):
    return cs.solve(spec, g, v, level="ngspice").i_out


@pytest.mark.parametrize(("device", "grade"), [("rram_ohmic", 1), ("rram_sinh", 2)])
def test_the_exact_gradient_is_that_of_ngspice(device, grade):
    spec = cs.parse_spec(SPEC | {"device": SPEC["device"] | {"model": device}})
    model = TileModel(spec, characterization.cell(spec), grade, (0.0, 0.2))
    rng = np.random.default_rng(0)
    g = rng.uniform(2e-6, 9e-5, spec.shape)
    v, weights = rng.uniform(0.0, 0.2, (VECTORS, SIZE)), rng.normal(size=(VECTORS, SIZE))
    tensor = torch.tensor(g, requires_grad=True)
    tile = TrainingTiles(model, "exact", 1, torch.float64)(None)
    (tile.read(tensor, torch.as_tensor(v), training=True) * torch.as_tensor(weights)).sum().backward()
    found = tensor.grad.numpy()
    for at in ((0, 0), (7, 0), (3, 5), (6, 7)):
        step = 0.02 * g[at]  # a smooth function of g; ngspice resolves it far better
        moved = np.where(np.arange(SIZE * SIZE).reshape(SIZE, SIZE) == at[0] * SIZE + at[1], step, 0.0)
        high, low = (np.sum(currents(spec, g + sign * moved, v) * weights) for sign in (1.0, -1.0))
        assert abs((high - low) / (2 * step) - found[at]) < 1e-3 * np.abs(found).max(), at

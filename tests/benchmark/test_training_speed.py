"""Forward and backward pass of a 128 × 128 tile beside a Linear of as many weights, one thread, CPU time.

Both runs alternate, so that other work on the machine slows them alike; the ratio is that of the least times.
"""

import time

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is optional: the extra [torch]")

from torch import nn  # noqa: E402

from circuitsim import nodal  # noqa: E402
from circuitsim.results import TileModel  # noqa: E402
from circuitsim.spec import parse_spec  # noqa: E402
from circuitsim.training import convert_module  # noqa: E402

SIZE, BATCH, ROUNDS, EACH = 128, 256, 40, 4
SPEC = {
    "schema": 1,
    "array": {"rows": SIZE, "cols": SIZE, "cell": "1r"},
    "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
    "wire": {"r_row": 1.0, "r_col": 1.0},
    "driver": {"v_read": 0.2, "dac_bits": 8, "r_out": 50.0},
    "adc": {"bits": 8},
    "mapping": {"inputs": "unsigned"},
}


def step_of(module, x):
    """One forward and backward pass, and a step that changes the weights."""
    x = torch.as_tensor(x).requires_grad_()
    by_y = torch.rand(BATCH, module.weight.shape[0])
    optimizer = torch.optim.SGD(module.parameters(), lr=1e-4)

    def step():
        optimizer.zero_grad()
        x.grad = None
        module(x).backward(by_y)
        optimizer.step()

    return step


def least(steps):
    """Least CPU time of each step [s], run in turn."""
    times = [[] for _ in steps]
    for _ in range(ROUNDS):
        for step, found in zip(steps, times, strict=True):
            began = time.process_time()
            for _ in range(EACH):
                step()
            found.append((time.process_time() - began) / EACH)
    return [min(found[2:]) for found in times]


@pytest.mark.parametrize(("grade", "most"), [(1, 3.0), (2, 12.0)])
def test_a_pass_through_a_tile_over_a_linear(grade, most):
    torch.set_num_threads(1)
    model = TileModel(parse_spec(SPEC), nodal.ohmic((1e-6, 1e-4), (0.0, 0.2)), grade, (0.0, 0.2))
    x = np.random.default_rng(0).random((BATCH, SIZE)).astype(np.float32)
    # Programming is not timed: it depends on how often it is asked for.
    tile = convert_module(nn.Linear(SIZE, SIZE // 2), model, None, images=x, uncertified=True, every=10**6).train()
    plain, on_tile = least([step_of(nn.Linear(SIZE, SIZE), x), step_of(tile, x)])
    print(f"grade {grade}: {on_tile * 1e3:.3f} ms over {plain * 1e3:.3f} ms = {on_tile / plain:.2f}")
    assert on_tile <= most * plain

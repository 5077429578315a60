"""What is left to its default is checked as well as what must be given."""

import numpy as np
import pytest

from circuitsim import nodal
from circuitsim.errors import InputError
from circuitsim.spec import parse_spec

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 3, "cols": 2, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
        "wire": {"r_row": 2.0, "r_col": 3.0, "c_row": 1e-15, "c_col": 1e-15},
        "driver": {"v_read": 0.2},
    }
)
G = np.full((3, 2), 1e-5)
ARRAY, LINEAR = nodal.prepare(SPEC, G), nodal.linear_array(SPEC.wires, G)
V = np.full((1, 3), 0.1)
SURFACE = nodal.ohmic((1e-6, 1e-4), (0.0, 0.2))
CALLS = {
    "prepare": lambda **given: nodal.prepare(SPEC, G, **given),
    "read": lambda **given: nodal.read(ARRAY, V, **given),
    "read_with_sense": lambda **given: nodal.read_with_sense(ARRAY, V, lambda i: 50.0 * i, **given),
    "step_response": lambda **given: nodal.step_response(ARRAY, V[0], **given),
    "sensitivity": lambda **given: nodal.sensitivity(ARRAY, V, np.ones((1, 2)), **given),
    "compensate": lambda **given: nodal.compensate(SPEC, G, **given),
    "effective_matrix": lambda **given: nodal.effective_matrix(ARRAY, **given),
    "power_breakdown": lambda **given: nodal.power_breakdown(ARRAY, V, nodal.read(ARRAY, V, nodes=True), **given),
    "ohmic": lambda **given: nodal.ohmic((1e-6, 1e-4), (0.0, 0.2), **given),
    "solve_adjoint": lambda **given: nodal.solve_adjoint(LINEAR, **given),
    "sweep_batch": lambda **given: nodal.sweep_batch(ARRAY.plan, V, tol=1e-9, most=20, **given),
    "terminal_matrices": lambda **given: nodal.terminal_matrices(ARRAY.plan, **given),
}


@pytest.mark.parametrize(
    ("call", "name", "value"),
    [
        *(("prepare", name, "some") for name in ("surface", "off", "wires", "v_range", "g_range")),
        *(("read", name, "some") for name in ("v_sense", "nodes", "tol", "threads")),
        *(("read_with_sense", name, "some") for name in ("nodes", "tol", "threads")),
        *(("step_response", name, "some") for name in ("t_edge", "t_stop", "band", "tol")),
        *(("sensitivity", name, "some") for name in ("tol", "threads")),
        *(("compensate", name, "some") for name in ("surface", "v_in", "wires", "steps")),
        *(
            (each, "threads", 0)
            for each in ("read", "sensitivity", "effective_matrix", "sweep_batch", "terminal_matrices")
        ),
        *((each, "tol", 0.0) for each in ("read", "read_with_sense", "step_response", "sensitivity")),
        *(("solve_adjoint", name, "some") for name in ("i_out", "v_row", "v_col")),
        ("power_breakdown", "v_sense", "some"),
        ("ohmic", "r_series", "some"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(call, name, value):
    with pytest.raises(InputError) as refused:
        CALLS[call](**{name: value})
    assert str(refused.value).startswith(name) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda v_in: nodal.read_with_sense(ARRAY, v_in, lambda i: 50.0 * i),
        lambda v_in: nodal.sensitivity(ARRAY, v_in, np.ones((1, 2))),
        lambda v_in: nodal.compensate(SPEC, G, SURFACE, v_in=v_in),
    ],
)
def test_inputs_are_called_what_the_function_calls_them(call):
    for v_in, words in ((np.ones((1, 2)), "has shape (1, 2), expected"), (np.full((1, 3), np.nan), "[0, 0] = nan V")):
        with pytest.raises(InputError) as refused:
            call(v_in)
        assert str(refused.value).startswith(f"v_in{words}" if words[0] == "[" else f"v_in {words}")

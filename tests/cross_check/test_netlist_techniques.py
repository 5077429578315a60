"""Each technique and what it does to the error, through ngspice."""

import numpy as np
import pytest
from netlist_cases import currents, passive, transistor
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim import levels
from circuitsim.errors import InputError, SpecError
from circuitsim.spec import drawn_inputs, lay_out, put_together


def case(rows, cols, seed=0):
    rng = np.random.default_rng(seed)
    return 10 ** rng.uniform(-5, -4, (rows, cols)), rng.uniform(0.0, 0.2, (3, rows))


def read(spec, g, x, solve):
    """Read a matrix on the arrays that its techniques draw, each solved by a function (spec, g, x) -> out."""
    arrays = lay_out(spec, g)
    outs = [solve(array.spec, array.g, drawn_inputs(spec, array, x)) for array in arrays]
    return put_together(spec, arrays, outs)


def error(out, ideal):
    return np.sqrt(np.mean((out - ideal) ** 2)) / np.abs(ideal).max()


@pytest.mark.parametrize(
    "technique",
    [
        {"partition": [3, 2]},
        {"replicate_cols": 3},
        {"dummy_rows": 2, "dummy_cols": 1, "g_dummy": 5e-5},
        {"partition": [4, 3], "replicate_cols": 2, "dummy_rows": 1, "dummy_cols": 2},
    ],
)
def test_without_wires_the_matrix_stays_what_it_is(technique):
    g, x = case(7, 5)
    spec = passive(7, 5, 0.0, 0.0).replace(technique=technique)
    assert_allclose(read(spec, g, x, currents), x @ g, rtol=1e-9, atol=0)


def test_partition_shortens_the_wires():
    g, x = case(24, 24)
    whole = passive(24, 24, 20.0, 20.0)
    errors = [error(read(whole.replace(technique={"partition": [n, n]}), g, x, currents), x @ g) for n in (24, 12, 6)]
    # The drop grows with the square of the length.
    assert errors[1] < 0.45 * errors[0]
    assert errors[2] < 0.45 * errors[1]


def test_replicas_average_out_what_is_random():
    g, x = case(6, 4)
    rng = np.random.default_rng(1)

    def programmed(spec, wanted, inputs):
        return currents(spec, wanted * (1 + 0.05 * rng.standard_normal(wanted.shape)), inputs)

    spread = {}
    for copies in (1, 4):
        spec = passive(6, 4, 0.0, 0.0).replace(technique={"replicate_cols": copies})
        spread[copies] = np.std([read(spec, g, x, programmed) - x @ g for _ in range(40)])
    # 4 replicas halve it; 40 runs of 12 outputs know it to about 5 %.
    assert_allclose(spread[4] / spread[1], 0.5, rtol=0.15, atol=0)


def test_reference_column_removes_offset_and_part_of_the_drop():
    offset = 5e-5
    signed = np.random.default_rng(2).uniform(-4e-5, 4e-5, (12, 6))
    x = np.random.default_rng(3).uniform(0.0, 0.2, (3, 12))
    ideal = x @ signed
    exact = read(passive(12, 6, 0.0, 0.0).replace(technique={"g_reference": offset}), offset + signed, x, currents)
    assert_allclose(exact, ideal, rtol=1e-7, atol=0)

    wired = passive(12, 6, 1.0, 20.0)
    digital = currents(wired, offset + signed, x) - offset * x.sum(axis=1, keepdims=True)
    analog = read(wired.replace(technique={"g_reference": offset}), offset + signed, x, currents)
    assert error(analog, ideal) < 0.3 * error(digital, ideal)


def test_dummies_load_the_wires():
    """Cells that compute nothing draw current through the same wires: they cost accuracy, in proportion to g_dummy."""
    g, x = case(12, 8)
    spec = passive(12, 8, 10.0, 10.0)
    errors = [
        error(read(spec.replace(technique={"dummy_cols": 2, "g_dummy": dummy}), g, x, currents), x @ g)
        for dummy in (1e-9, 1e-5, 1e-4)
    ]
    assert errors[0] < errors[1] < errors[2]


def test_skipped_rows_take_no_current_from_the_columns():
    rng = np.random.default_rng(4)
    g = np.full((16, 8), 1e-4)
    x = 0.2 * (rng.random((3, 16)) < 0.3)
    wires = {"r_row": 1.0, "r_col": 40.0}
    # Held at 0 V, rows without input are loads on the column; what the inputs give with the other rows absent is ideal.
    ideal = currents(transistor(16, 8, r_row=0.0, r_col=0.0), g, x)
    held = currents(transistor(16, 8, **wires), g, x)
    skipped = currents(transistor(16, 8, **wires).replace(technique={"skip_zero_rows": True}), g, x)
    assert error(skipped, ideal) < 0.6 * error(held, ideal)
    absent = g.copy()
    absent[x[0] == 0] = 0.0
    assert_allclose(skipped[0], currents(transistor(16, 8, **wires), absent, x[:1])[0], rtol=1e-5, atol=0)


def test_one_call_reads_all_that_is_drawn():
    g, x = case(7, 5)
    spec = passive(7, 5, 2.0, 2.0).replace(technique={"partition": [4, 3], "dummy_cols": 1})
    solution = cs.solve(spec, g, x, level="ngspice")
    assert_allclose(solution.out, read(spec, g, x, currents), rtol=1e-12, atol=0)
    each = [cs.solve(one.spec, one.g, drawn_inputs(spec, one, x), level="ngspice").power for one in lay_out(spec, g)]
    drawn = sum(each)
    assert_allclose(solution.power, drawn, rtol=1e-12, atol=0)
    with pytest.raises(InputError, match=r"nodes = True: .* draws several arrays, expected one"):
        cs.solve(spec, g, x, nodes=True, level="ngspice")


def test_decks_are_those_that_are_run(tmp_path):
    g, x = case(7, 5)
    spec = passive(7, 5, 2.0, 2.0).replace(technique={"partition": [4, 3]})
    cs.solve(spec, g, x, folder=tmp_path, level="ngspice")
    kept = [
        path.read_text().replace('.include "models.lib"', (path.parent / "models.lib").read_text().rstrip())
        for path in tmp_path.rglob("deck.cir")
    ]
    assert sorted(kept) == sorted(levels.array_decks(spec, g, x))


def test_drawn_arrays_have_the_size_they_need():
    g, x = case(5, 4)
    spec = passive(5, 4, 1.0, 1.0).replace(
        technique={"partition": [3, 4], "replicate_cols": 2, "g_reference": 1e-5, "dummy_rows": 1, "dummy_cols": 2}
    )
    arrays = lay_out(spec, g)
    assert [array.spec.shape for array in arrays] == [(5, 13), (4, 13)]
    assert_allclose(arrays[1].g[1:-1, 2:-3:2], g[3:], rtol=0, atol=0)
    assert_allclose(drawn_inputs(spec, arrays[1], x), np.pad(x[:, 3:], ((0, 0), (1, 1))), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("technique", "sentence"),
    [
        ({"skip_zero_rows": True}, r"technique.skip_zero_rows switches gates off"),
        ({"partition": [0, 4]}, r"technique.partition = \[0, 4\]"),
        ({"replicate_cols": 0}, r"technique.replicate_cols = 0"),
        ({"replicat_cols": 2}, r"unknown key technique.replicat_cols: did you mean 'replicate_cols'"),
    ],
)
def test_impossible_techniques_are_refused(technique, sentence):
    with pytest.raises(SpecError, match=sentence):
        passive(4, 4, 1.0, 1.0).replace(technique=technique)


def test_arrays_of_segments_do_not_change_size():
    with pytest.raises(SpecError, match=r"wire.r_row is given per segment, but \[technique\] changes the size"):
        passive(2, 2, 1.0, 1.0).replace(wire={"r_row": np.ones((2, 2))}, technique={"dummy_rows": 1})


def test_levels_refuse_what_they_do_not_draw():
    g, x = case(4, 4)
    with pytest.raises(SpecError, match=r"\[technique\] changes the size of the array"):
        currents(passive(4, 4, 1.0, 1.0).replace(technique={"dummy_rows": 1}), g, x)
    with pytest.raises(
        SpecError,
        match=r"skip_zero_rows = True: level = 'behavioral' does not .*depends on the input.*or 'nodal' does",
    ):
        cs.levels.check_can(transistor(4, 4).replace(technique={"skip_zero_rows": True}), "behavioral")


def test_every_level_reads_all_that_is_drawn():
    g, x = case(7, 5)
    spec = transistor(7, 5, r_row=2.0, r_col=2.0).replace(technique={"partition": [4, 3], "dummy_cols": 1})
    truth = cs.solve(spec, g, x, level="ngspice")
    exact = cs.solve(spec, g, x, level="nodal")
    assert_allclose(exact.out, truth.out, rtol=1e-6, atol=0)
    assert_allclose(exact.power, truth.power, rtol=1e-6, atol=0)
    for solution in (truth, exact):
        assert solution.convergence is not None
        assert solution.convergence.kirchhoff.shape == (3,)
        assert solution.convergence.kirchhoff.max() < 1e-8
    assert exact.convergence.residual.max() < 1e-8
    array = cs.prepare(spec, g)
    assert_allclose(cs.read(array, x[:1]).out, exact.out[:1], rtol=1e-9, atol=0)

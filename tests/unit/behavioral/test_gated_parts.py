"""Resistances of a column, their moments, and the balance of its currents, each against plain linear algebra."""

from dataclasses import replace

import numpy as np
import pytest
from gated_arrays import classes_of_inputs, gated_model, gated_spec, log_uniform
from numpy.polynomial import legendre
from numpy.testing import assert_allclose

from circuitsim import behavioral
from circuitsim.behavioral.column_balance import Lines, column_current
from circuitsim.behavioral.gated_read import _by_arrays
from circuitsim.behavioral.line_resistance import column_resistances, line_moments
from circuitsim.errors import SpecError


def by_nodes(segments: np.ndarray, r_end: float) -> np.ndarray:
    """Invert the conductance matrix of one line."""
    to = segments + np.concatenate([[r_end], np.zeros(len(segments) - 2), [r_end]])
    y = 1.0 / to
    return np.linalg.inv(np.diag(y[:-1] + y[1:]) - np.diag(y[1:-1], 1) - np.diag(y[1:-1], -1))


@pytest.mark.parametrize("drive", ["top", "bottom", "both"])
@pytest.mark.parametrize("sense", ["top", "bottom", "both"])
def test_resistances_are_the_inverse_of_the_lines(drive, sense):
    parts = {"wire": {"col_drive": drive, "col_sense": sense, "r_bl": 3.0}, "driver": {"r_out": 20.0}}
    wires = gated_spec(7, 2, **parts, sense={"r_in": 50.0}).wires
    along_bl, along_sl = column_resistances(wires)
    assert_allclose(along_bl, by_nodes(wires.r_bl[:, 0], 20.0), rtol=1e-12)
    assert_allclose(along_sl, by_nodes(wires.r_col[:, 0], 50.0), rtol=1e-12)


def test_columns_that_differ_or_are_interrupted_are_refused():
    wires = gated_spec(4, 3).wires
    for name, sentence in (("r_col", "wire.r_col differs between columns"), ("r_bl", "wire.r_bl differs")):
        other = getattr(wires, name).copy()
        other[1, 2] = 9.0
        with pytest.raises(SpecError, match=sentence):
            column_resistances(replace(wires, **{name: other}))
    open_line = wires.r_col.copy()
    open_line[2] = np.inf
    with pytest.raises(SpecError, match="interrupts a column"):
        column_resistances(replace(wires, r_col=open_line))


def refitted(moments) -> np.ndarray:
    return moments.basis @ np.linalg.inv(moments.inverse) @ moments.basis.T + np.diag(moments.own)


@pytest.mark.parametrize("rows", [32, 33, 50])
def test_bands_see_each_other_exactly_and_themselves_nearly(rows):
    resistance = sum(column_resistances(gated_spec(rows, 2).wires))
    moments = line_moments(resistance, 4, 3)
    assert moments.coupled == 2
    off = np.abs(refitted(moments) - resistance) / resistance.max()
    band = np.repeat(np.arange(4), np.diff(moments.edges))
    assert off[band[:, None] != band].max() < 1e-9
    assert off.max() < 0.03
    assert np.diag(off).max() < 1e-9


def test_few_rows_are_described_exactly():
    resistance = sum(column_resistances(gated_spec(3, 2).wires))
    assert_allclose(refitted(line_moments(resistance, 1, 3)), resistance, rtol=1e-9)


def test_resistance_at_the_ends_alone_is_one_moment():
    ends = gated_spec(32, 2, wire={"r_col": 0.0, "r_bl": 0.0}, sense={"r_in": 100.0}).wires
    moments = line_moments(sum(column_resistances(ends)), 2, 3)
    assert (len(moments.edges) - 1, moments.moments) == (1, 1)
    assert_allclose(refitted(moments), 100.0, rtol=1e-9)
    assert line_moments(np.zeros((4, 4)), 2, 3) is None


def test_uneven_wires_keep_all_moments_coupled():
    taper = np.linspace(4.0, 14.0, 33)[:, None] * np.ones((1, 2))
    wires = gated_spec(32, 2, wire={"r_col": taper}).wires
    moments = line_moments(sum(column_resistances(wires)), 4, 3)
    assert (moments.coupled, len(moments.lone)) == (3, 0)


@pytest.mark.parametrize(("bands", "lone"), [(1, True), (2, True), (3, False)])
def test_the_balance_is_that_of_a_dense_solution(bands, lone):
    """S and T from products of the basis at Gauss points, and one system of all moments."""
    rng, count = np.random.default_rng(bands), 3
    whole = rng.normal(size=(3 * bands, 3 * bands))
    whole = whole @ whole.T + 3 * np.eye(3 * bands)
    mixed = rng.normal(0, 0.3, (bands, 2)) * lone
    third = np.arange(2, 3 * bands, 3)
    if lone:
        whole[third], whole[:, third] = 0.0, 0.0
        whole[third, third] = rng.uniform(2, 4, bands)
    z, weight = legendre.leggauss(12)
    a, slopes, curvature = rng.normal(size=(bands, count)), rng.uniform(0.5, 1, (bands, 5)), rng.normal(size=bands)
    s, t = np.zeros_like(whole), np.zeros((3 * bands,) * 3)
    for b in range(bands):
        own = slice(3 * b, 3 * b + 3)
        pure = legendre.legvander(z, 2)
        pure[:, 2] += pure[:, :2] @ mixed[b]
        # Σ_n [P_p·P_q → P_n]·s_n is the integral of P_p·P_q against the density with these moments.
        density = weight * (legendre.legvander(z, 4) @ (slopes[b] * (2 * np.arange(5) + 1) / 2))
        s[own, own] = pure.T @ (density[:, None] * pure)
        t[own, own, own] = curvature[b] * np.einsum("k,kp,kq,kr->pqr", weight / 2, pure, pure, pure)
    gain, right = rng.normal(size=3 * bands), a.ravel()
    gain[third] = 0.0 if lone else gain[third]
    first = np.linalg.solve(whole + s, right)
    expected = gain @ np.linalg.solve(whole + s, right + np.einsum("pqr,q,r->p", t, first, first))
    kept = np.setdiff1d(np.arange(3 * bands), third) if lone else np.arange(3 * bands)
    matrix = whole[np.ix_(kept, kept)]
    lines = Lines(
        matrix[np.triu_indices(len(kept))].tolist(),
        np.column_stack([whole[third, third], mixed]).tolist() if lone else (),
        gain[kept].reshape(bands, -1).tolist(),
    )
    products = [[*a[b], *slopes[b], curvature[b]] for b in range(bands)]
    assert_allclose(column_current(products, lines), expected, rtol=1e-11)


@pytest.mark.parametrize("grade", [2, 3])
@pytest.mark.parametrize("shape", [(24, 18), (7, 3), (64, 16), (1, 1), (2, 40)])
def test_the_compiled_read_is_that_of_arrays(grade, shape):
    spec = gated_spec(*shape)
    tile = behavioral.program(gated_model(spec, grade), log_uniform(spec))
    x = np.concatenate(list(classes_of_inputs(shape[0]).values())) if shape[0] > 3 else np.ones((3, shape[0]))
    x = np.tile(x, (3, 1))  # more than one block of vectors
    assert_allclose(behavioral.mvm(tile, x), _by_arrays(tile, x)[:, : shape[1]], rtol=1e-11, atol=1e-18)

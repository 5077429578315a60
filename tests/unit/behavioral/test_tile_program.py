"""Programming a tile: exact cases, number formats, namespaces, refusals."""

from dataclasses import replace

import array_api_strict
import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import behavioral, nodal
from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.results import TileModel

OHMIC = nodal.ohmic((1e-6, 1e-4), (0.0, 0.2))


def test_ohmic_cells_without_wires_are_the_plain_product(make_spec, conductances, inputs):
    spec = make_spec(device="rram_ohmic", r_out=0.0, r_in=0.0, r_row=0.0, r_col=0.0)
    g = conductances(spec)
    v = inputs(spec.array.rows, (0.0, 0.2))
    tile = behavioral.program(TileModel(spec, OHMIC, 1, (0.0, 0.2)), g)
    assert tile.products == 1
    assert_allclose(behavioral.mvm(tile, v), v @ g, rtol=1e-12, atol=0)
    assert_allclose(behavioral.power(tile, v), (v**2 @ g).sum(1), rtol=1e-12, atol=0)


def test_ohmic_cells_with_wires_are_one_exact_product(make_spec, conductances):
    spec = make_spec(device="rram_ohmic")
    g = conductances(spec)
    tile = behavioral.program(TileModel(spec, OHMIC, 1, (0.0, 0.2)), g)
    exact = nodal.transfer(spec.wires, g).w
    # 1e-7 of the largest: sweeps stop at 1e-8 of a volt, and far cells reach the output a hundred times less.
    assert_allclose(tile.w, exact, rtol=0, atol=1e-7 * exact.max())


def test_sense_voltage_with_one_product(make_spec, conductances, inputs):
    spec = make_spec(device="rram_ohmic", v_ref=0.1)
    g = conductances(spec)
    v = inputs(spec.array.rows, (0.0, 0.2))
    tile = behavioral.program(TileModel(spec, OHMIC, 1, (0.0, 0.2)), g)
    exact = nodal.read(nodal.prepare(spec, g), v)
    # 1e-7 of the largest current: see above
    assert_allclose(behavioral.mvm(tile, v), exact.i_out, rtol=0, atol=1e-7 * np.abs(exact.i_out).max())


@pytest.mark.parametrize("grade", [1, 2, 3, 4])
def test_float32_agrees_with_float64(make_model, conductances, inputs, grade):
    model = make_model(grade)
    g = conductances(model.spec)
    v = inputs(model.spec.array.rows, model.v_range)
    double = behavioral.mvm(behavioral.program(model, g), v)
    single = behavioral.mvm(behavioral.program(model, g, dtype="float32"), v.astype(np.float32))
    assert single.dtype == np.float32
    # 2e-6 of full scale: 32 products of float32 rounding
    assert_allclose(single, double, rtol=0, atol=2e-6 * np.abs(double).max())


@pytest.mark.parametrize(
    ("grade", "form"), [*((grade, "analog") for grade in (1, 2, 3, 4)), (2, "binary"), (4, "binary")]
)
def test_strict_array_api_gives_the_same_numbers(make_model, conductances, inputs, grade, form):
    model = make_model(grade)
    g = conductances(model.spec)
    v = inputs(model.spec.array.rows, model.v_range)
    tile = behavioral.program(model, g, inputs=form)
    strict = behavioral.program(model, g, inputs=form, xp=array_api_strict)
    found = behavioral.mvm(strict, array_api_strict.asarray(v))
    expected = behavioral.mvm(tile, v)
    assert_allclose(np.from_dlpack(found), expected, rtol=1e-12, atol=1e-15 * np.abs(expected).max())  # A, rounding
    power = behavioral.power(strict, array_api_strict.asarray(v))
    assert_allclose(np.from_dlpack(power), behavioral.power(tile, v), rtol=1e-12, atol=0)


@pytest.mark.parametrize("grade", [1, 2, 3, 4])
def test_torch_tensors_give_the_same_numbers(make_model, conductances, inputs, grade):
    torch = pytest.importorskip("torch", reason="torch is optional: the extra [torch]")
    model = make_model(grade)
    g, v = conductances(model.spec), inputs(model.spec.array.rows, model.v_range)
    found = behavioral.mvm(behavioral.program(model, g, xp=torch), torch.as_tensor(v))
    expected = behavioral.mvm(behavioral.program(model, g), v)
    assert isinstance(found, torch.Tensor)
    assert_allclose(found.numpy(), expected, rtol=1e-12, atol=1e-15 * np.abs(expected).max())  # A, rounding


def test_batch_may_be_empty_single_or_larger_than_a_block(make_model, conductances, inputs):
    model = make_model()
    tile = behavioral.program(model, conductances(model.spec))
    v = inputs(model.spec.array.rows, model.v_range, each=400)
    whole = behavioral.mvm(tile, v)
    assert behavioral.mvm(tile, v[:0]).shape == (0, 28)
    assert_allclose(whole[700:701], behavioral.mvm(tile, v[700:701]), rtol=1e-10, atol=1e-13 * np.abs(whole).max())  # A


@pytest.mark.parametrize("v_range", [(-0.2, 0.2), (-0.01, 0.4), (-0.4, 0.01)])
def test_binary_inputs_have_one_end(make_spec, make_model, conductances, v_range):
    model = make_model(spec=make_spec(v_read=0.4), v_range=v_range)
    with pytest.raises(InputError, match="binary inputs are v_ref = 0 V or one end of the range"):
        behavioral.program(model, conductances(model.spec), inputs="binary")


@pytest.mark.parametrize("end", [0.4, -0.4])
def test_binary_inputs_may_lie_on_either_side(make_spec, make_model, conductances, end):
    """A range that leaves v_ref out contains it all the same: rows without input stay there."""
    whole = make_model(spec=make_spec(12, 9, v_read=0.4), v_range=(min(end, 0.0), max(end, 0.0)))
    model = replace(whole, v_range=(min(0.9 * end, end), max(0.9 * end, end)))
    g = conductances(model.spec)
    v = np.where(np.random.default_rng(0).random((20, 12)) < 0.5, end, 0.0)
    exact = nodal.read(nodal.prepare(whole.spec, g, whole.surface, v_range=whole.v_range), v).i_out
    found = behavioral.mvm(behavioral.program(model, g, inputs="binary"), v)
    assert_allclose(found, exact, rtol=0, atol=5e-4 * np.abs(exact).max())


def test_refusals_name_what_is_wrong(make_model, conductances):
    model = make_model()
    g = conductances(model.spec)
    for bad, sentence in [
        ({"grade": 0}, "grade = 0: expected 1 .* 2 .* or"),
        ({"v_range": (0.2, 0.1)}, r"v_range = \(0.2, 0.1\) V: expected"),
        ({"v_range": (0.0, 0.0)}, "v_range"),
    ]:
        values = {"grade": 3, "v_range": model.v_range, **bad}
        with pytest.raises(InputError, match=sentence):
            behavioral.program(TileModel(model.spec, model.surface, values["grade"], values["v_range"]), g)
    with pytest.raises(InputError, match="inputs = 'ternary': expected 'analog' or 'binary'"):
        behavioral.program(model, g, inputs="ternary")
    with pytest.raises(InputError, match="dtype = 'int8'"):
        behavioral.program(model, g, dtype="int8")
    with pytest.raises(InputError, match="shape"):
        behavioral.program(model, g.T)
    with pytest.raises(OutsideRangeError):
        behavioral.program(model, 10 * g)
    with pytest.raises(InputError, match="v_in has shape"):
        behavioral.mvm(behavioral.program(model, g), np.zeros((3, 5)))


@pytest.mark.parametrize("outside", [1.5e-6, 8e-5])
def test_drawn_conductances_reach_as_far_as_the_surface(make_spec, outside):
    """The surface knows 1 to 100 uS; programming aims at 2 to 50 uS, and may leave less or more."""
    spec = make_spec(4, 3, device="rram_ohmic").replace(device={"g_min": 2e-6, "g_max": 5e-5})
    model = TileModel(spec, OHMIC, 1, (0.0, 0.2))
    g = np.full((4, 3), 1e-5)
    g[1, 2] = outside
    with pytest.raises(OutsideRangeError, match=r"g\[1, 2\]"):
        behavioral.program(model, g)
    drawn = behavioral.program(model, g, drawn=True)
    assert_allclose(drawn.w, nodal.transfer(spec.wires, g).w, rtol=1e-6, atol=0)
    g[1, 2] = 2e-4
    with pytest.raises(OutsideRangeError, match=r"the surface holds for 0 and 1e-06 … 0\.0001 S"):
        behavioral.program(model, g, drawn=True)

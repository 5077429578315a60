"""Exported models: their text evaluated, their tables checked against the tile."""

import os
import re
import shutil
import subprocess

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import behavioral, nodal
from circuitsim.errors import InputError
from circuitsim.export.neurosim import neurosim_noise_table
from circuitsim.export.parameters import aihwkit_configuration, crosssim_parameters
from circuitsim.export.read_terms import read_terms
from circuitsim.export.spice import spice_macro
from circuitsim.export.systemverilog import systemverilog_model
from circuitsim.export.terms import evaluate_terms
from circuitsim.export.veriloga import veriloga_model
from circuitsim.results import CellSurface, Provenance, TileModel
from circuitsim.spec import parse_spec

G_RANGE, V_RANGE = (1e-6, 1e-4), (0.0, 0.2)


def array_spec(rows=9, cols=7, **parts):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1r"},
            "device": {"model": "rram_sinh", "g_min": G_RANGE[0], "g_max": G_RANGE[1]},
            "wire": {"r_row": 5.0, "r_col": 3.0},
            "driver": {"v_read": 0.2, "r_out": 50.0, "dac_bits": 6, **parts.get("driver", {})},
            "sense": {"r_in": 20.0, **parts.get("sense", {})},
            "adc": {"bits": 8},
        }
    )


def cubic_surface(bend=4.0) -> CellSurface:
    """i = g·U·(1 + bend·U²/u_max²), exact in Chebyshev polynomials of degree 2."""
    linear = nodal.ohmic(G_RANGE, V_RANGE)
    # y = (U/u_max)² = (x+1)²/4 with x = 2U/u_max − 1: 3/8 + x/2 + T2/8
    k = np.zeros((2, 3, 1))
    k[0, :, 0] = 1.0 + bend * 3 / 8, bend / 2, bend / 8
    origin = Provenance(level="nodal", spec_digest="")
    span = V_RANGE[1]
    return CellSurface(k, k, G_RANGE, linear.g_scale, span, V_RANGE, 0.0, 1e-4 * span * (1 + bend), origin)


def make_tile(grade=3, inputs="analog", spec=None):
    spec = spec or array_spec()
    g = np.exp(np.random.default_rng(0).uniform(*np.log(G_RANGE), spec.shape))
    return behavioral.program(TileModel(spec, cubic_surface(), grade, V_RANGE), g, inputs=inputs)


def tall_tile():
    """A tile of four bands that are not of one size."""
    return make_tile(4, spec=array_spec(18, 3))


def voltages(rows=9, batch=4):
    return np.random.default_rng(1).uniform(*V_RANGE, (batch, rows))


FORMS = [*((grade, "analog") for grade in (1, 2, 3, 4)), (2, "binary"), (4, "binary")]


@pytest.mark.parametrize(("grade", "inputs"), FORMS)
def test_terms_are_the_tile(grade, inputs):
    tile = make_tile(grade, inputs)
    v = voltages()
    assert_allclose(evaluate_terms(read_terms(tile), v), behavioral.mvm(tile, v), rtol=1e-10, atol=0)


def test_terms_of_four_bands_are_the_tile():
    tile, v = tall_tile(), voltages(18)
    assert tile.form.bands == 4
    assert_allclose(evaluate_terms(read_terms(tile), v), behavioral.mvm(tile, v), rtol=1e-10, atol=0)


@pytest.mark.parametrize(("grade", "inputs"), FORMS)
def test_verilog_a_evaluated_as_written(grade, inputs):
    """Its statements are sums and products: Python reads them after the access functions are renamed."""
    tile = make_tile(grade, inputs)
    for v in voltages(batch=2):
        i_out, i_in, names = np.zeros(tile.cols), np.zeros(tile.rows), {"v": v}
        text = veriloga_model(tile).split("analog begin")[1].split("end\nendmodule")[0]
        for line in filter(None, map(str.strip, text.splitlines())):
            statement = re.sub(r"V\(in_(\d+), ref\)", r"v[\1]", line.rstrip(";"))
            contribution = re.fullmatch(r"I\((ref, out|in)_(\d+)(?:, ref)?\) <\+ (.*)", statement)
            if contribution is None:
                exec(statement, {}, names)
            else:
                side, index, value = contribution.groups()
                (i_in if side == "in" else i_out)[int(index)] = eval(value, {}, names)
        assert_allclose(i_out, behavioral.mvm(tile, v[None])[0], rtol=1e-10, atol=0)
        assert_allclose(i_in, v @ tile.power.w_row, rtol=1e-10, atol=0)


@pytest.mark.parametrize(("grade", "inputs"), FORMS)
def test_verilog_a_as_a_compiler_reads_it(tmp_path, grade, inputs):
    openvaf = pytest.importorskip("openvaf_py", reason="OpenVAF is not installed (pip install openvaf-py)")
    tile, v = make_tile(grade, inputs), voltages(batch=1)
    source = tmp_path / "tile.va"
    source.write_text(veriloga_model(tile))
    (module,) = openvaf.compile_va(str(source))
    values = dict.fromkeys(module.param_names, 0.0) | {"mfactor": 1.0}
    values |= {f"V(in_{k},ref)": float(value) for k, value in enumerate(v[0])}
    residuals, _ = module.run_init_eval(values)
    into = np.array([resistive for resistive, _ in residuals])  # the module's terminals: in_0 …, out_0 …, ref
    assert_allclose(into[: tile.rows], v[0] @ tile.power.w_row, rtol=1e-10, atol=0)
    assert_allclose(-into[tile.rows : -1], behavioral.mvm(tile, v)[0], rtol=1e-10, atol=0)
    assert_allclose(into.sum(), 0.0, atol=1e-12 * np.abs(into).max())  # A, Kirchhoff


def test_verilog_a_declares_what_it_uses():
    text = veriloga_model(make_tile(), name="xbar")
    assert text.count("module xbar(\n") == 1
    used = set(re.findall(r"\b[a-z]\w*\b", text.split("analog begin")[1]))
    ports = re.findall(r"\w+", re.search(r"module xbar\((.*?)\);", text, re.DOTALL)[1])
    for kind in ("inout", "electrical"):
        assert re.findall(r"\w+", " ".join(re.findall(rf"  {kind} (.*);", text))) == ports
    declared = set(re.findall(r"real (\w+);", text)) | {*ports, "end", "endmodule"}
    assert {name for name in used if not re.fullmatch(r"e\d*", name)} <= declared


BENCH = """module bench;
  real v [0:{rows}];
  wire real o [0:{cols}];
  reg read;
  integer j;
  tile device(.read(read), .v_in(v), .i_out(o));
  initial begin
    read = 0;
{values}
    #1 read = 1;
    #1 for (j = 0; j <= {cols}; j = j + 1) $display("%.17g", o[j]);
    $finish;
  end
endmodule
"""


@pytest.mark.skipif(
    shutil.which("iverilog") is None and "CI" not in os.environ,
    reason="Icarus Verilog is not installed (apt install iverilog)",
)
@pytest.mark.parametrize(("grade", "inputs"), FORMS)
def test_system_verilog_simulated(tmp_path, grade, inputs):
    tile = make_tile(grade, inputs)
    v = voltages(batch=1)[0]
    values = "\n".join(f"    v[{k}] = {float(value)!r};" for k, value in enumerate(v))
    bench = BENCH.format(rows=tile.rows - 1, cols=tile.cols - 1, values=values)
    source, program = tmp_path / "tile.sv", tmp_path / "tile.vvp"
    source.write_text(systemverilog_model(tile) + bench)
    subprocess.run(["iverilog", "-g2012", "-o", program, source], check=True, timeout=60)
    run = subprocess.run(["vvp", program], check=True, capture_output=True, text=True, timeout=60)
    assert_allclose(np.array(run.stdout.split(), float), behavioral.mvm(tile, v[None])[0], rtol=1e-10, atol=0)


def test_names_that_could_carry_commands_are_refused():
    for write in (spice_macro, veriloga_model, systemverilog_model):
        with pytest.raises(InputError, match="expected a name"):
            write(make_tile(1), name="x\n.control")


def test_noise_table_of_an_array_without_wires_is_the_identity():
    spec = array_spec(16, 6).replace(wire={"r_row": 0.0, "r_col": 0.0}, driver={"r_out": 0.0}, sense={"r_in": 0.0})
    table = neurosim_noise_table(
        TileModel(spec, cubic_surface(), 3, V_RANGE), bits=4, rng=np.random.default_rng(2), matrices=3, vectors=100
    )
    assert table.output.tolist() == list(range(17))
    assert_allclose(table.mean, table.output, rtol=0, atol=1e-3)  # of one cell: rounding of the fitted form
    assert table.std.max() < 1e-3
    header, first, *rest = table.text.splitlines()
    assert header == "output,mean,std"
    assert len(rest) == 16
    assert len(first.split(",")) == 3


def test_noise_table_shows_the_loss_in_the_wires_and_its_spread():
    model = TileModel(array_spec(16, 12), nodal.ohmic(G_RANGE, V_RANGE), 3, V_RANGE)
    rng = np.random.default_rng(3)
    table = neurosim_noise_table(model, bits=4, rng=rng, matrices=3, vectors=200)
    assert np.all(np.diff(table.mean) > 0)
    assert 0.7 * 16 < table.mean[-1] < 0.95 * 16
    assert table.std[4:12].min() > 0.01
    with pytest.raises(InputError, match=r"which need 32 rows, and the array has 16; expected bits <= 4, .* --bits 4"):
        neurosim_noise_table(model, bits=5, rng=rng)


def test_parameters_of_other_simulators():
    spec = array_spec()
    cross = crosssim_parameters(spec)
    assert_allclose(cross["xbar"]["device"]["Rmin"], 1e4, rtol=1e-12, atol=0)
    assert_allclose(cross["xbar"]["array"]["parasitics"]["Rp_row"], 5.0 / 1e4, rtol=1e-12, atol=0)
    assert_allclose(cross["xbar"]["array"]["parasitics"]["Rp_col"], 3.0 / 1e4, rtol=1e-12, atol=0)
    assert cross["xbar"]["adc"]["mvm"]["bits"] == 8
    assert any("driver.r_out = 50 ohm" in lost for lost in cross["not_expressed"])
    aihwkit = aihwkit_configuration(spec)
    assert_allclose(aihwkit["forward"]["ir_drop_g_ratio"], 1 / (3.0 * 1e-4), rtol=1e-12, atol=0)
    assert_allclose(aihwkit["forward"]["inp_res"], 1 / 62, rtol=1e-12, atol=0)
    bent = np.full((9, 7), 5.0)
    bent[2, 3] = 6.0
    with pytest.raises(InputError, match=r"wire\.r_row differs"):
        crosssim_parameters(spec.replace(wire={"r_row": bent.tolist()}))


def test_parameters_of_other_simulators_know_no_straps():
    strapped = array_spec().replace(wire={"strap_col": {"every": 4, "r": 0.5, "r_via": 2.0}})
    for export in (crosssim_parameters, aihwkit_configuration):
        with pytest.raises(InputError, match=r"wire\.strap_col is given, and this export has one resistance a segment"):
            export(strapped)

"""The witness of a worst case is a read of the circuit: ngspice gives the array solver's current."""

from dataclasses import replace

import numpy as np
import pytest

from circuitsim import characterization
from circuitsim.calibration import find_worst, full_scale_of_box, structured_worst, witness_in_ngspice
from circuitsim.errors import SimulatorError
from circuitsim.results import TileModel
from circuitsim.spec import parse_spec


def array(cell="1t1r", **sections):
    data = {
        "schema": 1,
        "array": {"rows": 12, "cols": 8, "cell": cell},
        "device": {"model": "rram_sinh", "g_min": "1u", "g_max": "100u"},
        "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8},
        "wire": {"r_row": 10, "r_col": 10} | sections.get("wire", {}),
        "driver": {"v_read": 0.2, "r_out": 50},
        "sense": sections.get("sense", {}),
    }
    return parse_spec(data)


ARRAYS = {
    "plain": array(),
    "pairs": array("2t2r"),
    "both ends": array(wire={"row_drive": "both", "col_sense": "top"}),
    "reference": array(sense={"v_ref": 0.1, "r_in": 20}),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_ngspice_agrees_with_the_witness(name):
    spec = ARRAYS[name]
    surface = characterization.cell(spec)
    full_scale, _ = full_scale_of_box(spec, surface)
    model = TileModel(spec, surface, 2, spec.drive_range)
    worst = structured_worst(model, full_scale, families="few")
    found = witness_in_ngspice(model, worst, full_scale)
    assert found.witness.ngspice is not None
    assert abs(found.witness.ngspice - found.witness.nodal) <= 1e-6 * full_scale
    assert replace(found, witness=replace(found.witness, ngspice=None)) == worst


def test_signed_inputs_are_searched_and_solved():
    spec = ARRAYS["plain"]
    v_range = (-0.2, 0.2)
    surface = characterization.cell(spec, v_range=v_range)
    full_scale, _ = full_scale_of_box(spec, surface, v_range=v_range)
    model = TileModel(spec, surface, 2, v_range)
    worst = find_worst(model, full_scale, rng=np.random.default_rng(0), starts=0, families="few", most_programs=23)
    assert worst.witness.case.v_in.min() < 0
    found = witness_in_ngspice(model, worst, full_scale)
    assert found.witness.ngspice == pytest.approx(found.witness.nodal, abs=1e-6 * full_scale)


def test_another_circuit_is_refused():
    """Wires of the model that are 1 % off: the search was of an array that does not exist."""
    spec = ARRAYS["plain"]
    surface = characterization.cell(spec)
    full_scale, _ = full_scale_of_box(spec, surface)
    model = TileModel(spec, surface, 2, spec.drive_range)
    worst = structured_worst(model, full_scale, families="few")
    other = replace(model, spec=spec.replace(wire={"r_row": 10.1}))
    with pytest.raises(SimulatorError, match=r"gives .* in ngspice and .* in the array solver.*no certificate"):
        witness_in_ngspice(other, worst, full_scale)

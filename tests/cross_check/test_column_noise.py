"""Noise of a whole column in one deck: 16 cells with their transistors and a sense amplifier of transistors.

The sum of what is known of its parts is the table of the amplifier at the current and the conductance of the column,
and 16 times the noise current of one cell alone.
"""

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator

import circuitsim as cs
from circuitsim import blocks, devices, netlist, spice

CELLS, R, V_READ, V_REF, FREQUENCY = 16, 50e3, 0.1, 0.5, 1e6
OPTIONS = {"reltol": "1e-6", "abstol": "1e-14", "vntol": "1e-9", "num_threads": "1"}
ACCESS = devices.load_card("nmos_130")


def noise_of(lines, output, source):
    deck = [
        "* noise of a column",
        f'.include "{ACCESS.lib}"',
        *lines,
        f".noise {output} {source} dec 20 1e4 1e8",
        ".end",
    ]
    plots = spice.run("\n".join([*deck, ""]), options=OPTIONS).plots
    return next(plot for plot in plots if "onoise_spectrum" in plot.variables and len(plot.data) > 1)


def at(plot, name):
    return float(np.interp(FREQUENCY, np.real(plot["frequency"]), np.real(plot[name])))


def cell(tag, row, column):
    """A resistor to the drain, the transistor's source at the column, as in an array."""
    return [f"r{tag} {row} m{tag} {R!r}", f"x{tag} m{tag} gate {column} 0 nmos_130 w=2u l=0.13u"]


@pytest.mark.parametrize("name", ["regulated_cascode", "regulated_cascode_65"])
def test_a_column_makes_the_noise_of_its_parts(name):
    spec = cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": CELLS, "cols": 1, "cell": "1t1r"},
            "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": 1 / R},
            "access": {"model": "nmos_130", "w": "2u", "l": "0.13u", "v_gate": 1.8},
            "wire": {"r_row": 0, "r_col": 0},
            "driver": {"v_read": V_READ},
            "sense": {"model": name, "v_ref": V_REF},
        }
    )
    block = blocks.block_of(spec, "sense")
    rails = [f"vrow row 0 {V_REF - V_READ!r}", "vgate gate 0 1.8", block.include, *netlist.rail_cards(block, V_REF)]
    column = [*rails, "iin 0 in dc 0 ac 1", *netlist.amplifier_cards(block, "0", "in", "out")]
    column += [line for k in range(CELLS) for line in cell(k, "row", "in")]
    whole = at(noise_of(column, "v(out)", "iin"), "inoise_spectrum")

    table = cs.characterize(spec).sense
    (solved,) = cs.solve(spec, np.full((CELLS, 1), 1 / R), np.full((1, CELLS), V_REF - V_READ), "nodal").i_sense
    v_col = V_REF + float(np.interp(solved[0], table.current, table.drop))
    alone = ["vgate gate 0 1.8", f"vrow row 0 {V_REF - V_READ!r}", f"vcol col 0 {v_col!r} ac 1", "hout out 0 vcol 1"]
    single = at(noise_of([*alone, *cell("a", "row", "col")], "v(out)", "vcol"), "onoise_spectrum")

    g_col = CELLS * -solved[0] / CELLS / (v_col - V_REF + V_READ)  # of nearly ohmic cells, their chord
    d = table.dynamics
    grid = (np.log(np.abs(d.current)), np.log(d.conductance))
    amplifier = np.exp(
        float(RegularGridInterpolator(grid, np.log(d.noise_density))((np.log(-solved[0]), np.log(g_col)))[()])
    )
    together = np.sqrt(amplifier**2 + CELLS * single**2)
    assert whole == pytest.approx(together, rel=0.05)
    assert amplifier < 0.99 * whole and CELLS * single**2 > 0.02 * whole**2  # both parts count

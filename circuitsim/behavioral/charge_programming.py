"""Program a tile of capacitors: its settled charges at once, or those at the end of a read by the array solver.

Once a read has settled, every node of the array rests at the voltage of its line, whatever the wires: the charge into
a column is that of the cells' own capacitances, (v_in − v_ref) @ c. What wires leave unsettled at the end of the read
only the array itself tells.
"""

from dataclasses import replace

import numpy as np

from circuitsim.behavioral.charge_tile import ChargeTile
from circuitsim.behavioral.grades import charge_form
from circuitsim.behavioral.lane_columns import Put
from circuitsim.nodal import ChargeArray
from circuitsim.results import CapacitorCell, TileModel
from circuitsim.spec import WireGrid


def charge_tile(model: TileModel, cell: CapacitorCell, g: np.ndarray, put: Put) -> ChargeTile:
    """Program checked capacitances (rows, cols) [F]; see `programming.program`.

    Args:
        model: The array, its grade and its range of inputs.
        cell: Its characterized cell.
        g: Capacitances [F]; 0 is an open cell.
        put: Turns an array into one of the tile's namespace, dtype and device.
    """
    spec, form = model.spec, charge_form(model.grade)
    wires = _columns_held(spec.wires) if form.settled else spec.wires
    lines = ChargeArray(spec, g, cell, wires)
    w = cell.parts(g)[0] if form.settled else lines.matrices.to_columns
    v_ref = spec.sense.v_ref
    return ChargeTile(
        grade=model.grade,
        form=form,
        rows=spec.array.rows,
        cols=spec.array.cols,
        v_range=model.v_range,
        v_ref=v_ref,
        t_read=spec.driver.t_read,
        w=put(w),
        offset=None if v_ref == 0 else put(-v_ref * w.sum(axis=0)),
        lines=lines,
    )


def _columns_held(wires: WireGrid) -> WireGrid:
    """Return the wires with every cell's column at v_ref, so that each row charges by itself."""
    still = np.where(np.isfinite(wires.r_col), 0.0, wires.r_col)
    return replace(wires, r_col=still, r_sense=0.0, strap_col=None)

"""Which blocks of a matrix a search tries to change, and columns to exchange."""

import numpy as np
from calibration_arrays import array_spec

from circuitsim.calibration.box import Box
from circuitsim.calibration.changes import changes_of

LOW, HIGH = 1e-6, 1e-4
ROWS, COLS, ERRS = 8, 12, 5
G = np.linspace(2e-5, 3e-5, ROWS * COLS).reshape(ROWS, COLS)  # all cells differ, and none is at an end


def tried(v_in, v_range=None, **keys):
    """Changes in their order: the exchanged column, or the value and which rows and columns take it."""
    found = []
    for change in changes_of(Box.of(array_spec(ROWS, COLS).replace(**keys), v_range), v_in, ERRS):
        g = change(G, ERRS)
        moved = g != G
        if np.isin(g, G).all():
            found.append(("exchanged", *np.flatnonzero(moved.any(axis=0)).tolist()))
            continue
        assert len(set(g[moved])) == 1
        rows, cols = moved.any(axis=1), moved.any(axis=0)
        np.testing.assert_array_equal(moved, np.outer(rows, cols))
        found.append((g[moved][0], tuple(np.flatnonzero(rows).tolist()), tuple(np.flatnonzero(cols).tolist())))
    return found


QUARTERS = [(0, 1), (2, 3), (4, 5), (6, 7)]
ACROSS = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (9, 10, 11)]
EVERY_ROW, EVERY_COL, OWN = tuple(range(ROWS)), tuple(range(COLS)), (ERRS,)
OTHERS = tuple(column for column in range(COLS) if column != ERRS)
ENDS = (LOW, HIGH)
V = np.where(np.arange(ROWS) < 3, 0.2, 0.0)


def plain():
    driven, idle = (0, 1, 2), (3, 4, 5, 6, 7)
    first = [(value, rows, OWN) for value in ENDS for rows in QUARTERS]
    first += [(value, EVERY_ROW, cols) for value in ENDS for cols in ACROSS]
    first += [(value, rows, cols) for cols in (OTHERS, EVERY_COL) for value in ENDS for rows in QUARTERS]
    first += [(value, rows, cols) for value in ENDS for rows in (driven, idle) for cols in (OWN, OTHERS)]
    first += [("exchanged", 0, ERRS), ("exchanged", ERRS, 6), ("exchanged", ERRS, 11)]
    last = [(value, rows, OWN) for value in ((LOW * HIGH) ** 0.5, (LOW + HIGH) / 2) for rows in QUARTERS]
    return first, last + [(value, rows, cols) for value in ENDS for rows in QUARTERS for cols in ACROSS]


def test_blocks_columns_and_driven_rows_are_tried_in_this_order():
    first, last = plain()
    assert tried(V) == first + last


def test_signed_inputs_also_part_the_rows_by_their_sign():
    first, last = plain()
    v_in = np.where(np.arange(ROWS) < 3, 0.2, np.where(np.arange(ROWS) < 5, -0.2, 0.0))
    driven = [(0, 1, 2, 3, 4), (5, 6, 7)]
    first[-11:-3] = [(value, rows, cols) for value in ENDS for rows in driven for cols in (OWN, OTHERS)]
    signs = [(value, rows, cols) for value in ENDS for rows in ((0, 1, 2), (3, 4, 5, 6, 7)) for cols in (OWN, OTHERS)]
    assert tried(v_in, (-0.2, 0.2)) == first + signs + last


def test_cells_of_two_devices_change_by_pairs():
    first, last = plain()
    access = {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8}
    pairs = [(value, rows, (4, 5)) for value in ENDS for rows in QUARTERS]
    assert tried(V, array={"cell": "2t2r"}, access=access) == first + pairs + last

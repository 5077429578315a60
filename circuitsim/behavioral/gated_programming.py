"""Program a tile whose inputs switch gates: no array is solved, and nothing is fitted to solutions.

What a cell carries is fitted as a parabola of its column's drop, about the drop with a typical share of the rows on
(`gate_parabolas`).
"""

import itertools

import numpy as np

from circuitsim.behavioral.gate_parabolas import cell_parabolas, gated_column, line_numbers
from circuitsim.behavioral.gated_tile import GatedTile
from circuitsim.behavioral.grades import GatedForm
from circuitsim.behavioral.lane_columns import Put, filled
from circuitsim.behavioral.line_resistance import LineMoments, moments_of
from circuitsim.nodal.surface_chords import chord
from circuitsim.results import CellSurface
from circuitsim.spec import WireGrid

_ON = 0.4  # share of the rows that are on in the typical read


def gated_tile(
    on: CellSurface,
    off: CellSurface | None,
    g: np.ndarray,
    wires: WireGrid,
    *,
    grade: int,
    form: GatedForm,
    v_read: float,
    v_ref: float,
    put: Put,
    single: bool = False,
) -> GatedTile:
    """Program checked conductances (rows, cols) [S]; see `programming.program`.

    Args:
        on, off: Cells of rows at 1 and at 0; None: the others carry nothing.
        g: Conductances (rows, cols) [S].
        wires: Segment resistances [ohm].
        grade, form: Grade of the model and what the tile keeps.
        v_read, v_ref: Bias of the bit lines above the sense nodes, and voltage of these [V].
        put: Turns an array into one of the tile's namespace, dtype and device.
        single: Whether that dtype is float32.

    Raises:
        SpecError: The wires differ between columns or interrupt one.
        InputError: float32 would lose more than the model errs.
    """
    column = gated_column(form, wires, g, v_read=v_read, v_ref=v_ref, single=single)
    slopes = chord(on, g, v_ref + v_read, v_ref)
    drop, most = (column.drop(part * slopes) for part in (_ON, 1.0))
    voltage, moments = v_read - drop, column.moments
    leak = np.zeros_like(g) if off is None else column.current(off, g, voltage)
    known = {
        "grade": grade, "form": column.form, "rows": g.shape[0], "cols": g.shape[1], "v_read": v_read, "v_ref": v_ref,
    }  # fmt: skip
    if moments is None or column.form.linear:
        w = column.current(on, g, voltage) - leak
        return GatedTile(**known, w=put(filled(w)), base=put(filled(leak.sum(0))))
    parabolas = cell_parabolas(column, on, g, voltage, column.lowest(most, voltage))
    parabolas[0] -= leak
    # Whatever the moments, those of the first polynomial of each band add up to the current of the column.
    typical = moments.inverse @ (np.linalg.pinv(moments.basis) @ drop)
    return GatedTile(
        **known,
        edges=moments.edges,
        maps=tuple(put(m) for m in _maps(moments, parabolas)),
        typical=put(filled(typical - moments.basis.T @ leak)),
        base=put(filled(typical[:: moments.moments].sum(axis=0))),
        lines=line_numbers(moments),
    )


def _maps(moments: LineMoments, parabolas: list[np.ndarray]) -> list[np.ndarray]:
    """Return for each band of rows the products that `column_balance` takes, side by side."""
    count, maps = moments.moments, []
    for band, (first, last) in enumerate(itertools.pairwise(moments.edges)):
        basis = moments.basis[first:last, band * count : (band + 1) * count]
        weights = moments_of(last - first, 2 * count - 1)
        flat, sloped, curved = (part[first:last] for part in parabolas)
        products = [flat * basis[:, p, None] for p in range(count)]
        products += [sloped * weights[:, n, None] for n in range(2 * count - 1)]
        maps.append(np.concatenate([filled(part) for part in (*products, curved)], axis=1))
    return maps

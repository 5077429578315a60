"""Program a tile whose gates have several levels: a parabola for each cell at each level of its gate."""

import itertools
from collections.abc import Sequence

import numpy as np

from circuitsim.behavioral.gate_parabolas import GatedColumn, cell_parabolas, gated_column, line_numbers
from circuitsim.behavioral.grades import GatedForm
from circuitsim.behavioral.lane_columns import Put, filled
from circuitsim.behavioral.level_tile import CURVATURE, PLACES, SLOPES, LevelTile
from circuitsim.behavioral.line_resistance import LineMoments, moments_of
from circuitsim.nodal.lanes import WIDTH
from circuitsim.nodal.surface_chords import chord
from circuitsim.results import CellSurface
from circuitsim.spec import WireGrid

_TYPICAL = 0.8  # of the mean over all levels; for two levels about what `gated_programming` takes


def level_tile(
    laws: Sequence[CellSurface | None],
    g: np.ndarray,
    wires: WireGrid,
    *,
    grade: int,
    form: GatedForm,
    v_read: float,
    v_ref: float,
    put: Put,
    single: bool = False,
) -> LevelTile:
    """Program checked conductances (rows, cols) [S]; see `programming.program`.

    Args:
        laws: The cell at each level of its gate, the lowest first; None: it carries nothing.
        g, wires, grade, form, v_read, v_ref, put, single: As in `gated_tile`.

    Raises:
        SpecError, InputError: As `gated_tile`.
    """
    column = gated_column(form, wires, g, v_read=v_read, v_ref=v_ref, single=single)
    slopes = [np.zeros_like(g) if law is None else chord(law, g, v_ref + v_read, v_ref) for law in laws]
    drop, most = column.drop(_TYPICAL * np.mean(slopes, axis=0)), column.drop(slopes[-1])
    voltage, moments = v_read - drop, column.moments
    known = {
        "grade": grade, "form": column.form, "rows": g.shape[0], "cols": g.shape[1], "v_read": v_read, "v_ref": v_ref,
        "levels": len(laws),
    }  # fmt: skip
    if moments is None or column.form.linear:
        currents = np.array([[_current(column, law, g, voltage)] for law in laws])
        base = currents[0, 0].sum(axis=0)
        return LevelTile(**known, table=put(_table(currents)), base=put(filled(base)))
    lowest = column.lowest(most, voltage)
    parabolas = np.array([_parabolas(column, law, g, voltage, lowest) for law in laws])
    weights = _weights(moments)
    typical = moments.inverse @ (np.linalg.pinv(moments.basis) @ drop)
    return LevelTile(
        **known,
        edges=moments.edges,
        table=put(_table(parabolas)),
        weights=put(weights),
        rest=put(filled(_at_rest(moments, weights, parabolas[0]))),
        typical=put(filled(typical)),
        base=put(filled(typical[:: moments.moments].sum(axis=0))),
        lines=line_numbers(moments),
    )


def _current(column: GatedColumn, law: CellSurface | None, g: np.ndarray, voltage: np.ndarray) -> np.ndarray:
    return np.zeros_like(g) if law is None else column.current(law, g, voltage)


def _parabolas(
    column: GatedColumn, law: CellSurface | None, g: np.ndarray, voltage: np.ndarray, lowest: np.ndarray
) -> np.ndarray:
    """Return the parabolas (3, rows, cols) of cells at one level."""
    return np.zeros((3, *g.shape)) if law is None else np.array(cell_parabolas(column, law, g, voltage, lowest))


def _table(values: np.ndarray) -> np.ndarray:
    """Lay values (levels, numbers, rows, cols) out as `LevelTile.table`, less those of level 0."""
    apart = filled(values - values[:1])
    levels, numbers, rows, width = apart.shape
    return apart.reshape(levels, numbers, rows, width // WIDTH, WIDTH).transpose(3, 2, 0, 1, 4)


def _weights(moments: LineMoments) -> np.ndarray:
    """Return `LevelTile.weights` (rows, PLACES)."""
    count, weights = moments.moments, np.zeros((len(moments.basis), PLACES))
    for band, (first, last) in enumerate(itertools.pairwise(moments.edges)):
        weights[first:last, :count] = moments.basis[first:last, band * count : (band + 1) * count]
        weights[first:last, SLOPES : SLOPES + 2 * count - 1] = moments_of(last - first, 2 * count - 1)
    weights[:, CURVATURE] = 1.0
    return weights


def _at_rest(moments: LineMoments, weights: np.ndarray, parabolas: np.ndarray) -> np.ndarray:
    """Return A, s and t (bands, products, cols) of parabolas (3, rows, cols), those of level 0."""
    count = moments.moments
    parts = [slice(0, count), slice(SLOPES, SLOPES + 2 * count - 1), slice(CURVATURE, PLACES)]
    return np.array(
        [
            np.concatenate(
                [weights[first:last, part].T @ c[first:last] for part, c in zip(parts, parabolas, strict=True)]
            )
            for first, last in itertools.pairwise(moments.edges)
        ]
    )

"""Pictures of what happens inside an array."""

import numpy as np
from matplotlib.figure import Figure

from circuitsim.report.content import IrDrop
from circuitsim.report.style import SEQUENTIAL, look, new_figure
from circuitsim.spec import ArraySpec
from circuitsim.units import format_quantity


def ir_drop_figure(drop: IrDrop, spec: ArraySpec) -> Figure:
    """Heat maps over row and column: drop along the row wires, rise of the column wires, voltage left at each cell.

    Args:
        drop: The voltages (rows, cols) [V].
        spec: Says from where the rows are driven and where the columns are sensed.
    """
    panels = (
        ("Lost along the row wire", drop.row_drop),
        ("Rise of the column wire", drop.col_rise),
        (f"Left at the cell, of {format_quantity(drop.v_applied, 'V')}", drop.v_cell),
    )
    rows, cols = spec.shape
    aspect = "equal" if 0.5 <= rows / cols <= 2 else "auto"
    with look():
        figure = new_figure(9.6, 3.75)
        for place, (title, values) in enumerate(panels, start=1):
            axes = figure.add_subplot(1, 3, place, title=title)
            axes.grid(visible=False)
            image = axes.imshow(
                1e3 * np.asarray(values), cmap=SEQUENTIAL, aspect=aspect, interpolation="none", origin="upper"
            )
            axes.set_xlabel(f"column (sensed at {_ends(spec.wire.col_sense)})")
            axes.set_ylabel(f"row (driven from {_ends(spec.wire.row_drive)})" if place == 1 else "")
            bar = figure.colorbar(image, ax=axes, orientation="horizontal", shrink=0.92, aspect=28, pad=0.03)
            bar.set_label("voltage [mV]")
            bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    return figure


def _ends(end: str) -> str:
    return "both ends" if end == "both" else f"the {end}"

"""A figure of sensitivity indices: for each axis the share of the variance that it makes alone, and in all."""

import numpy as np
from matplotlib.figure import Figure

from circuitsim.report.style import BLUE, INK, ORANGE, look, one_panel
from circuitsim.results import CampaignSensitivity

_BAR = 0.36


def sensitivity_figure(found: CampaignSensitivity) -> Figure | None:
    """Draw first and total indices with their intervals; None where there are none, or other axes are crossed."""
    table = found.table
    if table["design_rows"].ndim > 0 or not np.isfinite(table["first"].values).all():
        return None
    names = [str(name) for name in table["axis"].values]
    places = np.arange(len(names))
    with look():
        figure, axes = one_panel("", "share of the variance", "", height=0.9 + 0.5 * len(names))
        for part, shift, colour, words in (("first", -1, BLUE, "alone"), ("total", 1, ORANGE, "with others (total)")):
            axes.barh(
                places + shift * _BAR / 2,
                table[part].values,
                xerr=table[f"{part}_half"].values,
                height=_BAR,
                color=colour,
                ecolor=INK,
                capsize=2,
                label=words,
            )
        axes.set_yticks(places, names)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.axvline(0.0, color=INK, linewidth=0.8)
        axes.set_xlim(min(0.0, axes.get_xlim()[0]), max(1.0, axes.get_xlim()[1]))
        figure.legend(loc="outside upper left", ncols=2)
    return figure

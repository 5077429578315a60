"""A picture of where the error of an array's matrix product comes from."""

import math

from matplotlib.figure import Figure

from circuitsim.report.style import BLUE, INK, ORANGE, look, name_bars, one_panel
from circuitsim.report.words import ranked
from circuitsim.results import Budget
from circuitsim.units import percent


def budget_figure(budget: Budget) -> Figure:
    """Error of each cause alone, of their sum, and of all together; rms of full scale, on a logarithmic axis.

    Bars are the error as it is; open marks what is left after one common gain, which a converter's range absorbs.
    """
    causes = ranked(budget)
    names = [cause.name for cause in causes] + ["sum of powers", "all together"]
    powers = [cause.power for cause in causes] + [budget.sum_of_causes, budget.total]
    values = [100 * math.sqrt(power) for power in powers]
    left = [100 * math.sqrt(c.after_gain) for c in causes] + [None, 100 * math.sqrt(budget.total_after_gain)]
    with look():
        figure, axes = one_panel(
            "Error of the product, cause by cause",
            f"rms error [% of {budget.relative_to}]",
            "",
            height=1.3 + 0.27 * len(names),
        )
        places = range(len(names))
        colours = [BLUE] * len(causes) + [ORANGE, INK]
        axes.barh(places, values, color=colours, height=0.62)
        axes.set_xscale("log")
        marks = [(value, place) for place, value in zip(places, left, strict=True) if value]
        axes.plot(
            *zip(*marks, strict=True),
            linestyle="none",
            marker="D",
            markersize=5,
            markerfacecolor="white",
            color=INK,
            label="after one common gain",
        )
        name_bars(axes, names, values, [percent(value / 100) for value in values], gap=7)
        shown = [*values, *(value for value, _ in marks)]
        axes.set_xlim(0.5 * min(shown), 4 * max(shown))
        figure.legend(loc="outside lower center")
    return figure

"""Pictures of what a network gets from an array, and of what it costs."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator, StrMethodFormatter

from circuitsim.report.style import BLUE, FAINT, GREEN, INK, ORANGE, RED, look, name_bars, one_panel
from circuitsim.results.evaluation import InferenceEnergy, Step, WireSweep
from circuitsim.units import format_quantity, one_prefix


def wire_accuracy_figure(sweep: WireSweep) -> Figure:
    """Accuracy of the network on the array against wire resistance, beside the float network's."""
    x = [point.r_wire for point in sweep.points]
    with look():
        figure, axes = one_panel(
            f"Accuracy on {sweep.images} images", "wire resistance per segment [Ω]", "classified correctly [%]"
        )
        axes.axhline(100 * sweep.float_accuracy, color=INK, linestyle="--", linewidth=1, label="float network")
        axes.plot(
            x, [100 * point.accuracy for point in sweep.points], color=BLUE, marker="o", markersize=4, label="array"
        )
        _resistance_axis(axes, x, sweep.nominal)
        low, high = axes.get_ylim()
        axes.set_ylim(low - 0.25 * (high - low), min(high, 100.5))
        axes.legend(loc="best", borderaxespad=0.2)
    return figure


def wire_error_figure(sweep: WireSweep) -> Figure:
    """Error of the recalibrated model over wire resistance: against the array solver, at spots against ngspice."""
    x = [point.r_wire for point in sweep.points]
    with look():
        figure, axes = one_panel(
            "Error of the model, recalibrated", "wire resistance per segment [Ω]", "error [% of full scale]"
        )
        for name, colour, marker in (("max", RED, "D"), ("rms", BLUE, "o")):
            values = [100 * getattr(point, name) for point in sweep.points]
            axes.plot(x, values, color=colour, marker=marker, markersize=4, label=f"{name}, array solver")
            spots = [(p.r_wire, getattr(p, f"ngspice_{name}")) for p in sweep.points]
            spots = [(r, 100 * value) for r, value in spots if value is not None]
            if spots:
                style = {"linestyle": "none", "marker": marker, "markersize": 9, "markerfacecolor": "none"}
                axes.plot(*zip(*spots, strict=True), color=colour, label=f"{name}, ngspice", **style)
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        _resistance_axis(axes, x, sweep.nominal)
        axes.legend(loc="best", borderaxespad=0.2)
    return figure


def energy_figure(energy: InferenceEnergy) -> Figure:
    """Energy of one inference, part by part."""
    names = [part.name for part in energy.parts]
    values = [part.energy for part in energy.parts]
    total = format_quantity(energy.total, "J", 3)
    return _bars(f"Energy of one inference, {total}", names, values, "J", "energy", GREEN)


def run_time_figure(steps: Sequence[Step]) -> Figure:
    """Wall-clock time of each step."""
    return _bars("Run time", [step.name for step in steps], [step.seconds for step in steps], "s", "time", ORANGE)


def _bars(title: str, names: list[str], values: list[float], unit: str, quantity: str, colour: str) -> Figure:
    scale, prefixed = one_prefix(max(values), unit)
    with look():
        figure, axes = one_panel(title, f"{quantity} [{prefixed}]", "", height=0.9 + 0.27 * len(names))
        ends = [value / scale for value in values]
        axes.barh(range(len(names)), ends, color=colour, height=0.68)
        name_bars(axes, names, ends, [format_quantity(value, unit, 3) for value in values], gap=4)
        axes.set_xlim(0, 1.2 * max(values) / scale if max(values) > 0 else 1)
    return figure


def _resistance_axis(axes: Axes, x: list[float], nominal: float) -> None:
    """One tick a point; logarithmic, with room for a point at zero."""
    positive = [value for value in x if value > 0]
    if len(positive) == len(x):
        axes.set_xscale("log")
    elif positive:
        axes.set_xscale("symlog", linthresh=min(positive), linscale=0.5)
    axes.margins(x=0.07)
    axes.xaxis.set_major_locator(FixedLocator(x))
    axes.xaxis.set_major_formatter(FixedFormatter([f"{value:g}" for value in x]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.axvline(nominal, color=FAINT, linestyle=":", linewidth=1.4, label="this array")

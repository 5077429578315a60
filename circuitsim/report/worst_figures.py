"""Pictures of the two statements of a certificate: what is typical, and the worst that was found."""

from textwrap import wrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from circuitsim.report.stored import stored
from circuitsim.report.style import BLUE, INK, ORANGE, RED, SEQUENTIAL, look, new_figure
from circuitsim.results import Certificate, LoadTable
from circuitsim.units import one_prefix

_STATISTICS = (("rms", "rms", BLUE, "o"), ("p99", "99 % within", ORANGE, "s"), ("max", "largest drawn", RED, "D"))


def typical_and_worst_figure(certificate: Certificate) -> Figure:
    """Typical errors of each distribution, and below them the worst found by column load, on one axis of errors."""
    rows, table = len(_distributions(certificate)), certificate.by_load
    with look():
        figure = new_figure(7.4, 1.7 + 0.21 * (rows + (0 if table is None else len(table.loads) + 4)))
        if table is None:
            typical = figure.add_subplot(title="Typical: drawn at random")
        else:
            typical, worst = figure.subplots(2, 1, sharex=True, height_ratios=(rows, len(table.loads)))
            typical.set_title("Typical: drawn at random")
            worst.set_title("Worst found, by column load of the matrix")
            _draw_loads(worst, table)
            typical.set_xlim(*_errors(certificate))
        _draw_distributions(typical, certificate)
        for axes in figure.axes:
            axes.tick_params(labelbottom=True)
            axes.set_xlabel(f"error [% of {certificate.relative_to}]")
        handles, labels = typical.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return figure


def witness_figure(certificate: Certificate) -> Figure:
    """The worst case found: its matrix as an image, its inputs beside it, the column that errs marked.

    Raises:
        ValueError: The certificate states no worst case.
    """
    if certificate.worst is None:
        raise ValueError("the certificate states no worst case")
    case = certificate.worst.witness.case
    rows, cols = case.shape
    scale, unit = one_prefix(certificate.g_range[1], certificate.state_unit)
    with look():
        figure = new_figure(4.7, 4.3)
        inputs, matrix = figure.subplots(1, 2, width_ratios=(1, 4), sharey=True)
        inputs.stairs(case.v_in, np.arange(rows + 1) - 0.5, orientation="horizontal", fill=True, color=BLUE)
        inputs.set_xlabel("input [V]" if certificate.input_unit == "V" else "input")
        inputs.set_ylabel("row")
        inputs.set_title("Inputs", pad=14)
        inputs.set_xlim(min(0.0, certificate.v_range[0]), certificate.v_range[1])
        inputs.set_ylim(rows - 0.5, -0.5)
        norm = LogNorm(certificate.g_range[0] / scale, certificate.g_range[1] / scale)
        image = matrix.imshow(
            np.where(case.g > 0, case.g, certificate.g_range[0]) / scale, cmap=SEQUENTIAL, norm=norm, aspect="auto",
            interpolation="none",
        )  # fmt: skip
        matrix.grid(visible=False)
        matrix.set_xlabel(f"column (the marked one, {case.column}, errs)")
        matrix.set_title("\n".join(wrap(f"Matrix, found from: {case.family}", 36)), pad=14)
        along = matrix.get_xaxis_transform()
        matrix.plot([case.column], [1.03], marker="v", color=RED, transform=along, clip_on=False)
        matrix.set_xlim(-0.5, cols - 0.5)
        matrix.xaxis.set_major_locator(MaxNLocator(integer=True))
        bar = figure.colorbar(image, ax=[inputs, matrix], orientation="horizontal", shrink=0.8, aspect=32, pad=0.03)
        bar.set_label(f"{stored(certificate)} [{unit}]")
        bar.ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    return figure


def _distributions(certificate: Certificate) -> dict[str, tuple[float, ...]]:
    """Return rms, 99 % and largest error [%] of every distribution, by name."""
    parts = {"all": certificate.typical}
    parts |= {f"inputs: {name}": error for name, error in certificate.by_input.items()}
    parts |= {f"matrices: {name}": error for name, error in certificate.by_matrix.items()}
    return {name: tuple(100 * getattr(error, key) for key, *_ in _STATISTICS) for name, error in parts.items()}


def _draw_distributions(axes: Axes, certificate: Certificate) -> None:
    names, values = zip(*_distributions(certificate).items(), strict=True)
    places = np.arange(len(names))
    for k, (_, label, colour, marker) in enumerate(_STATISTICS):
        axes.plot([value[k] for value in values], places, linestyle="none", marker=marker, markersize=4.5, color=colour,
                  label=label)  # fmt: skip
    if certificate.worst is not None:
        axes.axvline(100 * certificate.worst.error, color=INK, linestyle="--", linewidth=1.2, label="worst found")
    axes.set_xscale("log")
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))


def _draw_loads(axes: Axes, table: LoadTable) -> None:
    errors, places = [100 * error for error in table.worst], np.arange(len(table.loads))
    axes.plot(errors, places, color=INK, marker="v", markersize=5, linestyle="none")
    axes.axvline(errors[-1], color=INK, linestyle="--", linewidth=1.2)
    axes.set_yticks(places, [f"up to {load:g}" for load in table.loads])
    axes.set_ylim(places[-1] + 0.6, -0.6)


def _errors(certificate: Certificate) -> tuple[float, float]:
    """Return a span of errors [%] that holds every mark of both panels."""
    shown = [value for values in _distributions(certificate).values() for value in values]
    shown += [] if certificate.by_load is None else [100 * error for error in certificate.by_load.worst]
    positive = [value for value in shown if value > 0] or [1e-12]
    return 0.6 * min(positive), 1.7 * max(positive)

"""The waveforms of one product of a whole chain."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from circuitsim.report.style import FAINT, SERIES, look, new_figure
from circuitsim.results import ChainWaveforms
from circuitsim.units import one_prefix

_MOST = 6  # rows and columns drawn: more lines cannot be told apart


def waveforms_figure(waves: ChainWaveforms) -> Figure:
    """Draw rows, column currents, outputs and the bits of the first ADC over one time axis.

    Args:
        waves: Waveforms of one code; of many rows and columns some, evenly spaced, are drawn.
    """
    digital = waves.counts[:, :1] if waves.bits is None and waves.counts is not None else None
    panels = [("row voltages", waves.v_in, "V", "row"), ("column currents", waves.i_out, "A", "column")]
    if waves.v_out is not None:
        panels.append(("sense amplifiers", waves.v_out, "V", "column"))
    scale, unit = one_prefix(float(waves.time[-1]), "s")
    count = len(panels) + (waves.bits is not None or digital is not None)
    with look():
        figure = new_figure(7.2, 1.6 * count + 0.4)
        first = None
        for place, (title, values, value_unit, each) in enumerate(panels, start=1):
            axes = figure.add_subplot(count, 1, place, title=title, sharex=first)
            first = first or axes
            _lines(axes, waves.time / scale, values, value_unit, each)
        if waves.bits is not None:
            axes = figure.add_subplot(count, 1, count, title="bits of the ADC of column 0", sharex=first)
            _bits(axes, waves.time / scale, waves.bits[:, 0])
        elif digital is not None:
            axes = figure.add_subplot(count, 1, count, title="output of the ADC of column 0", sharex=first)
            _lines(axes, waves.time / scale, digital, "V", "column")
        for axes in figure.axes:
            for moment in np.atleast_1d(waves.taken) / scale:
                axes.axvline(moment, color=FAINT, linestyle=":", linewidth=1)
        figure.axes[-1].set_xlabel(f"time [{unit}]")
    return figure


def _lines(axes: Axes, time: np.ndarray, values: np.ndarray, unit: str, each: str) -> None:
    chosen = np.unique(np.linspace(0, values.shape[1] - 1, _MOST).round().astype(int))
    scale, prefixed = one_prefix(float(np.abs(values[:, chosen]).max()) or 1.0, unit)
    for (colour, _), k in zip(SERIES, chosen, strict=False):
        axes.plot(time, values[:, k] / scale, color=colour, linewidth=1.1, label=f"{each} {k}")
    axes.set_ylabel(f"[{prefixed}]")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=1.0, fontsize=6.5)


def _bits(axes: Axes, time: np.ndarray, bits: np.ndarray) -> None:
    """Draw each bit in a row of its own, the highest on top."""
    top = float(bits.max()) or 1.0
    for k in range(bits.shape[1]):
        axes.plot(time, k + 0.8 * bits[:, k] / top, color=SERIES[0][0], linewidth=1.0)
    axes.set_yticks(np.arange(bits.shape[1]) + 0.4, [f"b{k}" for k in range(bits.shape[1])])
    axes.set_ylim(-0.2, bits.shape[1])

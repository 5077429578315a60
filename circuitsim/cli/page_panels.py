"""The curves of the circuits around an array, for the page of its calibration."""

import numpy as np

from circuitsim.cli.block_panels import sense_panels
from circuitsim.periphery import Periphery, linearity
from circuitsim.report import CircuitCurves, Curve, Panel
from circuitsim.results import ConverterTable

_DIGITS = 3  # of an LSB: what lies below is rounding, and would be drawn as if it were large


def circuit_curves(tables: Periphery | None) -> tuple[CircuitCurves, ...]:
    """Return what the page shows of each circuit: transfer, INL and DNL, output and input resistance, times."""
    if tables is None:
        return ()
    curves = []
    if tables.dac is not None and tables.dac.block:
        caption = f"Row driver {tables.dac.block}: levels, their deviation, and its output resistance, by code."
        curves.append(CircuitCurves("driver", tables.dac.block, caption, _dac_panels(tables.dac)))
    if tables.sense is not None:
        caption = f"Sense amplifier {tables.sense.block}: output, column voltage and input resistance; times and noise."
        curves.append(CircuitCurves("sense", tables.sense.block, caption, sense_panels(tables.sense)))
    if tables.adc is not None:
        caption = f"ADC {tables.adc.block}: transfer curve, INL and DNL of its table."
        curves.append(CircuitCurves("adc", tables.adc.block, caption, _adc_panels(tables.adc)))
    return tuple(curves)


def _dac_panels(table: ConverterTable) -> tuple[Panel, ...]:
    codes = np.arange(2**table.bits)
    inl = np.zeros(len(codes)) if table.inl is None else table.inl
    panels = [
        Panel("Level", "code", "", "output", "V", (Curve(codes, table.levels),)),
        Panel("INL", "code", "", "INL [LSB]", "", (Curve(codes, np.round(inl, _DIGITS)),)),
    ]
    if table.r_out is not None:
        panels.append(Panel("Output resistance", "code", "", "r_out", "Ω", (Curve(codes, _four_digits(table.r_out)),)))
    return tuple(panels)


def _adc_panels(table: ConverterTable) -> tuple[Panel, ...]:
    if table.bits < 2:
        return (
            Panel("Threshold", "code", "", "input", table.unit, (Curve(np.ones(1), table.thresholds, points=True),)),
        )
    found = linearity(table)
    edges = found.transitions
    ends = [2 * edges[0] - edges[1], 2 * edges[-1] - edges[-2]]
    steps = np.concatenate([ends[:1], np.repeat(edges, 2), ends[1:]])
    codes = np.repeat(np.arange(2**table.bits), 2)
    inl, dnl = np.round(found.inl, _DIGITS), np.round(found.dnl, _DIGITS)
    missing = f", {len(found.missing)} missing" if found.missing else ""
    return (
        Panel(f"Transfer{missing}", "input", table.unit, "code", "", (Curve(steps, codes),)),
        Panel("INL", "code", "", "INL [LSB]", "", (Curve(1 + np.arange(len(inl)), inl),)),
        Panel("DNL", "code", "", "DNL [LSB]", "", (Curve(1 + np.arange(len(dnl)), dnl),)),
    )


def _four_digits(values: np.ndarray) -> np.ndarray:
    return np.array([float(f"{value:.4g}") for value in values])

"""The conversions of an inference with the array's circuit, with the user's converter, and with published ones."""

from math import ceil

import numpy as np

from circuitsim.calibration.converter_survey import (
    SURVEY_MISSING,
    SURVEY_SOURCE,
    SURVEY_YEARS,
    SurveyRange,
    survey_range,
)
from circuitsim.evaluation.own_costs import OwnConverter
from circuitsim.periphery import sine_bits
from circuitsim.results import AreaRange, ConverterRow, ConverterTable, NetworkCount
from circuitsim.spec import ArraySpec

_PERCENTILES = ("10th", "50th", "90th")
SURVEY = f"survey: {SURVEY_SOURCE}, of {SURVEY_YEARS[0]} to {SURVEY_YEARS[1]}; {SURVEY_MISSING}"


def converter_rows(
    count: NetworkCount, spec: ArraySpec, adc: ConverterTable | None, own: OwnConverter | None, columns_per_adc: int
) -> tuple[ConverterRow, ...]:
    """Return the energy of all conversions of an inference: by the circuit, by the user's converter, by the survey.

    Args:
        count: Counts of an inference.
        spec: The array; the resolution of an ideal ADC is taken for its effective bits.
        adc: Table of the array's ADC; None: it is ideal.
        own: The user's converter, or None.
        columns_per_adc: Columns that an ADC converts one after the other.
    """
    conversions = count.total("conversions")
    if not conversions:
        return ()
    adcs = _adcs(count, columns_per_adc)
    rows = []
    if adc is not None and adc.energy:
        parts = {name: float(np.mean(values)) for name, values in adc.energy.items()}
        each = sum(parts.values())
        estimate = "; logic is an estimate of its card" if "logic" in parts else ""
        spent = tuple((name, energy * conversions) for name, energy in parts.items())
        source = f"table of {adc.block}, mean of its codes{estimate}"
        rows.append(ConverterRow(adc.block, each, each * conversions, spent, None, source, True))
    if own is not None:
        area = None if own.area is None else own.area * adcs
        rows.append(ConverterRow("your converter", own.energy, own.energy * conversions, (), area, own.source, False))
    if (found := _published(spec, adc)) is not None:
        (low, high), survey = found
        for name, energy, year in zip(_PERCENTILES, survey.energies, survey.published, strict=True):
            source = f"of {survey.count} with {low} to {high} effective bits; the nearest one is of {year}"
            rows.append(
                ConverterRow(
                    f"survey, {name} percentile ({year})", energy, energy * conversions, (), None, source, False
                )
            )
    return tuple(rows)


def converter_areas(
    count: NetworkCount, spec: ArraySpec, adc: ConverterTable | None, own: OwnConverter | None, columns_per_adc: int
) -> AreaRange:
    """Return the area of all ADCs: by the user's, or the published range from the 10th to the 90th percentile."""
    if not count.total("conversions"):
        return AreaRange("converters", 0.0, 0.0, "there are none")
    adcs = _adcs(count, columns_per_adc)
    if own is not None and own.area is not None:
        area = own.area * adcs
        return AreaRange("converters", area, area, f"your costs, {adcs} ADCs: {own.source}")
    if (found := _published(spec, adc)) is None:
        return AreaRange("converters", None, None, "unknown: tables of circuits state no area")
    areas = found[1].areas
    what = f"published, not verified: 10th to 90th percentile of the survey for {adcs} ADCs; circuits state no area"
    return AreaRange("converters", adcs * areas[0], adcs * areas[2], what)


def _adcs(count: NetworkCount, columns_per_adc: int) -> int:
    """Return the number of ADCs; no two arrays share one, and arrays of a layer count with their mean columns."""
    if columns_per_adc == 1:
        return sum(layer.columns for layer in count.layers)
    shares = [(layer.arrays, layer.columns / max(layer.arrays, 1)) for layer in count.layers]
    return sum(arrays * ceil(columns / columns_per_adc) for arrays, columns in shares)


def _published(spec: ArraySpec, adc: ConverterTable | None) -> tuple[tuple[int, int], SurveyRange] | None:
    """Return the published converters of the same effective bits; None where the survey has none."""
    if adc is not None:
        if adc.bits < 2:
            return None
        return survey_range(sine_bits(adc, rng=np.random.default_rng(0) if adc.noise > 0 else None))
    if spec.adc.bits is None:
        return None
    ideal = ConverterTable(spec.adc.bits, 0.0, 1.0)
    return None if spec.adc.bits < 2 else survey_range(sine_bits(ideal))

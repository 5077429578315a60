"""Energy and area of published converters, by their effective bits."""

from dataclasses import dataclass

SURVEY_YEARS = (2010, 2025)
SURVEY_SOURCE = "B. Murmann, ADC Performance Survey, revision 2025-06, converters with a SAR or flash architecture"
SURVEY_MISSING = (
    "energies are power over the Nyquist rate, effective bits those of the SNDR that the survey plots; converters of "
    "any technology, many of them far faster than a column needs"
)


@dataclass(frozen=True)
class SurveyRange:
    """Published converters within one range of effective bits.

    Attributes:
        count: Number of converters.
        energies: Energies per conversion at 10, 50 and 90 % [J].
        published: Year of the converter whose energy is nearest to each of these.
        areas: Areas at 10, 50 and 90 % of those that state one [m²].
    """

    count: int
    energies: tuple[float, float, float]
    published: tuple[int, int, int]
    areas: tuple[float, float, float]


SURVEY_RANGES = {
    (4, 5): SurveyRange(14, (1.28e-12, 7.92e-12, 25.0e-12), (2015, 2013, 2010), (0.028e-6, 0.18e-6, 0.598e-6)),
    (5, 6): SurveyRange(18, (1.63e-12, 3.82e-12, 16.4e-12), (2019, 2013, 2017), (0.0096e-6, 0.06e-6, 0.396e-6)),
    (6, 7): SurveyRange(12, (1.63e-12, 3.71e-12, 9.66e-12), (2022, 2012, 2011), (0.004e-6, 0.013e-6, 0.08e-6)),
    (7, 8): SurveyRange(22, (1.67e-12, 6.31e-12, 55.5e-12), (2024, 2010, 2014), (0.0058e-6, 0.103e-6, 0.9e-6)),
    (8, 9): SurveyRange(21, (1.0e-12, 10.2e-12, 38.6e-12), (2013, 2010, 2024), (0.0097e-6, 0.042e-6, 0.789e-6)),
    (9, 10): SurveyRange(31, (1.32e-12, 14.0e-12, 128e-12), (2015, 2020, 2017), (0.0169e-6, 0.076e-6, 0.64e-6)),
}
"""Percentiles of the 118 converters of the survey from 2010 on whose architecture is, or contains, SAR or flash."""


def survey_range(enob: float) -> tuple[tuple[int, int], SurveyRange] | None:
    """Return the range of the survey that holds effective bits, its lower end included; None outside the survey."""
    return next((item for item in SURVEY_RANGES.items() if item[0][0] <= enob < item[0][1]), None)

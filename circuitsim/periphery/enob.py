"""Effective number of bits of an ADC, from a sine that its table converts."""

import numpy as np

from circuitsim.errors import InputError
from circuitsim.periphery.converters import convert_and_count
from circuitsim.results.periphery_tables import ConverterTable

SAMPLES = 8192
PERIODS = 1021  # a prime: no two samples of the record fall on the same phase
LEAST_SAMPLES = 64


def sine_record(
    table: ConverterTable, *, samples: int = SAMPLES, amplitude: float = 1.0, rng: np.random.Generator | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the phases (samples,) [rad] of a coherent sine and the codes (samples,) that an ADC makes of it.

    Args:
        table: The ADC.
        samples: Length of the record.
        amplitude: Peak of the sine as a fraction of half the range, from the first to the last threshold.
        rng: Source of its noise; needed where the table has noise.

    Raises:
        InputError: The record is too short, the amplitude is not above 0 and at most 1, or the table has noise and no
            rng was given.
    """
    if samples < LEAST_SAMPLES:
        raise InputError(f"samples = {samples}: expected {LEAST_SAMPLES} or more")
    if not 0 < amplitude <= 1:
        raise InputError(f"amplitude = {amplitude:g}: expected a fraction of the range above 0 and at most 1")
    periods = PERIODS if samples >= 4 * PERIODS else samples // 5 | 1
    phases = 2 * np.pi * periods * np.arange(samples) / samples
    half = (table.high - table.low + table.lsb) / 2
    sine = (table.high + table.low) / 2 + amplitude * half * np.sin(phases)
    return phases, convert_and_count(table, sine[:, None], rng=rng)[0][:, 0]


def sine_bits(
    table: ConverterTable, *, samples: int = SAMPLES, amplitude: float = 1.0, rng: np.random.Generator | None = None
) -> float:
    """Return the effective number of bits: log2(full-scale range / (√12 · rms of noise and distortion)).

    The rms is that of the residual of the sine that fits the codes best, with amplitude, phase and offset free and the
    frequency known.

    Args:
        table: The ADC.
        samples, amplitude: Length of the record and peak of the sine, as in `sine_record`; noise at the peaks of a sine
            of full range is clipped.
        rng: Source of its noise; needed where the table has noise.

    Raises:
        InputError: As `sine_record`.

    Source: IEEE Std 1241-2010, 9.2 and 9.4 (sine-wave fit of three parameters, effective number of bits).
    """
    phases, codes = sine_record(table, samples=samples, amplitude=amplitude, rng=rng)
    shape = np.stack([np.sin(phases), np.cos(phases), np.ones(samples)], axis=1)
    residual = codes - shape @ np.linalg.lstsq(shape, codes, rcond=None)[0]
    return float(table.bits - np.log2(np.sqrt(12 * np.mean(residual**2))))

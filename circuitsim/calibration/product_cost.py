"""Energy and time of one product from the tables of the circuits around an array."""

from collections.abc import Sequence

import numpy as np

from circuitsim.calibration.array_energy import mean_power
from circuitsim.calibration.converter_survey import SURVEY_MISSING, SURVEY_RANGES, SURVEY_SOURCE, SURVEY_YEARS
from circuitsim.periphery import Periphery, sine_bits
from circuitsim.results import ConverterTable, Experiment, PartCost, ProductCost, SenseTable, Solution, SurveyPlace
from circuitsim.spec import ArraySpec

SURVEY = {bits: found.energies for bits, found in SURVEY_RANGES.items()}
"""Energy per conversion at 10, 50 and 90 % of the SAR and flash converters of the survey, by range of ENOB [J]."""


def product_cost(
    spec: ArraySpec, tables: Periphery, experiments: Sequence[Experiment], truths: Sequence[Solution]
) -> ProductCost | None:
    """Split energy and time of one product by part; None where all circuits around the array are ideal.

    Rows and sense amplifiers are on from the start of the drivers until the last code: DAC, sense amplifiers and ADC
    follow one another. Bit-serial inputs repeat all of it for each bit.

    Args:
        spec: The array.
        tables: Tables of its circuits.
        experiments, truths: The hold-out and its solutions: the mean power and the currents of its usual reads.
    """
    if tables.dac is None and tables.sense is None and tables.adc is None:
        return None
    serial = spec.driver.input_code == "bit_serial"
    reads = (spec.driver.dac_bits or 1) if serial else 1
    times = [circuit_time(tables.dac), circuit_time(tables.sense), circuit_time(tables.adc)]
    duration = sum(time for time in times if time is not None)
    rows, cols = spec.shape
    array = PartCost(
        "array", reads * duration * mean_power(experiments, truths), None, "drivers and references into wires and cells"
    )
    parts = (
        *_driver(tables.dac, rows, reads, times[0]),
        array,
        *_sense(tables.sense, truths, cols, reads, duration, times[1]),
        *_adc(tables.adc, cols, reads, times[2]),
    )
    return ProductCost(
        parts=parts,
        operations=2 * rows * cols,
        duration=duration,
        reads=reads,
        remarks=_remarks(spec, tables, times),
        survey=None if tables.adc is None else survey_place(tables.adc),
    )


def survey_place(adc: ConverterTable) -> SurveyPlace | None:
    """Return where the energy of an ADC lies among published converters of its effective bits; None: not known."""
    if not adc.energy or adc.bits < 2:
        return None
    enob = sine_bits(adc, rng=np.random.default_rng(0) if adc.noise > 0 else None)
    found = _range_of(enob)
    if found is None:
        return None
    energy = float(sum(np.mean(values) for values in adc.energy.values()))
    names = ("10th", "50th", "90th")
    above = [name for name, level in zip(names, found[1], strict=True) if energy >= level]
    below = [name for name, level in zip(names, found[1], strict=True) if energy < level]
    if not above:
        place = f"below the {below[0]} percentile"
    elif not below:
        place = f"above the {above[-1]} percentile"
    else:
        place = f"between the {above[-1]} and the {below[0]} percentile"
    return SurveyPlace(enob, energy, *found, place, SURVEY_YEARS, SURVEY_SOURCE, SURVEY_MISSING)


def _range_of(enob: float) -> tuple[tuple[int, int], tuple[float, float, float]] | None:
    """Return the range of the survey that holds these effective bits, its lower end included, with its energies."""
    return next((item for item in SURVEY.items() if item[0][0] <= enob < item[0][1]), None)


def circuit_time(table: ConverterTable | SenseTable | None) -> float | None:
    """Return how long a circuit takes: the slowest code or current of its table [s]; None: ideal or unknown."""
    if isinstance(table, SenseTable):
        return table.t_ready if table.dynamics is None else float(table.dynamics.settling.max())
    if table is None or table.t_conversion is not None:
        return None if table is None else table.t_conversion
    return None if table.settling is None else float(table.settling[:, 1].max())


def _driver(dac: ConverterTable | None, rows: int, reads: int, time: float | None) -> tuple[PartCost, ...]:
    if dac is None or not dac.block:
        return (PartCost("driver", None, None, "ideal: no energy of its own, no time"),)
    energy = reads * rows * float(sum(np.mean(values) for values in dac.energy.values())) if dac.energy else None
    return (PartCost("driver", energy, _all(reads, time), f"table of {dac.block}: mean of its codes, slowest code"),)


def _sense(
    sense: SenseTable | None,
    truths: Sequence[Solution],
    cols: int,
    reads: int,
    duration: float,
    time: float | None,
) -> tuple[PartCost, ...]:
    if sense is None:
        return (PartCost("sense", None, None, "ideal: no energy of its own, no time"),)
    energy = None
    if sense.power is not None and sense.current is not None and sense.supply is not None:
        current = np.concatenate([t.i_sense.ravel() for t in truths if t.i_sense is not None])
        energy = reads * cols * duration * float(np.interp(current, sense.current, sense.power).mean())
    what = f"table of {sense.block}: supply at the currents of the hold-out, slowest current and column"
    return (PartCost("sense", energy, _all(reads, time), what),)


def _adc(adc: ConverterTable | None, cols: int, reads: int, time: float | None) -> tuple[PartCost, ...]:
    if adc is None:
        return (PartCost("adc", None, None, "ideal: no energy of its own, no time"),)
    if not adc.energy:
        return (PartCost("adc", None, _all(reads, time), f"table of {adc.block}, without energies"),)
    parts = []
    for place, (name, values) in enumerate(adc.energy.items()):
        what = f"estimate of {adc.block}" if name == "logic" else f"table of {adc.block}: mean of its codes"
        energy = reads * cols * float(np.mean(values))
        parts.append(PartCost(f"adc {name}", energy, _all(reads, time) if place == 0 else None, what))
    return tuple(parts)


def _all(reads: int, time: float | None) -> float | None:
    return None if time is None else reads * time


def _remarks(spec: ArraySpec, tables: Periphery, times: Sequence[float | None]) -> tuple[str, ...]:
    remarks = []
    before = sum(time for time in times[:2] if time is not None)
    if before > spec.driver.t_read:
        remarks.append(
            f"drivers and sense amplifiers settle in {before:.2g} s, longer than driver.t_read = "
            f"{spec.driver.t_read:.2g} s, for which the energy per operation above is stated; all errors are those of "
            "settled outputs, and codes that are taken before miss them"
        )
    sense = tables.sense
    if sense is not None and sense.supply is None:
        remarks.append(f"{sense.block} is a macro-model without a supply: its energy is not known")
    for table in (tables.dac, tables.adc):
        if table is not None and table.block and not table.energy:
            remarks.append(f"the table of {table.block} states no energy")
    return tuple(remarks)

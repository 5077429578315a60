"""Codes to codes in ngspice, with drivers, array, sense amplifiers and ADCs in one deck."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from circuitsim import truth
from circuitsim.chain import Reading, shift_and_add
from circuitsim.characterization import AdcMismatch, characterize, drawn_parameters
from circuitsim.errors import InputError
from circuitsim.periphery import adc_table, convert, decode
from circuitsim.spec import ArraySpec, with_ideal
from circuitsim.spice import Progress

_STAGES = {"dac": "driver", "sense": "sense", "adc": "adc"}


def convert_in_one_deck(
    spec: ArraySpec,
    g: ArrayLike,
    codes: ArrayLike,
    *,
    full_scale: float | None,
    mismatch: AdcMismatch | None,
    folder: str | Path | None,
    progress: Progress | None,
) -> Reading:
    """Read codes through the deck of the whole chain; arguments and errors as in `levels.convert_codes`.

    Ideal ADCs are not in the deck and convert what it shows. What a code represents is in the table of its ADC. Chips
    with ADCs of their own take a deck each.
    """
    if spec.adc.block is not None and full_scale is not None:
        raise InputError(f"full_scale = {full_scale:g} A: expected None, {spec.adc.block} has a range of its own")
    ideal = None
    if spec.adc.block is None:
        ideal = adc_table(spec, full_scale=full_scale)
        if ideal is None:
            raise InputError("adc.bits = None: expected 1 to 24 bits, codes need an ADC")
    table = ideal or characterize(with_ideal(spec, "driver", "sense")).adc
    assert table is not None
    run = truth.read_chain(
        spec, g, codes, full_scale=None if ideal is None else ideal.high, folder=folder, progress=progress
    )
    found = convert(table, run.sensed) if run.codes is None else run.codes
    stages = tuple(stage for stage, section in _STAGES.items() if getattr(spec, section).block is None)
    chips = None if mismatch is None else _chips(spec, g, codes, mismatch, folder)
    slices = Reading(run.v_in, run.i_out, run.sensed, found, decode(table, found), stages, run.unit, instances=chips)
    whole = slices if spec.driver.input_code != "bit_serial" else shift_and_add(slices, run.serial)
    return replace(whole, waveforms=run.waveforms)


def _chips(
    spec: ArraySpec, g: ArrayLike, codes: ArrayLike, mismatch: AdcMismatch, folder: str | Path | None
) -> np.ndarray:
    """Return the codes (instances, reads, cols) of drawn chips."""
    found = []
    for k, parameters in enumerate(drawn_parameters(spec, mismatch)):
        place = None if folder is None else Path(folder) / f"chip_{k}"
        run = truth.read_chain(spec, g, codes, adc_parameters=parameters, folder=place)
        assert run.codes is not None  # the ADC is a circuit
        found.append(run.codes)
    return np.stack(found)

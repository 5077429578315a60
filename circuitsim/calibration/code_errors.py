"""State the errors of a model behind the ADC of its specification, and what its sense amplifiers' table adds."""

from collections.abc import Sequence

import numpy as np

from circuitsim.periphery import adc_table, convert_and_count, linearity
from circuitsim.results import CodeErrors, ConverterTable, SenseError, SenseTable, Solution, TileModel
from circuitsim.spec import ArraySpec, output_unit

_EVEN = 129  # currents, evenly spaced, between which the gain of an amplifier is taken
_NAMES = {"A": "currents", "V": "voltages", "C": "charges"}


def certified_adc(
    spec: ArraySpec, table: ConverterTable | None, full_scale: float, unit: str
) -> tuple[ConverterTable | None, str]:
    """Return the ADC behind the outputs of an array, and in one phrase what sets its range.

    Args:
        spec: The array.
        table: The table of its ADC where that is a circuit.
        full_scale: Full scale of the certificate [unit].
        unit: Unit of the outputs of the sense amplifiers.

    Returns:
        The converter, or None and why there is none; the reason is empty where the specification asks for no ADC.
    """
    if table is None and spec.adc.bits is None:
        return None, ""
    takes = output_unit(spec) if table is None else table.unit
    if takes != unit:
        which = f"the circuit {table.block!r}" if table is not None else "an ideal ADC"
        return None, (
            f"errors in LSB: {which} in [adc] converts {_NAMES[takes]}, and the sense amplifiers put out {_NAMES[unit]}"
        )
    if table is not None:
        return table, f"the range of the circuit {table.block!r}"
    if spec.adc.full_scale != "auto":
        return adc_table(spec), "adc.full_scale"
    rule = "the full scale above, because adc.full_scale = 'auto'; the layers of a network take smaller ranges"
    return adc_table(spec, full_scale=full_scale), rule


def code_errors(
    adc: ConverterTable, rule: str, predicted: Sequence[np.ndarray], truths: Sequence[Solution]
) -> CodeErrors:
    """Predict how many codes differ between model and truth, and count them.

    Args:
        adc: The converter; its noise is left out, because it would hide the errors of the model.
        rule: What sets its range.
        predicted: Outputs (batch, cols) of the model for each experiment.
        truths: Solutions of the same experiments.
    """
    model, true = np.concatenate(predicted), np.concatenate([truth.out for truth in truths])
    ideal = ConverterTable(adc.bits, adc.low, adc.high, adc.inl, decide=adc.decide, unit=adc.unit)
    codes, expected = (convert_and_count(ideal, out)[0] for out in (model, true))
    step = np.abs(codes - expected)
    return CodeErrors(
        block=adc.block,
        bits=adc.bits,
        low=adc.low,
        high=adc.high,
        rule=rule,
        codes=step.size,
        predicted=float(np.minimum(np.abs(model - true) / adc.lsb, 1.0).mean()),
        found=float((step > 0).mean()),
        largest_step=int(step.max()),
        missing=0 if adc.inl is None or adc.bits < 2 else len(linearity(adc).missing),
    )


def codes_left_out(spec: ArraySpec, adc: ConverterTable | None, rule: str) -> tuple[str, ...]:
    """Return what the errors in LSB do not say: the reason why there are none, or that they are those of single bits.

    Args:
        spec: The array.
        adc, rule: From `certified_adc`.
    """
    if adc is None:
        return (rule,) if rule else ()
    bits = spec.driver.dac_bits
    if spec.driver.input_code != "bit_serial" or bits is None:
        return ()
    return (
        f"errors in LSB of whole codes: driver.input_code = 'bit_serial' makes {bits} reads of one bit of a code of "
        f"{bits} bits and adds their ADC codes with the weights 1 to {2 ** (bits - 1)}; every figure in LSB is of one "
        f"such read, and an error that all of them share counts {2**bits - 1} times in the sum",
    )


def sense_error(model: TileModel, full_scale: float) -> SenseError | None:
    """Return what the table of the sense amplifiers adds to the error of a model; None for ideal amplifiers.

    An error of the drop changes the current by at most the conductance of a column of cells at g_max, rows · g_max.
    """
    sense: SenseTable | None = model.sense
    if sense is None or sense.current is None or sense.reported is None:
        return None
    even = np.linspace(sense.current[0], sense.current[-1], _EVEN)
    gain = float(np.abs(np.diff(np.interp(even, sense.current, sense.reported))).max() / (even[1] - even[0]))
    column = model.spec.array.rows * model.spec.device.g_max
    drop, reported = sense.drop_error or 0.0, sense.reported_error or 0.0
    return SenseError(
        block=sense.block,
        drop=drop,
        by_drop=drop * column * gain / full_scale,
        reported=reported * float(np.ptp(sense.reported)) / full_scale,
        current=(float(sense.current[0]), float(sense.current[-1])),
    )

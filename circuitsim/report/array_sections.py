"""What happens inside the array, and how the model differs from the truth."""

from circuitsim.report.content import Comparison, IrDrop
from circuitsim.report.error_figures import r_squared_text
from circuitsim.report.parts import Paragraph, Picture, Section, SideBySide
from circuitsim.report.stored import output_noun
from circuitsim.spec import AdcSpec
from circuitsim.units import format_quantity, percent


def ir_drop_section(drop: IrDrop) -> Section:
    """Heat maps of the voltages inside the array."""
    heading = f"IR drop takes up to {percent(drop.worst)} of the read voltage from a cell"
    return Section("ir-drop", "IR drop", heading, (Picture("ir_drop", f"Voltages inside the array: {drop.what}."),))


def hold_out_section(comparison: Comparison, truth: str, adc: AdcSpec) -> Section:
    """Model beside truth, current by current.

    Args:
        comparison: The currents.
        truth: Name of the truth: "ngspice 39.3".
        adc: The ADC of the array.
    """
    size = f"{comparison.truth.size} {_outputs(comparison)}"
    heading = f"Model against {truth}: R² = {r_squared_text(comparison.r_squared)} over {size}"
    scale = format_quantity(comparison.full_scale, comparison.unit, 4)
    own = "" if comparison.relative_to == "full scale" else f"; errors are fractions of {comparison.relative_to}"
    lead = f"Hold-out {_outputs(comparison)} before the ADC; full scale is {scale}{own}. {_resolution(comparison, adc)}"
    grey = " Grey: the plain product v · g, without wires and transistors." if comparison.ideal is not None else ""
    currents = SideBySide(
        (
            Picture("currents", f"Each mark is one output of a column for one input vector.{grey}"),
            Picture("residual", "The difference between them, marked by kind of input as on the left."),
        )
    )
    errors = SideBySide(
        (
            Picture("error_histogram", "Histogram of the same errors; the count axis is logarithmic."),
            Picture("error_per_column", "rms and largest error of each column, over all hold-out vectors."),
        )
    )
    return Section("hold-out", "Model and truth", heading, (Paragraph(lead), currents, errors))


def _outputs(comparison: Comparison) -> str:
    return f"{output_noun(comparison.unit)}s"


def _resolution(comparison: Comparison, adc: AdcSpec) -> str:
    """Say what one code of the ADC is worth, or why that is not known here."""
    if comparison.lsb is None and adc.bits is None:
        return "The ADC does not quantize."
    if comparison.lsb is None:
        return (
            f"The ADC has {adc.bits} bits; its LSB is not fixed, because with adc.full_scale = 'auto' its range "
            "follows from the outputs of each layer of a network."
        )
    lsb, share = format_quantity(comparison.lsb, comparison.unit, 3), percent(comparison.lsb / comparison.full_scale)
    bits = "" if adc.bits is None else f"{adc.bits}-bit "
    return f"One LSB of the {bits}ADC is {lsb}, {share} of full scale."

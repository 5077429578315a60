"""What happens inside the array, and how the model differs from the truth."""

from circuitsim.report.content import Comparison, IrDrop
from circuitsim.report.error_figures import r_squared_text
from circuitsim.report.parts import Paragraph, Picture, Section, SideBySide
from circuitsim.report.words import percent
from circuitsim.units import format_quantity


def ir_drop_section(drop: IrDrop) -> Section:
    """Heat maps of the voltages inside the array."""
    heading = f"IR drop takes up to {percent(drop.worst)} of the read voltage from a cell"
    return Section("ir-drop", "IR drop", heading, (Picture("ir_drop", f"Voltages inside the array: {drop.what}."),))


def hold_out_section(comparison: Comparison, truth: str) -> Section:
    """Model beside truth, current by current.

    Args:
        comparison: The currents.
        truth: Name of the truth: "ngspice 39.3".
    """
    heading = (
        f"Model against {truth}: R² = {r_squared_text(comparison.r_squared)} over {comparison.truth.size} currents"
    )
    lsb = (
        f" One LSB of the ADC is {format_quantity(comparison.lsb, 'A', 3)}, "
        f"{percent(comparison.lsb / comparison.full_scale)} of full scale."
        if comparison.lsb is not None
        else " The ADC does not quantize."
    )
    lead = f"Hold-out currents before the ADC; full scale is {format_quantity(comparison.full_scale, 'A')}.{lsb}"
    grey = " Grey: the plain product v · g, without wires and transistors." if comparison.ideal is not None else ""
    currents = SideBySide(
        (
            Picture("currents", f"Each mark is one column current for one input vector.{grey}"),
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

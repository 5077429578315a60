"""One self-contained page, and its figures as files."""

from pathlib import Path

from matplotlib.figure import Figure

from circuitsim.report.array_figures import ir_drop_figure
from circuitsim.report.array_sections import hold_out_section, ir_drop_section
from circuitsim.report.array_words import array_in_words
from circuitsim.report.budget_figure import budget_figure
from circuitsim.report.certificate_section import certificate_section
from circuitsim.report.circuit_sections import circuits_section, cost_section, figure_name
from circuitsim.report.content import ReportContent
from circuitsim.report.device_figures import device_figure
from circuitsim.report.error_figures import columns_figure, currents_figure, histogram_figure, residual_figure
from circuitsim.report.network_figures import energy_figure, run_time_figure, wire_accuracy_figure, wire_error_figure
from circuitsim.report.network_sections import (
    accuracy_section,
    energy_section,
    own_tiles_section,
    spice_loop_section,
    wire_section,
)
from circuitsim.report.parts import Page, Section
from circuitsim.report.rendering import render
from circuitsim.report.style import save_figure, svg_text
from circuitsim.report.summary import checks_section, key_numbers
from circuitsim.report.svg import inline_svg
from circuitsim.report.trace_sections import configuration_section, notes_section, trace_section
from circuitsim.report.waveform_figure import waveforms_figure
from circuitsim.report.words import truth_in_words
from circuitsim.report.worst_figures import typical_and_worst_figure, witness_figure
from circuitsim.results.atomic_files import write_text

_FIGURES = (
    *("circuit_driver", "circuit_sense", "circuit_adc", "waveforms"),
    *("budget", "ir_drop", "currents", "residual", "error_histogram", "error_per_column"),
    *("accuracy_wire", "error_wire", "energy", "run_time"),
)


def report_files(folder: str | Path) -> tuple[Path, ...]:
    """Return every file that `write_report` may write into a folder."""
    figures = Path(folder) / "figures"
    return (Path(folder) / "report.html", *(figures / f"{name}.{kind}" for name in _FIGURES for kind in ("png", "svg")))


def write_report(folder: str | Path, content: ReportContent) -> Path:
    """Write `report.html` and the figures of it as `figures/*.png` and `figures/*.svg`.

    The page holds everything it shows: no scripts, no addresses, readable on light and dark, and it prints.

    Args:
        folder: Folder to write into; made when it is missing.
        content: Everything that is shown.

    Returns:
        Path of the page.

    Raises:
        InputError: The folder cannot be written.
    """
    folder = Path(folder)
    svgs = {}
    for name, figure in make_figures(content).items():
        svg = svg_text(figure)
        save_figure(figure, svg, folder / "figures", name)
        svgs[name] = inline_svg(svg, name, _title(figure))
    page = folder / "report.html"
    write_text(page, render(findings(content), svgs))
    return page


def make_figures(content: ReportContent) -> dict[str, Figure]:
    """Draw every figure whose data are there: name and figure."""
    truth = truth_in_words(content.certificate)
    figures = {}
    if content.certificate.budget is not None:
        figures["budget"] = budget_figure(content.certificate.budget)
    figures["typical_and_worst"] = typical_and_worst_figure(content.certificate)
    if content.certificate.worst is not None:
        figures["worst_case"] = witness_figure(content.certificate)
    if content.ir_drop is not None:
        figures["ir_drop"] = ir_drop_figure(content.ir_drop, content.spec)
    if content.comparison is not None:
        figures["currents"] = currents_figure(content.comparison, truth)
        figures["residual"] = residual_figure(content.comparison, truth)
        figures["error_histogram"] = histogram_figure(content.comparison, truth)
        figures["error_per_column"] = columns_figure(content.certificate, truth)
    if content.wire_sweep is not None:
        figures["accuracy_wire"] = wire_accuracy_figure(content.wire_sweep)
        figures["error_wire"] = wire_error_figure(content.wire_sweep)
    if content.energy is not None:
        figures["energy"] = energy_figure(content.energy)
    for curves in content.circuits:
        figures[figure_name(curves)] = device_figure(curves.block, curves.panels)
    if content.waveforms is not None:
        figures["waveforms"] = waveforms_figure(content.waveforms)
    if content.steps:
        figures["run_time"] = run_time_figure(content.steps)
    return figures


def findings(content: ReportContent) -> Page:
    """Put the page together: a section for each part of the content that is given."""
    version = content.certificate.provenance.version
    return Page(
        title=content.title,
        lead=(array_in_words(content.spec), f"circuitsim {version}, {content.created}"),
        key_numbers=key_numbers(content),
        sections=_sections(content),
    )


def _sections(content: ReportContent) -> tuple[Section, ...]:
    sections = [checks_section(content.checks)] if content.checks else []
    sections.append(certificate_section(content.certificate))
    if content.ir_drop is not None:
        sections.append(ir_drop_section(content.ir_drop))
    if content.comparison is not None:
        sections.append(hold_out_section(content.comparison, truth_in_words(content.certificate), content.spec.adc))
    if content.circuits or content.waveforms is not None:
        sections.append(circuits_section(content))
    if content.certificate.cost is not None:
        sections.append(cost_section(content.certificate.cost, content.certificate.energy))
    if content.accuracies:
        sections.append(accuracy_section(content.accuracies))
    if content.own_tiles:
        sections.append(own_tiles_section(content.own_tiles, content.certificate))
    if content.wire_sweep is not None:
        sections.append(wire_section(content.wire_sweep))
    if content.spice_loop is not None:
        sections.append(spice_loop_section(content.spice_loop, content.certificate))
    if content.energy is not None:
        sections.append(energy_section(content.energy))
    sections += [configuration_section(content.spec), trace_section(content)]
    if content.notes:
        sections.append(notes_section(content.notes))
    return tuple(sections)


def _title(figure: Figure) -> str:
    """The titles and axis labels of a figure, as its description."""
    words = [axes.get_title(loc="left") or axes.get_title() for axes in figure.axes]
    words += [f"{axes.get_ylabel()} over {axes.get_xlabel()}" for axes in figure.axes if axes.get_ylabel()]
    return "; ".join(word for word in words if word)

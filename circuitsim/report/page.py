"""One self-contained page, and its figures as files."""

from importlib import resources
from pathlib import Path

from matplotlib.figure import Figure

from circuitsim.report import sections
from circuitsim.report.array_figures import ir_drop_figure
from circuitsim.report.budget_figure import budget_figure
from circuitsim.report.content import ReportContent
from circuitsim.report.error_figures import columns_figure, currents_figure, histogram_figure, residual_figure
from circuitsim.report.html import paragraph, section, text
from circuitsim.report.network_figures import energy_figure, run_time_figure, wire_accuracy_figure, wire_error_figure
from circuitsim.report.style import inline_svg, save_figure, svg_text
from circuitsim.report.words import array_in_words, truth_in_words
from circuitsim.results.files import write_text

_NAMES = {
    "checks": "Checks",
    "certificate": "Certificate",
    "ir-drop": "IR drop",
    "hold-out": "Model and truth",
    "accuracy": "Accuracy",
    "wires": "Wire resistance",
    "spice-in-the-loop": "ngspice in the loop",
    "energy": "Energy",
    "configuration": "Configuration",
    "traces": "Runs and versions",
    "notes": "Not modelled",
}


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
    write_text(page, make_page(content, svgs))
    return page


def make_figures(content: ReportContent) -> dict[str, Figure]:
    """Draw every figure whose data are there: name and figure."""
    truth = truth_in_words(content.certificate)
    figures = {}
    if content.certificate.budget is not None:
        figures["budget"] = budget_figure(content.certificate.budget)
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
    if content.steps:
        figures["run_time"] = run_time_figure(content.steps)
    return figures


def make_page(content: ReportContent, svgs: dict[str, str]) -> str:
    """Put the page together from the content and the figures as inline SVG."""
    parts = [sections.summary(content), sections.certificate(content, svgs)]
    if content.ir_drop is not None:
        parts.append(sections.ir_drop(content.ir_drop, svgs["ir_drop"]))
    if content.comparison is not None:
        parts.append(sections.hold_out(content, svgs))
    if content.accuracies:
        parts.append(sections.accuracy(content))
    if content.wire_sweep is not None:
        parts.append(sections.wire_sweep(content.wire_sweep, svgs))
    if content.spice_loop is not None:
        parts.append(sections.spice_loop(content.spice_loop, content.certificate))
    if content.energy is not None:
        parts.append(sections.energy(content.energy, svgs["energy"]))
    parts.append(sections.what_was_simulated(content))
    parts.append(sections.traces(content, svgs))
    if content.notes:
        parts.append(
            section("notes", "What is modelled, and what is not", *(paragraph(note) for note in content.notes))
        )
    return _document(content, "".join(parts))


def _document(content: ReportContent, body: str) -> str:
    css = resources.files("circuitsim.report").joinpath("page.css").read_text(encoding="utf-8")
    links = "".join(f'<a href="#{name}">{label}</a>' for name, label in _NAMES.items() if f'id="{name}"' in body)
    version = content.certificate.provenance.version
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(content.title)}</title>\n<style>\n{css}</style>\n</head>\n<body>\n"
        f"<header><h1>{text(content.title)}</h1>{paragraph(array_in_words(content.spec))}"
        f"{paragraph(f'circuitsim {version}, {content.created}')}<nav>{links}</nav></header>\n"
        f"<main>{body}</main>\n</body>\n</html>\n"
    )


def _title(figure: Figure) -> str:
    """The titles and axis labels of a figure, as its description."""
    words = [axes.get_title(loc="left") or axes.get_title() for axes in figure.axes]
    words += [f"{axes.get_ylabel()} over {axes.get_xlabel()}" for axes in figure.axes if axes.get_ylabel()]
    return text("; ".join(word for word in words if word))

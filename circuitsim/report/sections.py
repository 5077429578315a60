"""The sections of the page: a heading that tells the finding, then the evidence."""

from circuitsim.report.configuration import configuration
from circuitsim.report.content import IrDrop, ReportContent
from circuitsim.report.error_figures import r_squared_text
from circuitsim.report.html import Column, definitions, figure, paragraph, section, side_by_side, table, text
from circuitsim.report.style import one_prefix
from circuitsim.report.words import counted, in_short, percent, ranked, statements, truth_in_words
from circuitsim.results import Budget, Certificate, ErrorStatistics
from circuitsim.results.evaluation import Check, Energy, SpiceLoop, WireSweep
from circuitsim.units import format_quantity


def summary(content: ReportContent) -> str:
    """The numbers a reader takes away, as tiles, and every requirement with its number."""
    tiles = "".join(
        f'<div class="tile"><b>{text(value)}</b><span>{text(name)}</span></div>' for name, value in _tiles(content)
    )
    if not content.checks:
        return f'<div class="tiles">{tiles}</div>'
    failed = sum(not check.passed for check in content.checks)
    heading = (
        f"All {len(content.checks)} checks passed" if not failed else f"{failed} of {len(content.checks)} checks FAILED"
    )
    columns = (Column("requirement", False), Column("measured"), Column("at most"), Column("", False))
    rows = [
        (c.what, _amount(c, c.measured), _amount(c, c.limit), "✓ met" if c.passed else "✗ NOT met")
        for c in content.checks
    ]
    return f'<div class="tiles">{tiles}</div>' + section("checks", heading, table(columns, rows, kind="verdicts"))


def what_was_simulated(content: ReportContent) -> str:
    """The effective configuration."""
    columns = (Column("key", False), Column("value"), Column("meaning", False))
    parts = configuration(content.spec).items()
    tables = "".join(table(columns, rows, caption=f"[{name}]", kind="keys") for name, rows in parts)
    heading = "Configuration: every key that was in effect, defaults included"
    return section("configuration", heading, f'<div class="parts">{tables}</div>')


def certificate(content: ReportContent, svgs: dict[str, str]) -> str:
    """The certificate in words and as a table, and the budget of the product."""
    statement = content.certificate
    rows = [_error_row("all", statement.error)]
    rows += [_error_row(f"inputs: {name}", error) for name, error in statement.by_input.items()]
    rows += [_error_row(f"mean input: {name}", error) for name, error in statement.by_amplitude.items()]
    rows += [_error_row(f"matrices: {name}", error) for name, error in statement.by_matrix.items()]
    rows += [
        _error_row(f"extrapolated to {larger.rows} × {larger.cols}, against the array solver", larger.error)
        for larger in statement.extrapolation
    ]
    columns = (
        Column("hold-out, error in % of full scale", False),
        *(Column(name) for name in ("rms", "max", "99 %", "mean", "currents")),
    )
    heading = f"Certificate: {in_short(statement)}"
    parts = [definitions(statements(statement)), table(columns, rows)]
    if statement.budget is not None:
        parts.append(side_by_side(figure(svgs["budget"], _BUDGET), _budget_table(statement.budget)))
    return section("certificate", heading, *parts)


_BUDGET = (
    "Bars: rms error against the ideal product v · g, each cause switched on alone, then all. Diamonds: what one "
    "common gain leaves of it."
)


def _budget_table(budget: Budget) -> str:
    columns = (Column("cause", False), Column("power [FS²]"), Column("what is switched on", False))
    rows = [(cause.name, f"{cause.power:.2e}", cause.what) for cause in ranked(budget)]
    rows += [
        ("sum of causes", f"{budget.sum_of_causes:.2e}", ""),
        ("alike", f"{budget.correlation:+.2e}", "errors of different causes that add or cancel"),
        ("joint", f"{budget.joint:+.2e}", "what one cause changes about another"),
        ("all together", f"{budget.total:.2e}", "the sum of the three lines above"),
    ]
    return table(columns, rows)


def ir_drop(drop: IrDrop, svg: str) -> str:
    """Heat maps of the voltages inside the array."""
    heading = f"IR drop takes up to {percent(drop.worst)} of the read voltage from a cell"
    return section("ir-drop", heading, figure(svg, f"Voltages inside the array: {drop.what}."))


def hold_out(content: ReportContent, svgs: dict[str, str]) -> str:
    """Model beside truth, current by current."""
    assert content.comparison is not None
    comparison, truth = content.comparison, truth_in_words(content.certificate)
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
    grey = (
        " Grey: the plain product v · g, which knows no wires and no transistor."
        if comparison.ideal is not None
        else ""
    )
    return section(
        "hold-out",
        heading,
        paragraph(lead),
        side_by_side(
            figure(svgs["currents"], f"Each mark is one column current for one input vector.{grey}"),
            figure(svgs["residual"], "What is left between them, by kind of input as on the left."),
        ),
        side_by_side(
            figure(svgs["error_histogram"], "The same errors counted; the count axis is logarithmic."),
            figure(svgs["error_per_column"], "rms and largest error of each column, over all hold-out vectors."),
        ),
    )


def accuracy(content: ReportContent) -> str:
    """Accuracy of every form of the network."""
    first, last = content.accuracies[0], content.accuracies[-1]
    heading = (
        f"The {last.name} network classifies {_percent(last.accuracy)} of {last.images} images correctly, "
        f"{first.name} {_percent(first.accuracy)}"
    )
    columns = (
        Column("network", False),
        Column("what is modelled", False),
        Column("accuracy [%]"),
        Column("images"),
        Column(f"other class than {first.name}"),
    )
    rows = [
        (a.name, a.what, f"{100 * a.accuracy:.2f}", str(a.images), "–" if a.differing is None else str(a.differing))
        for a in content.accuracies
    ]
    return section("accuracy", heading, table(columns, rows))


def wire_sweep(sweep: WireSweep, svgs: dict[str, str]) -> str:
    """Accuracy and error against wire resistance."""
    points = sweep.points
    heading = (
        f"From {points[0].r_wire:g} to {points[-1].r_wire:g} Ω per segment accuracy goes "
        f"from {_percent(points[0].accuracy)} to {_percent(points[-1].accuracy)}"
    )
    columns = tuple(
        Column(name)
        for name in (
            *("wire [Ω]", "accuracy [%]", "largest IR drop [%]", "model rms [%\u00a0FS]", "model max [%\u00a0FS]"),
            *("ngspice rms [%\u00a0FS]", "ngspice max [%\u00a0FS]", "images agreeing"),
        )
    )
    rows = [
        (
            f"{p.r_wire:g}",
            f"{100 * p.accuracy:.2f}",
            f"{100 * p.ir_drop:.1f}",
            f"{100 * p.rms:.4f}",
            f"{100 * p.max:.4f}",
            "–" if p.ngspice_rms is None else f"{100 * p.ngspice_rms:.4f}",
            "–" if p.ngspice_max is None else f"{100 * p.ngspice_max:.4f}",
            "–" if p.ngspice_images is None else f"{p.ngspice_agree} of {p.ngspice_images}",
        )
        for p in points
    ]
    lead = (
        f"The model is calibrated anew at every resistance against the array solver; rows and columns have the same "
        f"resistance, {sweep.images} images a point. Points with ngspice numbers were checked by full decks."
    )
    charts = side_by_side(
        figure(svgs["accuracy_wire"], f"Dotted: {sweep.nominal:g} Ω, the array above."),
        figure(svgs["error_wire"], "Filled: against the array solver. Open: against ngspice."),
    )
    return section("wires", heading, paragraph(lead), charts, table(columns, rows))


def spice_loop(loop: SpiceLoop, certified: Certificate) -> str:
    """Whole images with ngspice in place of the model."""
    heading = (
        f"ngspice in the loop: {loop.same_class} of {loop.images} images get the same class, "
        f"{_loop_verdict(loop, certified)}"
    )
    columns = (
        Column("layer", False),
        *(
            Column(name)
            for name in (
                *("tile reads", "currents", "rms [%\u00a0FS]", "max [%\u00a0FS]", "codes", "codes differing"),
                *("predicted", "allowed", "largest step [LSB]"),
            )
        ),
    )
    rows = [
        (
            layer.name,
            str(layer.products),
            str(layer.currents),
            f"{100 * layer.rms:.4f}",
            f"{100 * layer.max:.4f}",
            str(layer.codes),
            str(layer.codes_differing),
            f"{layer.codes_predicted:.1f}",
            f"{layer.codes_limit:.1f}",
            str(layer.largest_step),
        )
        for layer in loop.layers
    ]
    lead = (
        f"Every tile read below was solved by {truth_in_words(certified)} with all transistors and wires, and held "
        f"against the certificate: {percent(certified.error.rms)} rms, {percent(certified.error.max)} at most. "
        "An error moves a code when it crosses a code edge: the certificate predicts how often."
    )
    return section("spice-in-the-loop", heading, paragraph(lead), table(columns, rows))


def _loop_verdict(loop: SpiceLoop, certified: Certificate) -> str:
    if loop.holds:
        return "currents as certified"
    inside = all(layer.rms <= certified.error.rms and layer.max <= certified.error.max for layer in loop.layers)
    return "currents as certified, codes NOT as predicted" if inside else "currents NOT as certified"


def energy(part: Energy, svg: str) -> str:
    """Energy of one inference."""
    heading = (
        f"One inference takes {format_quantity(part.total, 'J', 3)} in the array, "
        f"{format_quantity(part.per_mac, 'J', 3)} per multiply-accumulate"
    )
    lead = (
        f"{part.what[:1].upper()}{part.what[1:]}. {part.macs} multiply-accumulates per inference; 1 MAC = 2 operations."
    )
    scale, unit = one_prefix(part.total, "J")
    columns = (Column("part", False), Column(f"energy [{unit}]"), Column("what is counted", False))
    rows = [(p.name, f"{p.energy / scale:.3f}", p.what) for p in part.parts]
    rows.append(("total", f"{part.total / scale:.3f}", "per inference"))
    return section(
        "energy", heading, paragraph(lead), side_by_side(figure(svg, "Parts of the total."), table(columns, rows))
    )


def traces(content: ReportContent, svgs: dict[str, str]) -> str:
    """Run times, decks, versions: what is needed to do it again."""
    parts = []
    if content.steps:
        rows = [(s.name, f"{s.seconds:.2f}", s.what) for s in content.steps]
        columns = (Column("step", False), Column("time [s]"), Column("how much", False))
        chart = figure(svgs["run_time"], "Wall-clock time of each step.")
        parts.append(side_by_side(chart, table(columns, rows)))
    if content.decks:
        rows = [(d.what, d.path, d.digest[:12], _seconds(d.seconds), str(d.attempts)) for d in content.decks]
        columns = (
            Column("deck", False),
            Column("file", False),
            Column("digest", False),
            Column("time [s]"),
            Column("attempts"),
        )
        caption = "ngspice decks, each runs by hand with ngspice -b"
        parts.append(table(columns, rows, caption=caption, kind="decks"))
    versions = {"circuitsim": content.certificate.provenance.version, **content.versions}
    rows = list(versions.items())
    options = [(f"ngspice option {key}", value) for key, value in content.certificate.provenance.options.items()]
    digests = [("specification", content.spec.digest), ("model", content.certificate.model_digest)]
    columns = (Column("program", False), Column("version or value", False))
    parts.append(
        side_by_side(
            table(columns, rows + options), table((Column("digest of", False), Column("SHA-256", False)), digests)
        )
    )
    total = sum(step.seconds for step in content.steps)
    heading = (
        f"How to get this again: {counted(len(content.decks), 'deck')}, {total:.0f} s"
        if content.steps
        else "How to get this again"
    )
    return section("traces", heading, *parts)


def _tiles(content: ReportContent) -> list[tuple[str, str]]:
    tiles = [(f"accuracy, {a.name}", _percent(a.accuracy)) for a in content.accuracies]
    error = content.certificate.error
    tiles += [("model error, rms of full scale", percent(error.rms)), ("model error, largest", percent(error.max))]
    if content.ir_drop is not None:
        tiles.append(("largest IR drop at a cell", percent(content.ir_drop.worst)))
    if content.energy is not None:
        tiles.append(("array energy per inference", format_quantity(content.energy.total, "J", 3)))
    return tiles


def _error_row(name: str, error: ErrorStatistics) -> tuple[str, ...]:
    numbers = (error.rms, error.max, error.p99)
    return (
        name,
        *(f"{100 * n:.4f}" for n in numbers),
        f"{100 * error.bias:+.5f}".replace("-", "−"),
        str(error.samples),
    )


def _amount(check: Check, value: float) -> str:
    if check.unit == "count":
        return f"{value:g}"
    return f"{value:.2e}" if check.unit == "1" else format_quantity(value, check.unit, 3)


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.2f} %"

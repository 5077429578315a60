"""What it takes to reproduce the results: the configuration, run times, decks, versions, and what is left out."""

from collections.abc import Sequence

from circuitsim.report.amounts import counted
from circuitsim.report.configuration import configuration
from circuitsim.report.content import ReportContent
from circuitsim.report.parts import Column, PagePart, Paragraph, Picture, Section, SideBySide, Table
from circuitsim.results.evaluation import DeckRecord, Step
from circuitsim.spec import ArraySpec


def configuration_section(spec: ArraySpec) -> Section:
    """The effective configuration."""
    columns = (Column("key", False), Column("value"), Column("meaning", False))
    tables = tuple(Table(columns, rows, caption=f"[{name}]", css="keys") for name, rows in configuration(spec).items())
    heading = "Configuration: every key in effect, defaults included"
    return Section("configuration", "Configuration", heading, (SideBySide(tables, css="parts"),))


def trace_section(content: ReportContent) -> Section:
    """Run times, decks, versions: what is needed to repeat the run."""
    parts: list[PagePart] = []
    if content.steps:
        parts.append(SideBySide((Picture("run_time", "Wall-clock time of each step."), _step_table(content.steps))))
    if content.decks:
        parts.append(_deck_table(content.decks))
    parts.append(SideBySide((_version_table(content), _digest_table(content))))
    total = sum(step.seconds for step in content.steps)
    heading = (
        f"How to reproduce this: {counted(len(content.decks), 'deck')}, {total:.0f} s"
        if content.steps
        else "How to reproduce this"
    )
    return Section("traces", "Runs and versions", heading, tuple(parts))


def notes_section(sentences: tuple[str, ...]) -> Section:
    """What is modelled, and what is not."""
    paragraphs = tuple(Paragraph(sentence) for sentence in sentences)
    return Section("notes", "Not modelled", "What is modelled, and what is not", paragraphs)


def _step_table(steps: Sequence[Step]) -> Table:
    columns = (Column("step", False), Column("time [s]"))
    return Table(columns, [(s.name, f"{s.seconds:.2f}") for s in steps])


def _deck_table(decks: Sequence[DeckRecord]) -> Table:
    columns = (
        Column("deck", False),
        Column("file", False),
        Column("digest", False),
        Column("time [s]"),
        Column("attempts"),
    )
    rows = [(d.what, d.path, d.digest[:12], _seconds(d.seconds), str(d.attempts)) for d in decks]
    return Table(columns, rows, caption="ngspice decks; run any of them by hand with ngspice -b", css="decks")


def _version_table(content: ReportContent) -> Table:
    provenance = content.certificate.provenance
    versions = {"circuitsim": provenance.version, **content.versions}
    options = {f"ngspice option {key}": value for key, value in provenance.options.items()}
    return Table((Column("program", False), Column("version or value", False)), [*versions.items(), *options.items()])


def _digest_table(content: ReportContent) -> Table:
    digests = [("specification", content.spec.digest), ("model", content.certificate.model_digest)]
    return Table((Column("digest of", False), Column("SHA-256", False)), digests)


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"

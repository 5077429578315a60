"""A page of the files that circuitsim writes: what each holds, its schema number, and what reads it."""

import dataclasses
import importlib
import inspect
from dataclasses import dataclass

from page_text import code, table

from circuitsim.results import output_meanings


@dataclass(frozen=True)
class WrittenFile:
    """A file, the constant with its schema number, the record that it holds, and the function that reads it."""

    name: str
    schema: str
    record: str
    reader: str
    what: str


FILES = (
    WrittenFile(
        "model.json",
        "results.model_files.MODEL_SCHEMA",
        "results.TileModel",
        "results.load_model",
        "a calibrated model, with model.npz and the tables of its circuits beside it",
    ),
    WrittenFile(
        "certificate.json",
        "results.model_files.CERTIFICATE_SCHEMA",
        "results.Certificate",
        "results.load_certificate",
        "the certificate of a model",
    ),
    WrittenFile(
        "settling.json",
        "results.settling_files.SETTLING_SCHEMA",
        "results.SettlingModel",
        "results.load_settling",
        "how columns settle, of calibrate --settling",
    ),
    WrittenFile(
        "solution.nc",
        "results.solution_files.SOLUTION_SCHEMA",
        "results.Solution",
        "results.load_solution",
        "a solution, with a table of the same in solution.csv",
    ),
    WrittenFile(
        "reading.nc",
        "chain.reading_files.READING_SCHEMA",
        "chain.Reading",
        "xarray.open_dataset",
        "a read from code to code, of solve --codes, with codes.csv",
    ),
    WrittenFile(
        "surface .npz",
        "results.model_files.SURFACE_SCHEMA",
        "results.CellSurface",
        "results.load_surface",
        "a characterized cell",
    ),
    WrittenFile(
        "sense table .npz",
        "results.table_files.TABLE_SCHEMA",
        "results.SenseTable",
        "results.load_sense_table",
        "a characterized sense amplifier",
    ),
    WrittenFile(
        "converter table .npz",
        "results.converter_files.CONVERTER_SCHEMA",
        "results.ConverterTable",
        "",
        "a characterized DAC or ADC, in the cache",
    ),
    WrittenFile(
        "transfer.csv",
        "",
        "",
        "",
        "the transfer of a block, of block characterize --transfer: by code the threshold of an ADC [A or V], or the "
        "level of a driver [V or s], and the INL [LSB]; by current [A] the output of a sense amplifier and the voltage "
        "of the column [V]; units are in the head",
    ),
    WrittenFile(
        "charges .npz",
        "results.charge_files.CHARGES_SCHEMA",
        "results.CellDynamics",
        "results.load_charges",
        "capacitances of a cell, in the cache",
    ),
    WrittenFile(
        "switched charges .npz",
        "results.charge_files.SWITCHED_SCHEMA",
        "results.SwitchedAccess",
        "results.load_switched",
        "charges of a transistor that switches, in the cache",
    ),
    WrittenFile(
        "law of capacitors",
        "characterization.adc_draws._LAW_SCHEMA",
        "",
        "",
        "how the capacitors of a SAR move its thresholds, in the cache",
    ),
    WrittenFile(
        "tiles of a layer .npz",
        "evaluation.tile_files.SCHEMA",
        "",
        "",
        "programmed tiles, of infer --keep-tiles, in the cache",
    ),
    WrittenFile(
        "result.json",
        "results.study_files.STUDY_SCHEMA",
        "results.StudyResult",
        "results.load_study_result",
        "the result of a study",
    ),
    WrittenFile(
        "campaign.json",
        "campaign.manifest.MANIFEST_SCHEMA",
        "campaign.CampaignList",
        "",
        "the points of a campaign, in its store, with points.npz",
    ),
    WrittenFile(
        "store.json", "campaign.store.STORE_SCHEMA", "", "campaign.collect_campaign", "the store of a campaign"
    ),
    WrittenFile("keys of points", "campaign.point_keys.KEY_SCHEMA", "", "", "the digests under which points are kept"),
    WrittenFile(
        "results of points", "campaign.measures.MEASURES_SCHEMA", "", "", "what measures of a campaign returned"
    ),
    WrittenFile("array.toml", "spec.array.SCHEMA", "", "spec.load_spec", "the specification, which you write"),
    WrittenFile(
        "campaign.toml",
        "campaign.campaign_file.CAMPAIGN_SCHEMA",
        "",
        "campaign.load_campaign",
        "a campaign or an exploration, which you write",
    ),
)


def schema_number(file: WrittenFile) -> int:
    """Return the schema number that a file carries."""
    module, _, constant = file.schema.rpartition(".")
    return getattr(importlib.import_module(f"circuitsim.{module}"), constant)


def files_page() -> str:
    """Return the page."""
    lines = [
        "# Files",
        "",
        "Each file with a schema number states it; circuitsim refuses a file of another number in one sentence.",
        "",
    ]
    numbers = [str(schema_number(each)) if each.schema else "" for each in FILES]
    rows = [
        (code(each.name), number, each.what, code(each.reader)) for each, number in zip(FILES, numbers, strict=True)
    ]
    lines += [*table(("file", "schema", "what it holds", "read by"), rows), ""]
    lines += ["## Variables of solution.nc", ""]
    outputs = [(code(one.name), ", ".join(one.axes), one.unit, one.meaning) for one in output_meanings()]
    lines += [*table(("variable", "axes", "unit", "meaning"), outputs), ""]
    for each in FILES:
        if each.record:
            lines += _record(each)
    return "\n".join(lines) + "\n"


def _record(file: WrittenFile) -> list[str]:
    room, _, name = file.record.rpartition(".")
    record = getattr(importlib.import_module(f"circuitsim.{room}"), name)
    lines = [f"## Fields of {file.name}", "", f"Those of {code(f'circuitsim.{file.record}')}:", ""]
    described = _attributes(inspect.getdoc(record) or "")
    rows = [(code(field.name), described.get(field.name, "")) for field in dataclasses.fields(record)]
    return [*lines, *table(("field", "meaning"), rows), ""]


def _attributes(text: str) -> dict[str, str]:
    """Return the entries of the section Attributes of a docstring."""
    found: dict[str, str] = {}
    names: list[str] = []
    for line in text.partition("Attributes:\n")[2].splitlines():
        if line.startswith("    ") and not line.startswith("     ") and ": " in line:
            head, _, rest = line.strip().partition(": ")
            names = head.split(", ")
            found |= dict.fromkeys(names, rest)
        elif line.startswith("     ") and names:
            found |= {name: f"{found[name]} {line.strip()}" for name in names}
        elif line.strip():
            break
    return found

"""The results of `circuitsim count`, `circuitsim energy` and `circuitsim infer --energy` in words and tables."""

import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.table import Table

from circuitsim.units import format_quantity

_WIDTH = 110  # columns of a terminal that sentences and tables fit into
_MOST_LAYERS = 30  # in a printed table; the file has all
_COUNTED = {
    "vectors": "vectors",
    "cycles": "cycles",
    "reads": "reads",
    "conversions": "conversions",
    "additions": "additions",
    "macs": "MACs",
}


def counts_in_words(content: dict[str, Any]) -> list[Any]:
    """Say what an inference needs, layer by layer and in total.

    Args:
        content: From `evaluation.count_files`.
    """
    return [_subject(content), *_counts(content), *_notes(content), f"table: {content['csv']}"]


def costs_in_words(content: dict[str, Any]) -> list[Any]:
    """Say what an inference takes: energy by part and converter, time, area, digital machines beside it.

    Args:
        content: From `evaluation.energy_files`.
    """
    return [_subject(content), *_counts(content), *energy_lines(content), f"table: {content['csv']}"]


def energy_lines(content: dict[str, Any]) -> list[Any]:
    """Return energies, times and areas as tables and sentences.

    Args:
        content: Energy, from `evaluation.energy_files` or under `energy` of `evaluation.infer_files`.
    """
    return [
        "",
        _parts(content),
        *_sources((part["part"], part["what"]) for part in content["parts"]),
        "",
        _converters(content),
        *_sources((row["name"], row["source"]) for row in content["converters"]),
        "",
        *map(_wrapped, _times(content["times"])),
        *(_wrapped(f"area of {each['part']}: {_area(each)}") for each in content["areas"]),
        "",
        _digital(content),
        *_sources((each["what"], f"{each['source']}; {each['remark']}") for each in content["digital"]),
        *_notes(content),
        _wrapped(f"not counted: {'; '.join(content['left_out'])}"),
    ]


def _subject(content: dict[str, Any]) -> str:
    rows, cols = content["array"]
    source = "" if Path(content["source"]).name == content["network"] else f" ({content['source']})"
    return (
        f"{content['network'] if source else content['source']}, {content['inference']}, on arrays of {rows} x {cols} "
        f"with {content['mapping']} weights, {content['input_code']} inputs{source}"
    )


def _counts(content: dict[str, Any]) -> list[Any]:
    table = _table("layer", "matrix", "arrays", "used", *_COUNTED.values())
    layers = content["layers"]
    for layer in layers[:_MOST_LAYERS]:
        used = "-" if not layer["all_cells"] else f"{layer['cells'] / layer['all_cells']:.1%}"
        counted = [_amount(layer[name]) for name in _COUNTED]
        table.add_row(layer["name"], _matrix(layer), _amount(layer["arrays"]), used, *counted)
    total = content["total"]
    counted = [_amount(total[name]) for name in _COUNTED]
    table.add_row("sum", "", _amount(total["arrays"]), f"{content['utilization']:.1%}", *counted)
    more = len(layers) - _MOST_LAYERS
    lines: list[Any] = [table] if more <= 0 else [table, f"{more} more layers are in the table file"]
    moved = [total["bytes_read"], total["bytes_written"]]
    if None not in moved:
        lines.append(f"buffers: {_amount(moved[0])} bytes read, {_amount(moved[1])} bytes written")
    return lines


def _matrix(layer: dict[str, Any]) -> str:
    groups = "" if layer["groups"] == 1 else f"{layer['groups']} · "
    return f"{groups}{layer['inputs']} x {layer['outputs']}"


def _parts(content: dict[str, Any]) -> Table:
    table = _table("energy of an inference", "", "simulated", left=(0, 2))
    for part in content["parts"]:
        table.add_row(part["part"], _range(part["low_J"], part["high_J"]), _yes(part["simulated"]))
    table.add_row("sum without converters", _range(*content["energy_without_converters_J"]), "")
    return table


def _converters(content: dict[str, Any]) -> Table:
    heads = ("with the converter", "conversion", "all conversions", "sum", "per MAC", "simulated")
    table = _table(*heads, left=(0, 5))
    for row in content["converters"]:
        table.add_row(
            row["name"],
            _joule(row["per_conversion_J"]),
            _joule(row["energy_J"]),
            _range(*row["total_J"]),
            _range(*row["per_mac_J"]),
            _yes(row["simulated"]),
        )
        for name, energy in row["parts_J"]:
            table.add_row(f"  {name}", "", _joule(energy), "", "", "")
    return table


def _times(times: dict[str, Any]) -> list[str]:
    shared = times["columns_per_adc"]
    conversion = "unknown" if times["conversion_s"] is None else format_quantity(times["conversion_s"], "s", 3)
    adcs = "an ADC for each column" if shared == 1 else f"an ADC for {shared} columns, one after the other"
    return [
        f"cycle: {format_quantity(times['cycle_s'], 's', 3)}: read {format_quantity(times['read_s'], 's', 3)}, "
        f"conversion {conversion}, {adcs} ({times['what']})",
        f"latency, layers one after the other: {format_quantity(times['latency_s'], 's', 3)}; from image to image, "
        f"every layer at work: {format_quantity(times['interval_pipelined_s'], 's', 3)}",
    ]


def _digital(content: dict[str, Any]) -> Table:
    table = _table("for comparison, published and not verified", "per MAC", "inference")
    for each in content["digital"]:
        per_mac = _range(each["low_J_per_mac"], each["high_J_per_mac"])
        table.add_row(each["what"], per_mac, _range(*each["inference_J"]))
    return table


def _notes(content: dict[str, Any]) -> list[str]:
    digital = content["digital_layers"]
    macs = content["digital_macs"]
    counted = "multiply-accumulates not counted" if macs is None else f"{_amount(macs)} multiply-accumulates"
    kept = [f"digital: {', '.join(digital)}, {counted}"] if digital else []
    return [*kept, *(_wrapped(f"note: {remark}") for remark in content["remarks"])]


def _sources(named: Iterable[tuple[str, str]]) -> list[str]:
    """Say where the numbers of a table's rows are from, rows of one source together."""
    together: dict[str, list[str]] = {}
    for name, source in named:
        together.setdefault(source, []).append(name)
    return [_wrapped(f"  {'; '.join(names)}: {source}") for source, names in together.items()]


def _wrapped(sentence: str) -> str:
    """Break a sentence into lines that fit a terminal; words stay whole."""
    return textwrap.fill(sentence, _WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def _area(each: dict[str, Any]) -> str:
    if each["low_m2"] is None:
        return each["what"]
    ends = [f"{end * 1e6:.3g}" for end in dict.fromkeys((each["low_m2"], each["high_m2"]))]
    return f"{' to '.join(ends)} mm² ({each['what']})"


def _range(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "unknown"
    return " to ".join(_joule(end) for end in dict.fromkeys((low, high)))


def _joule(energy: float) -> str:
    return format_quantity(energy, "J", 3)


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def _yes(simulated: bool) -> str:
    return "yes" if simulated else "no"


def _table(*heads: str, left: tuple[int, ...] = (0,)) -> Table:
    table = Table(box=None, pad_edge=False)
    for k, head in enumerate(heads):
        table.add_column(head, justify="left" if k in left else "right")
    return table

"""What `circuitsim block` prints of a characterized block: figures for machines, and lines for people."""

from typing import Any

import numpy as np

from circuitsim.cli.block_bench import BlockTable
from circuitsim.cli.block_sense import sense_content, sense_lines
from circuitsim.cli.block_tables import grid
from circuitsim.results import ComparatorTable, ConverterTable, SenseTable
from circuitsim.units import format_quantity

SEED = 0  # of the noise in the sine test
SHOWN = 8  # missing codes that are listed
ROUNDING = 1e-4  # [LSB] what is smaller is the rounding of an ideal block


def table_content(table: BlockTable) -> dict[str, Any]:
    """Figures of a table, for machines, with the digest of the decks and the version of ngspice."""
    if isinstance(table, SenseTable):
        content = sense_content(table)
    elif isinstance(table, ComparatorTable):
        content = _comparator_content(table)
    else:
        content = _converter_content(table)
    origin = table.provenance
    return content | {
        "deck_digest": None if origin is None else origin.deck_digest,
        "ngspice": None if origin is None else origin.ngspice,
    }


def table_lines(table: BlockTable) -> list[Any]:
    """Figures of a table, for people."""
    if isinstance(table, SenseTable):
        return sense_lines(table)
    return _comparator_lines(table) if isinstance(table, ComparatorTable) else _converter_lines(table)


def static_errors(table: ConverterTable) -> tuple[np.ndarray, np.ndarray]:
    """Return INL and DNL of a converter or a row driver [LSB], at its transitions or its codes, and between them."""
    if not table.drives:
        found = _linearity(table)
        return found.inl, found.dnl
    inl = np.zeros(2**table.bits) if table.inl is None else table.inl
    return inl, np.diff(inl)


def _converter_content(table: ConverterTable) -> dict[str, Any]:
    inl, dnl = static_errors(table)
    driver = table.r_out is not None
    content: dict[str, Any] = {
        "block": table.block,
        "bits": table.bits,
        "unit": table.unit,
        "low": table.low,
        "high": table.high,
        "lsb": table.lsb,
        "inl_LSB": inl.tolist(),
        "dnl_LSB": dnl.tolist(),
        "error_LSB": table.error,
        "noise": table.noise,
        "noise_parts": dict(table.noise_parts),
        "t_conversion_s": table.t_conversion,
        "energy_codes": _listed(table.energy_code),
        "energy_J": {part: values.tolist() for part, values in table.energy.items()},
        "supply_V": table.supply,
        "reference_V": table.reference,
        "temperature_C": table.temperature_c,
    }
    if driver:
        more = {"coding": table.coding, "r_out_ohm": _listed(table.r_out), "settling_code_s": _listed(table.settling)}
        return content | more | {"levels": table.levels.tolist(), "c_load_F": table.c_load}
    found = _linearity(table)
    return content | {
        "thresholds": table.thresholds.tolist(),
        "missing_codes": list(found.missing),
        "simulated_codes": None if table.simulated is None else list(table.simulated),
        "offset_code_LSB": _listed(table.offset),
        "effective_bits": _effective_bits(table),
    }


def _converter_lines(table: ConverterTable) -> list[Any]:
    inl, dnl = static_errors(table)
    driver = table.r_out is not None
    zero = ROUNDING * table.lsb
    ends = " to ".join(
        format_quantity(0.0 if abs(value) < zero else value, table.unit) for value in (table.low, table.high)
    )
    rows = [("puts out" if driver else "converts", f"{ends} in {2**table.bits} codes")]
    if driver and table.coding != "amplitude":
        rows.append(("codes by", _CODINGS[table.coding]))
    for name, values in (("INL", inl), ("DNL", dnl)):
        largest = float(np.abs(values).max())
        rows.append((name, f"below {ROUNDING:g} LSB" if largest < ROUNDING else f"{largest:.2g} LSB at most"))
    rows += _driver_rows(table) if driver else _adc_rows(table)
    if table.error is not None:
        rows.append(("error", f"{table.error:.1e} LSB at codes that the table was not made of"))
    lines: list[Any] = [_heading(table.block, table.temperature_c, table.supply, table.reference), grid(rows)]
    if table.energy and table.energy_code is not None:
        lines += ["", *_energy_lines(table)]
    return lines


def _driver_rows(table: ConverterTable) -> list[tuple[str, str]]:
    assert table.r_out is not None and table.settling is not None
    ends = " to ".join(format_quantity(float(value), "Ω") for value in (table.r_out.min(), table.r_out.max()))
    longest = format_quantity(float(table.settling[:, 1].max()), "s")
    load = format_quantity(table.c_load or 0.0, "F")
    rows = [("output resistance", ends), ("settles to ½ LSB", f"in {longest} at most, at a row of {load}")]
    if table.coding != "amplitude" and table.t_conversion is not None:
        rows.append(("one code takes", format_quantity(table.t_conversion, "s")))
    return rows


def _adc_rows(table: ConverterTable) -> list[tuple[str, str]]:
    missing = _linearity(table).missing
    listed = ", ".join(map(str, missing[:SHOWN])) + (", …" if len(missing) > SHOWN else "")
    rows = [("missing codes", f"{len(missing)}: {listed}" if missing else "none")]
    if table.simulated is not None:
        first, last = table.simulated
        rows.append(("simulated", f"codes {first} to {last}, within the inputs of its card; a line goes on beyond"))
    if table.offset is not None:
        each = ", ".join(f"{value:.2f} at {int(code)}" for code, value in table.offset)
        rows.append(("offset of the comparator", f"{each} [LSB at code]"))
    if table.noise:
        parts = [f"{part} {format_quantity(each, table.unit, 3)}" for part, each in table.noise_parts.items()]
        said = f" ({', '.join(parts)})" if parts else ""
        whole = format_quantity(table.noise, table.unit, 3)
        rows.append(("noise", f"{whole} rms, {table.noise / table.lsb:.2g} LSB{said}"))
    rows.append(("effective bits", f"{_effective_bits(table):.2f}, of a sine of full range with this noise"))
    if table.t_conversion is not None:
        rows.append(("one conversion takes", format_quantity(table.t_conversion, "s")))
    return rows


def _energy_lines(table: ConverterTable) -> list[Any]:
    """A column a part, a row a code (of a driver the first, the middle and the last one), and the sum."""
    assert table.energy_code is not None
    chosen = np.unique(np.linspace(0, len(table.energy_code) - 1, 4).astype(int))
    names = [f"{part} (estimate)" if part == "logic" else part for part in table.energy]
    rows: list[tuple[str, ...]] = [("  code", *names, "sum")]
    for k in chosen.tolist():
        values = [float(each[k]) for each in table.energy.values()]
        told = [format_quantity(0.0 if abs(value) < 1e-21 else value, "J", 3) for value in (*values, sum(values))]
        rows.append((f"  {int(table.energy_code[k])}", *told))
    what = "of a code in its settling time" if table.r_out is not None else "of a conversion"
    return [f"energy {what}:", grid(rows)]


def _effective_bits(table: ConverterTable) -> float:
    from circuitsim.periphery import sine_bits

    return sine_bits(table, rng=np.random.default_rng(SEED) if table.noise else None)


def _comparator_content(table: ComparatorTable) -> dict[str, Any]:
    return {
        "block": table.block,
        "threshold_V": table.threshold,
        "offset_V": table.offset,
        "noise_V": table.noise,
        "overdrive_V": table.overdrive.tolist(),
        "delay_s": [float(delay) if np.isfinite(delay) else None for delay in table.delay],
        "energy_J": table.energy.tolist(),
        "supply_V": table.supply,
        "reference_V": table.reference,
        "temperature_C": table.temperature_c,
    }


def _comparator_lines(table: ComparatorTable) -> list[Any]:
    rows = [("decides at", format_quantity(table.threshold, "V", 5))]
    if table.offset is not None:
        rows.append(("offset", format_quantity(table.offset, "V", 2)))
    noise = "unknown: its card names no latch" if table.noise is None else f"{format_quantity(table.noise, 'V', 3)} rms"
    rows.append(("noise, white", noise))
    decisions = [("  above the threshold", "decides in", "energy of a cycle")]
    for over, delay, energy in zip(table.overdrive, table.delay, table.energy, strict=True):
        decisions.append(
            (
                f"  {format_quantity(float(over), 'V', 3)}",
                format_quantity(float(delay), "s", 3) if np.isfinite(delay) else "not when it is read",
                format_quantity(float(energy), "J", 3),
            )
        )
    head = _heading(table.block, table.temperature_c, table.supply, table.reference)
    return [head, grid(rows), "", grid(decisions)]


def _heading(name: str, temperature_c: float | None, supply: float | None, reference: float | None) -> str:
    told = {"": (temperature_c, "°C"), "supply ": (supply, "V"), "reference ": (reference, "V")}
    return ", ".join([name, *(f"{what}{value:g} {unit}" for what, (value, unit) in told.items() if value is not None)])


def _listed(values: np.ndarray | None) -> list[Any] | None:
    return None if values is None else values.tolist()


_CODINGS = {"pulse_width": "the width of a pulse", "bit_serial": "its bits one after another, the lowest first"}


def _linearity(table: ConverterTable) -> Any:
    from circuitsim.periphery import linearity  # loads numba, without which the command line starts

    return linearity(table)

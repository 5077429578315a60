"""Format the results of the benchmarks as tables."""

from typing import Any

from rich.table import Table

COLUMNS = ("rms", "max", "program [ms]", "read [ms]", "read over plain product")


def calibration_tables(result: dict[str, Any]) -> list[str | Table]:
    """Return a caption and a table for each case.

    Args:
        result: The result of `calibration_benchmark`.
    """
    parts: list[str | Table] = []
    for case in result["cases"]:
        parts.append(
            f"1T1R {case['device']}, {case['n']} x {case['n']}, {case['r_wire_ohm']:g} ohm, {case['v_read_V']:g} V, "
            f"all rows on: {100 * case['mean_current_lost_all_on']:.0f} % of the current lost; truth: {case['truth']}"
        )
        table = Table(box=None, pad_edge=False)
        table.add_column("model")
        for name in COLUMNS:
            table.add_column(name, justify="right")
        for model in case["models"]:
            table.add_row(
                model["name"],
                f"{model['rms']:.1e}",
                f"{model['max']:.1e}",
                f"{model['program_ms']:.1f}",
                f"{model['read_ms']:.2f}",
                f"{model['over_plain_product']:.1f}",
            )
        parts += [table, ""]
    return parts

"""The transfer of a characterized block as a table, with units in the head."""

from pathlib import Path

import numpy as np

from circuitsim.cli.block_bench import BlockTable
from circuitsim.errors import InputError
from circuitsim.results import ComparatorTable, ConverterTable, SenseTable, write_text


def write_transfer(table: BlockTable, file: Path) -> None:
    """Write the transfer of a block as CSV.

    An ADC has a line for each code from 1 on: the threshold below it, and its INL. A driver has a line for each code:
    its level, and its INL. A sense amplifier has a line for each current that was simulated: its output, and the
    voltage of the column above `v_ref`.

    Raises:
        InputError: The block is a comparator, or the file cannot be written.
    """
    if isinstance(table, ComparatorTable):
        raise InputError(f"--transfer {file}: a comparator has one threshold and no transfer; leave the option out")
    head, columns = _transfer(table)
    rows = [",".join(f"{value:.17g}" for value in row) for row in zip(*columns, strict=True)]
    write_text(file, "\n".join([",".join(head), *rows]) + "\n")


def _transfer(table: SenseTable | ConverterTable) -> tuple[list[str], list[np.ndarray]]:
    """Return names with units, and values by column."""
    if isinstance(table, SenseTable):
        assert table.current is not None and table.drop is not None and table.reported is not None
        head = ["column current [A]", f"output [{table.unit}]", "column above v_ref [V]"]
        return head, [table.current, table.reported, table.drop]
    first, name, values = (0, "level", table.levels) if table.drives else (1, "threshold", table.thresholds)
    inl = np.zeros(len(values)) if table.inl is None else table.inl
    codes = np.arange(first, first + len(values))
    return ["code [1]", f"{name} [{table.unit}]", "INL [LSB]"], [codes, values, inl]

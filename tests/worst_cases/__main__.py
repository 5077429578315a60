"""Measure what a certificate's worst case promises: `python tests/worst_cases ROW`, written to `measured/`."""

import argparse
import datetime
import os

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")  # before NumPy is imported

import fresh
import networks
import reads
import record
import starts
import stated

from circuitsim.bench.machine import describe_machine

ROWS = {"fresh": fresh, "networks": networks, "reads": reads, "starts": starts, "stated": stated}


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python tests/worst_cases", description=__doc__)
    parser.add_argument("row", choices=ROWS)
    parser.add_argument("--only", metavar="NAME", action="append", help="an entry of the row; repeat for several")
    return parser.parse_args()


def main() -> None:
    """Measure the entries of a row one after the other, and keep each as soon as it is there."""
    asked = arguments()
    row = ROWS[asked.row]
    if unknown := set(asked.only or ()) - set(row.NAMES):
        raise SystemExit(f"--only {', '.join(sorted(unknown))}: expected one of {'; '.join(row.NAMES)}")
    for entry in row.measure(asked.only or row.NAMES):
        machine = {"date": datetime.date.today().isoformat()} | describe_machine()
        record.keep(asked.row, entry, machine)
        print(entry, flush=True)


if __name__ == "__main__":
    main()

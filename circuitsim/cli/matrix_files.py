"""Conductances and inputs from files, or drawn."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from circuitsim.devices import has_two_states
from circuitsim.errors import ARRAY_FAULTS, InputError, reason_of
from circuitsim.spec import ArraySpec, full_scale_inputs

Conductances = Annotated[
    Path | None,
    typer.Option(
        "--conductances",
        "-g",
        help="Conductances (rows, cols) in siemens (capacitances in farads for 1c cells), .npy or .csv; absent: drawn"
        " log-uniformly between g_min and g_max, or from the two states of a device.",
    ),
]
Inputs = Annotated[
    Path | None,
    typer.Option(
        "--inputs",
        "-x",
        help="Inputs (batch, rows), .npy or .csv: volts, or 0 and 1 for gate inputs (k / (n - 1) for the k-th of n"
        " driver.gate_levels), or fractions of the longest pulse; absent: every row fully on.",
    ),
]

Codes = Annotated[
    Path | None,
    typer.Option(
        "--codes",
        help="DAC codes (batch, rows), .npy or .csv: whole numbers from 0 to 2^dac_bits - 1; read from code to code.",
    ),
]


def arrays(spec: ArraySpec, conductances: Path | None, inputs: Path | None, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Conductances (rows, cols) [S] and inputs (batch, rows) in the specification's unit, read or drawn."""
    x = full_scale_inputs(spec)[None] if inputs is None else np.atleast_2d(_read_numbers(inputs))
    return read_conductances(spec, conductances, seed), x


def read_codes_file(path: Path) -> np.ndarray:
    """DAC codes (batch, rows) from a file."""
    return np.atleast_2d(_read_numbers(path))


def read_conductances(spec: ArraySpec, conductances: Path | None, seed: int) -> np.ndarray:
    """Conductances (rows, cols) [S], read, or drawn log-uniformly between g_min and g_max; of two states, either."""
    if conductances is not None:
        return _read_numbers(conductances)
    from circuitsim.calibration import draw_matrix

    return draw_matrix("log_uniform", spec, np.random.default_rng(seed))


def origin_of(spec: ArraySpec, conductances: Path | None, seed: int) -> str:
    """Say where conductances came from."""
    if conductances is not None:
        return str(conductances)
    where = "at g_min or g_max, the two states of the device," if has_two_states(spec) else "between g_min and g_max"
    return f"drawn {where} by seed {seed}"


def _read_numbers(path: Path) -> np.ndarray:
    try:
        if path.suffix == ".npy":
            return np.load(path, allow_pickle=False)
        return np.loadtxt(path, delimiter=",", ndmin=2)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; expected numbers as .npy or .csv") from None
    except ARRAY_FAULTS as error:
        raise InputError(f"{path}: expected numbers as .npy or comma-separated text ({reason_of(error)})") from None

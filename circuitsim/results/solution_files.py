"""Save a solution as a labelled data set (NetCDF) and as a table (CSV), with the SI unit of every number."""

import csv
import dataclasses
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.errors import InputError, reason_of
from circuitsim.results.atomic_files import atomic
from circuitsim.results.content_digest import content_digest
from circuitsim.results.error_scale import RelativeTo
from circuitsim.results.json_records import check_kind, from_plain
from circuitsim.results.provenance import Provenance
from circuitsim.results.solution import Convergence, Solution
from circuitsim.results.tile_error import TileError
from circuitsim.spec import ArraySpec, checked, cited_parts, input_unit, real_numbers, state_unit

if TYPE_CHECKING:  # xarray takes most of a second to import, so only saving and loading import it
    import xarray as xr

SOLUTION_SCHEMA = 5
_SOLUTION = "circuitsim solution"

# name of the field -> axes, unit, meaning
FIELDS = {
    "i_sense": (("batch", "col"), "A", "current into each sense amplifier, where the output is that of a circuit"),
    "i_row": (("batch", "row"), "A", "current that each row driver delivers into the array"),
    "v_row": (("batch", "row", "col"), "V", "voltage of the row wire at each cell"),
    "v_col": (("batch", "row", "col"), "V", "voltage of the column wire at each cell"),
    "i_cell": (("batch", "row", "col"), "A", "current from row to column through each cell"),
    "power": (("batch",), "W", "power that the drivers and the sense references deliver"),
    "cell_error": (("batch",), "1", "largest error of an output by the characterized cell, relative to the largest"),
}
# name in the file -> field of `TileError`, unit, meaning
CERTIFIED = {
    "certificate_full_scale": ("full_scale", "A", "full scale of the certificate, the largest current of its box"),
    "typical_rms": ("typical_rms", "1", "rms error of the model on its hold-out, as a fraction of errors_relative_to"),
    "column_load": ("load", "1", "largest column mean of the conductances over g_max"),
    "worst_found": ("worst", "1", "largest error found among matrices up to this load, as the same fraction"),
}
_RELATIVE_TO = "errors_relative_to"  # name of an attribute of the file
BALANCE = {
    "residual": "largest current left unbalanced at a node, relative to the largest terminal current",
    "kirchhoff": "currents fed in minus column currents, summed, relative to the sum of the magnitudes fed in",
    "iterations": "iterations of the solver",
}


@checked
def save_solution(
    folder: str | Path,
    solution: Solution,
    *,
    name: str = "solution",
    spec: ArraySpec | None = None,
    x: ArrayLike | None = None,
    g: ArrayLike | None = None,
) -> tuple[Path, Path]:
    """Write a solution as `<name>.nc` (all fields, labelled) and `<name>.csv` (one line per input vector).

    Args:
        folder: Folder of the files; it is created if it does not exist.
        solution: The solution.
        name: Stem of both files.
        spec: The array, which determines the units of `x` and `g`.
        x: Inputs (batch, rows) [V], or gate bits or fractions of a pulse [1]; None: not written.
        g: Conductances (rows, cols) [S], or capacitances [F] of 1c cells; None: not written.

    Returns:
        Paths of the NetCDF and the CSV file.

    Raises:
        InputError: The folder cannot be written; `x` or `g` is given without `spec`; or `spec`, `x` or `g` is not of
            this solution.
    """
    data = to_dataset(solution, spec=spec, x=x, g=g)
    netcdf, table = Path(folder) / f"{name}.nc", Path(folder) / f"{name}.csv"
    with atomic(netcdf) as first, atomic(table) as second:  # both or none
        first.write_bytes(netcdf_bytes(data))
        with second.open("w", encoding="utf-8", newline="") as file:
            _write_table(csv.writer(file, lineterminator="\n"), data)
    return netcdf, table


@checked
def load_solution(path: str | Path) -> Solution:
    """Read a solution from the NetCDF file written by `save_solution`.

    Raises:
        InputError: The file is missing, damaged or of another version.
    """
    import xarray as xr

    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected a {_SOLUTION} (.nc)")
    try:
        with xr.open_dataset(path, engine="h5netcdf") as file:
            data = file.load()
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise InputError(f"{path}: damaged or not a NetCDF file ({reason_of(error)})") from None
    check_kind(path, {key: _plain(value) for key, value in data.attrs.items()}, _SOLUTION, SOLUTION_SCHEMA)
    try:
        provenance = json.loads(data.attrs["provenance"])
        out = data["out"]
        quantity, unit = str(out.attrs["quantity"]), str(out.attrs["units"])
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{path}: damaged: outputs or provenance are missing") from None
    certified = {field: float(data[key]) if key in data else None for key, (field, *_) in CERTIFIED.items()}
    balance = {key: data[key].values for key in BALANCE if key in data}
    return Solution(
        out=out.values,
        provenance=from_plain(path, Provenance, provenance),
        quantity=quantity,
        unit=unit,
        convergence=Convergence(**balance) if "kirchhoff" in balance else None,
        tile_error=None if "typical_rms" not in data else _tile_error(path, data.attrs, certified),
        **{key: data[key].values for key in FIELDS if key in data},
    )


def _tile_error(path: Path, attributes: Mapping[Any, Any], certified: dict[str, float | None]) -> TileError:
    relative_to = attributes.get(_RELATIVE_TO)
    if relative_to not in get_args(RelativeTo):
        expected = " or ".join(map(repr, get_args(RelativeTo)))
        raise InputError(f"{path}: damaged: {_RELATIVE_TO} = {relative_to!r}: expected {expected}")
    return TileError(**certified, relative_to=relative_to)  # pyright: ignore[reportArgumentType]


def to_dataset(
    solution: Solution,
    *,
    spec: ArraySpec | None = None,
    x: ArrayLike | None = None,
    g: ArrayLike | None = None,
) -> "xr.Dataset":
    """Convert a solution to a data set with axes `batch`, `row`, `col`; each variable has `units` and `long_name`.

    Args:
        solution: The solution.
        spec: The array, which determines the units of `x` and `g`.
        x: Inputs (batch, rows) [V], or gate bits or fractions of a pulse [1].
        g: Conductances (rows, cols) [S], or capacitances [F] of 1c cells.

    Raises:
        InputError: `x` or `g` is given without `spec`, or `spec`, `x` or `g` is not of this solution.
    """
    import xarray as xr

    out = {
        "units": solution.unit,
        "quantity": solution.quantity,
        "long_name": "output, positive into the sense amplifier",
    }
    variables = {"out": xr.Variable(("batch", "col"), solution.out, out)}
    x, g = _checked_arrays(solution, spec, x, g)
    if spec is not None and x is not None:
        variables["x"] = _variable(x, ("batch", "row"), input_unit(spec), _input_meaning(spec))
    if spec is not None and g is not None:
        programmed = {"S": "conductance", "F": "capacitance"}[state_unit(spec)]
        variables["g"] = _variable(g, ("row", "col"), state_unit(spec), f"programmed {programmed} of each cell")
    for key, (axes, unit, meaning) in FIELDS.items():
        value = getattr(solution, key)
        if value is not None:
            variables[key] = _variable(value, axes, unit, meaning)
    if solution.convergence is not None:
        for key, meaning in BALANCE.items():
            value = getattr(solution.convergence, key)
            if value is not None:
                variables[key] = _variable(value, ("batch",), "1", meaning)
    relative: dict[str, str] = {}
    if solution.tile_error is not None:
        relative = {_RELATIVE_TO: solution.tile_error.relative_to}
        for key, (field, unit, meaning) in CERTIFIED.items():
            value = getattr(solution.tile_error, field)
            if value is not None:
                variables[key] = _variable(np.array(value), (), unit, meaning)
    about = {
        "format": _SOLUTION,
        "schema": SOLUTION_SCHEMA,
        "provenance": json.dumps(dataclasses.asdict(solution.provenance)),
        **relative,
        **({} if spec is None else {key: json.dumps(part) for key, part in cited_parts(spec).items()}),
    }
    return xr.Dataset(variables, attrs=about)


def _checked_arrays(
    solution: Solution, spec: ArraySpec | None, x: ArrayLike | None, g: ArrayLike | None
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return x and g as arrays; refuse an array, inputs or conductances that did not make the solution."""
    if spec is None:
        if x is not None or g is not None:
            raise InputError("x and g need spec, the array to which they belong: it determines their units")
        return None, None
    origin = solution.provenance
    if origin.spec_digest != spec.digest:
        raise InputError(
            f"spec has the digest {spec.digest[:12]}, the solution that of {str(origin.spec_digest)[:12]}: expected "
            "the specification that was solved"
        )
    batch, (rows, cols) = len(solution.out), spec.shape
    if x is not None:
        x = real_numbers("x", x, shape=(batch, rows), axes="(batch, rows)")
    if g is not None:
        g = real_numbers("g", g, shape=(rows, cols), axes="(rows, cols)")
        if origin.given.get("g") not in (None, content_digest(g)):
            raise InputError("g is not the matrix of this solution: expected the conductances that were solved")
    return x, g


def netcdf_bytes(data: "xr.Dataset") -> bytes:
    """Return a data set as the bytes of a NetCDF file; HDF5 itself may end the process where a disk is full."""
    import h5netcdf
    from xarray.backends import H5NetCDFStore

    memory = io.BytesIO()
    with h5netcdf.File(memory, "w") as file:
        data.dump_to_store(H5NetCDFStore(file))
    return memory.getvalue()


def _input_meaning(spec: ArraySpec) -> str:
    if input_unit(spec) == "V":
        return "input voltage of each row driver"
    if spec.driver.input_code == "pulse_width":
        return "width of each row's input pulse as a share of t_read"
    return "input of each row: 1 where the gates are on, 0 where they are off"


def _variable(value: np.ndarray, axes: tuple[str, ...], unit: str, meaning: str) -> "xr.Variable":
    import xarray as xr

    return xr.Variable(axes, value, {"units": unit, "long_name": meaning})


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def _write_table(writer, data: "xr.Dataset") -> None:
    """Write one line per input vector; node voltages, a table per vector, are only in the NetCDF file."""
    names, columns = ["vector [1]"], [np.arange(data.sizes["batch"])]
    for key in ("x", "out", "i_sense", "i_row", "power", "cell_error", *BALANCE, *CERTIFIED):
        if key not in data:
            continue
        unit = data[key].attrs["units"]
        values: np.ndarray = data[key].values
        if values.ndim == 0:  # one number for all vectors
            values = np.full(data.sizes["batch"], values)
        if values.ndim == 2:
            names += [f"{key}_{i} [{unit}]" for i in range(values.shape[1])]
            columns += list(values.T)
        else:
            names.append(f"{key} [{unit}]")
            columns.append(values)
    writer.writerow(names)
    writer.writerows(zip(*(column.tolist() for column in columns), strict=True))

"""Save a read from code to code as a labelled data set (NetCDF) and as a table (CSV), with the unit of every number."""

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from circuitsim import __version__
from circuitsim.chain.stages import Reading
from circuitsim.results import atomic
from circuitsim.results.chain_waveforms import chain_dataset
from circuitsim.results.solution_files import netcdf_bytes
from circuitsim.spec import ArraySpec, checked, cited_parts, output_unit, real_numbers

if TYPE_CHECKING:
    import xarray as xr

READING_SCHEMA = 1
_READING = "circuitsim reading"

_SENSED = "into the amplifier"  # stands for "A", or for "C" where outputs are charges
# name of the field -> axes, unit (None: that of the reading), meaning
_FIELDS = {
    "v_in": (("batch", "row"), "V", "voltage of each row driver"),
    "i_out": (("batch", "col"), _SENSED, "current or charge into each sense amplifier"),
    "sensed": (("batch", "col"), None, "what each ADC takes"),
    "codes": (("batch", "col"), "1", "code of each ADC"),
    "value": (("batch", "col"), None, "what the code represents"),
}
_CODES = ("dac_codes", "codes")
_IN_TABLE = ("dac_codes", "codes", "sensed", "value", "i_out")


@checked
def save_reading(
    folder: str | Path, reading: Reading, *, spec: ArraySpec, dac_codes: ArrayLike, level: str, name: str = "reading"
) -> tuple[Path, ...]:
    """Write a reading as `<name>.nc` (all fields, labelled) and `<name>.csv` (one line per vector of codes).

    The codes of drawn chips, where there are any, become `<name>_chips.csv` (one line per chip and vector), the
    waveforms of the first code `<name>_waveforms.nc`. Codes in tables are whole numbers, but for averages of replicas.

    Args:
        folder: Folder of the files; it is created if it does not exist.
        reading: The reading.
        spec: The array.
        dac_codes: The DAC codes (batch, rows).
        level: Level at which it was read.
        name: Stem of the files.

    Returns:
        Paths of the files that were written.

    Raises:
        InputError: The folder cannot be written, or the codes have another shape.
    """
    data = reading_dataset(reading, spec=spec, dac_codes=dac_codes, level=level)
    paths = [Path(folder) / f"{name}.nc", Path(folder) / f"{name}.csv"]
    with atomic(paths[0]) as first, atomic(paths[1]) as second:  # both or none
        first.write_bytes(netcdf_bytes(data))
        with second.open("w", encoding="utf-8", newline="") as file:
            _write_codes(csv.writer(file, lineterminator="\n"), data)
    if reading.instances is not None:
        paths.append(Path(folder) / f"{name}_chips.csv")
        with atomic(paths[-1]) as chips, chips.open("w", encoding="utf-8", newline="") as file:
            _write_chips(csv.writer(file, lineterminator="\n"), np.asarray(reading.instances))
    if reading.waveforms is not None:
        paths.append(Path(folder) / f"{name}_waveforms.nc")
        with atomic(paths[-1]) as third:
            third.write_bytes(netcdf_bytes(chain_dataset(reading.waveforms)))
    return tuple(paths)


@checked
def reading_dataset(reading: Reading, *, spec: ArraySpec, dac_codes: ArrayLike, level: str) -> "xr.Dataset":
    """Convert a reading to a data set: axes batch, row, col; each variable has `units` and `long_name`.

    The reads of single bits, where inputs are bit-serial, are variables `slice_…` with the axis bit, the lowest first.
    """
    import xarray as xr  # takes 0.4 s, so reading an array does not import it

    words = real_numbers("dac_codes", dac_codes, shape=(len(reading.v_in), spec.array.rows), axes="(batch, rows)")
    data = xr.Dataset({"dac_codes": (("batch", "row"), words, {"units": "1", "long_name": "DAC code of each row"})})
    for name, (dims, unit, meaning) in _FIELDS.items():
        units = output_unit(spec) if unit == _SENSED else unit or reading.unit
        about = {"units": units, "long_name": meaning}
        if (values := getattr(reading, name)) is not None:
            data[name] = (dims, np.asarray(values), about)
        if reading.slices is not None and (values := getattr(reading.slices, name)) is not None:
            bits = np.reshape(np.asarray(values), (len(words), -1, values.shape[1]))
            data[f"slice_{name}"] = ((dims[0], "bit", dims[1]), bits, {**about, "long_name": f"{meaning}, of one bit"})
    if reading.instances is not None:
        about = {"units": "1", "long_name": "code of each ADC of each drawn chip"}
        data["instance_codes"] = (("instance", "batch", "col"), np.asarray(reading.instances), about)
    data.attrs = {
        "format": _READING,
        "schema": READING_SCHEMA,
        "level": level,
        "spec_digest": spec.digest,
        "version": __version__,
        **{key: json.dumps(part) for key, part in cited_parts(spec).items()},
        "ideal": " ".join(reading.ideal),
    }
    return data


def _write_codes(writer, data: "xr.Dataset") -> None:
    names, columns = ["vector [1]"], [np.arange(data.sizes["batch"])]
    for key in _IN_TABLE:
        if key in data:
            values: np.ndarray = data[key].values
            names += [f"{key}_{i} [{data[key].attrs['units']}]" for i in range(values.shape[1])]
            columns += list((_whole(values) if key in _CODES else values).T)
    writer.writerow(names)
    writer.writerows(zip(*(column.tolist() for column in columns), strict=True))


def _write_chips(writer, codes: np.ndarray) -> None:
    """Write the codes (chips, batch, cols) of drawn chips."""
    writer.writerow(["chip [1]", "vector [1]", *(f"codes_{i} [1]" for i in range(codes.shape[2]))])
    for (chip, vector), row in zip(np.ndindex(codes.shape[:2]), _whole(codes).reshape(-1, codes.shape[2]), strict=True):
        writer.writerow([chip, vector, *row.tolist()])


def _whole(codes: np.ndarray) -> np.ndarray:
    """Return codes as integers; averages of replicas, which may lie between, as they are."""
    return codes.astype(int) if np.all(codes == np.round(codes)) else codes

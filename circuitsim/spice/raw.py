"""Read ngspice's binary raw files."""

import errno
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from circuitsim.errors import SimulatorError, UnsavedVectorError
from circuitsim.spec import by_value, checked

_BINARY = b"Binary:\n"


@by_value
@dataclass(frozen=True)
class Plot:
    """One analysis of a raw file.

    Attributes:
        name: Name that ngspice gives it, for example "DC transfer characteristic".
        variables: Names of the vectors in lower case, as ngspice writes them.
        data: (points, len(variables)) values in SI units; complex for AC analyses.
    """

    name: str
    variables: tuple[str, ...]
    data: np.ndarray

    def __getitem__(self, vector: str) -> np.ndarray:
        """Return the values of one vector (points,).

        Raises:
            UnsavedVectorError: The run did not save this vector. The message lists the vectors it saved.
        """
        name = vector.lower()
        if name not in self.variables:
            some = ", ".join(self.variables[:8]) + (", …" if len(self.variables) > 8 else "")
            raise UnsavedVectorError(f"{vector} is not among the {len(self.variables)} saved vectors ({some})")
        return self.data[:, self.variables.index(name)]

    def columns(self, vectors: list[str] | tuple[str, ...]) -> np.ndarray:
        """Return the values of several vectors (points, len(vectors)); builds the look-up table once."""
        place = {name: index for index, name in enumerate(self.variables)}
        try:
            return self.data[:, [place[vector.lower()] for vector in vectors]]
        except KeyError as error:
            raise UnsavedVectorError(f"{error.args[0]} is not among the {len(self.variables)} saved vectors") from None


@checked
def read_raw(path: str | Path) -> tuple[Plot, ...]:
    """Read every analysis of a binary raw file.

    Raises:
        SimulatorError: The file is missing, empty or truncated, or it is not a binary raw file.
    """
    path = Path(path)
    try:
        with open_plain(path) as file:
            content = file.read()
    except OSError as error:
        raise SimulatorError(f"{path.name} cannot be read: {error.strerror}") from None
    plots = []
    start = 0
    while content[start : start + 64].strip():
        plot, start = _read_plot(content, start, path.name)
        plots.append(plot)
    if not plots:
        raise SimulatorError(f"{path.name} is empty: ngspice wrote no results")
    return tuple(plots)


def open_plain(path: Path) -> BinaryIO:
    """Open a plain file for reading; a pipe or a device of its name would never end.

    Raises:
        OSError: The file is missing, cannot be read, or is not a plain file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a plain file")
    return os.fdopen(descriptor, "rb")


def _read_plot(content: bytes, start: int, file: str) -> tuple[Plot, int]:
    marker = content.find(_BINARY, start)
    if marker < 0:
        raise SimulatorError(f"{file} is not a complete binary raw file: no 'Binary:' section after byte {start}")
    header = content[start:marker].decode("utf-8", errors="replace")
    number = {key: int(value) for key, value in re.findall(r"^No\. (Variables|Points): *(\d+)", header, re.MULTILINE)}
    if number.keys() != {"Variables", "Points"}:
        raise SimulatorError(f"{file} is not complete: ngspice stopped before it wrote the number of points")
    name = re.search(r"^Plotname: *(.*)$", header, re.MULTILINE)
    is_complex = re.search(r"^Flags:.*\bcomplex\b", header, re.MULTILINE) is not None
    variables = re.findall(r"^\t\d+\t(\S+)\t\S+", header, re.MULTILINE)
    if len(variables) != number["Variables"]:
        raise SimulatorError(f"{file} names {len(variables)} of {number['Variables']} vectors: the header is damaged")
    dtype = np.dtype("<c16" if is_complex else "<f8")
    count = number["Points"] * number["Variables"]
    begin = marker + len(_BINARY)
    end = begin + count * dtype.itemsize
    if end > len(content):
        missing = end - len(content)
        raise SimulatorError(f"{file} is cut off: {missing} bytes of results are missing (is the disk full?)")
    data = np.frombuffer(content, dtype=dtype, count=count, offset=begin)
    shape = (number["Points"], number["Variables"])
    # frombuffer returns a read-only view without a copy.
    plot = Plot(name.group(1).strip() if name else "", tuple(v.lower() for v in variables), data.reshape(shape))
    return plot, end

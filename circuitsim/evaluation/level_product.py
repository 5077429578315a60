"""The product of a network's tiles at a level, from a calibrated model or from a specification alone."""

from typing import Literal

from circuitsim import characterization
from circuitsim.errors import InputError
from circuitsim.evaluation.circuit_tables import circuit_tables
from circuitsim.evaluation.products import BehavioralProduct, NgspiceProduct, NodalProduct
from circuitsim.evaluation.tile_files import TileStore
from circuitsim.evaluation.torch_device import check_torch_device
from circuitsim.levels import surface_of
from circuitsim.results import Certificate, TileModel
from circuitsim.spec import ArraySpec, checked, with_ideal

DTYPES = ("float64", "float32")
"""Types that tiles of a model are computed with, the first by default."""

TileLevel = Literal["behavioral", "nodal", "ngspice"]
"""Level at which the tiles of a network are read."""


@checked
def level_product(
    arrays: TileModel | ArraySpec,
    level: TileLevel | None = None,
    *,
    certificate: Certificate | None = None,
    strict: bool = False,
    max_error: float | None = None,
    dtype: str = "float64",
    device: str | None = None,
    store: TileStore | None = None,
) -> BehavioralProduct | NodalProduct | NgspiceProduct:
    """Return the product that reads the tiles of a network at a level.

    Args:
        arrays: A calibrated model of the tiles, or their specification, which only "nodal" and "ngspice" can read.
        level: None: "behavioral" with a model, "nodal" with a specification.
        certificate, strict, max_error, dtype, store: As in `BehavioralProduct`, for that level alone.
        device: Device of torch on which tiles of a model are read; None: NumPy reads them on the CPU.

    Raises:
        InputError: The level needs a model, an argument has no effect at it, or torch has no such device.
        MissingExtraError: A device is given, and torch is not installed.
        SpecError, OutsideRangeError, SimulatorError: The cells of the array cannot be characterized.
    """
    if dtype not in DTYPES:
        raise InputError(f"dtype = {dtype!r}: expected {' or '.join(map(repr, DTYPES))}")
    if isinstance(arrays, TileModel) and level in (None, "behavioral"):
        judged = {"certificate": certificate, "strict": strict, "max_error": max_error}
        if device is not None:
            check_torch_device(device)
        namespace = "numpy" if device is None else "torch"
        return BehavioralProduct(arrays, dtype=dtype, namespace=namespace, device=device, **judged, store=store)
    if level == "behavioral":
        raise InputError(
            "level = 'behavioral' needs a calibrated model; expected model.json, or level nodal or ngspice"
        )
    other = dtype if dtype != DTYPES[0] else None
    stated = {"certificate": certificate, "strict": strict or None, "max_error": max_error, "dtype": other}
    stated |= {"device": device, "keep_tiles (store)": store}
    for name, given in stated.items():
        if given is not None:
            raise InputError(f"{name} has no effect at level = {level or 'nodal'!r}, which is exact; leave it out")
    spec = arrays.spec if isinstance(arrays, TileModel) else arrays
    return NgspiceProduct(spec) if level == "ngspice" else _nodal(spec)


def _nodal(spec: ArraySpec) -> NodalProduct:
    """The array solver with the cells and sense amplifiers that the array has."""
    if spec.array.cell == "1c":
        return NodalProduct(spec, characterization.capacitor_cell(spec))
    if spec.array.input_line == "bl":
        tables = circuit_tables(with_ideal(spec, "driver", "adc"))
        sense = None if tables is None else tables.sense
        return NodalProduct(spec, surface_of(spec), sense=sense, off=characterization.skipped_cell(spec))
    on, off = characterization.gated_cells(spec)
    return NodalProduct(spec, on, off=off, between=characterization.gate_level_cells(spec))

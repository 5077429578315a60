"""Measures of an array alone: reads, their error, energy, noise and settling, each on conductances and inputs drawn.

Each takes the array and a generator, and returns numbers with their units by name.
"""

from typing import Literal

import numpy as np

from circuitsim import calibration, levels
from circuitsim.devices import device_card
from circuitsim.devices.statistics import draw_conductances, read_statistics, stated_causes
from circuitsim.errors import InputError
from circuitsim.spec import ArraySpec, Count, input_unit

MeasuredNumbers = dict[str, tuple[float, str]]


def drawn_read(
    spec: ArraySpec,
    rng: np.random.Generator,
    *,
    level: Literal["nodal", "ngspice"] = "nodal",
    matrix: str = "log_uniform",
    inputs: str = "",
    vectors: Count = 8,
) -> MeasuredNumbers:
    """Read a drawn matrix with drawn inputs: outputs and power.

    Args:
        spec: The array.
        rng: Source of all randomness.
        level: Level that reads the array.
        matrix: Kind of conductances, of `calibration.MATRIX_KINDS`.
        inputs: Kind of inputs; empty: "uniform", or "half" where inputs switch gates.
        vectors: Number of input vectors.
    """
    g, x = _drawn(spec, rng, matrix, inputs, vectors)
    solution = levels.solve(spec, g, x, level)
    out, unit = solution.out, solution.unit
    found: MeasuredNumbers = {
        "mean": (float(out.mean()), unit),
        "rms": (float(np.sqrt(np.mean(out**2))), unit),
        "largest": (float(np.abs(out).max()), unit),
    }
    if solution.power is not None:
        found["power"] = (float(solution.power.mean()), "W")
    return found


def error_against_ngspice(
    spec: ArraySpec,
    rng: np.random.Generator,
    *,
    level: Literal["nodal", "ideal"] = "nodal",
    matrix: str = "log_uniform",
    inputs: str = "",
    vectors: Count = 8,
) -> MeasuredNumbers:
    """Compare a drawn read with ngspice: rms and largest error, relative to the largest output of ngspice.

    Args:
        spec: The array.
        rng: Source of all randomness.
        level: "nodal", the array solver; "ideal", the product (x − v_ref) · g without wires and transistors.
        matrix, inputs, vectors: As in `drawn_read`.

    Raises:
        InputError: level = "ideal" for an array whose ideal output is no such product.
    """
    g, x = _drawn(spec, rng, matrix, inputs, vectors)
    ideal = _ideal(spec, g, x) if level == "ideal" else None
    truth = levels.solve(spec, g, x, "ngspice").out
    return _error(levels.solve(spec, g, x, "nodal").out if ideal is None else ideal, truth)


def error_of_ideal(
    spec: ArraySpec,
    rng: np.random.Generator,
    *,
    matrix: str = "log_uniform",
    inputs: str = "",
    vectors: Count = 8,
) -> MeasuredNumbers:
    """Compare the product (x − v_ref) · g with the array solver: what wires, transistors and bends of cells take.

    Args:
        spec: The array.
        rng: Source of all randomness.
        matrix, inputs, vectors: As in `drawn_read`.

    Raises:
        InputError: The ideal output of the array is no such product.
    """
    g, x = _drawn(spec, rng, matrix, inputs, vectors)
    return _error(_ideal(spec, g, x), levels.solve(spec, g, x, "nodal").out)


def read_energy(
    spec: ArraySpec,
    rng: np.random.Generator,
    *,
    level: Literal["nodal", "ngspice"] = "nodal",
    matrix: str = "log_uniform",
    inputs: str = "",
    vectors: Count = 8,
) -> MeasuredNumbers:
    """Energy that drivers and sense references deliver in a drawn read of `driver.t_read`: power at rest times t_read.

    Args:
        spec: The array.
        rng: Source of all randomness.
        level, matrix, inputs, vectors: As in `drawn_read`.

    Raises:
        InputError: The power of the read is not known at this level.
    """
    check_constant_inputs(spec)
    g, x = _drawn(spec, rng, matrix, inputs, vectors)
    power = levels.solve(spec, g, x, level).power
    if power is None:
        raise InputError(f"level = {level!r} does not state the power of this array: expected another array")
    energy = float(power.mean()) * spec.driver.t_read
    return {"read": (energy, "J"), "per_mac": (energy / g.size, "J"), "power": (float(power.mean()), "W")}


def cell_noise(
    spec: ArraySpec,
    rng: np.random.Generator,
    *,
    after: float = 0.0,
    level: Literal["nodal", "ngspice"] = "nodal",
    matrix: str = "log_uniform",
    inputs: str = "",
    vectors: Count = 8,
) -> MeasuredNumbers:
    """Error of a read because cells do not hold what was wanted, by the statistics of the device's card.

    One draw of all cells: programming error, drift or retention after a time, stuck cells; what the card states.

    Args:
        spec: The array.
        rng: Source of all randomness.
        after: Time since programming [s].
        level, matrix, inputs, vectors: As in `drawn_read`.

    Raises:
        InputError: The card has no statistics of these.
    """
    g, x = _drawn(spec, rng, matrix, inputs, vectors)
    statistics, causes = read_statistics(device_card(spec)), causes_of_cells(spec, after)
    drawn = draw_conductances(statistics, g, after, causes=causes, rng=rng)
    wanted = levels.solve(spec, g, x, level).out
    return _error(levels.solve(spec, drawn, x, level, drawn=True).out, wanted)


def settling(
    spec: ArraySpec,
    rng: np.random.Generator,
    *,
    level: Literal["nodal", "ngspice"] = "nodal",
    band: float | None = None,
    matrix: str = "log_uniform",
    inputs: str = "",
    vectors: Count = 2,
) -> MeasuredNumbers:
    """Settling of drawn reads in time: the slowest column, the mean, and the energy of a read.

    Args:
        spec: The array.
        rng: Source of all randomness.
        level: Level that follows the waveforms.
        band: Half width of the settling band [A]; None: half an LSB of the ADC.
        matrix, inputs, vectors: As in `drawn_read`.

    Raises:
        InputError: A column does not settle within `driver.t_read`.
    """
    g, x = _drawn(spec, rng, matrix, inputs, vectors)
    reads = levels.solve_in_time(spec, g, x, level, band=band)
    times = np.concatenate([each.settling for each in reads])
    if not np.isfinite(times).all():
        raise InputError(
            f"{int((~np.isfinite(times)).sum())} of {times.size} columns do not settle within driver.t_read = "
            f"{spec.driver.t_read:g} s: expected a longer one"
        )
    energy = float(np.mean([each.energy for each in reads]))
    return {"slowest": (float(times.max()), "s"), "mean": (float(times.mean()), "s"), "energy": (energy, "J")}


def _drawn(
    spec: ArraySpec, rng: np.random.Generator, matrix: str, inputs: str, vectors: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw conductances (rows, cols) [S] and inputs (vectors, rows)."""
    kind = inputs or ("uniform" if input_unit(spec) == "V" else "half")
    (drawn,) = calibration.random_experiments(spec, rng, matrices=(matrix,), vectors={kind: vectors})
    return drawn.g, drawn.v_in


def _ideal(spec: ArraySpec, g: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the product without wires and transistors (vectors, cols) [A]."""
    check_product(spec)
    return (x - spec.sense.v_ref) @ g


def check_product(spec: ArraySpec) -> None:
    """Refuse an array whose ideal output is not the product (x − v_ref) · g.

    Raises:
        InputError: It is not.
    """
    if spec.array.input_line != "bl" or input_unit(spec) != "V" or spec.array.cell not in ("1r", "1t1r"):
        raise InputError(
            f"array.cell = {spec.array.cell!r}, array.input_line = {spec.array.input_line!r}: the ideal product is "
            "known of '1r' and '1t1r' cells with voltages on bit lines alone"
        )
    if spec.sense.block is not None:
        raise InputError(f"sense.{spec.sense.sources[0]}: outputs are no currents; the ideal product is one")


def check_constant_inputs(spec: ArraySpec) -> None:
    """Refuse an array whose inputs are not constant during a read.

    Raises:
        InputError: They are pulses of different widths.
    """
    if spec.driver.input_code == "pulse_width":
        raise InputError("driver.input_code = 'pulse_width': rows are on for part of t_read; expected 'amplitude'")


def causes_of_cells(spec: ArraySpec, after: float) -> list[str]:
    """Return why cells do not hold what was wanted, a time [s] after programming, by the device's card.

    Raises:
        InputError: The card states nothing of this kind.
    """
    statistics = read_statistics(device_card(spec))
    causes = [cause for cause in stated_causes(statistics, after) if cause != "read_noise"]
    if not causes:
        raise InputError(f"{statistics.name}: its statistics state no programming error, drift or stuck cells")
    return causes


def _error(found: np.ndarray, truth: np.ndarray) -> MeasuredNumbers:
    off = np.abs(found - truth) / np.abs(truth).max()
    return {"rms": (float(np.sqrt(np.mean(off**2))), "1"), "largest": (float(off.max()), "1")}

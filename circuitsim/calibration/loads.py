"""Seek the worst case among matrices whose columns carry no more than a given load."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from circuitsim.calibration.ascent import flip_promising
from circuitsim.calibration.comparison import Difference, Search
from circuitsim.calibration.families import Families, affordable_families, columns_of, graded, structured_inputs
from circuitsim.calibration.random_starts import random_inputs
from circuitsim.results import LoadTable, TileModel, WorstFound
from circuitsim.spec import Tolerance, checked
from circuitsim.spice import Progress

CAPS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
ASCENTS = 3  # matrices of each cap whose inputs are improved, besides the random ones
# Fresh tiles of 60 reads each reached 1.07 times the coefficient fitted to 60 others.
MARGIN = 1.5


@checked
def load_table(
    model: TileModel,
    full_scale: Tolerance,
    *,
    worst: WorstFound,
    rng: np.random.Generator,
    families: Families | None = None,
    progress: Progress | None = None,
) -> tuple[LoadTable, WorstFound]:
    """Seek the largest error of a model among matrices of at most a column load, for loads up to 1.

    Each cap is searched through matrices whose columns reach it: a block of rows, spread rows or equal cells, in one
    column, in all or in every other one; columns unlike their neighbours; random matrices. Then rows of the worst
    inputs are flipped. What is found below a cap counts for all higher ones.

    Args:
        model: The behavioral model.
        full_scale: What errors are divided by [A].
        worst: What `find_worst` found for the model: the entry of load 1, unless matrices of a smaller load exceed it.
        rng: Generates random matrices and inputs.
        families: "all" matrices, or a "few"; None: few for arrays of more than 96 × 96 cells, 1c 32 × 32.
        progress: Called with (finished, total) after each cap.

    Returns:
        The table; caps that no matrix can keep, because all its cells have at least g_min, are left out. And the
        largest error of all, `worst` or one of a smaller load, with the effort of both searches.

    Raises:
        InputError, NotConvergedError: As `find_worst`.
    """
    device = model.spec.device
    caps = [cap for cap in CAPS[:-1] if cap * device.g_max > device.g_min * (1 + 1e-9)]
    few = (families or affordable_families(model.spec)) == "few"
    found: list[WorstFound] = []
    for number, cap in enumerate(caps):
        found.append(_worst_of_load(model, full_scale, cap, few=few, rng=rng))
        if progress is not None:
            progress(number + 1, len(caps))
    errors = np.maximum.accumulate([each.error for each in (*found, worst)])
    loads = (*caps, CAPS[-1])
    coefficient = MARGIN * max(error / load for error, load in zip(errors, loads, strict=True))
    table = LoadTable(loads, tuple(float(error) for error in errors), float(coefficient))
    return table, largest_found(worst, *found)


def largest_found(first: WorstFound, *others: WorstFound) -> WorstFound:
    """Return the largest error of several searches, with the effort of all."""
    every = (first, *others)
    return replace(
        max(every, key=lambda found: found.error),
        programs=sum(found.programs for found in every),
        vectors=sum(found.vectors for found in every),
        stopped=any(found.stopped for found in every),
    )


def _worst_of_load(
    model: TileModel, full_scale: float, load: float, *, few: bool, rng: np.random.Generator
) -> WorstFound:
    """Return the largest error found among matrices whose columns' mean is at most `load` · g_max."""
    search = Search(model, full_scale)
    box, device = search.box, model.spec.device
    share = (load * device.g_max - device.g_min) / (device.g_max - device.g_min)  # of the range, on average
    inputs = structured_inputs(box)
    found: list[Difference] = []
    for name, pattern in dict(_patterns(*model.spec.shape, share, few=few)).items():
        v_in = np.vstack([inputs, box.inputs(_heavy_rows(pattern))])
        best = search.read(search.program(box.conductances(pattern)), v_in, name)
        found = sorted([*found, best], key=lambda difference: -difference.error)[:ASCENTS]
    shrunk = () if few else _at_most(graded(box), share)
    for name, pattern in (*shrunk, *_random_patterns(*model.spec.shape, share, rng)):
        v_in = np.vstack([inputs, random_inputs(box, rng, each=10)])
        found.append(search.read(search.program(box.conductances(pattern)), v_in, name))
    flip_promising(search, found)
    return search.worst_found(stopped=False)


def _patterns(rows: int, cols: int, share: float, *, few: bool) -> Iterator[tuple[str, np.ndarray]]:
    """Yield patterns (rows, cols), 0 for g_min to 1 for g_max, whose columns' mean is at most `share`."""
    profiles = dict(_profiles(rows, share))
    places = columns_of(cols)
    for name, profile in profiles.items():
        one = np.zeros((rows, cols))
        one[:, 0] = profile
        yield f"{name}, one column", one
        if few and name not in ("near rows", "spread rows"):
            continue
        yield f"{name}, all columns", np.outer(profile, np.ones(cols))
        yield f"{name}, every other column", np.outer(profile, 1.0 - np.arange(cols) % 2)
    for name, other in (("near rows", "far rows"), ("far rows", "near rows")):
        w = np.outer(profiles[name], np.ones(cols))
        w[:, places["middle"]] = profiles[other]
        yield f"{name}, {other} in the middle column", w
    for name in ("near rows", "middle rows"):
        w = np.outer(profiles["spread rows"], np.arange(cols) < cols // 4)
        w[:, min(cols // 4, cols - 1)] = profiles[name]
        yield f"spread rows in the first quarter of the columns, {name} in the next", w
    half = np.arange(rows) < (rows + 1) // 2
    even = np.outer(profiles["spread rows"], np.ones(cols))
    for end, on in (("far", half), ("near", ~half)):
        for place, column in places.items():
            if not few or place == "middle":
                w = even.copy()
                w[on, column] = 0
                yield f"{end} half of a column low, {place}", w
    even[half, : cols // 4] = 0
    even[half, cols // 4] *= 0.1
    yield "stair", even


def _profiles(rows: int, share: float) -> Iterator[tuple[str, np.ndarray]]:
    """Yield columns (rows,) of mean `share`: as many rows at 1 as it allows, and what is left in the next one."""
    position = np.arange(rows)
    from_middle, from_ends = np.abs(position - (rows - 1) / 2), np.minimum(position, rows - 1 - position)
    orders = {
        "near rows": -position,
        "far rows": position,
        "middle rows": from_middle,
        "rows at both ends": from_ends,
    }
    for name, key in orders.items():
        yield name, _filled(np.argsort(key, kind="stable"), rows * share)
    # Van der Corput's order: however many rows are filled, they lie evenly along the column.
    turned = [int(f"{row:0{max(1, (rows - 1).bit_length())}b}"[::-1], 2) for row in position]
    yield "spread rows", _filled(np.argsort(turned, kind="stable"), rows * share)
    yield "equal cells", np.full(rows, share)


def _filled(order: np.ndarray, total: float) -> np.ndarray:
    """Fill the rows in the given order up to 1 each until their sum is `total`."""
    column = np.zeros(len(order))
    column[order] = np.clip(total - np.arange(len(order)), 0.0, 1.0)
    return column


def _heavy_rows(pattern: np.ndarray) -> np.ndarray:
    """Return patterns of inputs (3, rows) that drive the rows with the largest cells, and either half of them."""
    largest = pattern.max(axis=1)
    heavy = largest > 0.5 * largest.max() if largest.max() > 0 else np.ones(len(largest), dtype=bool)
    first = np.cumsum(heavy) <= (heavy.sum() + 1) // 2
    return np.array([heavy, heavy & first, heavy & ~first], dtype=float)


def _at_most(patterns: Iterator[tuple[str, np.ndarray]], share: float) -> Iterator[tuple[str, np.ndarray]]:
    """Shrink the columns of patterns whose mean is above `share`."""
    for name, pattern in patterns:
        yield name, pattern * np.minimum(1.0, share / pattern.mean(axis=0))


def _random_patterns(rows: int, cols: int, share: float, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """Yield random patterns whose columns' mean is at most `share`."""
    for number in (1, 2):
        columns = [_filled(rng.permutation(rows), rows * share) for _ in range(cols)]
        yield f"random binary {number}", np.stack(columns, axis=1)
    pattern = rng.random((rows, cols))
    yield "random uniform", np.clip(pattern * share / pattern.mean(axis=0), 0.0, 1.0)

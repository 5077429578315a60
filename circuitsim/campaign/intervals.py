"""Confidence intervals of a mean, a quantile and a share from independent draws; arrays in, arrays out."""

import numpy as np

Interval = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Value, lower end, upper end."""


def mean_interval(table: np.ndarray, level: float) -> Interval:
    """Return the mean over the last axis and its interval by Student's t; NaN counts as no draw.

    Args:
        table: (..., draws).
        level: Confidence.

    Returns:
        (...) mean, lower and upper end; the ends are infinite for one draw, all NaN for none.

    Valid for: means that are distributed normally, as those of many draws are.
    """
    from scipy import special  # takes 0.3 s to import, which a campaign without statistics need not wait for

    there = np.isfinite(table)
    count = there.sum(axis=-1)
    total = np.where(there, table, 0.0).sum(axis=-1)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    off = np.where(there, table - mean[..., None], 0.0)
    sigma = np.sqrt((off**2).sum(axis=-1) / np.maximum(count - 1, 1))
    half = special.stdtrit(np.maximum(count - 1, 1), (1 + level) / 2) * sigma / np.sqrt(np.maximum(count, 1))
    half = np.where(count > 1, half, np.inf)
    return mean, mean - half, mean + half


def quantile_interval(table: np.ndarray, q: float, level: float) -> Interval:
    """Return the sample quantile over the last axis and its interval by order statistics; NaN counts as no draw.

    The interval holds for any distribution, and for any number of draws: an end that these cannot give is infinite.

    Args:
        table: (..., draws).
        q: The quantile, between 0 and 1.
        level: Confidence.

    Source: David, Nagaraja, Order Statistics, 3rd edition (2003), section 7.1
    """
    from scipy import special  # takes 0.3 s to import, which a campaign without statistics need not wait for

    ordered = np.sort(np.where(np.isfinite(table), table, np.nan), axis=-1)  # NaN comes last
    rows = ordered.reshape(-1, table.shape[-1])
    found = np.full((3, len(rows)), np.nan)
    tail = (1 - level) / 2
    for k, row in enumerate(rows):
        n = int(np.isfinite(row).sum())
        if n == 0:
            continue
        below = special.bdtr(np.arange(n), n, q)  # P(at most i of n draws are below the quantile)
        low = int(np.searchsorted(below, tail, side="right"))  # ranks 1 … low lie below the quantile surely enough
        high = int(np.searchsorted(below, 1 - tail)) + 1
        ends = row[low - 1] if low > 0 else -np.inf, row[high - 1] if high <= n else np.inf
        found[:, k] = np.quantile(row[:n], q), *ends
    value, lower, upper = found.reshape(3, *table.shape[:-1])
    return value, lower, upper


def share_interval(passed: np.ndarray, count: np.ndarray, level: float) -> Interval:
    """Return shares of draws and their intervals by Clopper and Pearson, which hold at any number of draws.

    Args:
        passed: (...) draws that passed.
        count: (...) all draws; where 0, the share is NaN and the interval is 0 to 1.
        level: Confidence.

    Source: Clopper, Pearson, Biometrika 26, 404 (1934)
    """
    from scipy import special  # takes 0.3 s to import, which a campaign without statistics need not wait for

    passed, count = np.asarray(passed, dtype=float), np.asarray(count, dtype=float)
    tail = (1 - level) / 2
    share = np.where(count > 0, passed / np.maximum(count, 1), np.nan)
    low = np.where(passed > 0, special.betaincinv(np.maximum(passed, 1), count - passed + 1, tail), 0.0)
    missed = count - passed
    high = np.where(missed > 0, special.betaincinv(passed + 1, np.maximum(missed, 1), 1 - tail), 1.0)
    return share, low, high

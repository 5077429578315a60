"""Two checksum columns beside a group of columns: a faulty cell is found and placed, and its column put right."""

import numpy as np

import circuitsim as cs
from circuitsim.devices import load_card
from circuitsim.devices.statistics import read_statistics, sample_read

ROWS, V_READ, READS, FAULTS, G = 64, 0.5, 20, 60, (1e-6, 40e-6)


def cases():
    """Columns of a group, resistance of a segment [ohm], faulty conductance from the cell's own [S], share of noise."""
    return {
        "64 columns": (64, 0.0, lambda g: G[1], 1.0),
        "64, noise of 0.01 %": (64, 0.0, lambda g: G[1], 0.01),
        "16 columns": (16, 0.0, lambda g: G[1], 1.0),
        "4 columns": (4, 0.0, lambda g: G[1], 1.0),
        "4, wires of 1 ohm": (4, 1.0, lambda g: G[1], 1.0),
        "4, drift of a tenth": (4, 0.0, lambda g: 0.9 * g, 1.0),
    }


def matrix(g, ohm):
    """What the array multiplies by [S], wires included."""
    spec = cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": ROWS, "cols": g.shape[1], "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": G[0] / ROWS, "g_max": G[1]},
            "wire": {"r_row": ohm, "r_col": ohm},
            "driver": {"v_read": V_READ},
        }
    )
    return cs.effective_matrix(cs.prepare(spec, g, level="nodal"))


def reads(g, ohm, share, rng, count=READS):
    """Inputs and outputs of reads; each draws the noise of all cells anew, seen through the wires as the cells are."""
    stats, w, v = read_statistics(load_card("rram_wan")), matrix(g, ohm), V_READ * rng.random((count, ROWS))
    return v, np.stack([x @ (w + share * (sample_read(stats, g, g, rng=rng) - g) * w / g) for x in v])


def syndromes(out, place):
    """Sums of the columns, plain and weighted by place, less what the checksum columns say (reads, 2) [A]."""
    y = out[:, : len(place)]
    return np.column_stack([y.sum(axis=1), y @ place]) - len(place) * out[:, len(place) :]


def compute(case):
    """Shares of faults found in a read, in 20, and placed by 20; false alarms; what a correction leaves; its cost."""
    (cols, ohm, fault, share), rng = case, np.random.default_rng(0)
    g, place = rng.uniform(*G, (ROWS, cols)), np.arange(1, cols + 1) / cols
    whole = np.column_stack([g, g.mean(axis=1), g @ place / cols])  # sums of all cells within the range of one
    v, out = reads(whole, ohm, share, rng, 1500)
    known = np.linalg.lstsq(v, syndromes(out, place), rcond=None)[0]  # what wires leave of the syndromes, learnt once
    v, out = reads(whole, ohm, share, rng, 1200)
    quiet = (syndromes(out, place) - v @ known)[:, 0]
    limit = 3 * quiet[:600].std()
    alarms = np.abs(quiet[600:]) > limit
    wanted, hits = matrix(whole, ohm), []
    for _ in range(FAULTS):
        bad, i, j = whole.copy(), rng.integers(ROWS), rng.integers(cols)
        bad[i, j] = fault(bad[i, j])
        v, out = reads(bad, ohm, share, rng)
        plain, weighted = (syndromes(out, place) - v @ known).T
        off = out[:, j] - v @ wanted[:, j]
        right = np.rint(cols * (plain @ weighted) / (plain @ plain)) == j + 1
        seen = (np.abs(plain) > limit).mean(), np.abs(plain.mean()) > limit / np.sqrt(READS)
        hits.append((*seen, right, np.mean((off - plain) ** 2), np.mean(off**2)))
    one_read, mean_of_20, placed, left, before = np.mean(hits, axis=0)
    return {
        "one_read": one_read,
        "mean_of_20": mean_of_20,
        "placed": placed,
        "left": np.sqrt(left / before),
        "false": alarms.mean(),
        "cost": 2 / cols,
    }

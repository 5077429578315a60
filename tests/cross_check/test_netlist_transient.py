"""Reads in time: they settle to the operating point, charge and energy are conserved, finer steps change nothing."""

import re
from dataclasses import replace

import numpy as np
import pytest
from netlist_cases import currents, passive, transistor
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim import netlist, spice
from circuitsim.errors import InputError
from circuitsim.results.waveforms import integral
from circuitsim.spec import parse_spec
from circuitsim.spice import TRANSIENT_OPTIONS
from circuitsim.truth.in_time import read_in_time, waveforms

WIRE = {"c_row": "1f", "c_col": "2f"}
R_OUT, R_IN = 1000.0, 500.0
PERIPHERY = {"driver": {"r_out": R_OUT, "t_read": "2n"}, "sense": {"r_in": R_IN}}


def arrays(rows, cols, seed=0):
    rng = np.random.default_rng(seed)
    return 10 ** rng.uniform(-6, -4, (rows, cols)), rng.uniform(-0.2, 0.2, rows)


def test_one_cell_charges_like_its_time_constant():
    spec = passive(1, 1, 0.0, 0.0, c_row="10f", driver={"r_out": 1e4, "t_read": "2n"})
    (read,) = read_in_time(spec, [[1e-4]], [[1.0]], band=1e-8)
    # The cell's 10 kohm is in parallel to the driver's: tau = 5 kohm * 10 fF = 50 ps; final current 1 V / 20 kohm.
    # Behind an edge of duration T the error decays as (tau/T)(e^(T/tau) − 1) e^(−t/tau).
    tau, edge = 50e-12, 20e-12
    assert_allclose(read.i_final, [5e-5], rtol=1e-9, atol=0)
    lag = tau * np.log(tau / edge * np.expm1(edge / tau))
    assert_allclose(read.settling, [tau * np.log(5e-5 / 1e-8) + lag], rtol=1e-4, atol=0)
    assert_allclose(read.delay, [tau * np.log(2) + lag - edge / 2], rtol=1e-3, atol=0)
    assert_allclose(read.charge, [5e-5 * (2e-9 - edge / 2 - tau)], rtol=1e-5, atol=0)


def test_energy_balance_of_a_passive_array():
    rows, cols, r_row, r_col = 8, 6, 2.0, 3.0
    g, x = arrays(rows, cols)
    spec = passive(rows, cols, r_row, r_col, **WIRE).replace(**PERIPHERY)
    (read,) = read_in_time(spec, g, [x], band=1e-9, nodes=True)

    power = (g * (read.v_row - read.v_col) ** 2).sum(axis=(1, 2))
    power += (np.diff(read.v_row, axis=2) ** 2).sum(axis=(1, 2)) / r_row
    power += (np.diff(read.v_col, axis=1) ** 2).sum(axis=(1, 2)) / r_col
    power += (read.i_row**2).sum(axis=1) * (R_OUT + r_row) + (read.i_out**2).sum(axis=1) * (R_IN + r_col)
    dissipated = integral(read.time, power[:, None])[0]
    stored = 0.5 * (1e-15 * (read.v_row[-1] ** 2).sum() + 2e-15 * (read.v_col[-1] ** 2).sum())

    assert stored > 0.005 * read.energy  # the balance is about the capacitors too
    assert_allclose(read.energy, dissipated + stored, rtol=1e-3, atol=0)


def test_energy_balance_with_transistors():
    """Sources deliver what wires dissipate and store and what enters the cells at their four terminals."""
    rows, cols = 3, 3
    g, x = arrays(rows, cols)
    spec = transistor(rows, cols, **WIRE).replace(**PERIPHERY)
    deck = netlist.transient(spec, g, x, nodes=True)
    metered, names = [], []
    for line in deck.text.splitlines():
        if line.startswith("xcell_"):
            name, *nodes, cell, state = line.split()
            own = [f"{name[1:]}_{k}" for k in range(4)]
            metered += [f"v{o} {n} {o} 0" for o, n in zip(own, nodes, strict=True)]
            metered.append(" ".join([name, *own, cell, state]))
            names += [(f"i(v{o})", f"v({n})") for o, n in zip(own[:3], nodes, strict=False)]
            continue
        metered.append(line)
    saves = "\n".join(f".save {i} {v}" for i, v in names)
    text = "\n".join([*metered[:-1], saves, ".end", ""])
    raw = spice.run(text, options=TRANSIENT_OPTIONS)
    read = waveforms(deck, raw, band=1e-9)

    cells = sum(integral(read.time, (raw[i] * raw[v])[:, None])[0] for i, v in names)
    power = (np.diff(read.v_row, axis=2) ** 2).sum(axis=(1, 2)) + (np.diff(read.v_col, axis=1) ** 2).sum(axis=(1, 2))
    power += (read.i_row**2).sum(axis=1) * (R_OUT + 1) + (read.i_out**2).sum(axis=1) * (R_IN + 1)
    wires = integral(read.time, power[:, None])[0]
    stored = 0.5 * (1e-15 * (read.v_row[-1] ** 2).sum() + 2e-15 * (read.v_col[-1] ** 2).sum())
    assert_allclose(read.energy, cells + wires + stored, rtol=1e-3, atol=0)


def test_read_of_transistor_cells_settles_to_the_operating_point():
    """Word lines of 32 gates: the charge of all is rounded in the current of one source."""
    g, x = arrays(4, 32, seed=3)
    spec = transistor(4, 32, **WIRE).replace(**PERIPHERY)
    pulse = replace(netlist.read_pulse(spec), t_step=1e-11)  # coarse: only the end matters here
    (read,) = read_in_time(spec, g, [np.abs(x)], band=1e-9, pulse=pulse)
    assert_allclose(read.i_out[-1], currents(spec, g, [np.abs(x)])[0], rtol=1e-5, atol=0)
    assert np.all(read.settling < 0.8 * pulse.t_width)


def charge_array(t_read):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": 4, "cols": 3, "cell": "1c"},
            "device": {"model": "charge_cell", "g_min": 1e-16, "g_max": 1.5e-15},
            "wire": {"r_row": 2.0, "r_col": 3.0, "c_row": "0.2f", "c_col": "0.2f"},
            "driver": {"v_read": 0.4, "r_out": 50.0, "t_read": t_read},
        }
    )


CHARGE = np.random.default_rng(6).uniform(0.1e-15, 1.5e-15, (4, 3)), np.array([0.4, -0.1, 0.2, 0.3])


# Edges of 20 ps, 100 ps and 1 ns before cells of 7.5 ps: no step of the deck is told how fast the cells are.
@pytest.mark.parametrize("t_read", ["2n", "10n", "100n"])
def test_charge_is_conserved(t_read):
    c, x = CHARGE
    out = cs.solve(charge_array(t_read), c, [x], level="ngspice").out[0]
    assert_allclose(out, x @ c, rtol=1e-9, atol=0)


@pytest.mark.parametrize(
    ("spec", "g", "x"),
    [
        (charge_array("10n"), *CHARGE),
        (transistor(6, 6, **WIRE).replace(**PERIPHERY), *arrays(6, 6)),
        (passive(6, 6, 5.0, 5.0, **WIRE).replace(**PERIPHERY), *arrays(6, 6)),
    ],
    ids=["1c", "1t1r", "1r"],
)
def test_steps_are_fine_where_the_array_settles(spec, g, x):
    """Against steps so short that their error no longer shows (halving them moves settling by 1e-5)."""
    pulse = netlist.read_pulse(spec)
    (first,) = read_in_time(spec, g, [x], band=1e-9)
    band = np.abs(first.i_out).max() / 512
    (read,) = read_in_time(spec, g, [x], band=band)
    (fine,) = read_in_time(spec, g, [x], band=band, pulse=replace(pulse, t_step=pulse.t_stop / 2e4))
    assert len(read.time) < 1000 and len(fine.time) > 20000
    assert_allclose(read.settling, fine.settling, rtol=1e-3, atol=0)
    assert_allclose(read.charge, fine.charge, rtol=1e-7, atol=0)
    assert_allclose(read.energy, fine.energy, rtol=2e-5, atol=0)


def test_a_meter_counts_the_current_at_rest():
    """With the input on the gates, bit lines are biased and leak before the pulse."""
    spec = passive(2, 2, 1.0, 1.0, **WIRE).replace(sense={"v_ref": 0.1})
    g = np.full((2, 2), 1e-4)
    rest = netlist.Pulse(t_edge=1e-10, t_width=5e-10, t_stop=1e-8, t_step=1e-9, v_rest=0.4)
    (read,) = read_in_time(spec, g, [[0.4, 0.4]], band=1e-9, pulse=rest)
    assert_allclose(read.charge, read.i_out[0] * 1e-8, rtol=1e-9, atol=0)
    assert np.all(read.charge > 0)


def test_pulse_falls_and_the_array_returns_to_rest():
    g, x = arrays(4, 4)
    spec = passive(4, 4, 2.0, 2.0, **WIRE).replace(**PERIPHERY)
    pulse = netlist.Pulse(t_edge=2e-11, t_width=1e-9, t_stop=2e-9, t_step=2e-12, v_rest=0.0)
    (read,) = read_in_time(spec, g, [x], band=1e-9, pulse=pulse)
    assert_allclose(read.i_final, currents(spec, g, [x])[0], rtol=1e-6, atol=0)
    assert np.abs(read.i_out[-1]).max() < 1e-6 * np.abs(read.i_final).max()


def test_dataset_is_labelled_with_units():
    from circuitsim.results.transient import transient_dataset

    (read,) = read_in_time(passive(2, 3, 1.0, 1.0, **WIRE), np.full((2, 3), 1e-4), [[0.1, 0.2]], band=1e-9)
    data = transient_dataset(read)
    assert data["i_out"].dims == ("time", "col")
    assert (data["i_out"].attrs["units"], data["time"].attrs["units"]) == ("A", "s")
    assert data.sizes["col"] == 3


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"t_step": 0.0}, r"pulse.t_step = 0 s, expected a time > 0"),
        ({"t_edge": np.nan}, r"pulse.t_edge = nan s"),
        ({"t_width": 1e-12}, r"pulse.t_width = 1e-12 s, expected at least t_edge"),
    ],
)
def test_impossible_times_are_refused(change, sentence):
    spec = passive(2, 2, 1.0, 1.0)
    with pytest.raises(InputError, match=re.escape(sentence)):
        netlist.transient(spec, np.full((2, 2), 1e-4), [0.1, 0.1], pulse=replace(netlist.read_pulse(spec), **change))


def test_settling_needs_an_lsb():
    with pytest.raises(InputError, match=r"adc.bits and adc.full_scale"):
        read_in_time(passive(2, 2, 1.0, 1.0), np.full((2, 2), 1e-4), [[0.1, 0.1]])

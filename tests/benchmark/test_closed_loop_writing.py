"""What writing in a closed loop reaches and costs: `pytest tests/benchmark/test_closed_loop_writing.py -s`."""

import resource

import numpy as np
import pytest

from circuitsim.programming import BracketedReset, RampedReset, write_array, write_verify
from circuitsim.spec import parse_spec

RANGE = 1e-4 - 1e-6  # [S] of the device


def spec_of(rows, cols):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1t1r"},
            "device": {"model": "rram_stanford_a", "g_min": 1e-6, "g_max": 1e-4},
            "access": {"model": "nmos_130", "w": 2e-6, "l": 0.13e-6, "v_gate": 1.8},
            "wire": {"r_row": 1.0, "r_col": 1.0},
            "driver": {"v_read": 0.1},
        }
    )


def cpu_s():
    used = [resource.getrusage(each) for each in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def test_fifty_targets_within_one_percent_of_the_range():
    targets = np.random.default_rng(3).uniform(3e-6, 80e-6, 50)
    began = cpu_s()
    found = write_verify(spec_of(1, 1), targets, tolerance=0.01 * RANGE)
    share = found.reached.mean()
    print(f"{share:.0%} within 1 % of the range, {found.pulses.mean():.1f} pulses, {cpu_s() - began:.1f} CPU s")
    assert share >= 0.95


@pytest.mark.parametrize("scheme", [BracketedReset(), RampedReset()])
def test_levels_of_eleven_bits(scheme):
    level = RANGE / 2047
    targets = 1e-6 + level * np.random.default_rng(4).integers(41, 1635, 50)
    began = cpu_s()
    found = write_verify(spec_of(1, 1), targets, tolerance=level / 2, scheme=scheme)
    error = np.abs(found.g - found.target) / level
    print(
        f"{type(scheme).__name__}: {found.reached.mean():.0%} of 50 within half a level of 2048, "
        f"{np.median(error):.2f} levels off in median and {error.max():.2f} at most; {found.pulses.mean():.1f} pulses, "
        f"{found.time_s.mean() * 1e6:.2f} µs, {cpu_s() - began:.1f} CPU s"
    )
    assert isinstance(scheme, RampedReset) or found.reached.mean() >= 0.95


@pytest.mark.parametrize("size", [4, 8])
def test_an_array_within_two_percent_of_the_range(size):
    targets = np.random.default_rng(5).uniform(3e-6, 80e-6, (size, size))
    began = cpu_s()
    found = write_array(spec_of(size, size), targets, tolerance=0.02 * RANGE)
    print(
        f"{size} x {size}: {found.reached.sum()} of {size * size} within 2 % of the range, moved by others by "
        f"{np.nanmax(np.abs(found.moved)):.2e} at most; {found.pulses.mean():.1f} pulses a cell, "
        f"{found.row_slots.sum()} slots, {found.time_s * 1e6:.2f} µs, "
        f"{(found.energy_bl + found.energy_sl) * 1e9:.2f} nJ, {cpu_s() - began:.0f} CPU s"
    )
    failed = [found.failure[a][b] for a, b in np.argwhere(~found.reached)]
    assert all(failed), "a cell that is off its target has no reason"
    assert np.nanmax(np.abs(found.moved)) < 1e-3

"""The TSMC macro of 7 nm: efficiency, energy over the value of outputs (a fit) and over the supply (the array)."""

import numpy as np

import circuitsim as cs
from circuitsim.presets import preset_spec

MACS = 1024
FITTED = {0: 3.35660e-12, 4: 5.44310e-12, 15: 7.79514e-12}  # [J] by the value of outputs, of which constants are fits
AT_800 = 7.8125e-12  # [J] of the figure over the supply


def cases():
    """Values of outputs, and supplies [V]."""
    values = {f"value {each}": ("value", each) for each in (1, 2, 6, 8, 10, 12, 15)}
    supplies = {f"{each / 1000:.2f} V": ("supply", each / 1000) for each in (650, 700, 750, 850, 900, 950, 1000)}
    return values | supplies


def array_energy(supply):
    """Energy of the largest read of all cells [J]: every bit of a weight stored, inputs at full scale."""
    spec = preset_spec("tsmc_7nm").replace(driver={"v_read": supply})
    found = cs.solve(spec, np.full(spec.shape, spec.device.g_max), np.full((1, spec.array.rows), supply))
    return found.power[0] * spec.driver.t_read


def by_value(value):
    """Energy of an access [J]: a constant, a part by inputs (root of the value), and a part by products."""
    known = np.array(list(FITTED), dtype=float)
    constants = np.linalg.solve(np.stack([known**0, known**0.5, known], axis=1), list(FITTED.values()))
    return constants @ [1.0, value**0.5, value]


def compute(case):
    """Energies [J], and operations a joule."""
    kind, value = case
    if kind == "supply":
        return {"supply": AT_800 * array_energy(value) / array_energy(0.8)}
    found = {"value": by_value(value), "efficiency": 2 * MACS / by_value(value)}
    if value == 15:
        found["cells"] = array_energy(0.8)
    return found

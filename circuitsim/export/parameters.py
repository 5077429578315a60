"""Express an array's specification as parameters of CrossSim and aihwkit.

Both simulate linear cells only. Their parameters come with a list, `not_expressed`, of what they leave out.
"""

from typing import Any

import numpy as np

from circuitsim.errors import InputError
from circuitsim.export.added_currents import check_adds_currents
from circuitsim.spec import ArraySpec, checked


@checked
def crosssim_parameters(spec: ArraySpec) -> dict[str, Any]:
    """Return the CrossSim 3 parameters of an array as a nested dictionary of CrossSim's attribute names.

    Rp_row and Rp_col are segment resistances over Rmin, the smallest resistance of the device: R_segment · g_max.

    Raises:
        SpecError: The cells of a column are in series.
        InputError: The wires are not uniform.

    Source: CrossSim 3.0, simulator/parameters/xbar_parameters.py (attribute names); CrossSim's inference
        scripts set Rp_row and Rp_col to the resistance over Rmin.
    """
    check_adds_currents(spec, "CrossSim")
    r_row, r_col = _uniform(spec)
    g_max = spec.device.g_max
    return {
        "xbar": {
            "device": {"Rmin": 1.0 / g_max, "Rmax": 1.0 / spec.device.g_min, "infinite_on_off_ratio": False},
            "array": {
                "parasitics": {"enable": r_row > 0 or r_col > 0, "Rp_row": r_row * g_max, "Rp_col": r_col * g_max}
            },
            "dac": {"mvm": {"bits": spec.driver.dac_bits or 0}},
            "adc": {"mvm": {"bits": spec.adc.bits or 0}},
        },
        "core": {"rows_max": spec.array.rows, "cols_max": spec.array.cols},
        "not_expressed": _not_expressed(spec, "the access transistor and a nonlinear device"),
    }


@checked
def aihwkit_configuration(spec: ArraySpec) -> dict[str, Any]:
    """Return the `forward` and `mapping` fields of an aihwkit `InferenceRPUConfig`.

    The steps of the converters follow aihwkit's convention res = 1 / (2^bits − 2). Its IR drop is set by the ratio of
    the conductance of one column segment to g_max; it has no drop along the rows.

    Raises:
        SpecError: The cells of a column are in series.
        InputError: The wires are not uniform.

    Source: aihwkit, `IOParameters` (inp_res, out_res, ir_drop, ir_drop_g_ratio).
    """
    check_adds_currents(spec, "aihwkit")
    _, r_col = _uniform(spec)
    forward: dict[str, Any] = {
        "inp_res": _step(spec.driver.dac_bits),
        "out_res": _step(spec.adc.bits),
        "ir_drop": 1.0 if r_col > 0 else 0.0,
    }
    if r_col > 0:
        forward["ir_drop_g_ratio"] = 1.0 / (r_col * spec.device.g_max)
    return {
        "class": "aihwkit.simulator.configs.InferenceRPUConfig",
        "forward": forward,
        "mapping": {"max_input_size": spec.array.rows, "max_output_size": spec.array.cols},
        "not_expressed": _not_expressed(spec, "the access transistor, a nonlinear device and the rows' wires"),
    }


def _step(bits: int | None) -> float:
    """Return aihwkit's resolution; −1 switches quantization off."""
    return -1.0 if bits is None or bits < 2 else 1.0 / (2**bits - 2)


def _uniform(spec: ArraySpec) -> tuple[float, float]:
    resistances = []
    for name, strap in (("strap_row", spec.wire.strap_row), ("strap_col", spec.wire.strap_col)):
        if strap is not None:
            raise InputError(f"wire.{name} is given, and this export has one resistance a segment: expected no strap")
    for name, r in (("r_row", spec.wires.r_row[:, 1:-1]), ("r_col", spec.wires.r_col[1:-1])):
        if r.size and not np.all(r == r.flat[0]):
            raise InputError(f"wire.{name} differs from segment to segment: expected one resistance for this export")
        resistances.append(float(r.flat[0]) if r.size else 0.0)
    return resistances[0], resistances[1]


def _not_expressed(spec: ArraySpec, always: str) -> list[str]:
    lost = [always]
    if spec.driver.r_out:
        lost.append(f"driver.r_out = {spec.driver.r_out:g} ohm")
    if spec.sense.r_in:
        lost.append(f"sense.r_in = {spec.sense.r_in:g} ohm")
    return lost

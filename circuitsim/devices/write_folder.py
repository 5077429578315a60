"""Write a fitted read current as a device folder that loads like any other."""

import re
from pathlib import Path

import numpy as np

from circuitsim.devices.card import Card
from circuitsim.devices.fit import Fit
from circuitsim.devices.load import load_folder
from circuitsim.errors import InputError
from circuitsim.spec.base import spice_name

_BODY = {
    "sinh": ("g v_read / sinh(v_read/v0) sinh(v/v0)", "b1 te be i={g*v_read/sinh(v_read/v0)}*sinh(v(te,be)/{v0})"),
    "cubic": (
        "g v (1 + k v^2)/(1 + k v_read^2)",
        "b1 te be i={g/(1+k*v_read*v_read)}*v(te,be)*(1+{k}*v(te,be)*v(te,be))",
    ),
    "gap": (
        "i0 exp(-gap/gap0) sinh(v/v0), gap from g",
        ".param gap={gap0*ln(i0*sinh(v_read/v0)/(g*v_read))}\nb1 te be i={i0*exp(-gap/gap0)}*sinh(v(te,be)/{v0})",
    ),
}


def write_folder(fit: Fit, folder: str | Path) -> Card:
    """Write `model.lib` and `device.toml` of a fit and load them back.

    Args:
        fit: From `fit_current`.
        folder: New folder; its name becomes the name of the card.

    Raises:
        InputError: The folder is there already, or its name cannot name a sub-circuit.
    """
    folder = Path(folder)
    try:
        name = spice_name(folder.name)
    except ValueError as error:
        raise InputError(f"{folder}: {error}") from None
    if folder.exists():
        raise InputError(f"{folder}: is there already, expected the name of a new folder")
    folder.mkdir(parents=True)
    (folder / "model.lib").write_text(_model(fit, name), encoding="utf-8")
    (folder / "device.toml").write_text(_toml(fit), encoding="utf-8")
    return load_folder(folder)


def _model(fit: Fit, name: str) -> str:
    law, body = _BODY[fit.form]
    shared = {key: value for key, value in fit.values.items() if key != "g"}
    parameters = " ".join(f"{key}={value!r}" for key, value in shared.items())
    return (
        f"* name:    {name}\n* ports:   te be\n"
        f"* source:  fit of {_file(fit)}, {len(fit.measurement.v)} points\n"
        "* licence: that of the measured data\n"
        f"* valid:   |v| <= {fit.v_max:g} V; residual rms {fit.rms:.2e}, largest {fit.worst:.2e} of the current\n"
        "* tested:  by its fit only\n"
        f"* i = {law}\n"
        f".subckt {name} te be params: g={_default(fit)!r} {parameters} v_read={fit.v_read!r}\n{body}\n.ends {name}\n"
    )


def _toml(fit: Fit) -> str:
    source = f"fit of {_file(fit)}: residual rms {fit.rms:.2e}, largest {fit.worst:.2e} of the current"
    low, high = fit.g
    lines = [
        'schema = 1\nkind = "memory"',
        f'title = "Read current fitted to {_file(fit)}"',
        f'ohmic = false\nnot_modelled = ["switching", "temperature dependence", "noise", "|v| above {fit.v_max:g} V"]',
        "\n[state]",
        f'parameter = "g"\nunit = "S"\nkind = "conductance"\nminimum = {low!r}\nmaximum = {high!r}',
        f'g_min = {low!r}\ng_max = {high!r}\nv_read = {fit.v_read!r}\nsource = "{_range_source(fit)}"',
    ]
    for key, value in fit.values.items():
        if key != "g":
            lines.append(_entry(key, value, fit.units[key], source, "fit of"))
    lines.append(_entry("v_read", fit.v_read, "V", "definition: g is the chord conductance at v_read", "definition"))
    lines.append('\n[temperature]\nlaw = "none: measured at one temperature"\nsource = "not measured"')
    lines.append("min_c = -40\nmax_c = 125\n")
    return "\n".join(lines)


def _file(fit: Fit) -> str:
    """Name of the measured file without characters that mean something in SPICE or TOML."""
    return re.sub(r"[^\w.-]", "_", fit.measurement.file.name)


def _entry(name: str, value: float, unit: str, source: str, fit: str) -> str:
    return f'\n[parameters.{name}]\nvalue = {value!r}\nunit = "{unit}"\nsource = "{source}"\nfit = "{fit}"'


def _default(fit: Fit) -> float:
    return fit.values["g"] if "g" in fit.values else float(np.sqrt(fit.g[0] * fit.g[1]))


def _range_source(fit: Fit) -> str:
    if fit.form == "gap":
        return "between the measured gaps"
    return (
        "the measured conductance, a hundredth to a hundred times: one state was measured, its shape is assumed for all"
    )

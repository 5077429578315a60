"""Write a fitted read current as a device folder that loads like any other."""

import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

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

    The files are written and checked beside the folder, which then appears whole or not at all.

    Args:
        fit: From `fit_current`.
        folder: New folder; its name becomes the name of the card.

    Raises:
        InputError: The folder exists already or cannot be written, or its name cannot name a sub-circuit.
    """
    folder = Path(folder)
    try:
        name = spice_name(folder.name)
    except ValueError as error:
        raise InputError(f"{folder}: {error}") from None
    if folder.exists():
        raise InputError(f"{folder}: already exists, expected the name of a new folder")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=folder.parent) as place:
            draft = Path(place) / name  # a card's folder bears its name
            draft.mkdir()
            (draft / "model.lib").write_text(_model(fit, name), encoding="utf-8")
            (draft / "device.toml").write_text(tomli_w.dumps(_toml(fit)), encoding="utf-8")
            load_folder(draft)
            draft.rename(folder)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror})") from None
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


def _toml(fit: Fit) -> dict[str, Any]:
    source = f"fit of {_file(fit)}: residual rms {fit.rms:.2e}, largest {fit.worst:.2e} of the current"
    low, high = fit.g
    parameters = {
        key: {"value": value, "unit": fit.units[key], "source": source, "fit": "fit of"}
        for key, value in fit.values.items()
        if key != "g"
    }
    definition = {"source": "definition: g is the chord conductance at v_read", "fit": "definition"}
    return {
        "schema": 1,
        "kind": "memory",
        "title": f"Read current fitted to {_file(fit)}",
        "ohmic": False,
        "not_modelled": ["switching", "temperature dependence", "noise", f"|v| above {fit.v_max:g} V"],
        "state": {
            "parameter": "g",
            "unit": "S",
            "kind": "conductance",
            "minimum": low,
            "maximum": high,
            "g_min": low,
            "g_max": high,
            "v_read": fit.v_read,
            "source": _range_source(fit),
        },
        "parameters": parameters | {"v_read": {"value": fit.v_read, "unit": "V", **definition}},
        "temperature": {
            "law": "none: measured at one temperature",
            "source": "not measured",
            "min_c": -40,
            "max_c": 125,
        },
    }


def _file(fit: Fit) -> str:
    """Name of the measured file without characters that mean something in SPICE."""
    return re.sub(r"[^\w.-]", "_", fit.measurement.file.name)


def _default(fit: Fit) -> float:
    return fit.values["g"] if "g" in fit.values else float(np.sqrt(fit.g[0] * fit.g[1]))


def _range_source(fit: Fit) -> str:
    if fit.form == "gap":
        return "between the measured gaps"
    return (
        "the measured conductance, a hundredth to a hundred times: one state was measured, its shape is assumed for all"
    )

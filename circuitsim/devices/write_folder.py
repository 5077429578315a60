"""Write a fitted read current as a device folder that loads like any other."""

import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from circuitsim.devices.card import Card
from circuitsim.devices.current_forms import Fit
from circuitsim.devices.fit import TwoStateFit
from circuitsim.devices.load import load_folder
from circuitsim.devices.many_states import StatesFit
from circuitsim.errors import InputError
from circuitsim.spec import checked
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
# Between two measured states the shape follows ln g. 1/v0 rather than v0: an ohmic state has 1/v0 = 0.
_BETWEEN = {
    "sinh": ("v0", "1/v0", ".param v0={1/((1-share)/v0_low+share/v0_high)}"),
    "cubic": ("k", "k", ".param k={(1-share)*k_low+share*k_high}"),
}
_SHARE = ".param share={ln(g/g_low)/ln(g_high/g_low)}"


@checked
def write_folder(fit: Fit | TwoStateFit, folder: str | Path) -> Card:
    """Write `model.lib` and `device.toml` of a fit and load them back.

    The files are written and checked beside the folder, which then appears whole or not at all.

    Args:
        fit: From `fit_current` or `fit_two_states`. Between two states the shape (1/v0 or k) is linear in ln g.
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


def _model(fit: Fit | TwoStateFit, name: str) -> str:
    first = _fits(fit)[0]
    law, body = _states_body(first, name) if isinstance(first, StatesFit) else _BODY[first.form]
    if isinstance(fit, TwoStateFit):
        _, shape, line = _BETWEEN[first.form]
        law += f", {shape} linear in ln g between two states"
        body = f"{_SHARE}\n{line}\n{body}"
    parameters = " ".join(f"{key}={value!r}" for key, (value, _) in _parameters(fit).items())
    return (
        f"* name:    {name}\n* ports:   te be\n"
        f"* source:  fit of {_file(first)}, {sum(len(each.measurement.v) for each in _fits(fit))} points\n"
        "* licence: that of the measured data\n"
        f"* valid:   |v| <= {_v_max(fit):g} V; {_residual(fit)}\n"
        "* tested:  by its fit only\n"
        f"* i = {law}\n"
        f"{_functions(first, name)}.subckt {name} te be params: g={_default(fit)!r} v_read={first.v_read!r}\n"
        f"{_continued(parameters)}{body}\n"
        f".ends {name}\n"
    )


def _functions(fit: Fit, name: str) -> str:
    """The functions of the states form, beside its sub-circuit: u of a voltage, and the polynomial of u."""
    if not isinstance(fit, StatesFit):
        return ""
    low, high = fit.u_range
    u = "abs(v)/m" if fit.u_range == (0.0, 1.0) else f"min(max(v/m,{low!r}),{high!r})"
    names = [f"c{k + 1}" for k in range(len(fit.coefficients))]
    power = "".join(f"u*({name}+" for name in names[:-1]) + f"u*{names[-1]}" + ")" * (len(names) - 1)
    return f".func {name}_u(v,m) {{{u}}}\n.func {name}_p(u,{','.join(names)}) {{{power}}}\n"


def _states_body(fit: StatesFit, name: str) -> tuple[str, str]:
    """The law in words, and the elements: the powers of u get their coefficients from ln g, the rest follows."""
    lines = [".param place={2*ln(g/g_low)/ln(g_high/g_low)-1}"]
    for m, row in enumerate(fit.coefficients, 1):
        last = len(row) - 1
        nested = "".join(f"a{m}_{n}+place*(" for n in range(last)) + f"a{m}_{last}" + ")" * last
        lines.append(f".param c{m}={{{nested}}}")
    powers = ",".join(f"c{k + 1}" for k in range(len(fit.coefficients)))
    at = ",".join(f"{{c{k + 1}}}" for k in range(len(fit.coefficients)))
    lines.append(f".param at_read={{{name}_p(v_read/v_max,{powers})}}")
    lines.append(f"b1 te be i={{g}}*v(te,be)*exp({name}_p({name}_u(v(te,be),{{v_max}}),{at})-{{at_read}})")
    law = "g v exp(p(v) - p(v_read)), p a polynomial of v/v_max and of ln g, v held within the measured voltages"
    return law, "\n".join(lines)


def _continued(parameters: str) -> str:
    """Parameters of a sub-circuit in lines that a reader sees whole."""
    words = parameters.split()
    return "".join(f"+ {' '.join(words[k : k + 4])}\n" for k in range(0, len(words), 4))


def _toml(fit: Fit | TwoStateFit) -> dict[str, Any]:
    first = _fits(fit)[0]
    source = f"fit of {_file(first)}: {_residual(fit)}"
    low, high = _range(fit)
    parameters = {
        key: {"value": value, "unit": unit, "source": source, "fit": "fit of"}
        for key, (value, unit) in _parameters(fit).items()
    }
    definition = {"source": "definition: g is the chord conductance at v_read", "fit": "definition"}
    return {
        "schema": 1,
        "kind": "memory",
        "title": f"Read current fitted to {_file(first)}",
        "ohmic": False,
        "not_modelled": ["switching", "temperature dependence", "noise", f"|v| above {_v_max(fit):g} V"],
        "state": {
            "parameter": "g",
            "unit": "S",
            "kind": "conductance",
            "minimum": low,
            "maximum": high,
            "g_min": low,
            "g_max": high,
            "v_read": first.v_read,
            "v_max": _v_max(fit),
            "source": _range_source(fit),
        },
        "parameters": parameters | {"v_read": {"value": first.v_read, "unit": "V", **definition}},
        "temperature": {
            "law": "none: measured at one temperature",
            "source": "not measured",
            "min_c": -40,
            "max_c": 125,
        },
    }


def _fits(fit: Fit | TwoStateFit) -> tuple[Fit, ...]:
    return (fit.low, fit.high) if isinstance(fit, TwoStateFit) else (fit,)


def _parameters(fit: Fit | TwoStateFit) -> dict[str, tuple[float, str]]:
    """Value and unit of each parameter of the sub-circuit besides g and v_read."""
    if isinstance(fit, StatesFit):
        ends = {"g_low": (fit.g[0], "S"), "g_high": (fit.g[1], "S"), "v_max": (fit.v_max, "V")}
        return ends | {key: (value, "1") for key, value in fit.values.items()}
    if isinstance(fit, Fit):
        return {key: (value, fit.units[key]) for key, value in fit.values.items() if key != "g"}
    shape = _BETWEEN[fit.low.form][0]
    return {
        f"{key}_{state}": (each.values[key], each.units[key])
        for key in (shape, "g")
        for state, each in (("low", fit.low), ("high", fit.high))
    }


def _residual(fit: Fit | TwoStateFit) -> str:
    """Of two states, that of the one which fits worse."""
    rms, worst = (max(getattr(each, key) for each in _fits(fit)) for key in ("rms", "worst"))
    return f"residual rms {rms:.2e}, largest {worst:.2e} of the current"


def _v_max(fit: Fit | TwoStateFit) -> float:
    return min(each.v_max for each in _fits(fit))


def _range(fit: Fit | TwoStateFit) -> tuple[float, float]:
    return fit.g if isinstance(fit, Fit) else (fit.low.values["g"], fit.high.values["g"])


def _file(fit: Fit) -> str:
    """Name of the measured file without characters that mean something in SPICE."""
    return re.sub(r"[^\w.-]", "_", fit.measurement.file.name)


def _default(fit: Fit | TwoStateFit) -> float:
    if isinstance(fit, Fit) and "g" in fit.values:
        return fit.values["g"]
    low, high = _range(fit)
    return float(np.sqrt(low * high))


def _range_source(fit: Fit | TwoStateFit) -> str:
    if isinstance(fit, TwoStateFit):
        return "between the two measured states; in between, the shape is interpolated over ln g"
    if fit.form in ("gap", "states"):
        return f"between the measured {fit.form.removesuffix('s')}s"
    return (
        "the measured conductance, a hundredth to a hundred times: one state was measured, its shape is assumed for all"
    )

"""Read the current of a memory whose model is a Verilog-A file, at states that are held."""

import re
import struct
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from circuitsim.characterization.verilog_a_module import compiled_module
from circuitsim.devices import Measurement
from circuitsim.errors import InputError
from circuitsim.spec import checked

if TYPE_CHECKING:
    from openvaf_py import VaModule

ITERATIONS = 60
UNBALANCED = 1e-9  # of the largest unknown: what an equation may miss, over its largest slope
SETTLED = 1e-11  # of the largest unknown of its kind: a step of Newton's method below it ends the search
HALVINGS = 12  # of the step to the next voltage, where Newton's method does not arrive
ZERO_KELVIN = -273.15

_VOLTAGE = re.compile(r"V\(([^,()]+)(?:,([^,()]+))?\)")
_QUIET = {"hidden_state": 0.0, "abstime": 0.0, "enable_integration": 0.0, "sysfun": 1.0}  # sysfun: $mfactor


@dataclass(frozen=True)
class _Model:
    """A compiled module, the values that every evaluation takes, and its equations by name.

    Attributes:
        inputs: For each input of the module that an unknown sets: its name and the signed unknowns whose sum it is.
    """

    path: Path
    module: "VaModule"
    values: dict[str, float]
    unknowns: tuple[str, ...]
    kinds: tuple[str, ...]
    terminals: tuple[int, int]
    inputs: tuple[tuple[str, tuple[tuple[int, float], ...]], ...]

    def evaluate(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Residuals (unknowns,) [A, or V of branches] and their derivatives by the unknowns, without time."""
        given = {name: sum(sign * float(x[k]) for k, sign in terms) for name, terms in self.inputs}
        residuals, entries = self.module.run_init_eval(self.values | given)
        slopes = np.zeros((len(x), len(x)))
        for row, col, resistive, _ in entries:
            slopes[row, col] += resistive
        return np.array([resistive for resistive, _ in residuals]), slopes


@checked
def read_verilog_a(
    path: str | Path,
    *,
    state: str,
    states: Sequence[float],
    voltages: Sequence[float],
    module: str | None = None,
    ports: Sequence[str] = ("te", "be"),
    params: Mapping[str, float] | None = None,
    temperature_c: float = 27.0,
) -> Measurement:
    """Evaluate the current of a Verilog-A module against voltage while its state is held.

    The file is compiled and evaluated by `openvaf-py` as it stands; its equations are not translated. Charges and time
    derivatives are left out: what is found is the current of a read that is short against every change of the state.
    Internal nodes other than the state settle (a series resistance, a temperature).

    Args:
        path: The file.
        state: What holds the state: a parameter of the module (such as the initial value of a gap), or an internal
            node, whose potential is then held.
        states: Values of the state, two or more, in its own unit.
        voltages: Voltages of te over be [V].
        module: Name of the module; None where the file has one.
        ports: What its two terminals are, in the module's order: te and be.
        params: Values of other parameters by name, and of other internal nodes that are held; the other parameters keep
            their defaults.
        temperature_c: Temperature of the device [°C], $temperature of the module.

    Returns:
        Voltage [V], current into te [A] and state of every point, states outermost.

    Raises:
        InputError: The file does not compile, or has no such module, parameter or node; a parameter has no constant
            default; or no current solves the equations. Names the file. Ranges of parameters are not checked.
        MissingExtraError: openvaf-py is not installed.
    """
    path = Path(path)
    compiled = compiled_module(path, module)
    names = _parameters(compiled)
    if state in (params or {}):
        raise InputError(f"{path}: {state} is the state, and params (--set) gives it another value; leave it out")
    rows = []
    for value in states:
        given = {**(params or {}), state: float(value)}
        model = _model(path, compiled, {key: each for key, each in given.items() if key in names}, ports, temperature_c)
        held = {_held_node(model, key): each for key, each in given.items() if key not in names}
        rows.append(_sweep(model, np.asarray(voltages, dtype=float), held, f"{state} = {value:g}"))
    v = np.tile(np.asarray(voltages, dtype=float), len(states))
    note = f"{path.name}, module {compiled.name}: {state} held, charges and changes in time left out"
    labels = np.repeat(np.asarray(states, dtype=float), len(voltages))
    return Measurement(path, v, np.concatenate(rows), None, (note,), state=labels)


def _inputs(module: "VaModule") -> set[tuple[str, str]]:
    """Name and kind of everything that an evaluation of the module takes."""
    late = zip(module.param_names, module.param_kinds, strict=True)
    return {*late, *zip(module.init_param_names, module.init_param_kinds, strict=True)}


def _parameters(module: "VaModule") -> set[str]:
    return {name for name, kind in _inputs(module) if kind == "param"}


def _model(
    path: Path,
    module: "VaModule",
    given: dict[str, float],
    ports: Sequence[str],
    temperature_c: float,
) -> _Model:
    if sorted(ports) != ["be", "te"] or module.num_terminals != 2:
        raise InputError(
            f"{path}: module {module.name} has {module.num_terminals} terminals, ports = {list(ports)}: expected two,"
            " te and be"
        )
    system = module.get_dae_system()
    unknowns = tuple(node["name"] for node in system["nodes"])
    defaults = module.get_param_defaults()
    names = _parameters(module)
    alike = {name for name in names if sum(other.lower() == name.lower() for other in names) > 1}
    if unclear := sorted(alike - given.keys()):
        raise InputError(f"{path}: {' and '.join(unclear)} differ in case alone; give their values with params (--set)")
    values = {name: defaults[name.lower()] for name in names if name.lower() in defaults} | given
    if missing := sorted(names - values.keys()):
        raise InputError(f"{path}: the default of {missing[0]} is no constant; give its value with params (--set)")
    types = {each["name"]: each["flags"] & 3 for each in module.get_osdi_descriptor()["params"]}
    values = {name: _as_input(path, name, value, types.get(name, 0)) for name, value in values.items()}
    inputs = []
    for name, kind in _inputs(module):
        if kind == "temperature":
            values[name] = temperature_c - ZERO_KELVIN
        elif kind in _QUIET:
            values[name] = _QUIET[kind]
        elif kind == "param_given" and name not in given:
            raise InputError(f"{path}: asks whether {name} was given; give its value with params (--set)")
        elif kind not in ("param", "param_given"):
            inputs.append((name, _terms(path, name, kind, unknowns)))
    order = (0, 1) if tuple(ports) == ("te", "be") else (1, 0)
    kinds_of_unknowns = tuple(node["kind"] for node in system["nodes"])
    return _Model(path, module, values, unknowns, kinds_of_unknowns, order, tuple(inputs))


def _as_input(path: Path, name: str, value: float, kind: int) -> float:
    """A parameter as the compiled module takes it: an integer as the number whose bits it is (OSDI, PARA_TY_INT)."""
    if kind == 0:
        return float(value)
    if kind != 1 or value != int(value):
        raise InputError(
            f"{path}: {name} = {value:g}: expected {'a whole number' if kind == 1 else 'no text parameter'}"
        )
    return struct.unpack("d", struct.pack("q", int(value)))[0]


def _terms(path: Path, name: str, kind: str, unknowns: tuple[str, ...]) -> tuple[tuple[int, float], ...]:
    """The signed unknowns whose sum an input of the module is; ground, which is no unknown, adds nothing."""
    if kind == "voltage" and (found := _VOLTAGE.fullmatch(name)):
        return tuple((unknowns.index(n), s) for n, s in zip(found.groups(), (1.0, -1.0), strict=True) if n in unknowns)
    other = {"current": name.replace("I(", "flow(", 1), "implicit_unknown": f"implicit_equation_{name[5:]}"}.get(kind)
    if other is None:
        raise InputError(f"{path}: reads {name}, which is not known while a state is held; expected a model without it")
    return ((unknowns.index(other), 1.0),) if other in unknowns else ()


def _held_node(model: _Model, state: str) -> int:
    inner = [name for name, kind in zip(model.unknowns[2:], model.kinds[2:], strict=True) if kind == "KirchoffLaw"]
    if state in inner:
        return model.unknowns.index(state)
    params = ", ".join(sorted(_parameters(model.module)))
    raise InputError(
        f"{model.path}: {state!r} is no parameter and no internal node of {model.module.name}; parameters: {params};"
        f" internal nodes: {', '.join(inner) or 'none'}"
    )


def _sweep(model: _Model, voltages: np.ndarray, held: dict[int, float], where: str) -> np.ndarray:
    """Currents into te [A] at the voltages, found outward from 0 V on either side."""
    currents = np.empty(len(voltages))
    for side in (voltages >= 0, voltages < 0):
        x, at = np.zeros(len(model.unknowns)), 0.0
        x[list(held)] = list(held.values())
        for k in np.flatnonzero(side)[np.argsort(np.abs(voltages[side]))]:
            x = _step(model, x, at, float(voltages[k]), held)
            if x is None:
                raise InputError(
                    f"{model.path}: the equations of {model.module.name} have no solution that was found at"
                    f" {voltages[k]:g} V with {where}; take smaller voltages, another state, or hold an internal node"
                    f" that only changes in time with params (--set)"
                )
            at = float(voltages[k])
            currents[k] = model.evaluate(x)[0][model.terminals[0]]
    return currents


def _step(model: _Model, x: np.ndarray, start: float, end: float, held: Collection[int]) -> np.ndarray | None:
    """The unknowns at voltage `end` from those at `start`, in smaller steps where one step does not arrive."""
    at, step, halved = start, end - start, 0
    while True:
        found = _newton(model, x, at + step, held)
        if found is None:
            step, halved = step / 2, halved + 1
            if halved > HALVINGS:
                return None
            continue
        x, at = found, at + step
        if abs(end - at) <= 1e-12 * max(abs(end), 1e-3):
            return x
        step = end - at


def _newton(model: _Model, start: np.ndarray, v: float, held: Collection[int]) -> np.ndarray | None:
    """Newton's method on the internal nodes and branches; None where it does not settle."""
    x = start.copy()
    te, be = model.terminals
    x[te], x[be] = v, 0.0
    free, equations = _system(model, held)
    if not len(free):
        return x
    for _ in range(ITERATIONS):
        residual, slopes = model.evaluate(x)
        if not (np.isfinite(residual).all() and np.isfinite(slopes).all()):
            return None
        rows = np.abs(slopes).max(axis=1)
        off = np.abs(residual[equations]) > UNBALANCED * rows[equations] * (np.abs(x).max() + 1e-6)
        change = _solve(slopes[np.ix_(equations, free)], -residual[equations])
        x[free] += change
        if np.all(np.abs(change) <= SETTLED * np.maximum(np.abs(x[free]), 1e-9)):
            return None if np.any(off) else x  # a step of 0 where no slope says where to go
    return None


def _solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Least squares of rows and columns in units of their own; an unknown that no equation holds stays."""
    rows = np.abs(matrix).max(axis=1)
    rows[rows == 0] = 1.0
    scaled = matrix / rows[:, None]
    cols = np.abs(scaled).max(axis=0)
    cols[cols == 0] = 1.0
    return np.linalg.lstsq(scaled / cols, right / rows, rcond=1e-14)[0] / cols


def _system(model: _Model, held: Collection[int]) -> tuple[np.ndarray, np.ndarray]:
    """Places of the unknowns to find and of their equations: a held node loses its own, and that of what drives it."""
    inner = [k for k in range(len(model.unknowns)) if k not in model.terminals and k not in held]
    drivers = {f"flow({model.unknowns[k]})" for k in held}
    return np.array(inner, dtype=int), np.array([k for k in inner if model.unknowns[k] not in drivers], dtype=int)

"""What `explain --file` says of random files is what reads show: a setting is told if and only if nothing changes."""

import random
import warnings

import numpy as np
import pytest

import circuitsim as cs
from circuitsim.errors import CircuitsimError
from circuitsim.evaluation import unused_settings
from circuitsim.spec import ArraySpec, parse_spec

TRANSISTOR = {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.2}
STRAPS = [{"every": every, "r": 0.5, "r_via": 1.0} for every in (1, 2, 3, 9)]
VALUES = {
    "wire.r_row": [0.0, 5.0],
    "wire.r_col": [0.0, 7.0],
    "wire.r_bl": [6.0],
    "wire.c_row": ["1f"],
    "wire.c_col": ["1f"],
    "wire.col_drive": ["top", "both"],
    "wire.tc_row": [1e-3],
    "wire.tc_col": [2e-3],
    "wire.t_ref_c": [10.0],
    "wire.taper_row": [0.2],
    "wire.taper_col": [0.2],
    "wire.first_row_segment": [False],
    "wire.last_col_segment": [False],
    "wire.row_drive": ["right", "both"],
    "wire.col_sense": ["top", "both"],
    "wire.strap_row": STRAPS,
    "wire.strap_col": STRAPS,
    "driver.r_out": [40.0],
    "driver.gate_levels": [[0.0, 1.2], [0.3, 1.2]],
    "driver.t_rise": ["1n"],
    "driver.dac_bits": [1],
    "driver.input_code": ["bit_serial"],
    "sense.r_in": [50.0],
    "adc.bits": [4],
    "adc.full_scale": [1e-5],
    "access.a_vt": ["4n"],
    "technique.partition": [[2, 2], [3, 1], [8, 8]],
    "technique.replicate_cols": [2],
    "technique.g_reference": ["20u"],
    "technique.dummy_rows": [1],
    "technique.dummy_cols": [1],
    "technique.g_dummy": ["50u"],
    "mapping.weights": ["offset"],
    "mapping.copies": [2],
}
OTHERS = {"wire.r_row": 9.0, "wire.r_col": 11.0, "wire.r_bl": 8.0}
"""Other values of keys that have no default."""

NAMES = {key.partition(".")[2] for key in VALUES} | {"temperature_c", "v_ref"}
LINES = {"1r": ("bl",), "1t1r": ("bl", "wl", "string"), "2t2r": ("wl",)}


def array_of(rng: random.Random, cell: str, line: str) -> dict:
    data = {
        "schema": 1,
        "array": {"rows": rng.choice([1, 2, 3]), "cols": rng.choice([2, 4] if cell == "2t2r" else [1, 2, 3])},
        "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
        "wire": {"r_row": 5.0, "r_col": 7.0} | ({"r_bl": 6.0} if line == "wl" else {}),
        "driver": {"v_read": 0.2},
    } | ({} if cell == "1r" else {"access": TRANSISTOR})
    data["array"] |= {"cell": cell, "input_line": line}
    linear = {"array.temperature_c": [60.0], "sense.v_ref": [0.05]} if cell == "1r" else {}  # few cells of transistors
    values = VALUES | linear
    for key in rng.sample(list(values), 6):
        try:
            changed = with_key(data, key, rng.choice(values[key]))
            parse_spec(changed)
        except CircuitsimError:
            continue
        data = changed
    return data


def with_key(data: dict, key: str, value: object) -> dict:
    section, _, name = key.partition(".")
    kept = {own: each for own, each in data.get(section, {}).items() if own != name}
    return data | {section: kept | ({} if value is None else {name: value})}


def outputs(spec: ArraySpec) -> list[np.ndarray]:
    draw = np.random.default_rng(1)
    g = spec.device.g_min + (spec.device.g_max - spec.device.g_min) * draw.random(spec.shape)
    x = np.vstack([np.ones(spec.array.rows), np.eye(spec.array.rows)[0], draw.random(spec.array.rows)])
    if spec.array.input_line == "bl":
        solution = cs.solve(spec, g, spec.driver.v_read * x)
    else:
        last = len(spec.driver.gate_levels or "01") - 1
        solution = cs.solve(spec, g, np.rint(x * last) / last)
    return [solution.out, solution.power]


def changes(spec: ArraySpec, other: ArraySpec) -> bool:
    pairs = zip(outputs(spec), outputs(other), strict=True)
    return any(np.abs(one - its).max() > 1e-8 * np.abs(one).max() for one, its in pairs)


def judged(data: dict) -> list[tuple[str, bool, bool]]:
    """Return each key of a file, whether a read changes with it, and whether it is told."""
    found = []
    for section, keys in data.items():
        for key in [f"{section}.{name}" for name in keys if name in NAMES] if section != "schema" else ():
            spec = parse_spec(data)
            try:
                other = parse_spec(with_key(data, key, OTHERS.get(key)))
                found.append((key, changes(spec, other), bool(unused_settings(spec, [key]))))
            except CircuitsimError:  # the key is needed, or the level does not take what it makes of the array
                continue
    return found


@pytest.mark.parametrize("seed", range(2))
def test_a_setting_is_told_if_and_only_if_no_read_changes(seed):
    rng, faults, seen = random.Random(seed), [], 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for cell, lines in LINES.items():
            for line in lines:
                data = array_of(rng, cell, line)
                for key, changed, told in judged(data):
                    seen += 1
                    faults += [(key, "changes a read and is told" if told else "silent", data)] * (changed == told)
    assert seen > 12 and not faults, faults

"""A thousand random specifications: a good one solves, a bad one is one sentence, none is a traceback.

`CIRCUITSIM_FUZZ=100 pytest tests/fuzz` runs all; a tenth runs by default.
"""

import random
from collections import Counter

import pytest
import tomli_w
from fuzzing import GOOD, share

NAMES = ["array", "device", "access", "wire", "driver", "sense", "adc", "mapping", "technique", "nothing", "x" * 300]
KEYS = {
    "array": ["rows", "cols", "cell", "input_line", "temperature_c"],
    "device": ["model", "file", "folder", "subckt", "ports", "params", "g_min", "g_max", "v_gate", "corner", "state"],
    "access": ["model", "w", "l", "v_gate", "a_vt", "params"],
    "wire": ["r_row", "r_col", "c_row", "c_col", "r_bl", "row", "col", "strap_row", "taper_row", "row_drive", "tc_row"],
    "driver": ["v_read", "r_out", "dac_bits", "input_code", "t_read", "kind"],
    "sense": ["r_in", "v_ref", "kind", "model", "file", "ports", "params", "supply", "load", "i_max"],
    "adc": ["bits", "full_scale", "kind"],
    "mapping": ["weights", "inputs", "bits_per_cell", "weight_bits", "copies", "scale", "crosstalk"],
    "technique": ["partition", "replicate_cols", "g_reference", "dummy_rows", "g_dummy", "skip_zero_rows"],
}
VALUES = [
    *(0, 1, -1, 2, 7, 10**6, 10**19, 10**400, 0.0, -0.0, 0.5, 1e-30, 1e30, 1e308, -1e308),
    *(float("nan"), float("inf"), True, False, "", "1u", "1M", "1e400", "0x10", "１", "\x00", "a" * 300, "../../etc"),
    *("1r", "1t1r", "2t2r", "1t", "1c", "own", "bl", "wl", "string", "both", "auto", "differential", "pulse_width"),
    *(
        "rram_ohmic",
        "rram_sinh",
        "nmos_130",
        "nothing.npy",
        "/dev/null",
        ".",
        "shell; rm",
        "{1/0}",
        "`date`",
        "\n.end\n",
    ),
    *([], [1, 2], [[1.0, 2.0]], [[1, 2], [3, 4], [5, 6]], [[[]]], {}, {"a": 1}, {"v0": 0.25}, {"width": 1e-7}),
]


def random_specification(rng: random.Random) -> dict:
    """The good specification with up to four changes."""
    spec = {name: dict(part) if isinstance(part, dict) else part for name, part in GOOD.items()}
    for _ in range(rng.randrange(5)):
        name = rng.choice(NAMES)
        part = spec.get(name)
        kind = rng.randrange(10)
        if kind == 0:
            spec.pop(name, None)
        elif kind == 1:
            spec[name] = rng.choice(VALUES)
        elif kind == 2 and isinstance(part, dict) and part:
            part.pop(rng.choice(list(part)))
        else:
            key = rng.choice(KEYS.get(name, ["key"])) if rng.random() < 0.9 else rng.choice(["", "key", "ключ"])
            spec[name] = {**(part if isinstance(part, dict) else {}), key: rng.choice(VALUES)}
    return spec


@pytest.mark.slow
def test_a_specification_solves_or_is_refused_in_one_sentence(watched, tmp_path):
    rng = random.Random(0)
    codes = Counter()
    for _ in range(share(1000)):
        path = tmp_path / "array.toml"
        text = tomli_w.dumps(random_specification(rng))
        if rng.random() < 0.05:  # not TOML at all, or cut off
            text = text[: rng.randrange(len(text))] + rng.choice(["", "[", "= =", "\x00", "[[[["])
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
        codes[watched(["solve", str(path), "-o", str(tmp_path / "out")])] += 1
    print(dict(codes))
    assert codes[0] and codes[2]

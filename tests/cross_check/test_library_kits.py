"""What is kept of a design kit is the design kit: the same currents in ngspice, from a hundredth of the text."""

import numpy as np
import pytest
from design_kits import gf180mcu, sky130
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim.library import assemble_own, read_library
from circuitsim.spice import TRUTH_OPTIONS, find_ngspice, read_raw
from circuitsim.spice.options import add_options
from circuitsim.spice.process import execute

KITS = {
    "sky130": (
        lambda: sky130() / "combined_models" / "sky130.lib.spice",
        ("tt",),
        "sky130_fd_pr__nfet_01v8",
        1.0,
        0.15,
    ),
    "gf180mcu": (lambda: gf180mcu() / "all.spice", ("init", "typical"), "nfet_03v3", 1e-6, 0.28e-6),
}


@pytest.mark.slow
@pytest.mark.parametrize("kit", KITS)
def test_the_trimmed_kit_is_the_whole_kit(tmp_path, kit):
    path, sections, transistor, w, l = KITS[kit]
    deck = "\n".join(
        [
            "* transfer curves of one transistor",
            *(f'.lib "{path()}" {section}' for section in sections),
            f"x1 d g 0 0 {transistor} w={w!r} l={l!r}",
            *("vd d 0 1", "vg g 0 1", ".dc vd -0.2 1.8 0.1 vg 0.3 1.8 0.3", ".save i(vd)", ".end", ""),
        ]
    )
    trimmed = assemble_own(deck)
    assert trimmed.models.count("\n") < 300
    currents = []
    for name, text in (("whole", deck), ("trimmed", trimmed.text)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "deck.cir").write_text(add_options(text, TRUTH_OPTIONS), encoding="utf-8")
        execute(find_ngspice(), tmp_path / name, time_limit_s=300)
        currents.append(read_raw(tmp_path / name / "deck.raw")[0].data[:, -1])
    assert np.abs(currents[0]).max() > 1e-5
    assert_allclose(currents[1], currents[0], rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("kit", KITS)
def test_an_array_takes_its_transistor_from_the_whole_kit(kit):
    path, sections, transistor, w, l = KITS[kit]
    unit = read_library(path().resolve(), sections).scale
    spec = cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": 3, "cols": 2, "cell": "1t1r"},
            "device": {"model": "rram_sinh", "g_min": "1u", "g_max": "100u"},
            "access": {
                "file": str(path()),
                "corner": list(sections),
                "subckt": transistor,
                "w": w * unit,
                "l": l * unit,
                "v_gate": 1.8,
            },
            "wire": {"r_row": 2.0, "r_col": 2.0},
            "driver": {"v_read": 0.2},
        }
    )
    rng = np.random.default_rng(0)
    g, x = rng.uniform(1e-6, 1e-4, (3, 2)), rng.uniform(0, 0.2, (4, 3))
    truth, nodal = (cs.solve(spec, g, x, level=level).out for level in ("ngspice", "nodal"))
    assert np.abs(nodal - truth).max() < 1e-6 * np.abs(truth).max()

"""What a result is traced to: contents of files, not their names; and files that change are noticed."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim.errors import InputError
from circuitsim.results.model_files import load_model, save_model

LIBRARY = """* a memory of the user's own
.subckt mine te be params: g=1u
b1 te be i={{g}}*v(te,be)*(1+{k}*v(te,be)*v(te,be))
.ends
"""


def spec_of(file):
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": 6, "cols": 5, "cell": "1r"},
            "device": {"file": str(file), "subckt": "mine", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": 2.0, "r_col": 2.0},
            "driver": {"v_read": 0.3},
        }
    )


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory):
    file = tmp_path_factory.mktemp("library") / "mine.lib"
    file.write_text(LIBRARY.format(k=0.1))
    spec = spec_of(file)
    model, certificate = cs.calibrate(spec, rng=np.random.default_rng(0), search="none")
    return file, spec, model, certificate


G = np.full((6, 5), 5e-5)
X = np.full((1, 6), 0.25)


def test_a_changed_file_is_noticed_where_the_model_is_used(calibrated, tmp_path):
    _, _, model, certificate = calibrated
    file = tmp_path / "mine.lib"
    file.write_text(LIBRARY.format(k=5.0))
    with pytest.raises(InputError, match="SPICE files or device folders of this array differ from those"):
        cs.solve(spec_of(file), G, X, "behavioral", model=model, certificate=certificate, strict=True)


def test_a_file_edited_in_place_is_noticed(tmp_path):
    file = tmp_path / "mine.lib"
    file.write_text(LIBRARY.format(k=0.1))
    spec = spec_of(file)
    model, certificate = cs.calibrate(spec, rng=np.random.default_rng(0), truth="nodal", search="none")
    cs.solve(spec, G, X, "behavioral", model=model, certificate=certificate, strict=True)
    file.write_text(LIBRARY.format(k=5.0))
    with pytest.raises(InputError, match="SPICE files or device folders of this array differ from those"):
        cs.solve(spec, G, X, "behavioral", model=model, certificate=certificate, strict=True)


def test_the_same_contents_elsewhere_are_the_same_circuit(calibrated, tmp_path):
    file, spec, model, certificate = calibrated
    copy = tmp_path / "elsewhere" / "renamed.lib"
    copy.parent.mkdir()
    copy.write_bytes(file.read_bytes())
    other = spec_of(copy)
    assert other.digest == spec.digest
    kept = load_model(save_model(tmp_path / "model", model))
    found = cs.solve(other, G, X, "behavioral", model=kept, certificate=certificate, strict=True)
    assert_allclose(found.out, cs.solve(spec, G, X, "behavioral", model=model).out, rtol=1e-12, atol=0)


FOLDER_TOML = """schema = 1
kind = "memory"
title = "a memory of the user's own"
{choice}
not_modelled = ["noise"]
[state]
parameter = "g"
unit = "S"
kind = "conductance"
minimum = 0.0
maximum = 0.01
g_min = 0.0
g_max = 0.01
v_read = 0.3
source = "definition"
[temperature]
law = "none"
source = "definition"
min_c = -40
max_c = 125
"""
HEADER = "* name:    {name}\n* ports:   te be\n" + "".join(
    f"* {key}: test\n" for key in ("source", "licence", "valid", "tested")
)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('corners = ["weak", "strong"]', 'corners = ["strong", "weak"]'),
        ('corners = ["weak", "strong"]\nsubckt = "mine"', 'corners = ["weak", "strong"]\nsubckt = "other"'),
    ],
)
def test_a_device_folder_that_chooses_another_part_of_its_file_is_noticed(tmp_path, first, second):
    folder = tmp_path / "mine"
    folder.mkdir()
    sections = [(name, LIBRARY.format(k=k)) for name, k in (("weak", 0.1), ("strong", 5.0))]
    sections = [(name, text + text.replace("mine", "other").replace("0.1", "3")) for name, text in sections]
    text = "".join(f".lib {name}\n{text}.endl\n" for name, text in sections)
    (folder / "model.lib").write_text(HEADER.format(name="mine") + text)
    (folder / "device.toml").write_text(FOLDER_TOML.format(choice=first))
    data = spec_of("any").model_dump(mode="json", by_alias=True, exclude_none=True)
    del data["device"]["file"], data["device"]["subckt"]
    spec = cs.parse_spec({**data, "device": {**data["device"], "folder": str(folder)}})
    model, _ = cs.calibrate(spec, rng=np.random.default_rng(0), truth="nodal", search="none")
    cs.solve(spec, G, X, "behavioral", model=model)
    (folder / "device.toml").write_text(FOLDER_TOML.format(choice=second))
    with pytest.raises(InputError, match="device folders of this array differ from those"):
        cs.solve(spec, G, X, "behavioral", model=model)


def test_two_files_that_define_one_name_differently_are_refused(tmp_path):
    part = LIBRARY + ".subckt switch d g s b w=1 l=1\nr1 d s {r}\n.ends\n"
    for name, k, r in (("a.lib", 0.1, 100), ("b.lib", 5.0, 20000)):
        (tmp_path / name).write_text(part.format(k=k, r=r))

    def spec_with(device, access):
        data = spec_of(tmp_path / device).model_dump(mode="json", by_alias=True, exclude_none=True)
        data["array"]["cell"] = "1t1r"
        data["access"] = {"file": str(tmp_path / access), "subckt": "switch", "w": 1, "l": 1, "v_gate": 1.0}
        return cs.parse_spec(data)

    with pytest.raises(InputError, match=r"b\.lib, line \d: '(mine|switch)' is defined a second time and differently"):
        cs.solve(spec_with("a.lib", "b.lib"), G, X)


def test_every_result_says_what_its_files_held(calibrated):
    _, spec, model, certificate = calibrated
    digests = {cs.solve(spec, G, X, level).provenance.files_digest for level in ("ngspice", "nodal")}
    digests.add(cs.solve(spec, G, X, "behavioral", model=model).provenance.files_digest)
    digests.add(certificate.provenance.files_digest)
    digests.add(model.surface.provenance.files_digest)
    assert len(digests) == 1
    assert None not in digests

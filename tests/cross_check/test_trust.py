"""What a result is traced to: contents of files, not their names; and files that change are noticed."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim.errors import InputError
from circuitsim.results.store import load_model, save_model

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
    model, certificate = cs.calibrate(spec, rng=np.random.default_rng(0))
    return file, spec, model, certificate


G = np.full((6, 5), 5e-5)
X = np.full((1, 6), 0.25)


def test_a_changed_file_is_noticed_where_the_model_is_used(calibrated, tmp_path):
    _, _, model, certificate = calibrated
    file = tmp_path / "mine.lib"
    file.write_text(LIBRARY.format(k=5.0))
    with pytest.raises(InputError, match="SPICE files of this array hold something else"):
        cs.solve(spec_of(file), G, X, "behavioral", model=model, certificate=certificate, strict=True)


def test_a_file_edited_in_place_is_noticed(tmp_path):
    file = tmp_path / "mine.lib"
    file.write_text(LIBRARY.format(k=0.1))
    spec = spec_of(file)
    model, certificate = cs.calibrate(spec, rng=np.random.default_rng(0), truth="nodal")
    cs.solve(spec, G, X, "behavioral", model=model, certificate=certificate, strict=True)
    file.write_text(LIBRARY.format(k=5.0))
    with pytest.raises(InputError, match="SPICE files of this array hold something else"):
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


def test_every_result_says_what_its_files_held(calibrated):
    _, spec, model, certificate = calibrated
    digests = {cs.solve(spec, G, X, level).provenance.files_digest for level in ("ngspice", "nodal")}
    digests.add(cs.solve(spec, G, X, "behavioral", model=model).provenance.files_digest)
    digests.add(certificate.provenance.files_digest)
    digests.add(model.surface.provenance.files_digest)
    assert len(digests) == 1
    assert None not in digests

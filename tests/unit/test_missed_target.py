"""No use of a model whose certificate misses its target is silent, with the certificate or without it."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from command_line import circuitsim as command
from small_certificate import TABLE, small_certificate, worst_found

import circuitsim as cs
from circuitsim import behavioral, calibration, campaign, export, nodal
from circuitsim.errors import MissedTargetWarning, OutsideRangeError
from circuitsim.evaluation import BehavioralProduct
from circuitsim.network import TilePlace
from circuitsim.report import certificate_in_words
from circuitsim.report.words import in_short
from circuitsim.results import TileModel, save_certificate, save_model

SPEC = cs.parse_spec(
    {
        "schema": 1,
        "array": {"rows": 6, "cols": 4, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
        "wire": {"r_row": 2.0, "r_col": 2.0},
        "driver": {"v_read": 0.2, "dac_bits": 4},
        "adc": {"bits": 8},
    }
)
BARE = TileModel(SPEC, nodal.ohmic((1e-6, 1e-4), (0.0, 0.2)), 1, (0.0, 0.2))
STATED = small_certificate(
    rows=6,
    cols=4,
    by_column=(small_certificate().typical,) * 4,
    full_scale_case=worst_found(shape=(6, 4)).witness.case,
    model_digest=BARE.digest,
    worst=worst_found(shape=(6, 4)),
    by_load=TABLE,
    max_rms=1e-9,
)
CARRIES = replace(BARE, missed=STATED.missed)
G = np.random.default_rng(0).uniform(1e-6, 1e-5, (6, 4))  # of little load, whose worst error is not told besides
X = np.random.default_rng(1).uniform(0.0, 0.2, (3, 6))
RNG = np.random.default_rng
SENTENCE = (
    r"the model misses its target: its typical error is 0\.010 % rms of full scale and the worst found is 0\.20 %, "
    r"where 1\.0e-07 % rms was asked for"
)


def prepared():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MissedTargetWarning)
        return cs.prepare(SPEC, G, "behavioral", model=CARRIES)


USES = {
    "solve": lambda model, **given: cs.solve(SPEC, G, X, "behavioral", model=model, **given),
    "prepare": lambda model, **given: cs.prepare(SPEC, G, "behavioral", model=model, **given),
    "convert_codes": lambda model, **given: cs.convert_codes(
        SPEC, G, np.full((2, 6), 3), level="behavioral", model=model, full_scale=1e-4, **given
    ),
    "network product": lambda model, **given: BehavioralProduct(model, **given)(
        TilePlace("fc", 0, 0, (0, 6), (0, 2), 4), G
    ),
}
CARRIED = {
    "read": lambda: cs.read(prepared(), X),
    "program": lambda: cs.program(CARRIES, G),
    "spice": lambda: export.spice_macro(behavioral.program(CARRIES, G)),
    "neurosim": lambda: export.neurosim_noise_table(CARRIES, bits=2, rng=RNG(0), matrices=2, vectors=50),
    "campaign": lambda: campaign.run_points(1, lambda _: campaign.Point(SPEC, G, X, "behavioral", model=CARRIES)),
    "row currents": lambda: behavioral.row_currents(CARRIES, G),
    "worst_inputs": lambda: calibration.worst_inputs(CARRIES, G, rng=RNG(0)),
    "audit": lambda: calibration.audit(CARRIES, G, X, fraction=1.0, limit=1e-3, rng=RNG(0)),
}


@pytest.mark.parametrize("given", [{"model": CARRIES}, {"model": BARE, "certificate": STATED}], ids=["model", "both"])
@pytest.mark.parametrize("use", USES)
def test_a_use_is_told_whoever_carries_the_target(use, given):
    with pytest.warns(MissedTargetWarning, match=SENTENCE):
        USES[use](**given)


@pytest.mark.parametrize("use", CARRIED)
def test_a_use_of_the_model_alone_is_told(use):
    with pytest.warns(MissedTargetWarning, match=SENTENCE):
        CARRIED[use]()


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("model", [BARE, CARRIES], ids=["bare", "carries"])
def test_a_strict_use_is_refused(use, model):
    with pytest.raises(OutsideRangeError, match=SENTENCE + r".* \(strict\)$"):
        USES[use](model, certificate=STATED, strict=True)


def test_a_target_that_is_reached_is_not_told():
    reached = replace(STATED, max_rms=1e-2)
    assert reached.missed is None and reached.reached and replace(STATED, max_rms=None).missed is None
    cs.solve(SPEC, loaded := np.full((6, 4), 1e-5), X, "behavioral", model=BARE, certificate=reached, strict=True)
    cs.solve(SPEC, loaded, X, "behavioral", model=BARE)


def test_a_worst_case_that_was_asked_for_and_not_sought_is_missed():
    missed = replace(STATED, max_rms=None, max_worst=1e-2, worst=None, by_load=None).missed
    assert (
        missed is not None and "no worst case was sought, where 1.0 % for the worst found was asked" in missed.sentence
    )


def test_the_report_says_it_in_its_heading():
    assert in_short(STATED).endswith("; its target was NOT reached")
    assert "it was NOT reached" in certificate_in_words(STATED)


@pytest.fixture
def saved(tmp_path):
    save_model(tmp_path / "model", CARRIES)
    save_certificate(tmp_path / "model" / "certificate.json", STATED)
    np.save(tmp_path / "g.npy", G)
    np.save(tmp_path / "x.npy", X)
    (tmp_path / "array.toml").write_text(
        'schema = 1\n[array]\nrows = 6\ncols = 4\ncell = "1r"\n[device]\nmodel = "rram_ohmic"\ng_min = "1u"\n'
        'g_max = "100u"\n[wire]\nr_row = 2.0\nr_col = 2.0\n[driver]\nv_read = 0.2\ndac_bits = 4\n[adc]\nbits = 8\n'
    )
    return tmp_path


SOLVE = ("solve", "array.toml", "--level", "behavioral", "--model", "model/model.json", "-g", "g.npy", "-x", "x.npy")


@pytest.mark.parametrize(
    "words",
    [
        SOLVE,
        ("export", "ngspice", "model", "-o", "tile.cir", "-g", "g.npy"),
        ("export", "crosssim", "model", "-o", "x.json"),
    ],
    ids=["solve", "tile", "parameters"],
)
def test_a_command_says_it_once(saved, words):
    done = command(*words, folder=saved)
    assert done.returncode == 0
    assert done.stderr.count("circuitsim: warning: the model misses its target") == 1


def test_a_strict_command_refuses_it(saved):
    done = command(*SOLVE, "--certificate", "model/certificate.json", "--strict", folder=saved)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("circuitsim: the model misses its target")

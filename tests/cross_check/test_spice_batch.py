"""Running decks with ngspice: right numbers, refusals, and folders that can be used by hand."""

import dataclasses
import subprocess
import tempfile
import threading

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import spice
from circuitsim.errors import InputError, SimulatorError, UnsafeFileError
from circuitsim.library import LeftOutWarning
from circuitsim.netlist import crossbar
from circuitsim.spec import parse_spec
from circuitsim.spice import find_ngspice, run, run_many, running_decks


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Kept folders of failed runs go where pytest clears up."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))


DIVIDER = """* divider
v1 a 0 1
r1 a b 1k
r2 b c 3k
vsense c 0 0
.save i(vsense) v(b)
.dc v1 0 2 0.5
.op
.end
"""


def test_a_divider_in_two_analyses():
    raw = run(DIVIDER)
    sweep, point = raw.plots
    assert_allclose(sweep["i(vsense)"], np.arange(5) * 0.5 / 4000, rtol=1e-12, atol=0)
    assert_allclose(point["v(b)"], [0.75], rtol=1e-12, atol=0)
    assert raw["v(b)"].shape == (1,)
    assert raw.data.shape == (1, 2)
    assert raw.folder is None
    assert [attempt.change for attempt in raw.attempts] == ["as written"]


def test_complex_results():
    raw = run("* low pass\nv1 a 0 dc 0 ac 1\nr1 a b 1k\nc1 b 0 1u\n.save v(b)\n.ac lin 3 100 300\n.end\n")
    expected = 1 / (1 + 2j * np.pi * np.array([100, 200, 300]) * 1e-3)
    assert_allclose(raw["v(b)"], expected, rtol=1e-9, atol=0)


def test_truth_options_reach_ngspice():
    nonlinear = "* diode ladder\nvidx i 0 0\nbs a 0 v=v(i)*0.1\n" + "".join(
        f"d{k} n{k} n{k + 1} d\nr{k} n{k + 1} 0 1k\n" for k in range(3)
    )
    deck = nonlinear + "vin a n0 0\n.model d d(is=1e-14)\n.save i(vin)\n.dc vidx 0 20 1\n.end\n"
    strict = run(deck)["i(vin)"][1:]
    tighter = run(deck, options={**spice.TRUTH_OPTIONS, "reltol": "1e-12", "vntol": "1e-14"})["i(vin)"][1:]
    default = run(deck, options={"gmin": "1e-15"})["i(vin)"][1:]
    assert_allclose(strict, tighter, rtol=1e-9, atol=0)
    assert np.abs(default / tighter - 1).max() > 1e-7


def test_the_run_folder_works_by_hand(tmp_path):
    folder = tmp_path / "mit Leerzeichen und Ümläuten, ✓"
    raw = run(DIVIDER, folder=folder)
    assert raw.folder == folder
    assert {path.name for path in folder.iterdir()} == {"deck.cir", "deck.log", "deck.raw"}
    subprocess.run([find_ngspice().path, "-n", "-b", "-r", "hand.raw", "deck.cir"], cwd=folder, check=True, timeout=60)
    np.testing.assert_array_equal(spice.read_raw(folder / "hand.raw")[-1].data, raw.data)


def test_includes_in_folders_with_blanks_and_foreign_letters(tmp_path):
    library = tmp_path / "Bibliothek für µA" / "zelle eins.lib"
    library.parent.mkdir()
    library.write_text(".subckt cell a b\nr1 a b 2k\n.ends\n")
    raw = run(f'* t\n.include "{library}"\nv1 a 0 1\nx1 a s cell\nvs s 0 0\n.save i(vs)\n.op\n.end\n')
    assert_allclose(raw["i(vs)"], [0.5e-3], rtol=1e-12, atol=0)


def test_digest_changes_with_the_deck_and_with_what_it_includes(tmp_path):
    library = tmp_path / "r.lib"
    deck = f'* t\n.include "{library}"\nv1 a 0 1\nr1 a 0 {{rr}}\n.op\n.end\n'
    digests = []
    for value in ("1k", "1k", "2k"):
        library.write_text(f".param rr={value}\n")
        digests.append(run(deck).deck_digest)
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("r1 a b 1k\nc1 b c 1p\nc2 c 0 1p\n.op", "singular matrix at node c"),
        ("v2 a 0 2\n.op", "singular matrix"),
        ("d1 a 0 nomodel\n.op", "can't find model 'nomodel'"),
        ("x1 a nothing\n.op", "unknown subckt"),
        ("r1 a 0 {nope}\n.op", "Undefined parameter"),
        ("r1 a 0 1k\n.save i(nope)\n.op", "no data saved"),
        ("b1 b 0 v=exp(1000*v(a))*1e300\nr1 b 0 1\n.op", "timestep too small"),
        ("r1 a 0 1k", "has no analysis"),
    ],
)
def test_failures_keep_their_folder_and_say_why(body, sentence):
    with pytest.raises(SimulatorError, match=sentence) as caught:
        run(f"* a deck that fails\nv1 a 0 1\n{body}\n.end\n")
    assert caught.value.exit_code == 3
    assert "\n" not in str(caught.value)
    assert (caught.value.folder / "deck.cir").is_file()
    assert str(caught.value.folder) in str(caught.value)


def test_the_ladder_leaves_every_attempt_in_the_folder(tmp_path):
    sparse = dataclasses.replace(find_ngspice(), klu=False)
    deck = "* t\nv1 a 0 1\nb1 b 0 v=exp(1000*v(a))*1e300\nr1 b 0 1\n.op\n.end\n"
    with pytest.raises(SimulatorError, match=r"also tried: vntol .*, more iterations, gmin stepping at once, tol"):
        run(deck, folder=tmp_path, simulator=sparse)
    decks = [*(tmp_path / f"attempt{k}_deck.cir" for k in (1, 2, 3, 4)), tmp_path / "deck.cir"]
    assert all(deck.is_file() for deck in decks)
    assert "reltol=1e-10" in decks[0].read_text()
    assert "vntol=1e-9" in decks[1].read_text()
    assert "itl1=1000" in decks[2].read_text()
    assert "reltol=1e-6" in decks[4].read_text()


def test_commands_in_decks_and_libraries_never_run(tmp_path):
    trap = tmp_path / "executed"
    library = tmp_path / "user.lib"
    library.write_text(f".control\nshell touch {trap}\n.endc\n")
    with pytest.warns(LeftOutWarning, match=r"user\.lib: not used: line 1 \(a \.control block\)"):
        run(f'* t\n.include "{library}"\nv1 a 0 1\n.op\n.end\n')
    with pytest.raises(UnsafeFileError, match="line 3"):
        run(f"* t\nv1 a 0 1\n.control\nshell touch {trap}\n.endc\n.end\n")
    assert not trap.exists()


def test_a_stale_raw_file_is_not_taken_for_a_result(tmp_path):
    run(DIVIDER, folder=tmp_path)
    with pytest.raises(SimulatorError, match="no data saved"):
        run(DIVIDER.replace("i(vsense) v(b)", "i(vnone)"), folder=tmp_path)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be created"):
        run(DIVIDER, folder=tmp_path / "file" / "run")


def test_klu_is_asked_for_where_the_version_has_it_and_the_deck_is_large(tmp_path):
    large = DIVIDER.replace(".save", "".join(f"rload{k} b 0 1g\n" for k in range(2500)) + ".save")
    simulator = dataclasses.replace(find_ngspice(), version=44, klu=True)
    raw = run(large, folder=tmp_path, simulator=simulator)
    assert raw.options["klu"] == ""
    assert "klu" in (tmp_path / "deck.cir").read_text()
    assert_allclose(raw["v(b)"], run(large, options={**spice.TRUTH_OPTIONS, "sparse": ""})["v(b)"], rtol=1e-12, atol=0)
    assert "klu" not in run(DIVIDER, simulator=simulator).options


def test_many_decks_come_back_in_order_and_one_failure_loses_nothing():
    decks = [f"* deck {k}\nv1 a 0 {k}\nr1 a b 1\nvs b 0 0\n.save i(vs)\n.op\n.end\n" for k in range(1, 9)]
    seen = []
    raws = run_many(decks, n_jobs=2, progress=lambda done, count: seen.append((done, count)))
    assert_allclose([raw["i(vs)"][0] for raw in raws], np.arange(1, 9), rtol=1e-12, atol=0)
    assert seen == [(k, 8) for k in range(1, 9)]
    with pytest.raises(spice.DecksFailedError, match="1 of 8 decks failed, the first with: deck 4") as caught:
        run_many([*decks[:3], decks[3].replace("r1 a b 1", "r1 a b {nope}"), *decks[4:]])
    results = caught.value.results
    assert [isinstance(result, SimulatorError) for result in results] == [k == 3 for k in range(8)]
    assert_allclose(results[7]["i(vs)"], [8.0], rtol=1e-12, atol=0)


def test_decks_run_beside_other_work():
    finished = threading.Event()
    with running_decks([DIVIDER], progress=lambda done, count: finished.set()) as results:
        assert finished.wait(30)  # the deck ends although nobody has asked for its result
        (raw,) = results()
    assert_allclose(raw["v(b)"], run(DIVIDER)["v(b)"], rtol=1e-12, atol=0)
    with pytest.raises(InputError, match="n_jobs = 0"), running_decks([DIVIDER], n_jobs=0):
        pytest.fail("the body of an impossible run")


def test_an_array_too_large_is_refused_before_it_starts(tmp_path):
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": 20, "cols": 20, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": "1u", "g_max": "100u"},
            "wire": {"r_row": 1.0, "r_col": 1.0},
            "driver": {"v_read": 0.2},
        }
    )
    deck = crossbar(spec, np.full((20, 20), 1e-5), np.full((1, 20), 0.2))
    with pytest.raises(InputError, match=r"20 x 20 with 1 input vector on .* more than the time limit of 0\.001 s"):
        run(deck, folder=tmp_path / "run", time_limit_s=0.001)
    assert not (tmp_path / "run").exists()
    assert len(run(deck).data) == 1

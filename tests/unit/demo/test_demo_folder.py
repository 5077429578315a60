"""The demo deletes only decks that it made itself."""

import pytest

from circuitsim.demo.folder import MARK, clear_decks
from circuitsim.errors import InputError


def run_folder(place):
    place.mkdir(parents=True)
    (place / "deck.cir").write_text("deck")


def test_decks_of_an_earlier_run_go_and_everything_else_stays(tmp_path):
    clear_decks(tmp_path)
    for name in ("hold_out/deck_0000", "loop/fc1_00", "loop/ir_drop", "loop/mine"):
        run_folder(tmp_path / name)
    (tmp_path / "loop" / "mine" / "measured.csv").write_text("mine")
    (tmp_path / "loop" / "notes.txt").write_text("mine")
    clear_decks(tmp_path)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {
        f"hold_out/{MARK}",
        f"loop/{MARK}",
        "loop/mine/deck.cir",
        "loop/mine/measured.csv",
        "loop/notes.txt",
    }


@pytest.mark.parametrize("name", ["hold_out", "loop"])
def test_a_folder_of_somebody_else_is_refused_and_left_alone(tmp_path, name):
    run_folder(tmp_path / name / "deck_0000")
    with pytest.raises(InputError, match=rf"{name}: was not made by circuitsim demo; move it away"):
        clear_decks(tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == [name, "deck_0000", "deck.cir"]


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "loop").mkdir()
    clear_decks(tmp_path)
    assert (tmp_path / "loop" / MARK).is_file()

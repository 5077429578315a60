"""Finished characterizations: found again, and made again when they cannot be read."""

import logging

import pytest

from circuitsim.characterization.cache import cached
from circuitsim.errors import InputError


def load(path):
    text = path.read_text()
    if not text.startswith("value "):
        raise InputError(f"{path}: damaged")
    return text.removeprefix("value ")


def save(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"value {value}")


def test_a_value_is_made_once(tmp_path):
    made = []

    def make():
        made.append(1)
        return "7"

    path = tmp_path / "folder" / "entry"
    assert [cached(path, load=load, make=make, save=save) for _ in range(3)] == ["7"] * 3
    assert len(made) == 1


def test_a_damaged_entry_is_made_again_and_said(tmp_path, caplog):
    path = tmp_path / "entry"
    path.write_text("rubbish")
    with caplog.at_level(logging.WARNING, "circuitsim"):
        assert cached(path, load=load, make=lambda: "7", save=save) == "7"
    assert "characterizing again" in caplog.text
    assert "damaged" in caplog.text
    assert load(path) == "7"


def test_a_folder_that_cannot_be_written_does_not_fail_the_solve(tmp_path, caplog):
    def refuse(path, value):
        raise InputError(f"{path}: cannot be written")

    with caplog.at_level(logging.WARNING, "circuitsim"):
        assert cached(tmp_path / "entry", load=load, make=lambda: "7", save=refuse) == "7"
    assert "not stored for later runs" in caplog.text


def test_an_error_of_the_work_itself_is_not_swallowed(tmp_path):
    def fail():
        raise InputError("the cell is rough")

    with pytest.raises(InputError, match="rough"):
        cached(tmp_path / "entry", load=load, make=fail, save=save)

"""Finished characterizations: found again, and made again when they cannot be read."""

import hashlib
import json
import logging
import os
import random
from functools import partial

import numpy as np
import pytest

from circuitsim.characterization.cache import cache_size, cached
from circuitsim.characterization.steps import stepped_range
from circuitsim.errors import InputError
from circuitsim.results import CellSurface, Provenance, load_surface, save_surface


def load(path):
    text = path.read_text()
    if not text.startswith("value "):
        raise InputError(f"{path}: damaged")
    return text.removeprefix("value ")


def save(path, value):
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from None
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


def key(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def surface(number: int) -> CellSurface:
    tensors = np.random.default_rng(number).normal(size=(2, 3, 4, 2))
    origin = Provenance("ngspice", key(number))
    return CellSurface(*tensors, (1e-6, 1e-4), 2e-5, 0.2, (0.0, 0.2), 3e-8, 1.9e-5, origin)


def characterize(folder, number: int, made: list | None = None) -> tuple:
    """Path of an entry, and the numbers of the surface that it holds or that is made for it."""
    path = folder / f"{key(number)}.npz"

    def make():
        (made if made is not None else []).append(number)
        return surface(number)

    value = cached(
        path,
        load=partial(load_surface, key=key(number)),
        make=make,
        save=partial(save_surface, key=key(number)),
    )
    return path, value.forward.tolist(), value.bound


def _edit(path, change):
    """Change a finished entry by hand, with intact checksums."""
    with np.load(path) as file:
        arrays = dict(file)
    about = json.loads(str(arrays["about"]))
    change(arrays, about)
    np.savez(path, **{**arrays, "about": np.array(json.dumps(about))})


def _edit_a_coefficient(path, rng):
    _edit(path, lambda arrays, about: arrays["forward"].__setitem__((0, 0, 0), 9.0))


def _edit_the_bound(path, rng):
    _edit(path, lambda arrays, about: about["surface"].update(bound=1e-3))


def _remove_the_seal(path, rng):
    _edit(path, lambda arrays, about: about.pop("seal"))


def _seal_without_the_key(path, rng):
    save_surface(path, surface(5))


def _cut(path, rng):
    path.write_bytes(path.read_bytes()[: rng.randrange(len(path.read_bytes()))])


def _flip(path, rng):
    content = bytearray(path.read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def _copy_another_entry(path, rng):
    path.write_bytes(characterize(path.parent, 1000 + rng.randrange(10))[0].read_bytes())


def _replace_by_text(path, rng):
    path.write_text("value 7")


def _replace_by_a_folder(path, rng):
    path.unlink()
    path.mkdir()


def _replace_by_a_pipe(path, rng):
    path.unlink()
    os.mkfifo(path)


def _replace_by_a_link_to_itself(path, rng):
    path.unlink()
    path.symlink_to(path.name)


DAMAGES = (
    _edit_a_coefficient,
    _edit_the_bound,
    _remove_the_seal,
    _seal_without_the_key,
    _cut,
    _flip,
    _copy_another_entry,
    _replace_by_text,
    _replace_by_a_folder,
    _replace_by_a_pipe,
    _replace_by_a_link_to_itself,
)


def test_a_hundred_and_fifty_damaged_entries_are_never_believed_and_never_refused(tmp_path, caplog):
    rng = random.Random(0)
    for number in range(150):
        path, *right = characterize(tmp_path, number)
        damage = DAMAGES[number % len(DAMAGES)]
        damage(path, rng)
        caplog.clear()
        made = []
        with caplog.at_level(logging.WARNING, "circuitsim"):
            assert characterize(tmp_path, number, made)[1:] == tuple(right), damage.__name__
        if damage is not _flip:  # a bit that nothing depends on, such as a date, may change
            assert made == [number], damage.__name__
            assert len(caplog.messages) == 1, damage.__name__


def test_a_healed_entry_is_used_again(tmp_path):
    path, *_ = characterize(tmp_path, 1)
    _edit_the_bound(path, None)
    made = []
    characterize(tmp_path, 1, made)
    characterize(tmp_path, 1, made)
    assert made == [1]


def test_entries_not_used_for_longest_go_first_and_nothing_else_goes(tmp_path, monkeypatch):
    (tmp_path / "mine.npz").write_bytes(b"x" * 3_000_000)

    def save_large(path, value):
        path.write_text(f"value {value}" + " " * 400_000)

    def store(number):
        path = tmp_path / f"{key(number)}.npz"
        return cached(path, load=lambda path: load(path).strip(), make=lambda: str(number), save=save_large)

    monkeypatch.setenv("CIRCUITSIM_CACHE_MB", "1")
    for number in range(2):
        assert store(number) == str(number)
        os.utime(tmp_path / f"{key(number)}.npz", (number, number))
    store(0)  # used again: the other one is now the older
    store(2)
    assert [(tmp_path / f"{key(number)}.npz").exists() for number in range(3)] == [True, False, True]
    assert (tmp_path / "mine.npz").exists()
    count, size = cache_size(tmp_path)
    assert count == 2 and 800_000 < size < 1_000_000


@pytest.mark.parametrize("text", ["-1", "much", "1e3", "9" * 400])
def test_a_limit_that_is_no_size_is_one_sentence(tmp_path, monkeypatch, text):
    monkeypatch.setenv("CIRCUITSIM_CACHE_MB", text)
    with pytest.raises(InputError, match=r"^CIRCUITSIM_CACHE_MB = .*: expected a whole number of megabytes"):
        characterize(tmp_path, 1)


def test_an_unwritable_or_unreadable_folder_costs_time_and_nothing_else(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / f"{key(1)}.npz"
    with caplog.at_level(logging.WARNING, "circuitsim"):
        assert cached(path, load=load, make=lambda: "1", save=save) == "1"


def test_ranges_that_differ_a_little_share_a_step():
    assert stepped_range((0.0, 0.2), 0.2) == (0.0, 0.2)
    assert stepped_range((-0.2, 0.2), 0.2) == (-0.2, 0.2)
    ends = {stepped_range((0.0, 0.2 + 0.001 * k), 0.2)[1] for k in range(51)}
    assert len(ends) == 2 and ends == {0.2, 0.25}
    low, high = stepped_range((0.05, 0.11), 0.2)
    assert 0.04 <= low <= 0.05 and 0.11 <= high <= 0.1375
    assert stepped_range((-1e305, 1e305), 0.2) == (-1e305, 1e305)

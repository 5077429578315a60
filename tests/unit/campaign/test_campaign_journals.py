"""A result is a whole line or none; its claim is held until it is on the disk."""

import logging

import pytest

from circuitsim.campaign import commits, leases, store
from circuitsim.campaign.journals import journal_line
from circuitsim.errors import InputError

A, B, C = ("a" * 64, "b" * 64, "c" * 64)


@pytest.fixture
def opened(tmp_path):
    return store.open_store(tmp_path / "out", make=True)


def test_a_line_that_is_cut_anywhere_is_no_result(opened):
    first, second = (journal_line(key, {"values": {"x": 1.0}}) for key in (A, B))
    file = opened.root / "results" / "one.jsonl"
    for length in range(len(second) + 1):
        file.write_bytes(first + second[:length])
        again = store.open_store(opened.root)
        assert store.finished_keys(again) == ({A, B} if length == len(second) else {A})
    store.finished_keys(opened)
    assert store.read_result(opened, B) == {"values": {"x": 1.0}}


def test_a_cut_line_counts_when_its_rest_arrives(opened):
    line, file = journal_line(A, {"values": {}}), opened.root / "results" / "one.jsonl"
    file.write_bytes(line[:-3])
    assert store.finished_keys(opened) == set()
    file.write_bytes(line)
    assert store.finished_keys(opened) == {A}


def test_a_damaged_line_is_told_and_hides_no_other(opened, caplog):
    lines = [journal_line(key, {"values": {"x": 1.0}}) for key in (A, B, C)]
    damaged = lines[1].replace(b"1.0", b"9.0")
    (opened.root / "results" / "one.jsonl").write_bytes(lines[0] + damaged + lines[2])
    with caplog.at_level(logging.WARNING):
        assert store.finished_keys(opened) == {A, C}
    assert "one.jsonl: 1 damaged lines are no results; their points are measured again" in caplog.text


def test_a_claim_is_held_until_its_result_is_on_the_disk(opened, monkeypatch):
    at_sync = []
    claims = opened.root / "claims"
    monkeypatch.setattr(commits.os, "fsync", lambda _: at_sync.append([each.name for each in claims.iterdir()]))
    with leases.coordinator(opened) as own, commits.Journal(own) as journal:
        assert leases.claim_point(own, A)
        journal.write(A, {"values": {}})
        assert store.finished_keys(opened) == {A}  # everyone sees it at once
        journal.settle(due=False)
        assert at_sync == []
        journal.settle()
        assert at_sync == [[A]] and not list(claims.iterdir())


def test_a_full_disk_gives_no_claim_back(opened, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    with leases.coordinator(opened) as own:
        journal = commits.Journal(own)
        leases.claim_point(own, A)
        journal.write(A, {"values": {}})
        monkeypatch.setattr(commits.os, "fsync", full)
        with pytest.raises(InputError, match=r"cannot be written \(No space left on device\)"):
            journal.settle()
        assert [each.name for each in (opened.root / "claims").iterdir()] == [A]

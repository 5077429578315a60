"""What was measured is kept by name, and written as a table that says where it fails."""

import json

import record


def entry(name, found, *, kept):
    return {"name": name, "found": found, "starts": [found], "solved": None, "kept": kept}


def test_an_entry_replaces_that_of_its_name(tmp_path, monkeypatch):
    monkeypatch.setattr(record, "FOLDER", tmp_path / "measured")
    machine = {"processor": "CPU", "ngspice": {"version": "39"}, "date": "2026-01-02"}
    for measured in (
        entry("one", 1.23456e-4, kept=False),
        entry("two", 3.0, kept=True),
        entry("one", 2e-4, kept=False),
    ):
        record.keep("stated", measured, machine)
    stored = json.loads((tmp_path / "measured" / "stated.json").read_text())
    assert [(each["name"], each["found"]) for each in stored] == [("two", 3.0), ("one", 2e-4)]
    text = (tmp_path / "measured" / "README.md").read_text()
    assert "| one | 0.0002 |  | **no** |" in text and "| two | 3 |  | yes |" in text and "starts" not in text
    assert "`python tests/worst_cases stated`" in text and "On CPU, ngspice 39, 2026-01-02." in text

"""A user's folder: computed case by case, kept, judged; failures and changes are told."""

import json
from dataclasses import replace

import pytest
from command_line import circuitsim

from circuitsim.errors import InputError
from circuitsim.results import load_study_result, save_study_result
from circuitsim.studies import find_study, reproduce, seconds_last_time, what_is_stale

CLAIM = """
schema = 1
title = "Ohm's law"
paper = "G. S. Ohm, 1827"
kind = "exact"
[[claims]]
name = "i"
quantity = "current"
unit = "A"
where = "the law"
relative = 1e-12
reason = "one division"
values.one = 1.0
values.two = 0.5
"""
STUDY = """
from pathlib import Path
HERE = Path(__file__).parent
def cases():
    return {"one": 1.0, "two": 2.0}
def decks(ohm):
    return [f"* deck\\nr1 1 0 {ohm}\\n.end\\n"]
def compute(ohm):
    with open(HERE / "calls.png", "a") as file:
        file.write("x")
    return {"i": 1 / ohm}
"""


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "ohm"
    place.mkdir()
    (place / "claim.toml").write_text(CLAIM)
    (place / "study.py").write_text(STUDY)
    return place


def last(folder, out, **options):
    return [*reproduce(find_study(str(folder)), out, **options)][-1].result


def calls(folder):
    file = folder / "calls.png"
    return len(file.read_text()) if file.exists() else 0


def test_a_case_that_is_done_is_not_computed_again(folder, tmp_path):
    result = last(folder, tmp_path / "out")
    assert result.verdict == "agrees"
    assert calls(folder) == 2
    again = last(folder, tmp_path / "out")
    assert again == result
    assert calls(folder) == 2
    (folder / "study.py").write_text(STUDY.replace("1 / ohm", "2 / ohm"))
    changed = last(folder, tmp_path / "out")
    assert changed.verdict == "disagrees"
    assert calls(folder) == 4


def test_processes_find_the_same(folder, tmp_path):
    one, two = last(folder, tmp_path / "one"), last(folder, tmp_path / "two", workers=2)
    assert one.rows == two.rows


def test_a_case_that_fails_leaves_the_others(folder, tmp_path):
    (folder / "study.py").write_text(STUDY.replace('"two": 2.0', '"two": 0.0'))
    result = last(folder, tmp_path / "out")
    assert result.verdict == "failed"
    assert dict(result.failures) == {"two": "ZeroDivisionError: float division by zero"}
    assert [row.case for row in result.rows] == ["one"]


def test_a_result_is_stale_once_a_file_or_a_deck_changed(folder, tmp_path):
    result = last(folder, tmp_path / "out")
    save_study_result(tmp_path / "result.json", result)
    assert load_study_result(tmp_path / "result.json") == result
    assert what_is_stale(find_study(str(folder)), result) == ()
    (folder / "claim.toml").write_text(CLAIM + "# a remark\n")
    (folder / "study.py").write_text(STUDY.replace("* deck", "* another remark"))
    assert what_is_stale(find_study(str(folder)), result) == ("claim.toml", "study.py")
    (folder / "study.py").write_text(STUDY.replace("r1 1 0", "r1 2 0"))
    assert what_is_stale(find_study(str(folder)), result) == ("claim.toml", "deck one", "deck two", "study.py")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError"),
        ("def cases(): return {'one': 1}", "has no function compute"),
        ("def cases(): return [1]\ndef compute(x): return {}", "returned list, expected a dict"),
        ("def cases(): 1 / 0\ndef compute(x): return {}", "ZeroDivisionError"),
    ],
)
def test_code_that_cannot_be_used(folder, tmp_path, code, said):
    (folder / "study.py").write_text(code)
    with pytest.raises(InputError, match=said):
        last(folder, tmp_path / "out")


@pytest.mark.parametrize("value", ["'much'", "'0.5'", "1 / ohm + 1j", "[]", "[[1 / ohm]]"])
def test_a_result_that_is_no_row_of_numbers(folder, tmp_path, value):
    (folder / "study.py").write_text(STUDY.replace("1 / ohm", value))
    assert "expected a number or a row of numbers" in last(folder, tmp_path / "out").failures["one"]


def test_code_that_ends_python_is_a_case_that_failed(folder, tmp_path):
    (folder / "study.py").write_text(STUDY.replace('return {"i": 1 / ohm}', "raise SystemExit(1)"))
    assert dict(last(folder, tmp_path / "out").failures) == dict.fromkeys(("one", "two"), "SystemExit: 1")


@pytest.mark.parametrize("damage", ['{"found": {"i', '{"seconds": 1}', "[]"])
def test_a_kept_case_that_is_damaged_is_computed_again(folder, tmp_path, damage, caplog):
    result = last(folder, tmp_path / "out")
    for file in (tmp_path / "out/cases").iterdir():
        file.write_text(damage)
    assert last(folder, tmp_path / "out").rows == result.rows
    assert (calls(folder), caplog.text.count("is damaged")) == (4, 2)


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        ('{"one": 1.0, "too": 2.0}', "has values for 'two', which is no case of cases"),
        ('{"one": 1.0, "two": 2.0, "three": 3.0}', "case 'three': no claim has values for it"),
    ],
)
def test_cases_of_code_and_claim_that_differ_are_told_before_any_is_computed(folder, tmp_path, cases, said):
    (folder / "study.py").write_text(STUDY.replace('{"one": 1.0, "two": 2.0}', cases))
    with pytest.raises(InputError, match=said):
        last(folder, tmp_path / "out")
    assert calls(folder) == 0


def test_the_command_writes_page_figure_and_verdicts(folder, tmp_path):
    done = circuitsim("reproduce", str(folder), "-o", str(tmp_path / "out"), "--workers", "1", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["passed"], found["studies"][0]["verdict"]) == (True, "agrees")
    for name in ("report.html", "results.json", "ohm/result.json", "ohm/figure.png", "ohm/figure.svg"):
        assert (tmp_path / "out" / name).is_file()


def test_the_time_of_a_study_that_trains_is_said_before_it_starts(folder, tmp_path):
    (folder / "claim.toml").write_text(CLAIM.replace('"exact"', '"training"'))
    assert seconds_last_time(find_study(str(folder))) is None
    save_study_result(folder / "result.json", replace(last(folder, tmp_path / "out"), seconds=123.4))
    (folder / "study.py").write_text(STUDY.replace("def cases():", "1 / 0\ndef cases():"))
    done = circuitsim("reproduce", str(folder), "-o", str(tmp_path / "out"), "--workers", "1", "--json")
    assert done.returncode == 2, done.stdout
    said = "studies that train, with the processor time of their last run: ohm 123 s"
    assert done.stderr.index(said) < done.stderr.index("ZeroDivisionError")
    (folder / "result.json").write_text("{}")
    assert seconds_last_time(find_study(str(folder))) is None


def test_the_command_exits_with_1_where_numbers_disagree(folder, tmp_path):
    (folder / "claim.toml").write_text(CLAIM.replace("values.two = 0.5", "values.two = 0.4"))
    done = circuitsim("reproduce", str(folder), "-o", str(tmp_path / "out"), "--workers", "1")
    assert done.returncode == 1
    assert "ohm: i, case two: off by 0.25 of the published value, allowed 1e-12" in done.stdout


def test_the_command_shows_each_number_beside_the_published_one(folder, tmp_path):
    """`two` is off by a quarter; of a row of 22 values two are counted, and the one of them that is off decides."""
    claim = CLAIM.replace("values.two = 0.5", f"values.two = {[0.4] + 20 * [0.5] + [0.2]}")
    (folder / "claim.toml").write_text(claim.replace("relative = 1e-12", "relative = 0.01"))
    (folder / "study.py").write_text(STUDY.replace("1 / ohm}", "[1 / ohm] * (22 if ohm == 2.0 else 1)}"))
    done = circuitsim("reproduce", str(folder), "-o", str(tmp_path / "out"), "--workers", "1")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert "published [A]  here [A]" in done.stdout
    assert lines[2:5] == [
        ["one", "current", "1", "1", "0", "%", "1.0", "%", "agrees"],
        ["two", "current", "0.4", "0.5", "25", "%", "1.0", "%", "disagrees"],
        ["two", "current", "0.5", "0.5", "0", "%", "1.0", "%", "agrees"],
    ]
    more = ["two", "2", "more", "values", "in", "result.json,", "largest", "deviation", "150", "%"]
    assert lines[23] == [*more, "1.0", "%", "disagrees"]


@pytest.mark.parametrize("workers", [1, 2])
def test_each_warning_is_told_once_with_how_often(folder, tmp_path, workers):
    warn = "from circuitsim.errors import CircuitsimWarning\nimport warnings\n"
    body = '    for _ in range(int(ohm)):\n        warnings.warn("hot", CircuitsimWarning)\n    with open'
    (folder / "study.py").write_text(warn + STUDY.replace("    with open", body))
    result = last(folder, tmp_path / "out", workers=workers)
    assert dict(result.warned) == {"hot": 3}
    save_study_result(tmp_path / "result.json", result)
    assert load_study_result(tmp_path / "result.json") == result
    done = circuitsim("reproduce", str(folder), "-o", str(tmp_path / "out"))  # from what was kept
    assert "ohm: warning: 3 x hot" in done.stdout.splitlines()
    assert "hot" not in done.stderr


def test_a_number_that_is_none_is_null_for_machines(folder, tmp_path):
    (folder / "study.py").write_text(STUDY.replace("1 / ohm", "float('nan')"))
    done = circuitsim("reproduce", str(folder), "-o", str(tmp_path / "out"), "--workers", "1", "--json")
    for text in (done.stdout, (tmp_path / "out" / "results.json").read_text()):
        found = json.loads(text, parse_constant=lambda token: pytest.fail(f"{token} is no JSON"))
        studies = found["studies"] if isinstance(found, dict) else found
        assert studies[0]["rows"][0]["found"] == [None] and studies[0]["rows"][0]["deviation"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "expected names of studies, or --all, or --quick"),
        (("nothing_here",), "no study; expected a folder"),
        (("--all", "--quick"), "expected names of studies, or --all, or --quick"),
        (("--long",), "--long has no effect without --all"),
        (("--list", "--all"), "--list lists and computes nothing"),
    ],
)
def test_words_that_do_not_fit(words, said):
    done = circuitsim("reproduce", *words)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr

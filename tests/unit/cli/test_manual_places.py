"""Keys and errors lead to places of the manual that exist."""

import importlib
import sys
from pathlib import Path

import pytest

from circuitsim import cli
from circuitsim.cli.known_keys import documented_keys
from circuitsim.cli.manual_places import PAGES, page_of_error, page_of_key
from circuitsim.errors import CertificateError, InputError, OutsideRangeError

ROOT = Path(__file__).parents[3]


def test_every_page_of_an_error_exists():
    assert len(PAGES) >= 4
    assert not [page for page in PAGES.values() if not (ROOT / page).is_file()]


def test_every_key_leads_to_the_table_that_lists_it():
    sys.path.insert(0, str(ROOT / "docs" / "reference"))
    try:
        pages = importlib.import_module("key_pages").key_pages()
    finally:
        sys.path.remove(str(ROOT / "docs" / "reference"))
    for each in documented_keys():
        place, _, anchor = page_of_key(each).removeprefix("reference/keys/").partition("#")
        section = next(
            part
            for part in pages[place.removesuffix(".html")].split("\n## ")[1:]
            if "".join(c for c in part.splitlines()[0].lower() if c.isalnum() or c in "_ ").replace(" ", "-") == anchor
        )
        heading = section.splitlines()[0].strip("`[]")
        assert f"\n| `{each.doc.key}` |" in section or (each.doc.is_table and heading == each.doc.key), each.doc.key


def test_an_error_of_a_kind_with_a_page_names_it():
    assert page_of_error(CertificateError("")) == ["see docs/explanation/03_certificates.md"]
    assert page_of_error(OutsideRangeError("")) == page_of_error(InputError("")) == []


@pytest.mark.parametrize(
    ("environment", "words", "page"),
    [
        ({"CIRCUITSIM_NGSPICE": "no_such_ngspice"}, ["--level", "ngspice"], "docs/howto/06_another_ngspice.md"),
        ({}, ["--level", "ngspice"], "docs/howto/07_from_hspice_or_spectre.md"),
    ],
)
def test_a_refusal_ends_with_its_page(environment, words, page, tmp_path, monkeypatch, capsys):
    """Without ngspice, and with a device whose file calls a function of another simulator."""
    (tmp_path / "d.lib").write_text(".subckt d te be g=1u\nb1 te be i={g*limexp(v(te,be))}\n.ends d\n")
    device = (
        'model = "rram_ohmic"' if environment else 'file = "d.lib"\nsubckt = "d"\nports = ["te", "be"]\nstate = "g"'
    )
    (tmp_path / "a.toml").write_text(
        'schema = 1\n[array]\nrows = 1\ncols = 1\ncell = "1r"\n'
        f"[device]\n{device}\ng_min = 1e-6\ng_max = 1e-4\n"
        "[wire]\nr_row = 0\nr_col = 0\n[driver]\nv_read = 0.1\n"
    )
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(
        "sys.argv", ["circuitsim", "solve", str(tmp_path / "a.toml"), *words, "-o", str(tmp_path / "o")]
    )
    with pytest.raises(SystemExit):
        cli.main()
    assert capsys.readouterr().err.rstrip().endswith(f"; see {page}")

"""The page stands alone, has every section, and shows the numbers it was given."""

import dataclasses
import re
from html.parser import HTMLParser

import matplotlib
import pytest

from circuitsim.errors import InputError
from circuitsim.report.page import findings, write_report
from circuitsim.report.rendering import render
from circuitsim.results.evaluation import Check

SECTIONS = [
    *("checks", "certificate", "ir-drop", "hold-out", "accuracy", "own-tiles", "wires"),
    *("spice-in-the-loop", "energy"),
    *("configuration", "traces", "notes"),
]
FIGURES = [
    *("accuracy_wire", "currents", "energy", "error_histogram", "error_per_column", "error_wire", "ir_drop"),
    *("residual", "run_time", "typical_and_worst", "worst_case"),
]


class _Page(HTMLParser):
    """Headings, table rows and attributes of a page."""

    def __init__(self, text: str):
        super().__init__()
        self.headings, self.rows, self.attributes, self._words, self._open = [], [], [], [], 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th", "h2"):
            self._words = []

    def handle_data(self, data):
        self._words.append(data)

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.rows[-1].append("".join(self._words))
        if tag == "h2":
            self.headings.append("".join(self._words))


@pytest.fixture(scope="module")
def written(content, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report") / "new"
    path = write_report(folder, content)
    return folder, path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(written) -> _Page:
    return _Page(written[1])


def test_every_section_is_there_in_order_and_linked(page):
    assert [value for tag, name, value in page.attributes if tag == "section" and name == "id"] == SECTIONS
    assert [value for tag, name, value in page.attributes if tag == "a" and name == "href"] == [
        f"#{s}" for s in SECTIONS
    ]


def test_page_needs_nothing_from_outside(written):
    text = written[1]
    assert not re.search(r"https?:|//www|<script|<link|<iframe|@import", text)
    assert not re.search(r"url\((?!#)", text)
    for address in re.findall(r'\b(?:src|href)="([^"]*)"', text):
        assert address.startswith(("#", "data:image/png;base64,")), address


def test_ids_are_unique_and_every_reference_has_one(written):
    text = written[1]
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    references = re.findall(r'href="#([^"]+)"', text) + re.findall(r"url\(#([^)]+)\)", text)
    assert set(references) <= set(ids)


def test_page_follows_light_and_dark_and_prints(written):
    text = written[1]
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    assert "var(--ink)" in text.split("<svg", 1)[1]
    assert "#16181c" not in text.split("<main>")[1]


def test_figures_are_files_too(written):
    names = sorted(path.name for path in (written[0] / "figures").iterdir())
    assert names == sorted(f"{name}.{kind}" for name in FIGURES for kind in ("png", "svg"))
    for name in FIGURES:
        assert (written[0] / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert "<svg" in (written[0] / "figures" / f"{name}.svg").read_text()


def test_headings_tell_the_findings(page):
    assert page.headings == [
        "All 2 checks passed",
        "Certificate: the model's typical error against ngspice 39.3 is 0.0053 % rms of full scale, the worst found by "
        "search is 0.14 %",
        "IR drop takes up to 30 % of the read voltage from a cell",
        "Model against ngspice 39.3: R² = 0.9999987 over 20 currents",
        "The array network classifies 97.11 % of 450 images correctly, float 98.22 %",
        "The network's own tiles load their columns up to 0.22 of g_max: the worst found for such matrices is 0.060 %, "
        "for any matrix 0.14 %",
        "From 0.5 to 2 Ω per segment accuracy goes from 98.01 % to 97.33 %",
        "ngspice in the loop: 9 of 10 images get the same class, currents as certified",
        "One inference takes 6.71 pJ in the array, 0.94 fJ per multiply-accumulate",
        "Configuration: every key in effect, defaults included",
        "How to reproduce this: 2 decks, 64 s",
        "What is modelled, and what is not",
    ]


@pytest.mark.parametrize(
    "row",
    [
        ["logits", "3.10e-07", "1.00e-05", "✓ met"],
        ["run time", "204 s", "300 s", "✓ met"],
        ["all", "0.0053", "0.0030", "0.0100", "0.0184", "0.0500", "0.0627", "−0.00007", "20"],
        ["inputs: all_on", "0.0053", "0.0030", "0.0100", "0.0184", "0.0500", "0.0627", "−0.00007", "20"],
        ["0.5", "0.0600"],
        ["1", "0.1400"],
        ["fc1", "4", "0.220", "0.0600", "0.0110"],
        ["fc2", "1", "0.080", "0.0200", "–"],
        ["float", "as trained", "98.22", "450", "–"],
        ["array", "with wires", "97.11", "450", "7"],
        ["0.5", "98.01", "2.1", "0.0020", "0.0120", "0.0022", "0.0140"],
        ["2", "97.33", "12.4", "0.0054", "0.0320", "–", "–"],
        ["fc1", "40", "2560", "0.0044", "0.0310", "0.1400", "2560", "21", "18.4", "31.2", "1"],
        ["fc1", "6.400", "rows"],
        ["total", "6.710", "per inference"],
        ["hold-out", "61.50"],
        ["hold-out 0", "hold_out/0/deck.cir", "9a9a9a9a9a9a", "20.31", "2"],
        ["untimed", "b.cir", "9b9b9b9b9b9b", "–", "1"],
        ["numpy", "2.4.6"],
        ["ngspice option reltol", "1e-10"],
        ["r_row", "2 Ω", "Row wire, cell to cell"],
    ],
)
def test_tables_show_the_numbers_given(page, row):
    assert row in [[*cells[:2], "Row wire, cell to cell"] if cells[:1] == ["r_row"] else cells for cells in page.rows]


def test_words_from_outside_are_escaped(written):
    assert "A title with &lt;marks&gt; &amp; signs" in written[1]
    assert "<marks>" not in written[1]


def test_failed_check_and_broken_certificate_are_said_loudly(content):
    failed = dataclasses.replace(
        content,
        checks=(*content.checks, Check("differing codes", 50.0, 31.2, "count", False)),
        spice_loop=dataclasses.replace(content.spice_loop, holds=False),
    )
    page = _Page(render(findings(failed), dict.fromkeys(FIGURES, "<svg></svg>")))
    assert page.headings[0] == "1 of 3 checks FAILED"
    assert ["differing codes", "50", "31.2", "✗ NOT met"] in page.rows
    assert "currents as certified, codes NOT as predicted" in page.headings[7]
    layers = tuple(dataclasses.replace(layer, max=1.0) for layer in content.spice_loop.layers)
    wrong = dataclasses.replace(failed, spice_loop=dataclasses.replace(failed.spice_loop, layers=layers))
    assert (
        "currents NOT as certified" in _Page(render(findings(wrong), dict.fromkeys(FIGURES, "<svg></svg>"))).headings[7]
    )


def test_parts_left_out_leave_their_sections_out(content, tmp_path):
    short = dataclasses.replace(
        content,
        **dict.fromkeys(("comparison", "ir_drop", "wire_sweep", "spice_loop", "energy")),
        **dict.fromkeys(("accuracies", "checks", "own_tiles", "steps", "decks", "notes"), ()),
    )
    text = write_report(tmp_path, short).read_text(encoding="utf-8")
    assert re.findall(r'<section id="([^"]+)"', text) == ["certificate", "configuration", "traces"]
    names = {path.stem for path in (tmp_path / "figures").iterdir()}
    assert names == {"typical_and_worst", "worst_case"}  # of the certificate, which is always there


def test_settings_of_the_reader_are_neither_used_nor_changed(content, written, tmp_path):
    with matplotlib.rc_context({"font.size": 30, "svg.fonttype": "path"}):
        before = dict(matplotlib.rcParams)
        text = write_report(tmp_path, content).read_text(encoding="utf-8")
        assert dict(matplotlib.rcParams) == before
    assert text == written[1]


def test_folder_that_cannot_be_written_is_named(content, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_report(tmp_path / "file", content)

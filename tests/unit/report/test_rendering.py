"""Templates hold tags: every part of a page becomes HTML, and no word of it is taken for a tag."""

import jinja2
import pytest

from circuitsim.errors import InputError
from circuitsim.report import (
    Column,
    Definitions,
    KeyNumber,
    Page,
    Paragraph,
    Picture,
    Section,
    SideBySide,
    Table,
    render,
)

TRICKY = "<b>&\"'{{ 7 * 7 }}{% raw %}"
ESCAPED = "&lt;b&gt;&amp;&#34;&#39;{{ 7 * 7 }}{% raw %}"


def page(*parts) -> Page:
    return Page("Title", ("lead",), (), (Section("one", "One", "Heading", parts),))


def compact(html: str) -> str:
    return "".join(line.strip() for line in html.split("<main>")[1].splitlines())


def test_words_are_escaped_everywhere():
    columns = (Column(TRICKY, False), Column(TRICKY))
    parts = (
        Paragraph(TRICKY),
        Definitions([(TRICKY, TRICKY)]),
        Table(columns, [(TRICKY, TRICKY)], caption=TRICKY),
        SideBySide((Picture("p", TRICKY), Table(columns, []))),
    )
    section = Section("one", TRICKY, TRICKY, parts)
    html = render(Page(TRICKY, (TRICKY,), (KeyNumber(TRICKY, TRICKY),), (section,)), {"p": "<svg></svg>"})
    assert TRICKY not in html
    # title twice, lead, number and its name, label, heading, paragraph, term and words, headings, cells, captions
    assert html.count(ESCAPED) == 2 + 1 + 2 + 1 + 1 + 1 + 2 + 2 + 2 + 1 + 1 + 2
    assert "<figure><svg></svg><figcaption>" in html


def test_numbers_are_aligned_and_tables_have_their_class():
    table = Table((Column("name", False), Column("value [V]")), [("a", "1"), ("b", "2")], css="keys")
    html = compact(render(page(table), {}))
    assert '<table class="keys"><thead><tr><th>name</th><th class="number">value [V]</th></tr></thead>' in html
    assert '<tr><td>a</td><td class="number">1</td></tr><tr><td>b</td><td class="number">2</td></tr>' in html
    assert "<caption>" not in html


def test_parts_stand_side_by_side():
    html = compact(render(page(SideBySide((Picture("p", "c"), Picture("q", "d")), css="parts")), {"p": "P", "q": "Q"}))
    assert (
        '<div class="parts"><figure>P<figcaption>c</figcaption></figure>'
        "<figure>Q<figcaption>d</figcaption></figure></div>" in html
    )


def test_a_picture_without_a_figure_is_refused():
    with pytest.raises(jinja2.UndefinedError, match="'p'"):
        render(page(Picture("p", "c")), {})


def test_a_row_that_does_not_fit_its_columns_is_refused():
    with pytest.raises(InputError, match=r"has 1 cells, expected 2"):
        Table((Column("a"), Column("b")), [("1",)])

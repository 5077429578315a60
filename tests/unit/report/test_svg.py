"""A figure becomes a part of a page: no addresses, unique ids, colours that follow the page's."""

import re
from xml.etree import ElementTree

import pytest

from circuitsim.report.style import BLUE, INK, look, one_panel, svg_text
from circuitsim.report.svg import inline_svg

SVG = f"""<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="9pt" height="9pt" viewBox="0 0 9 9"
 xmlns="http://www.w3.org/2000/svg" version="1.1">
 <metadata><type resource="http://purl.org/dc/dcmitype/StillImage"/></metadata>
 <defs><style type="text/css">*{{stroke-linejoin: round}}</style></defs>
 <g id="figure_1"><path id="patch_1" d="M 0 0" style="fill: #ffffff"/></g>
 <g id="axes_1" clip-path="url(#p1)"><defs><path id="m1" d="M 0 1" style="stroke: {BLUE}"/></defs>
  <use xlink:href="#m1" x="1" y="2" style="fill: {INK}; stroke: {BLUE}"/>
  <image xlink:href="data:image/png;base64,
iVBOR w0" width="1" height="1"/>
  <text>a &lt; b &amp; c</text></g>
 <defs><clipPath id="p1"><rect x="0" y="0" width="9" height="9"/></clipPath></defs>
</svg>
"""


@pytest.fixture(scope="module")
def inline() -> str:
    return inline_svg(SVG, "drop", 'Loss "and" rise <of> a & b')


def test_the_element_stands_in_html_and_says_what_it_shows(inline):
    root = ElementTree.fromstring(inline)
    assert root.tag == "svg"
    assert root.attrib == {"viewBox": "0 0 9 9", "role": "img", "aria-label": 'Loss "and" rise <of> a & b'}
    assert "http" not in inline and "metadata" not in inline and "DOCTYPE" not in inline
    assert root.findtext(".//text") == "a < b & c"


def test_only_ids_that_are_referred_to_stay_with_the_name_before_them(inline):
    assert re.findall(r'\bid="([^"]+)"', inline) == ["drop-m1", "drop-p1"]
    assert re.findall(r'href="#([^"]+)"', inline) == ["drop-m1"]
    assert re.findall(r"url\(#([^)]+)\)", inline) == ["drop-p1"]


def test_colours_follow_the_page_and_the_background_is_its_own(inline):
    root = ElementTree.fromstring(inline)
    assert root.find(".//use").attrib["style"] == "fill: var(--ink); stroke: var(--blue)"
    assert root.find("./g/path").attrib["style"] == "fill: none"


def test_pixels_stay_one_word(inline):
    assert ElementTree.fromstring(inline).find(".//image").attrib["href"] == "data:image/png;base64,iVBORw0"


def test_figures_of_matplotlib_keep_every_drawn_element():
    with look():
        figure, axes = one_panel("Title < & >", "x [V]", "y [A]")
        axes.plot([0, 1], [0, 1], color=BLUE, marker="o")
    before, after = (
        ElementTree.fromstring(svg_text(figure)),
        ElementTree.fromstring(inline_svg(svg_text(figure), "f", "")),
    )
    count = [
        sum(e.tag.rpartition("}")[2] in ("path", "use", "text", "rect") for e in r.iter()) for r in (before, after)
    ]
    assert count[0] == count[1] > 20
    assert BLUE not in ElementTree.tostring(after, encoding="unicode")

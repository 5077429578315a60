"""A figure as part of a page."""

import re
from xml.etree import ElementTree

from circuitsim.report.style import BLUE, FAINT, GREEN, INK, ORANGE, PAPER, PURPLE, RED, SKY

# Ink and series become CSS colours, so that a figure follows the page from light to dark.
_CSS = {
    INK: "var(--ink)",
    FAINT: "var(--faint)",
    BLUE: "var(--blue)",
    ORANGE: "var(--orange)",
    GREEN: "var(--green)",
    RED: "var(--red)",
    PURPLE: "var(--purple)",
    SKY: "var(--sky)",
}
_REFERENCE = re.compile(r"^#(.+)$|url\(#([^)]+)\)")


def inline_svg(svg: str, name: str, alternative: str) -> str:
    """Make an `<svg>` element for a page: no addresses, unique ids, no background, colours that follow the page's.

    Args:
        svg: The figure, from `svg_text`.
        name: Prefix of every id, unique on the page.
        alternative: What the figure shows, in words, for those who do not see it.
    """
    root = ElementTree.fromstring(svg)
    for parent in list(root.iter()):
        for child in [child for child in parent if _local(child.tag) == "metadata"]:
            parent.remove(child)
    for element in root.iter():
        element.tag = _local(element.tag)
        attributes = {_local(key): _page_colours(value) for key, value in element.attrib.items()}
        element.attrib.clear()
        element.attrib.update(attributes)
    _make_ids_unique(root, name)
    box = root.attrib["viewBox"]
    root.attrib.clear()
    root.attrib.update({"viewBox": box, "role": "img", "aria-label": alternative})
    return ElementTree.tostring(root, encoding="unicode").strip()


def _local(name: str) -> str:
    """A name without its namespace: HTML knows the names of SVG as they are."""
    return name.rpartition("}")[2]


def _page_colours(value: str) -> str:
    if value.startswith("data:"):
        return "".join(value.split())  # matplotlib breaks the line after the comma
    value = value.replace(f"fill: {PAPER}", "fill: none")
    for colour, variable in _CSS.items():
        value = value.replace(colour, variable)
    return value


def _make_ids_unique(root: ElementTree.Element, name: str) -> None:
    """Prefix each id that something refers to, and drop the others: matplotlib names every group, some alike."""
    values = [value for element in root.iter() for value in element.attrib.values()]
    needed = {first or second for value in values for first, second in _REFERENCE.findall(value)}
    for element in root.iter():
        if element.attrib.get("id") not in needed:
            element.attrib.pop("id", None)
        for key, value in element.attrib.items():
            if key == "id":
                element.attrib[key] = f"{name}-{value}"
            elif key == "href" and value.startswith("#"):
                element.attrib[key] = f"#{name}-{value[1:]}"
            else:
                element.attrib[key] = value.replace("url(#", f"url(#{name}-")

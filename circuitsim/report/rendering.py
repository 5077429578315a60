"""From the findings of a page to one self-contained HTML file."""

from collections.abc import Mapping
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined

from circuitsim.report.parts import Page


def render(page: Page, figures: Mapping[str, str]) -> str:
    """Write a page as HTML: no scripts, no addresses, every word escaped.

    Args:
        page: The findings.
        figures: Each picture as an `<svg>` element (see `inline_svg`), by its name; the only text that is not escaped.

    Raises:
        jinja2.UndefinedError: A picture of the page is not among the figures.
    """
    environment = Environment(
        loader=PackageLoader("circuitsim.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    css = resources.files("circuitsim.report").joinpath("page.css").read_text(encoding="utf-8")
    return environment.get_template("page.html.jinja").render(page=page, figures=figures, css=css)

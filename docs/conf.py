"""Settings of Sphinx for the manual; docs/site/build.py writes the pages that it reads."""

import re
from pathlib import Path

_PACKAGE = Path(__file__).parents[1] / "circuitsim" / "__init__.py"

project = "circuitsim"
author = "The circuitsim developers"
project_copyright = author
release = version = re.search(r'__version__ = "([^"]+)"', _PACKAGE.read_text(encoding="utf-8"))[1]

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nitpicky = True
smartquotes = False  # a `--option` in a sentence keeps its hyphens, and a quoted value its quotes
highlight_language = "none"
pygments_style = "friendly"
pygments_dark_style = "monokai"

html_theme = "furo"
html_title = "circuitsim"
html_static_path = ["_static"]
html_css_files = ["manual.css"]
html_copy_source = html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True}

"""Write the reference: keys by table, public names by room, the command line, and the files that circuitsim writes.

    python docs/reference/generate.py FOLDER

Everything is taken from the package: models of keys, docstrings, the options of commands, the schema numbers of files.
"""

import sys
from pathlib import Path

from command_page import commands_page
from file_page import files_page
from key_pages import key_pages
from name_pages import name_pages


def main(folder: Path) -> list[Path]:
    """Write all pages below a folder and return their places."""
    pages = {f"keys/{name}.md": text for name, text in key_pages().items()}
    pages |= {f"names/{name}.md": text for name, text in name_pages().items()}
    pages |= {"commands.md": commands_page(), "files.md": files_page()}
    for name, text in pages.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return [folder / name for name in pages]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python docs/reference/generate.py FOLDER")
    for page in main(Path(sys.argv[1])):
        print(page)

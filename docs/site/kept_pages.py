"""Keep what the blocks of a page printed and drew, so that the build of the site need not run what a test just ran.

`CIRCUITSIM_KEPT_PAGES` names a folder. Where it is set, the test of a page keeps its run there, and the build takes it
if nothing that the page depends on has changed since: its text and that of pages that it continues, every file of the
package and of what it ships, Python and ngspice. Else the build runs the page.
"""

import hashlib
import json
import os
import shutil
import sys
from functools import cache
from pathlib import Path

from page_blocks import manual_pages, page_blocks, page_settings
from run_page import BlockRun

from circuitsim import spice

VARIABLE = "CIRCUITSIM_KEPT_PAGES"
READ = ("circuitsim", "netlists", "device_models", "validation", "docs/examples", "docs/site")
"""Folders of the repository whose files a page may read."""
_RUNS = "runs.json"


def kept_folder() -> Path | None:
    """Return the folder of kept pages; None where none are kept."""
    named = os.environ.get(VARIABLE)
    return Path(named).absolute() if named else None


def keep_page(kept: Path, name: str, docs: Path, folder: Path, runs: list[BlockRun]) -> None:
    """Keep the run of a page: its folder, and what each block printed and drew.

    Args:
        kept: Folder of kept pages.
        name: Name of the page.
        docs: Folder of the manual.
        folder: Where `run_page` ran it.
        runs: What it returned.
    """
    place, source = kept / name.replace("/", "-"), folder / name
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(source, place / "folder")
    blocks = [
        {
            "text": run.text,
            "figures": [[path.relative_to(source).as_posix(), alt] for path, alt in run.figures],
            "seconds": run.seconds,
        }
        for run in runs
    ]
    stated = {"stamp": page_stamp(name, docs), "blocks": blocks}
    (place / _RUNS).write_text(json.dumps(stated), encoding="utf-8")


def kept_page(kept: Path, name: str, docs: Path, folder: Path) -> list[BlockRun] | None:
    """Return the kept run of a page, whose folder is copied to where `run_page` would run it; None: run it.

    Args:
        kept, name, docs: As in `keep_page`.
        folder: Where every page gets a folder of its name.
    """
    stated, place = kept / name.replace("/", "-") / _RUNS, folder / name
    if not stated.is_file():
        return None
    content = json.loads(stated.read_text(encoding="utf-8"))
    if content["stamp"] != page_stamp(name, docs):
        return None
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(stated.parent / "folder", place)
    blocks = page_blocks(manual_pages(docs)[name].read_text(encoding="utf-8"))
    return [
        BlockRun(block, run["text"], tuple((place / path, alt) for path, alt in run["figures"]), run["seconds"])
        for block, run in zip(blocks, content["blocks"], strict=True)
    ]


def page_stamp(name: str, docs: Path) -> str:
    """Return a digest of all on which the run of a page depends."""
    text = manual_pages(docs)[name].read_text(encoding="utf-8")
    before = page_settings(text).get("after")
    earlier = "" if before is None else page_stamp(before, docs)
    about = (text, earlier, _files_stamp(docs.resolve().parent), sys.version, spice.find_ngspice().version_text)
    return hashlib.sha256(repr(about).encode()).hexdigest()


@cache
def _files_stamp(root: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for each in READ for path in (root / each).rglob("*") if path.is_file()):
        if "__pycache__" not in path.parts:
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()

"""Build the manual: run its pages, write what they print and draw beneath their blocks, and let Sphinx make the site.

    python docs/site/build.py [FOLDER]        absent: out/docs

The site is FOLDER/html. Sphinx reads the folder `pages`, which is written anew: pages with their output, a page for
each study of `validation/`, the README of each folder of SPICE files, and the list of blocks with their times. Warnings
of Sphinx and links within the site that lead nowhere are errors. `CIRCUITSIM_KEPT_PAGES` names a folder in which the
tests have kept their runs of the pages; see `kept_pages.py`.
"""

import html.parser
import re
import shutil
import subprocess
import sys
import urllib.parse
from pathlib import Path

from kept_pages import kept_folder, kept_page
from page_blocks import manual_pages, page_settings
from run_page import BlockRun, run_page
from study_pages import write_study_pages

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
# Pages that stand elsewhere in the repository; tests of their own run their blocks.
GUIDES = {name: f"{name}/README.md" for name in ("netlists", "device_models")}
_STUDIES = ROOT / "validation" / "README.md"
_MOST_LINES = 60  # of output that is shown


def main(folder: Path) -> None:
    """Build the site and say where it is."""
    pages, done, kept = folder / "pages", {}, kept_folder()
    shutil.rmtree(pages, ignore_errors=True)
    shutil.copytree(DOCS / "_static", pages / "_static")
    places = {path.resolve(): f"{name}.md" for name, path in manual_pages(DOCS).items()}
    places |= {(ROOT / path).resolve(): f"guide/{name}.md" for name, path in GUIDES.items()}
    for name, path in manual_pages(DOCS).items():
        found = None if kept is None else kept_page(kept, name, DOCS, folder / "run")
        if found is not None:
            done[name] = found
        print(f"{'running' if found is None else 'taking the test of'} {name}", flush=True)
        runs = run_page(name, DOCS, folder / "run", done)
        _write(pages / f"{name}.md", _relinked(_with_output(path.read_text(), runs, pages, name), path, places, pages))
    for name, path in GUIDES.items():
        text = _relinked((ROOT / path).read_text(encoding="utf-8"), ROOT / path, places, pages)
        _write(pages / f"guide/{name}.md", text)
    write_study_pages(ROOT / "validation", pages / "validation")
    _write_reference(pages / "reference")
    _write(pages / "blocks.md", _blocks_page(done))
    sphinx = ["-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-c", str(DOCS), "-d", str(folder / "doctrees")]
    subprocess.run([sys.executable, *sphinx, str(pages), str(folder / "html")], check=True)
    if astray := astray_links(folder / "html"):
        sys.exit("links that lead nowhere:\n" + "\n".join(astray))
    print(f"the manual: {folder / 'html' / 'index.html'}")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _write_reference(pages: Path) -> None:
    shutil.copytree(DOCS / "reference", pages, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    subprocess.run([sys.executable, str(DOCS / "reference" / "generate.py"), str(pages)], check=True)


def _with_output(text: str, runs: list[BlockRun], pages: Path, name: str) -> str:
    """The page with the output of each block below it, names of files above, and checks left out."""
    lines = text.splitlines()
    head = page_settings(text)
    for run in reversed(runs):
        block, opened = run.block, lines[run.block.first]
        fence = re.match(r"`*", opened)[0]
        if block.language == "check":
            lines[block.first : block.last + 1] = []
            continue
        lines[block.last + 1 : block.last + 1] = _output(run, pages, name)
        if block.does == "write":
            lines[block.first] = f"{fence}{{code-block}} {block.language}\n:caption: {block.how}\n"
        elif block.language in ("python", "sh"):
            lines[block.first] = f"{fence}{block.language}"
    text = "\n".join(lines) + "\n"
    return re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL) if head else text


def _output(run: BlockRun, pages: Path, name: str) -> list[str]:
    shown = []
    if text := run.text.rstrip():
        lines = text.splitlines()
        if len(lines) > _MOST_LINES:
            lines = [*lines[:_MOST_LINES], f"… {len(lines) - _MOST_LINES} more lines"]
        table = sum("   " in line.strip() for line in lines) > 2  # columns must stay one below the other
        words = "output table" if table else "output"
        shown += ["", "``````{code-block} text", f":class: {words}", "", *lines, "``````"]
    for path, alt in run.figures:
        place = pages / f"{name}_figures" / path.name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
        shown += ["", f"```{{image}} {place.relative_to((pages / name).parent).as_posix()}", f":alt: {alt}", "```"]
    return shown


def _relinked(text: str, path: Path, places: dict[Path, str], pages: Path) -> str:
    """Links to files of the repository as links to pages, or to copies of the files; pictures a page made as copies."""
    here = Path(places[path.resolve()])

    def relink(found: re.Match) -> str:
        sign, words, target = found[1], found[2], found[3]
        file, _, place = target.partition("#")
        there = (path.parent / file).resolve()
        up = "../" * (len(here.parts) - 1)
        if re.match(r"[a-z]+:", target) or not file or file.startswith("{"):
            return found[0]
        if there == _STUDIES and not place:  # the site has a page for each study, and a table of them
            return f"[{words}]({up}validation/index.md)"
        if there in places:
            return f"[{words}]({up}{places[there]}{'#' + place if place else ''})"
        made = pages.parent / "run" / here.with_suffix("") / file
        if sign and made.exists():
            copy = f"{here.with_suffix('')}_figures/{Path(file).name}"
            _copy(made, pages / copy)
            return f"![{words}]({up}{copy})"
        if there.is_file() and there.is_relative_to(ROOT) and not there.is_relative_to(DOCS / "reference"):
            copy = f"files/{there.relative_to(ROOT).as_posix()}"
            _copy(there, pages / copy)
            return f"[{words}]({up}{copy})"
        return f"{words} (`{there.relative_to(ROOT)}`)" if there.is_dir() else found[0]

    return re.sub(r"(!?)\[([^\]\n]+(?:\n[^\]\n]+)?)\]\(([^)\s]+)\)", relink, text)


def _copy(file: Path, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, copy)


def _blocks_page(done: dict[str, list[BlockRun]]) -> str:
    lines = ["# Blocks and their times", ""]
    lines += ["Every block of the manual ran when this site was built; processor time, that of ngspice included.", ""]
    lines += ["| page | line | block | time [s] |", "|---|---|---|---|"]
    total, aside = 0.0, []
    for name, runs in sorted(done.items()):
        for run in runs:
            place = f"[{name}]({name}.md) | {run.block.first + 1} | {run.block.language}"
            if run.block.does == "run":
                lines.append(f"| {place} | {run.seconds:.2f} |")
                total += run.seconds
            elif run.block.does == "show" and run.block.language in ("python", "sh"):
                aside.append(f"| {place} | {run.block.how} |")
    lines += ["", f"{total:.1f} s of processor time in all.", ""]
    if aside:
        lines += [
            "## Blocks that are shown and not run",
            "",
            "| page | line | block | why |",
            "|---|---|---|---|",
            *aside,
        ]
    lines += ["", "Tests of their own run the blocks of [netlists](guide/netlists.md) and"]
    lines += ["[device models](guide/device_models.md)."]
    return "\n".join(lines) + "\n"


class _Anchors(html.parser.HTMLParser):
    """Links and names of places of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.names: set[str] = set()
        self.parts: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.names |= {name for name in (given.get("id"), given.get("name")) if name}
        self.links |= {link for link in (given.get("href"), given.get("src")) if link}
        self.parts |= {link for link in (given.get("src"), tag == "link" and given.get("href")) if link}


def astray_links(site: Path) -> list[str]:
    """Links of a site's pages, and pictures, that lead to no file or to no place in it, and what comes from elsewhere.

    Links to pages of other sites are left alone; a picture, a script or a style from another site is astray.
    """
    pages = {}
    for path in site.rglob("*.html"):
        pages[path.resolve()] = parsed = _Anchors()
        parsed.feed(path.read_text(encoding="utf-8"))
    astray = []
    for path, parsed in pages.items():
        for link in sorted(parsed.links):
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                if link in parsed.parts and parts.scheme != "data":
                    astray.append(f"{path.relative_to(site.resolve())}: {link} comes from another site")
                continue
            there = (path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path
            place = urllib.parse.unquote(parts.fragment)
            known = pages.get(there)
            if not there.exists() or (place and known is not None and place not in known.names):
                astray.append(f"{path.relative_to(site.resolve())}: {link}")
    return astray


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "out" / "docs").resolve())

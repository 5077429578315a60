"""The pages of the manual: every block runs as its page says, and every page is found by the site."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS / "site"))

import kept_pages  # noqa: E402
from build import astray_links  # noqa: E402
from kept_pages import keep_page, kept_folder, kept_page  # noqa: E402
from page_blocks import manual_pages, page_blocks, page_settings  # noqa: E402
from run_page import BlockFailure, run_page  # noqa: E402
from study_pages import write_study_pages  # noqa: E402

PAGES = manual_pages(DOCS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("manual")


@pytest.fixture(scope="module")
def done():
    """Pages that have run: another page may go on with what they left."""
    return {}


@pytest.mark.filterwarnings("default::circuitsim.errors.CircuitsimWarning", "default::RuntimeWarning")
@pytest.mark.parametrize("name", PAGES)
def test_a_page_runs(name, folder, done):
    text = PAGES[name].read_text(encoding="utf-8")
    for module in page_settings(text).get("needs", "").split():
        pytest.importorskip(module)
    runs = run_page(name, DOCS, folder, done)
    assert len(runs) == len(page_blocks(text))
    if kept := kept_folder():  # the build of the site, which comes later, takes this run
        keep_page(kept, name, DOCS, folder, runs)


def _page(folder, text):
    (folder / "docs").mkdir()
    (folder / "docs/page.md").write_text(text)
    return run_page("page", folder / "docs", folder / "run")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```python\n1 / 0\n```\n", "page line 1.*ZeroDivisionError"),
        ("```python raises=ValueError\n1 + 1\n```\n", "ValueError was not raised"),
        ("```sh\ncircuitsim solve missing.toml\n```\n", "exit code 2, stated 0"),
        ("```sh\nfalse\ntrue\n```\n", "exit code 1 before the last command"),
        ("<!-- check\nassert False\n-->\n", "AssertionError"),
        ("```python\nfrom matplotlib import pyplot\npyplot.plot([1])\n```\n", "axes without labels"),
    ],
)
def test_what_a_page_promises_is_kept(text, said, tmp_path):
    with pytest.raises(BlockFailure, match=f"(?s){said}"):
        _page(tmp_path, text)


@pytest.mark.parametrize("fence", ["```python skip", "```sh raise=2", "```toml skip"])
def test_a_fence_that_nobody_knows_is_refused(fence):
    with pytest.raises(ValueError, match="a fence says"):
        page_blocks(f"{fence}\n```\n")


def test_what_a_block_prints_is_kept(tmp_path):
    text = '```toml file=a.toml\na = 1\n```\n```sh\ncat a.toml\n```\n```python\nprint("b")\n```\n'
    assert [run.text for run in _page(tmp_path, text)] == ["", "a = 1\n", "b\n"]


def test_a_kept_run_serves_the_build_until_something_changes(tmp_path):
    docs, kept = tmp_path / "docs", tmp_path / "kept"
    drawn = "from matplotlib import pyplot\npyplot.plot([1])\npyplot.xlabel('x')\npyplot.ylabel('y')\n"
    runs = _page(tmp_path, f'```toml file=a.toml\na = 1\n```\n```python\nprint("b")\n{drawn}```\n')
    keep_page(kept, "page", docs, tmp_path / "run", runs)
    taken = kept_page(kept, "page", docs, tmp_path / "site")
    assert taken is not None and [(run.block, run.text, run.seconds) for run in taken] == [
        (run.block, run.text, run.seconds) for run in runs
    ]
    ((figure, alt),) = taken[1].figures
    assert figure.is_file() and figure.is_relative_to(tmp_path / "site") and alt == "y against x"
    assert (tmp_path / "site" / "page" / "a.toml").read_text() == "a = 1\n"
    text = (docs / "page.md").read_text()
    (docs / "page.md").write_text(text + "```python\n1 / 0\n```\n")
    assert kept_page(kept, "page", docs, tmp_path / "site") is None
    (docs / "page.md").write_text("---\nafter: other\n---\n" + text)
    (docs / "other.md").write_text("")
    keep_page(kept, "page", docs, tmp_path / "run", runs)
    (docs / "other.md").write_text("What the page continues has changed.\n")
    assert kept_page(kept, "page", docs, tmp_path / "site") is None


def test_a_kept_run_is_that_of_the_same_package(tmp_path):
    docs = tmp_path / "docs"
    (tmp_path / "circuitsim").mkdir()
    (tmp_path / "circuitsim" / "a.py").write_text("a = 1\n")
    keep_page(tmp_path / "kept", "page", docs, tmp_path / "run", _page(tmp_path, "```python\n1\n```\n"))
    assert kept_page(tmp_path / "kept", "page", docs, tmp_path / "site") is not None
    (tmp_path / "circuitsim" / "a.py").write_text("a = 2\n")
    kept_pages._files_stamp.cache_clear()  # another process builds the site
    assert kept_page(tmp_path / "kept", "page", docs, tmp_path / "site") is None


def test_files_that_contributors_are_told_exist():
    text = (DOCS / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+/[\w./]+|NOTICE)`", text))
    assert len(named) > 30
    assert not [name for name in named if "NAME" not in name and not (ROOT / name).exists()]


def test_what_is_not_run_says_why():
    for name, path in PAGES.items():
        for block in page_blocks(path.read_text(encoding="utf-8")):
            if block.does == "show" and block.language in ("python", "sh"):
                assert len(block.how.split()) >= 2, f"{name} line {block.first + 1}"


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    (tmp_path / "b.html").write_text('<h1 id="here">b</h1>')
    good = '<a href="b.html#here">b</a><a href="https://doi.org/1">away</a>'
    bad = '<a href="b.html#gone">b</a><a href="c.html">c</a><img src="https://far.away/font.png">'
    (tmp_path / "a.html").write_text(good + bad)
    found = astray_links(tmp_path)
    assert [line.split(": ", 1)[1] for line in found] == [
        "b.html#gone",
        "c.html",
        "https://far.away/font.png comes from another site",
    ]


def test_every_study_has_a_page_with_its_numbers(tmp_path):
    names = write_study_pages(ROOT / "validation", tmp_path)
    assert set(names) == {path.parent.name for path in (ROOT / "validation").glob("*/claim.toml")}
    page = (tmp_path / "transistor_leakage.md").read_text(encoding="utf-8")
    assert "| 1k | 37.88 µA | 38.4 µA | 1.4 % | 2 % | agrees |" in page
    assert all((tmp_path / f"{name}.png").stat().st_size > 1000 for name in names)

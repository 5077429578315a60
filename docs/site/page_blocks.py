"""The blocks of a page of the manual: what its fences hold, and what is to be done with each.

The word behind the back-ticks is the language, and what follows it says what to do:

    ```python                        run, in the page's own interpreter
    ```python raises=InputError      run; must raise that error
    ```sh                            run, line by line
    ```sh exit=2                     run; the last command must end with that code
    ```sh not-run: needs a cluster   shown alone, for a reason that the list of blocks repeats
    ```toml file=array.toml          written into the page's folder
    ```toml                          shown

`<!-- check` … `-->` holds lines of Python that hold what the page says against what was computed; no reader sees them.
"""

import dataclasses
import re
from pathlib import Path

EXECUTED = ("python", "sh")
_FENCE = re.compile(r"(`{3,})(\S*) *(.*)")


@dataclasses.dataclass(frozen=True)
class Block:
    """A fenced block of a page, or a check that stands in a comment.

    Args:
        language: First word of the fence; "check" for a comment.
        code: The lines between.
        first, last: Lines of the page that open and close it, from 0.
        does: "run", "write" or "show".
        how: What the fence states besides: a name, an exit code, an error, a reason.
    """

    language: str
    code: str
    first: int
    last: int
    does: str
    how: str = ""


def page_blocks(text: str) -> list[Block]:
    """Find the blocks of a page in order.

    Raises:
        ValueError: A fence that says what nobody knows, or one that does not end.
    """
    lines, found, at = text.splitlines(), [], 0
    while at < len(lines):
        fence = _FENCE.fullmatch(lines[at])
        ends = "-->" if lines[at] == "<!-- check" else fence[1] if fence else None
        if ends is not None:
            if ends not in lines[at + 1 :]:
                raise ValueError(f"line {at + 1}: a block that does not end: {lines[at]!r}")
            last = lines.index(ends, at + 1)
            language, does, how = _purpose(fence[2], fence[3]) if fence else ("check", "run", "")
            found.append(Block(language, "\n".join(lines[at + 1 : last]) + "\n", at, last, does, how))
            at = last
        at += 1
    return found


def _purpose(language: str, words: str) -> tuple[str, str, str]:
    if words.startswith("file="):
        return language, "write", words.removeprefix("file=")
    if words.startswith("not-run: "):
        return language, "show", words.removeprefix("not-run: ")
    if language not in EXECUTED and not words:
        return language, "show", ""
    if language in EXECUTED and re.fullmatch(r"|exit=\d+|raises=\w+", words):
        return language, "run", words
    if language.startswith("{"):  # a directive of the page itself
        return language, "show", ""
    raise ValueError(f"a fence says {language} {words!r}; see docs/site/page_blocks.py")


def page_settings(text: str) -> dict[str, str]:
    """Read what stands between `---` lines at the head of a page: `after`, `needs`."""
    head = re.match(r"---\n(.*?)\n---\n", text, flags=re.DOTALL)
    return dict(re.findall(r"(?m)^(\w+): (.*)$", head[1])) if head else {}


def manual_pages(docs: Path) -> dict[str, Path]:
    """Pages of the manual by their names, such as `tutorial/01_first_array`; generated ones are not among them.

    The page of published studies, `guide/validation`, lies in the folder of the studies.
    """
    paths = sorted(path for path in docs.rglob("*.md") if path.parent.name not in ("reference", "site"))
    pages = {path.relative_to(docs).with_suffix("").as_posix(): path for path in paths}
    studies = docs.parent / "validation" / "README.md"
    return pages | ({"guide/validation": studies} if studies.exists() else {})

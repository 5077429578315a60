"""Read a TOML file, and say in one sentence what is wrong with it and where."""

import re
import tomllib
from pathlib import Path
from typing import Any

from circuitsim.errors import InputError

# What tomllib says, and what to say instead. {key} is what stands left of = in the line, or the line itself.
_FAULTS = (
    (r"Cannot overwrite a value", "{key} is given a second time; remove one of the two"),
    (r"Duplicate inline table key", "a key is given a second time in {key}; remove one of the two"),
    (r"Cannot (declare|mutate|redefine|expand)", "{key} is given a second time; write the keys of a section together"),
    (r"Invalid value", "expected a value behind =: a number, a text in quotes, true, false or a list"),
    (r"Expected newline", "expected the end of the line; a number with a suffix is a text in quotes, '1u'"),
    (r"Invalid statement|Expected '=' after", "expected [SECTION] or KEY = VALUE"),
    (r"Expected '\]", "a heading has no ]"),
    (r"Unclosed array", "a list has no ]"),
    (r"Illegal character|Expected \"|Expected '|Unterminated", "a text is not closed by a quote in its line"),
    (r"Unescaped|Invalid hex", "a backslash begins a special sign in double quotes; write a path with / or in '…'"),
)
_PLACE = re.compile(r"\(at (?:line (\d+), column \d+|end of document)\)")


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """Read a TOML file.

    Args:
        path: The file.
        what: What it is expected to be, for the message: "a TOML specification".

    Raises:
        InputError: The file is missing or cannot be read, or is not valid TOML; names the line, and a key that is given
            twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file, expected {what}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}), expected {what}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: cannot be read (not text in UTF-8), expected {what}") from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: not valid TOML: {_fault(str(error), text)}") from None
    except (ValueError, RecursionError):  # a whole number of thousands of digits, a list in a list in a list …
        raise InputError(
            f"{path}: a number is too long or lists are nested too deeply; expected plain values"
        ) from None


def _fault(message: str, text: str) -> str:
    """Say a message of tomllib in our words: the line, and what is wrong with it."""
    lines = text.splitlines()
    place = _PLACE.search(message)
    number = int(place[1]) if place and place[1] else len(lines)
    line = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    key = line.partition("=")[0].strip()
    words = next((words for pattern, words in _FAULTS if re.match(pattern, message)), "expected KEY = VALUE")
    return f"line {number} ({_short(line)}): {words.format(key=_short(key))}"


def _short(line: str) -> str:
    return line if len(line) <= 60 else f"{line[:57]}..."

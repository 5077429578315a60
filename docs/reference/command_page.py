"""A page of all commands: what each does, its arguments and options, their defaults and limits."""

from collections.abc import Iterator
from typing import Any

import typer
from page_text import code, plain, table

from circuitsim.cli.commands import app
from circuitsim.cli.options import LIMITS


def all_commands() -> dict[str, Any]:
    """Return every command by its words, without groups."""
    return dict(_below(typer.main.get_command(app), ()))


def _below(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", {})
    if not inner:
        yield " ".join(words), command
    for name in sorted(inner):
        yield from _below(inner[name], (*words, name))


def commands_page() -> str:
    """Return the page."""
    lines = ["# Command line", "", "Every command has `--help`, and `--json` for machines. Completion of commands, "]
    lines[-1] += "options and keys: `circuitsim --install-completion`."
    lines += ["", "Exit codes: 0 done; 1 the answer is no; 2 the input cannot be used; 3 a simulation failed; 130 "]
    lines[-1] += "interrupted."
    for words, command in all_commands().items():
        lines += ["", f"## circuitsim {words}", "", plain(command.help or "")]
        rows = [_row(each) for each in command.params if each.name != "help"]
        if rows:
            lines += ["", *table(("argument or option", "default", "limits", "meaning"), rows)]
    return "\n".join(lines) + "\n"


def _row(param: Any) -> tuple[str, str, str, str]:
    options = [name for name in (*param.opts, *param.secondary_opts) if name.startswith("-")]
    name = ", ".join(code(each) for each in options) or code(param.metavar or str(param.name).upper())
    limits = next((LIMITS[each].expected for each in options if each in LIMITS), "")
    default = param.default
    plain_default = isinstance(default, bool | type(None) | list) or callable(default)
    shown = "required" if param.required else "" if plain_default else code(str(default))
    return name, shown, limits, str(getattr(param, "help", "") or "")

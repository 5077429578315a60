"""Say in our words what is wrong with a command line that typer cannot read."""

import difflib
import os
import re
from typing import Any

import typer

from circuitsim.cli.output import announce
from circuitsim.errors import InputError, SpecError
from circuitsim.spec import ArraySpec, document_keys, shown


def help_without_command(context: typer.Context) -> None:
    """Print the help on standard error and end with exit code 2 where no command follows; all versions do the same."""
    if context.invoked_subcommand is None:
        announce(context.get_help())
        raise typer.Exit(InputError.exit_code)


def usage_sentence(error: Any) -> str:
    """Return one sentence for an error of typer or click: the option or command, and what was expected.

    Args:
        error: The exception; versions of typer define it in different modules, so its kind is read from its name.
    """
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "circuitsim"
    kind = type(error).__name__
    if kind == "NoSuchOption":
        return f"unknown option {shown(error.option_name)}: {_nearest(error.option_name, _options(context), command)}"
    if kind == "BadOptionUsage":
        takes = "takes no value" if "not take" in error.message else "needs a value"
        return f"option {error.option_name} {takes}; {command} --help says what it means"
    if kind == "MissingParameter":
        return f"{_label(error.param)} is missing: {command} --help says what it means"
    if kind == "BadParameter":
        return _bad_value(error.param, command)
    return _other(str(getattr(error, "message", "")), context, command)


def where_explained(error: Exception) -> list[str]:
    """Return the command that explains the key which an error of a specification names; none if it names none."""
    if not isinstance(error, SpecError):
        return []
    known, text = {each.key for each in document_keys(ArraySpec)}, str(error)
    for found in re.finditer(rf"\b({'|'.join(ArraySpec.model_fields)})((?:\.\w+)+)(?:: did you mean '(\w+)')?", text):
        section, names, meant = found.groups()
        parts = names[1:].split(".")
        for key in (f"{section}.{meant}", *(".".join([section, *parts[:n]]) for n in range(len(parts), -1, -1))):
            if key in known and (key != section or text[: found.start()].endswith("unknown key ")):
                return [f"circuitsim explain {key} says what it takes"]
    return []


def _other(message: str, context: Any, command: str) -> str:
    names = sorted(getattr(context.command, "commands", {})) if context is not None else []
    if names:
        quoted = re.search(r"command '(.*?)'(\.|$)", message, re.DOTALL)
        if quoted is None:
            return f"a command is missing: expected one of {', '.join(names)}"
        return f"unknown command {shown(quoted[1])}: {_nearest(quoted[1], names, command)}"
    extra = re.search(r"extra argument\S* \((.*)\)$", message, re.DOTALL)
    if extra is not None:
        return f"too many arguments, from {shown(extra[1])} on: {command} --help says what it takes"
    return f"this command line cannot be read: {command} --help says what it takes"


def _bad_value(param: Any, command: str) -> str:
    variable = getattr(param, "envvar", None)
    if isinstance(variable, str) and variable in os.environ:
        return f"{variable} = {shown(os.environ[variable])}: expected 1 or 0"
    return f"{_label(param)} has a value that cannot be used: {command} --help says what it takes"


def _label(param: Any) -> str:
    """Name of an option or argument as the help shows it."""
    if param is None:
        return "a parameter"
    options = [name for name in getattr(param, "opts", ()) if name.startswith("-")]
    return options[0] if options else str(getattr(param, "metavar", None) or param.name).upper()


def _options(context: Any) -> list[str]:
    return [] if context is None else [name for param in context.command.params for name in param.opts]


def _nearest(name: str, known: list[str], command: str) -> str:
    matches = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {matches[0]}?" if matches else f"{command} --help lists what there is"

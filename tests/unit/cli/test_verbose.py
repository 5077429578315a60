"""The log of long work: shown when asked for, on the error stream, and not otherwise."""

import logging
import sys

import pytest

from circuitsim import cli

LOGGER = logging.getLogger("circuitsim")


@pytest.fixture
def errors(monkeypatch, capsys):
    """Run the command line, log a step and a warning as a room would, and return the error stream."""
    handlers, level = LOGGER.handlers, LOGGER.level

    def run(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["circuitsim", *words, "schema"])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        assert stopped.value.code == 0
        room = logging.getLogger("circuitsim.spice.pool")
        room.info("a step")
        room.warning("a warning")
        return capsys.readouterr().err

    yield run
    LOGGER.handlers = handlers
    LOGGER.setLevel(level)


def test_warnings_alone_unless_asked(errors, monkeypatch):
    monkeypatch.delenv("CIRCUITSIM_LOG", raising=False)
    text = errors()
    assert "a warning" in text
    assert "a step" not in text


@pytest.mark.parametrize("word", ["-v", "--verbose"])
def test_steps_are_logged_once_with_the_name_of_their_room(errors, word):
    errors(word)
    (line,) = [line for line in errors(word).splitlines() if "a step" in line]
    assert line.endswith(" circuitsim.spice.pool: a step")


def test_the_environment_asks_as_well(errors, monkeypatch):
    monkeypatch.setenv("CIRCUITSIM_LOG", "1")
    assert "a step" in errors()

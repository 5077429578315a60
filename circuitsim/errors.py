"""Errors that say, in one sentence, what was wrong and what to do.

Every error carries the exit code of the command line: 2 when the user's input is at fault, 3 when a
simulation failed.
"""

import importlib
from pathlib import Path


class CircuitsimError(Exception):
    """Base of every error that circuitsim raises on purpose."""

    exit_code = 1


class InputError(CircuitsimError):
    """Something the user gave is not usable: names the key, the value and what was expected."""

    exit_code = 2


class SpecError(InputError):
    """The specification has a key or value that cannot be simulated."""


class UnsafeFileError(InputError):
    """An included SPICE file contains commands that ngspice would execute."""


class OutsideRangeError(InputError):
    """A value lies outside the range in which a card, a surface or a certificate holds."""


class MissingExtraError(InputError):
    """An optional package is not installed; names the command that installs it."""


class SimulatorError(CircuitsimError):
    """A simulation failed; its folder is kept and named in the message.

    Attributes:
        folder: Folder with the deck, the log and the raw file of the failed run, or None when there was no run.
    """

    exit_code = 3

    def __init__(self, message: str, folder: Path | None = None):
        super().__init__(message if folder is None else f"{message} (run folder kept: {folder})")
        self.folder = folder


class SimulatorMissingError(SimulatorError):
    """ngspice was not found."""


class NotConvergedError(CircuitsimError):
    """An iterative solver stopped above its tolerance; says how far, where, and what to try."""

    exit_code = 3


class CircuitsimWarning(UserWarning):
    """Base of every warning that circuitsim issues."""


class OutsideCertificateWarning(CircuitsimWarning):
    """A behavioral model is used outside the range its certificate holds for."""


class ClippingWarning(CircuitsimWarning):
    """An ADC range clips more of the outputs than is usual."""


def require(module: str, *, extra: str, package: str = "") -> None:
    """Import an optional module, or name the command that installs it.

    Args:
        module: Name to import.
        extra: The extra of this package that brings it.
        package: Name of its distribution; empty where it is that of the module.

    Raises:
        MissingExtraError: The module is not installed.
    """
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:  # it is installed, and something that it needs is not
            raise
        raise MissingExtraError(f"{package or module} is not installed: pip install 'circuitsim[{extra}]'") from None

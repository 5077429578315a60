"""Errors and warnings. Every message is one sentence: what was wrong, and what to do.

Every error carries the exit code of the command line: 2 if the input of the user cannot be used, 3 if a simulation
failed.
"""

import importlib
import zipfile
import zlib
from pathlib import Path


class CircuitsimError(Exception):
    """Base of every error that circuitsim raises on purpose."""

    exit_code = 1


class InputError(CircuitsimError):
    """An input of the user cannot be used; the message names the key, the value and the expectation."""

    exit_code = 2


class SpecError(InputError):
    """The specification has a key or a value that cannot be used."""


class UnsafeFileError(InputError):
    """An included SPICE file contains commands that ngspice would execute."""


class OutsideRangeError(InputError):
    """A value lies outside the range in which a card, a surface or a certificate holds."""


class CertificateError(OutsideRangeError):
    """A certificate forbids a use: it does not cover it, or the error that it states is too large."""


class ForeignModelError(InputError):
    """A SPICE file uses a card, an element, a model or a function that ngspice does not have."""


class MissingExtraError(InputError):
    """An optional package is not installed; the message names the command that installs it."""


class UnsavedVectorError(InputError, KeyError):
    """A run did not save the vector that is asked for; the message lists some that it saved."""

    __str__ = Exception.__str__  # a KeyError shows the quoted form of its message


class SimulatorError(CircuitsimError):
    """A simulation failed; its folder is kept, and the message names it.

    Attributes:
        folder: Folder with the deck, the log and the raw file of the failed run; None if nothing ran.
    """

    exit_code = 3

    def __init__(self, message: str, folder: Path | None = None):
        super().__init__(message if folder is None else f"{message} (run folder kept: {folder})")
        self.folder = folder


class ControllerError(SimulatorError):
    """The Python function that controls a co-simulation raised an exception or did not return in time.

    The exception is its cause; the folder holds the deck and the waveforms up to there.
    """


class SimulatorMissingError(SimulatorError):
    """ngspice was not found, or what was named is no ngspice."""


class NotConvergedError(CircuitsimError):
    """An iterative solver stopped above its tolerance; the message says by how much, where, and what to try."""

    exit_code = 3


class CircuitsimWarning(UserWarning):
    """Base of every warning that circuitsim issues."""


class OutsideCertificateWarning(CircuitsimWarning):
    """A behavioral model is used outside the range of its certificate."""


class MissedTargetWarning(CircuitsimWarning):
    """A behavioral model is used whose errors are larger than those that were asked for."""


class WorstCaseWarning(CircuitsimWarning):
    """The largest error found for matrices like this one is far above typical errors, or above what is allowed."""


class DeclaredRangeWarning(CircuitsimWarning):
    """A value lies outside the range that the specification declares, or is of an impossible size."""


class CellErrorWarning(CircuitsimWarning):
    """The error of a characterized cell may show in the outputs of an array."""


class UnbalancedWarning(CircuitsimWarning):
    """The currents into an array and out of it differ by more than a simulator should leave."""


class SettlingWarning(CircuitsimWarning):
    """A read ends before its outputs have settled, or leaves out what makes the array settle later."""


class ClippingWarning(CircuitsimWarning):
    """An ADC clips an unusually large fraction of the outputs, or a driver of the inputs."""


class MissingCodesWarning(CircuitsimWarning):
    """No input gives some of the codes of an ADC."""


class FewerImagesWarning(CircuitsimWarning):
    """A file holds fewer images to score than were asked for; all of them are scored."""


class HostWarning(CircuitsimWarning):
    """A product with weights is computed on the host, or the host's part of a network hides errors of the arrays."""


class CrosstalkWarning(CircuitsimWarning):
    """Groups of a convolution on one tile change each other's products by more than is allowed."""


class WornCellsWarning(CircuitsimWarning):
    """Cells have received more pulses than their device endures, and no longer respond."""


class GateLevelWarning(CircuitsimWarning):
    """The current of cells is not linear in the level of their gates, for which a network takes it."""


class CampaignStatisticsWarning(CircuitsimWarning):
    """An estimate of a campaign is missing, or says less than was asked for."""


def require(module: str, *, extra: str, package: str = "") -> None:
    """Import an optional module; if it is missing, name the command that installs it.

    Args:
        module: Name of the module.
        extra: Extra of circuitsim that installs it.
        package: Name of its distribution; empty if it is the name of the module.

    Raises:
        MissingExtraError: The module is not installed.
    """
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:  # the module is installed, but one of its dependencies is not
            raise
        raise MissingExtraError(f"{package or module} is not installed: pip install 'circuitsim[{extra}]'") from None


# What reading an array saved by NumPy may raise: a foreign, cut or hostile file reaches every one of them.
ARRAY_FAULTS = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    MemoryError,
    OverflowError,
    SyntaxError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
)


def reason_of(error: BaseException) -> str:
    """Say in a few words of ours why a file cannot be read; the words of libraries change and name their internals."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, UnicodeDecodeError):
        return "not text in UTF-8"
    if isinstance(error, MemoryError):
        return "larger than the memory of this machine"
    if "allow_pickle" in str(error):
        return "it holds Python objects and not numbers"
    if isinstance(error, EOFError):
        return "it is empty or cut off"
    return "its content is damaged or of another form"

"""What SPICE files hold, as one digest."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from circuitsim.library.scan import scan_file


def contents_digest(files: Iterable[Path]) -> str | None:
    """Return one SHA-256 over the contents of SPICE files and of all they include; None where there are none.

    Neither their places nor their order make a difference.

    Raises:
        UnsafeFileError, InputError: As `scan_file`.
    """
    digests = sorted({scan_file(file).digest for file in files})
    return hashlib.sha256("".join(digests).encode()).hexdigest() if digests else None

"""Origin of a result."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from circuitsim import __version__
from circuitsim.spec import FrozenMapping


@dataclass(frozen=True)
class Provenance:
    """Origin of a result, in enough detail to reproduce it; its mappings are frozen.

    Attributes:
        level: "ngspice", "nodal" or "behavioral".
        spec_digest: `ArraySpec.digest`; None for the surface of a cell, which belongs to every array with that cell.
        deck_digest: SHA-256 of the text of the deck and of every file that it includes; None if no deck was run.
        ngspice: Version string of the simulator; None if it was not used.
        options: Solver options, as written into the deck or passed to the solver.
        given: `content_digest` of what the array was given besides its specification: conductances "g", surfaces of
            its cell "surface" and "off", and, if they were given, "wires", "v_sense", "mismatch".
        threads: Number of threads of the solver.
        version: Version of circuitsim.
        files_digest: SHA-256 of the sub-circuit of the cell, or of that of a sense amplifier in its table, with the
            contents of its SPICE files in place of their paths; None if no file was used.
        attempts: Number of simulator runs; more than one means that solver options were changed.
        seconds: Wall-clock time of the simulator, all attempts together [s]; None if it did not run. It is not
            compared, because equal results may differ in it.
    """

    level: str
    spec_digest: str | None
    deck_digest: str | None = None
    ngspice: str | None = None
    options: dict[str, str] = field(default_factory=FrozenMapping)
    given: dict[str, str] = field(default_factory=FrozenMapping)
    threads: int = 1
    version: str = __version__
    files_digest: str | None = None
    attempts: int = 1
    seconds: float | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        for name in ("options", "given"):
            object.__setattr__(self, name, FrozenMapping(getattr(self, name)))


def joint_provenance(spec_digest: str, parts: Sequence[Provenance]) -> Provenance:
    """Combine the provenance of the runs behind one result.

    The deck digest is the SHA-256 of the digests of all decks, in their order; a single deck keeps its own. The number
    of attempts is the largest of any run, the time is the sum over all runs. Everything else is that of the first run.

    Args:
        spec_digest: Digest of the specification of the result.
        parts: Provenance of each run, at least one.
    """
    first, seconds = parts[0], [part.seconds for part in parts if part.seconds is not None]
    digest = first.deck_digest
    if digest is not None and len(parts) > 1:
        digest = hashlib.sha256("".join(str(part.deck_digest) for part in parts).encode()).hexdigest()
    return replace(
        first,
        spec_digest=spec_digest,
        deck_digest=digest,
        attempts=max(part.attempts for part in parts),
        seconds=sum(seconds) if seconds else None,
    )

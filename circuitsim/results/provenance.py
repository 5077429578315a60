"""Where a number comes from."""

from dataclasses import dataclass, field

from circuitsim import __version__


@dataclass(frozen=True)
class Provenance:
    """What produced a result, in enough detail to produce it again.

    Attributes:
        level: "ngspice", "nodal" or "behavioral".
        spec_digest: `ArraySpec.digest`.
        deck_digest: SHA-256 of the deck's text and of every file it includes; None when no deck was run.
        ngspice: Version string of the simulator behind the result, None when none was involved.
        options: Solver options, as written into the deck or passed to the solver.
        threads: Threads the solver used.
        version: Version of circuitsim.
        files_digest: SHA-256 of the cell's sub-circuit, in which the contents of the SPICE files that it includes stand
            for their paths; None where no file was used.
        attempts: Starts of the simulator; more than one means that options were changed on the way.
        seconds: Wall-clock time of the simulator, all attempts together [s]; None where none ran. Not compared: equal
            results may differ in it.
    """

    level: str
    spec_digest: str
    deck_digest: str | None = None
    ngspice: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    threads: int = 1
    version: str = __version__
    files_digest: str | None = None
    attempts: int = 1
    seconds: float | None = field(default=None, compare=False)

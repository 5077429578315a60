"""Origin of a result."""

from dataclasses import dataclass, field

from circuitsim import __version__


@dataclass(frozen=True)
class Provenance:
    """Origin of a result, in enough detail to reproduce it.

    Attributes:
        level: "ngspice", "nodal" or "behavioral".
        spec_digest: `ArraySpec.digest`.
        deck_digest: SHA-256 of the text of the deck and of every file that it includes; None if no deck was run.
        ngspice: Version string of the simulator; None if it was not used.
        options: Solver options, as written into the deck or passed to the solver.
        threads: Number of threads of the solver.
        version: Version of circuitsim.
        files_digest: SHA-256 of the sub-circuit of the cell, with the contents of its SPICE files in place of their
            paths; None if no file was used.
        attempts: Number of simulator runs; more than one means that solver options were changed.
        seconds: Wall-clock time of the simulator, all attempts together [s]; None if it did not run. It is not
            compared, because equal results may differ in it.
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

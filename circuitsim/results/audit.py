"""What solving a random share of real reads says about all of them."""

from dataclasses import dataclass

from circuitsim.results.error_scale import RelativeTo
from circuitsim.units import percent

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Audit:
    """Reads of a tile of which a random share was solved by the array solver.

    The error of a read is its largest |tile − array solver| over the columns, as a fraction of full scale, or
    of the current itself.

    Attributes:
        reads: Reads from which those were drawn.
        audited: Reads that were solved.
        limit: Error above which a read counts.
        above: Audited reads with a larger error.
        largest: Largest error among the audited reads.
        full_scale: What errors are divided by, where they are fractions of full scale [unit of the certificate].
        relative_to: What errors are fractions of: "full scale", or "the current itself".
    """

    reads: int
    audited: int
    limit: float
    above: int
    largest: float
    full_scale: float
    relative_to: RelativeTo = "full scale"

    @property
    def share_above(self) -> float:
        """Share of all reads above the limit, at most, with 95 % confidence: Clopper and Pearson's exact bound.

        About 3 / audited if no audited read was above it; the share itself if all reads were audited.

        Source: Clopper, Pearson, Biometrika 26, 404 (1934)
        """
        if self.audited == self.reads:
            return self.above / self.reads
        from scipy.stats import binomtest  # takes 0.5 s to import, and only an audit needs it

        test = binomtest(self.above, self.audited, alternative="less")
        return float(test.proportion_ci(CONFIDENCE, method="exact").high)

    @property
    def sentence(self) -> str:
        """The result in words."""
        found = (
            f"{self.audited} of {self.reads} reads audited: the largest error is {percent(self.largest)} of "
            f"{self.relative_to}, {self.above} are above {percent(self.limit)}"
        )
        if self.audited == self.reads:
            return found
        return f"{found}; with 95 % confidence at most {percent(self.share_above)} of the reads are"

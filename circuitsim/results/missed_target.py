"""The errors that were asked of a model, where its certificate found larger ones."""

from dataclasses import dataclass

from circuitsim.results.error_scale import RelativeTo
from circuitsim.units import percent


@dataclass(frozen=True)
class MissedTarget:
    """A target that a model misses. The model carries it, so that every tile programmed from it can report it.

    Attributes:
        rms: Typical rms error found, as a fraction of what `relative_to` says.
        worst: Largest error found by search, as the same fraction; None if none was sought.
        max_rms, max_worst: The errors asked for; None: any. One of them was missed.
        relative_to: What errors are fractions of: "full scale", or "the current itself".
    """

    rms: float
    worst: float | None
    max_rms: float | None
    max_worst: float | None
    relative_to: RelativeTo = "full scale"

    @property
    def sentence(self) -> str:
        """What was found, what was asked for, and what to do."""
        worst = "no worst case was sought" if self.worst is None else f"the worst found is {percent(self.worst)}"
        limits = ((self.max_rms, "rms"), (self.max_worst, "for the worst found"))
        asked = " and ".join(f"{percent(limit)} {what}" for limit, what in limits if limit is not None)
        return (
            f"the model misses its target: its typical error is {percent(self.rms)} rms of {self.relative_to} and "
            f"{worst}, where {asked} was asked for; use level 'nodal', or calibrate with a target that it reaches"
        )

"""What a certificate states of one programmed tile."""

from dataclasses import dataclass

from circuitsim.results.error_scale import RelativeTo


@dataclass(frozen=True)
class TileError:
    """What a certificate states of one programmed tile. No bound.

    Attributes:
        full_scale: Full scale of the certificate, in the unit of its outputs.
        typical_rms: rms error on the hold-out.
        load: Column load of the tile's matrix, see `column_load`.
        worst: Largest error that was found among matrices up to this load; None if it was not sought.
        relative_to: What errors are fractions of: "full scale", or "the current itself".
    """

    full_scale: float
    typical_rms: float
    load: float
    worst: float | None
    relative_to: RelativeTo = "full scale"

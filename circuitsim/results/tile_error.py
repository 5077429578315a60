"""What a certificate states of one programmed tile."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TileError:
    """What a certificate states of one programmed tile; errors are fractions of `full_scale`. No bound.

    Attributes:
        full_scale: Full scale of the certificate [A].
        typical_rms: rms error on the hold-out.
        load: Column load of the tile's matrix, see `column_load`.
        worst: Largest error that was found among matrices up to this load; None if it was not sought.
    """

    full_scale: float
    typical_rms: float
    load: float
    worst: float | None

"""What the points of a campaign say together: estimates with their intervals, and which axis matters how much."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from circuitsim.spec import by_value

if TYPE_CHECKING:
    import xarray as xr


@by_value
@dataclass(frozen=True)
class CampaignEstimate:
    """One statistic of one result, at every place.

    Attributes:
        name: "MEASURE.RESULT", or the name of a yield.
        variable: Its variable in the dataset of `campaign.collect_campaign`.
        statistic: "mean", "quantile 0.5" and the like, or "yield".
        unit: SI unit; "1" for a yield.
        level: Confidence of each interval; where replicates stop by a rule, that of the whole of its looks.
        table: `value`, `low`, `high` and `count` over the axes, or over `place` where the points are a list. `count` is
            the number of replicates with a result; an end that so few cannot give is infinite.
    """

    name: str
    variable: str
    statistic: str
    unit: str
    level: float
    table: "xr.Dataset"


@by_value
@dataclass(frozen=True)
class CampaignSensitivity:
    """Which share of the variance of a result comes from which axis.

    Attributes:
        name: "MEASURE.RESULT".
        variable: Its variable in the dataset of `campaign.collect_campaign`.
        level: Confidence of the intervals.
        table: `first` (share of an axis alone), `total` (with all in which it has a part), and the half widths of their
            intervals `first_half` and `total_half`, over the axes that are crossed with the design, then `axis`;
            `design_rows`: of how many rows of the design, over the crossed axes. NaN where a result does not vary, or
            where too few rows are complete.
    """

    name: str
    variable: str
    level: float
    table: "xr.Dataset"

"""Which replicates meet the limits of a yield."""

import numpy as np

from circuitsim.campaign.statistics_file import YieldTable


def passes(table: YieldTable, values: np.ndarray) -> np.ndarray:
    """Tell which values (any shape, in SI units) meet both limits; a value that is NaN does not."""
    low = -np.inf if table.at_least is None else table.at_least
    high = np.inf if table.at_most is None else table.at_most
    return (values >= low) & (values <= high)

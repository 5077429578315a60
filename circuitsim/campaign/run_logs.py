"""What the logs of a store's runs say: how long points took, and what they warned of."""

import json
from collections import Counter

from circuitsim.campaign.store import CampaignStore


def read_logs(store: CampaignStore, keys: set[str]) -> tuple[float | None, tuple[tuple[str, int], ...]]:
    """Read the logs of all runs.

    Args:
        store: The store.
        keys: Points that count.

    Returns:
        Mean processor time of a point [s], None if there is none; and warnings, the most frequent first, with the
        number of points that warned so. A line that a killed process left incomplete is passed over.
    """
    seconds, count = 0.0, 0
    warned: Counter[str] = Counter()
    for file in sorted((store.root / "runs").glob("*.jsonl")):
        for line in file.read_bytes().splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if entry.get("key") in keys:
                seconds, count = seconds + entry["seconds"], count + 1
                warned.update(entry.get("warned", ()))
    return (seconds / count if count else None), tuple(warned.most_common())

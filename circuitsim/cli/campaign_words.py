"""What `circuitsim campaign` says to people."""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from circuitsim.units import format_quantity

if TYPE_CHECKING:
    from circuitsim.campaign import CampaignList, CampaignStatus, CampaignStep
    from circuitsim.results import CampaignEstimate

_MOST = 5  # reasons and warnings that are listed
_MOST_ESTIMATES = 20
_MOST_NAMES = 4  # of results that are not shown


def status_in_words(status: "CampaignStatus") -> list[str]:
    """Say how far a campaign is, why points failed, and what they warned of."""
    left = status.total - status.done - status.failed
    words = [f"{status.name}: {status.done} of {status.total} points done, {status.failed} failed, {left} left"]
    if status.stopped:
        words.append(f"{status.stopped} more are not needed: intervals were narrow enough before them")
    if status.wide:
        where = "1 place" if status.wide == 1 else f"{status.wide} places"
        words.append(f"at {where} the interval is wider than [statistics.stop] asks for, after all replicates")
    if status.seconds is not None:
        words.append(f"a point took {format_quantity(status.seconds, 's', 3)} of processor time")
    if status.at_work:
        words.append(f"{status.at_work} at work")
    if status.others:
        words.append(f"the store also holds {status.others} results of other campaigns or versions")
    words += [f"failed: {count} x {reason}" for reason, count in status.reasons[:_MOST]]
    words += [f"warning: {count} x {said}" for said, count in status.warned[:_MOST]]
    hidden = len(status.reasons[_MOST:]) + len(status.warned[_MOST:])
    return [*words, *([f"{hidden} more reasons and warnings: --json lists them"] if hidden else [])]


def best_of(listing: "CampaignList", step: "CampaignStep", best: tuple[float, str] | None) -> tuple[float, str] | None:
    """Return the best value so far and where it is, by `minimize` or `maximize` of the campaign."""
    if listing.goal is None or step.point is None or step.outcome is None or step.outcome.values is None:
        return best
    sense, (measure, _, result) = listing.goal[0], listing.goal[1].partition(".")
    if step.point.measure != measure or result not in step.outcome.values:
        return best
    value = step.outcome.values[result][0]
    if best is not None and (value >= best[0] if sense == "min" else value <= best[0]):
        return best
    pairs = zip(listing.axes, step.point.index, strict=True)
    return value, ", ".join(f"{axis['name']} {axis['labels'][k]}" for axis, k in pairs)


def left_in_words(step: "CampaignStep", best: tuple[float, str] | None, goal: tuple[str, str] | None) -> str:
    """Say in a few words what stands beside the bar: failures, and the best value so far."""
    failed = f"{step.failed} failed" if step.failed else ""
    found = "" if best is None or goal is None else f"best {goal[1]} {best[0]:.4g} at {best[1]}"
    return "; ".join(each for each in (failed, found) if each)


def estimate_lines(estimates: "Sequence[CampaignEstimate]") -> Iterator[dict[str, Any]]:
    """Yield each estimate at each place that has a replicate, as plain data; ends that are not known are None."""
    for each in estimates:
        stacked = {name: each.table[name].values.reshape(-1) for name in ("value", "low", "high", "count")}
        counts = each.table["count"]
        axes = {str(name): counts[name].broadcast_like(counts).transpose(*counts.dims) for name in counts.coords}
        for k, count in enumerate(stacked["count"]):
            if count:
                place = {name: values.values.reshape(-1)[k].item() for name, values in axes.items()}
                ends = {part: float(stacked[part][k]) for part in ("value", "low", "high")}
                known = {part: end if math.isfinite(end) else None for part, end in ends.items()}
                told = {"result": each.name, "statistic": each.statistic, "unit": each.unit, "level": each.level}
                yield {"place": place, **told, **known, "replicates": int(count)}


def estimates_in_words(lines: Sequence[dict[str, Any]]) -> list[str]:
    """Say estimates with their intervals, as many as a screen holds: yields first, which the user named."""
    words, ordered = [], sorted(lines, key=lambda line: line["statistic"] != "yield")
    for line in ordered[:_MOST_ESTIMATES]:
        where = ", ".join(
            f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in line["place"].items()
        )
        low, high = (_amount(line[end], line["unit"], without) for end, without in (("low", "-∞"), ("high", "∞")))
        value = _amount(line["value"], line["unit"], "")
        ends = "no interval" if line["low"] is None and line["high"] is None else f"{low} to {high}"
        told = f"{line['result']} {line['statistic']}: {value} ({ends}; {100 * line['level']:g} %"
        told += f", n = {line['replicates']})"
        words.append(f"{where}: {told}" if where else told)
    if hidden := ordered[_MOST_ESTIMATES:]:
        names = list(dict.fromkeys(f"{line['result']} {line['statistic']}" for line in hidden))
        named = ", ".join([*names[:_MOST_NAMES], *(["…"] if len(names) > _MOST_NAMES else [])])
        words.append(f"{len(hidden)} more ({named}): --json lists them, circuitsim campaign collect writes them")
    return words


def _amount(value: float | None, unit: str, without: str) -> str:
    if value is None:
        return without
    return f"{value:.4g}" if unit in ("", "1") else format_quantity(value, unit, 4)

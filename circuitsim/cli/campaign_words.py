"""What `circuitsim campaign` says to people."""

from typing import TYPE_CHECKING

from circuitsim.units import format_quantity

if TYPE_CHECKING:
    from circuitsim.campaign import CampaignList, CampaignStatus, CampaignStep

_MOST = 5  # reasons and warnings that are listed


def status_in_words(status: "CampaignStatus") -> list[str]:
    """Say how far a campaign is, why points failed, and what they warned of."""
    left = status.total - status.done - status.failed
    words = [f"{status.name}: {status.done} of {status.total} points done, {status.failed} failed, {left} left"]
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

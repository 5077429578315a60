"""A small campaign in a folder: its array, its file and its measures; and what a store holds."""

import shutil
from pathlib import Path

import campaign_points
from array_toml import ARRAY

from circuitsim import campaign

FILE = """\
schema = 1
base = "array.toml"
replicates = 3
[axes]
"array.rows, array.cols" = [2, 3, 4]
"wire.r_row" = { from = 1, to = 100, n = 3, scale = "log" }
[measures.m]
function = "campaign_points:drawn"
"""


def with_measure(function: str, more: str = "", replicates: int = 3) -> str:
    """Return the campaign file with another measure, and lines that follow it."""
    head = FILE.replace("replicates = 3", f"replicates = {replicates}")
    return head.replace('function = "campaign_points:drawn"', f'function = "campaign_points:{function}"\n{more}')


def campaign_in(folder: Path, text: str = FILE) -> campaign.CampaignPlan:
    """Write the files of a campaign into a folder, with a folder for traces, and plan it."""
    (folder / "array.toml").write_text(ARRAY)
    (folder / "c.toml").write_text(text)
    (folder / "trace").mkdir(exist_ok=True)
    shutil.copy(campaign_points.__file__, folder)
    return campaign.plan_campaign(campaign.load_campaign(folder / "c.toml"), folder)


def contents(out: Path) -> dict[str, bytes]:
    """Return the line of each result of a store, by its key; each stands there once."""
    lines = [line for file in (out / "results").glob("*.jsonl") for line in file.read_bytes().splitlines()]
    found = {line[:64].decode(): line for line in lines}
    assert len(found) == len(lines)
    return found

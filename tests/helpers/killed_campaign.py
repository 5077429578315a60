"""A campaign in a program of its own, killed at random moments and started anew."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

PROGRAM = """\
from concurrent.futures import ThreadPoolExecutor
from circuitsim import campaign
plan = campaign.plan_campaign(campaign.load_campaign("c.toml"), ".")
with ThreadPoolExecutor(1) as executor:
    for step in campaign.run_campaign(plan, "out", engine=campaign.given_engine(executor)):
        print(step.done, flush=True)
"""
"""Runs the campaign c.toml of its folder into the store out."""


def killed_at_times(folder: Path, kills: int, seed: int, within: float = 1.2) -> dict[str, int]:
    """Start the program anew after each SIGKILL at a random moment; return the number of calls of each point.

    Args:
        folder: Folder of c.toml, whose measure leaves a byte a call in the folder trace.
        kills: Number of kills.
        seed: Seed of their moments.
        within: Mean time [s] that all runs together have before they are killed, twice over.
    """
    (folder / "p.py").write_text(PROGRAM)
    rng = random.Random(seed)
    for kill in [True] * kills + [False]:
        with subprocess.Popen([sys.executable, "p.py"], cwd=folder, stdout=subprocess.PIPE, text=True) as program:
            if kill:
                program.stdout.readline()
                time.sleep(rng.uniform(0.0, within / kills))
                program.send_signal(signal.SIGKILL)
            assert program.communicate(timeout=600) and program.returncode in (0, -9)
    return {path.name: path.stat().st_size for path in (folder / "trace").iterdir()}

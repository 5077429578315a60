"""The parameter studies in docs/examples: each can run as its first lines say, and its own measures measure."""

from pathlib import Path

import numpy as np
import pytest

from circuitsim import campaign
from circuitsim.campaign.measures import load_function

FOLDER = Path(__file__).parents[3] / "docs" / "examples" / "parameters"
STUDIES = sorted(FOLDER.glob("*.toml"))


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_study_can_run_by_its_own_command(path):
    plan = campaign.plan_campaign(campaign.load_campaign(path), path.parent)
    assert len(plan.points) >= 10
    head = path.read_text().splitlines()[1]
    assert head == f"#   circuitsim campaign run docs/examples/parameters/{path.stem}.toml -o out/{path.stem}"
    assert f"[{path.stem}]({path.name})" in (FOLDER / "README.md").read_text()


def test_all_are_listed():
    linked = [line for line in (FOLDER / "README.md").read_text().splitlines() if ".toml)" in line]
    assert len(linked) == len(STUDIES) >= 10


@pytest.mark.parametrize(
    ("name", "result", "less", "more"),
    [
        ("position", "lost", {"column": 0.0, "rows": "near"}, {"column": 1.0, "rows": "far"}),
        ("input_line", "rms", {"input_line": "bl"}, {"input_line": "wl"}),
    ],
)
def test_their_own_measures(name, result, less, more):
    """The far corner loses more than the near one; gates lose more to columns of much resistance."""
    path = FOLDER / f"{name}.toml"
    file = campaign.load_campaign(path)
    (measure,) = campaign.plan_campaign(file, FOLDER).setup.measures.values()
    base = campaign.plan_campaign(file, FOLDER).setup.base
    spec = base.replace(array={"rows": 12, "cols": 12}, wire={"r_row": 5.0, "r_col": 40.0})
    found = [load_function(measure)(spec, np.random.default_rng(0), **each)[result] for each in (less, more)]
    assert 0 < found[0][0] < found[1][0] and found[0][1] == "1"

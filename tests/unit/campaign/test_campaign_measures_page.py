"""The page on measures names every measure, argument and kind that a campaign takes, and its example runs."""

import inspect
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from array_toml import ARRAY

from circuitsim import campaign
from circuitsim.calibration.experiments import GATE_KINDS, INPUT_KINDS, MATRIX_KINDS
from circuitsim.campaign.measures import MEASURES, find_measure, load_function

PAGE = (Path(__file__).parents[3] / "docs" / "campaign_measures.md").read_text()


def rows():
    return {
        cells[0].split("`")[1]: cells
        for cells in (line.split("|")[1:] for line in PAGE.splitlines())
        if len(cells) > 2 and "`" in cells[0]
    }


def test_the_page_names_every_measure_and_its_arguments():
    assert rows().keys() == MEASURES.keys()
    for name, cells in rows().items():
        taken = inspect.signature(load_function(find_measure(name, None, {}, Path()))).parameters.keys() - {
            "spec",
            "rng",
        }
        assert set(re.findall(r"`(\w+)`", cells[1])) == taken, name


def test_the_page_names_every_kind_that_is_drawn():
    assert {*MATRIX_KINDS, *INPUT_KINDS, *GATE_KINDS} <= set(re.findall(r"`(\w+)`", PAGE))


def test_the_function_of_the_page_is_measured(tmp_path):
    (tmp_path / "array.toml").write_text(ARRAY)
    (tmp_path / "page_module.py").write_text(PAGE.split("```python\n")[1].split("```")[0])
    text = 'schema = 1\nbase = "array.toml"\n[measures.mine]\nfunction = "page_module:output"\n'
    (tmp_path / "c.toml").write_text(text)
    plan = campaign.plan_campaign(campaign.load_campaign(tmp_path / "c.toml"), tmp_path)
    with ThreadPoolExecutor(1) as executor:
        list(campaign.run_campaign(plan, tmp_path / "store", engine=campaign.given_engine(executor)))
    assert float(campaign.collect_campaign(tmp_path / "store")["mine_largest"].max()) > 0

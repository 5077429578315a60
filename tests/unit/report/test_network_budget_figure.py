"""The picture of a network's budget: a panel for each kind of entry, whiskers of the wider interval."""

import numpy as np
import pytest

from circuitsim.report.network_budget_figure import network_budget_figure, save_network_budget
from circuitsim.results.network_budget import BudgetEntry, NetworkBudget


def entry(kind, name, losses, images_half_width=0.004):
    losses = np.array(losses)
    return BudgetEntry(kind, name, 0.98 - losses, losses, np.full(len(losses), 0.1), images_half_width)


@pytest.fixture
def budget():
    entries = (
        entry("all", "", [0.02, 0.03]),
        entry("cause alone", "read_noise", [0.01, 0.012]),
        entry("cause alone", "wires", [0.004]),
        entry("cause removed", "read_noise", [0.004]),
        entry("cause removed", "wires", [-0.002]),
        entry("layer alone digital", "conv_1", [0.001], None),
    )
    return NetworkBudget("accuracy", 0.98, ("read_noise", "wires"), entries, (0, 1), 500, ())


def test_each_kind_has_a_panel_with_its_entries(budget):
    panels = network_budget_figure(budget).axes
    assert [axes.get_title(loc="left") for axes in panels] == [
        "Each cause alone",
        "All causes but one",
        "Each layer alone digital",
    ]
    assert [text.get_text() for text in panels[0].get_yticklabels()] == ["read noise", "wires"]
    assert [text.get_text() for text in panels[2].get_yticklabels()] == ["conv_1"]
    widths = [bar.get_width() for bar in panels[0].patches]
    assert widths == pytest.approx([1.1, 0.4])  # percent
    low, high = panels[0].get_xlim()
    assert low < -0.2 - 0.4 and high > 2.5


def test_files_are_written(budget, tmp_path):
    paths = save_network_budget(budget, tmp_path / "budget.png")
    assert [path.name for path in paths] == ["budget.png", "budget.svg"] and all(path.stat().st_size for path in paths)

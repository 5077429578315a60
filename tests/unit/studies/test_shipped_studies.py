"""Every shipped study: its committed result is of this code and these decks, complete, and agrees or says why not."""

import pytest

from circuitsim.report import study_figure
from circuitsim.results import load_study_result
from circuitsim.studies import shipped_studies, what_is_stale

STUDIES = shipped_studies()


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_committed_result(study):
    result = load_study_result(study.folder / "result.json")
    again = f"run: circuitsim reproduce {study.name}, and copy result.json and figure.png into {study.folder}"
    assert what_is_stale(study, result) == (), again
    assert result.passed, result.verdict
    wanted = {(claim.name, case) for claim in study.claim.claims for case in study.claim.published(claim)}
    wanted |= {(claim.name, case) for claim in study.claim.claims for case in claim.bounds}
    assert {(row.claim, row.case) for row in result.rows} == wanted
    assert (study.folder / "figure.png").is_file()


def test_panels_are_named_by_the_quantity_that_they_show():
    study = next(each for each in STUDIES if each.name == "qucs_arrays")
    figure = study_figure(load_study_result(study.folder / "result.json"))
    titles = [axes.get_title(loc="left").replace("\n", " ") for axes in figure.axes]
    assert titles == [claim.quantity for claim in study.claim.claims]


def test_an_open_bound_is_shaded_to_the_edge_of_the_panel():
    study = next(each for each in STUDIES if each.name == "linear_model")
    axes = study_figure(load_study_result(study.folder / "result.json")).axes[0]
    (_, bottom), (_, top) = axes.collections[0].get_segments()[0]
    assert (bottom, top) == (5.0, axes.get_ylim()[1])


def test_one_legend_names_the_marks_of_all_panels():
    """No value of the first panel of `chips` was published, and none of it is outside; others have both."""
    study = next(each for each in STUDIES if each.name == "chips")
    figure = study_figure(load_study_result(study.folder / "result.json"))
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "published", "here", "here, outside", "range that agrees",
    ]  # fmt: skip

"""Every name that a certificate uses is explained where it is used."""

import dataclasses

from circuitsim.calibration.experiments import INPUT_KINDS, MATRIX_KINDS
from circuitsim.report.legend import INPUTS, MATRICES, names_in_words
from circuitsim.results import GradeErrors


def test_every_kind_that_is_drawn_has_an_explanation():
    assert set(INPUT_KINDS) <= set(INPUTS)
    assert set(MATRIX_KINDS) == set(MATRICES)


def test_the_names_of_a_certificate_are_explained_and_no_others(certificate):
    error = certificate.typical
    used = dataclasses.replace(
        certificate,
        by_input={"far": error, "faint": error},
        by_matrix={"few_high": error, "network fc1": error},
        validation={"grade 1": GradeErrors(1e-3)},
    )
    text = names_in_words(used)
    for words in (
        "far: only the half of the rows farthest from the sense amplifiers",
        "faint: every row in the lowest tenth of the range",
        "few_high: most cells near g_min",
        "network NAME: the tile of the layer NAME",
        "Grade: how much of the cells' nonlinearity the model keeps",
    ):
        assert words in text
    assert "sparse" not in text and "log_uniform" not in text
    assert "Grade" not in names_in_words(certificate)


def test_a_certificate_without_names_needs_no_explanation(certificate):
    assert names_in_words(dataclasses.replace(certificate, by_input={}, by_matrix={})) == ""

"""A certificate in words says the numbers of the certificate, and what it does not cover."""

import dataclasses

import pytest

from circuitsim.report.words import array_in_words, certificate_in_words, in_short, percent


def test_claim_evidence_and_range_are_said(certificate):
    text = certificate_in_words(certificate)
    for words in (
        "6 × 5 array (P12, twelve matrix products)",
        "differ from ngspice 39.3 by 0.0053 % of full scale rms (5.33e-05, 7.9 nA)",
        "0.063 % at most (6.27e-04, 92.9 nA)",
        "Full scale is 148.2 µA",
        "largest error lies in column 4 (0.050 %)",
        "between 0.0010 % and 0.0050 %",
        "By kind of inputs: uniform 0.0053 % rms, 0.063 % max, all_on",
        "Conductances from 1 µS to 100 µS, inputs from 0 V to 200 mV, 27 °C",
        "nothing about programming error",
        "2 programmed matrices and 4 input vectors (20 output currents)",
        "from 1 deck;",
        "within 3.1e-08 of its full-scale current",
        "reltol = 1e-10",
        "Model cdcdcdcdcdcd",
        "made 2026-01-01T12:00:00+00:00",
    ):
        assert words in text, words


def test_paragraphs_have_headings(certificate):
    heads = [part.split(".")[0] for part in certificate_in_words(certificate).split("\n\n")]
    assert heads == ["Claim", "Where the error lies", "Where it holds", "Evidence"]


def test_truth_that_is_not_ngspice_is_named_as_such(certificate):
    other = dataclasses.replace(certificate, truth="nodal")
    assert in_short(other).endswith("against the array solver (not ngspice itself)")
    assert "ngspice 39.3" not in certificate_in_words(other)


def test_bare_certificate_can_be_told(certificate):
    bare = dataclasses.replace(certificate, by_column=(), by_input={}, by_matrix={}, created="")
    assert "Not broken down." in certificate_in_words(bare)


def test_array_in_one_sentence(spec):
    assert array_in_words(spec) == (
        "6 × 5 cells of rram_sinh behind nmos_130, 1 µS to 100 µS; wires 2 Ω a segment along the row and 3 Ω along the "
        "column; inputs up to 200 mV behind 50 Ω, sense inputs of 0 Ω; ideal DAC, 8-bit ADC; 27 °C."
    )


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        *((5.9e-5, "0.0059 %"), (1.2e-3, "0.12 %"), (0.2987, "30 %"), (0.999, "100 %"), (1.0, "100 %")),
        *((3e-8, "0.03 ppm"), (0.0, "0 %"), (-5.9e-5, "-0.0059 %"), (9.96e-4, "0.10 %")),
    ],
)
def test_percent(fraction, text):
    assert percent(fraction) == text

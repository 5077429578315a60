"""A certificate in words says the numbers of the certificate, and what it does not cover."""

import dataclasses

import pytest

from circuitsim.report.array_words import array_in_words
from circuitsim.report.words import budget_in_words, certificate_in_words, in_short
from circuitsim.results import ArrayEnergy, Budget, Cause, ConverterEnergy, Extrapolation, GradeErrors
from circuitsim.units import percent

BUDGET = Budget(
    causes=(
        Cause("cells", "c", 1e-4, 1e-5),
        Cause("wires", "w", 4e-4, 1e-5),
        Cause("driver", "d", 0.0, 0.0),
        Cause("sense", "s", 5e-34, 0.0),
    ),
    total=8e-4,
    total_after_gain=1e-4,
    correlation=4e-4,
    joint=-1e-4,
    gain=0.8,
    full_scale=1.5e-4,
    outputs=20,
    left_out=("noise: unknown",),
)


def test_claim_evidence_and_range_are_said(certificate):
    text = certificate_in_words(certificate)
    for words in (
        "6 × 5 array (nine matrix products)",
        "differ from ngspice 39.3 by 0.0053 % of full scale rms (7.9 nA)",
        "50 % within 0.0030 %, 95 % within 0.010 %, 99 % within 0.018 %, 99.9 % within 0.050 %",
        "the largest of 20 drawn is 0.063 % (92.9 nA), which is no bound",
        "Worst found by search over all conductances from 1 µS to 100 µS and inputs from 0 V to 200 mV: 0.14 % of "
        "148.2 µA (207.5 nA) in column 0; no larger one is known.",
        "programmed 329 matrices and compared 10257 input vectors",
        "family: hot column, first",
        "carries 90 µA in the model, 89.79252 µA in the array solver, 89.79252 µA in ngspice.",
        "among matrices of at most a load: 0.020 % up to 0.1, 0.060 % up to 0.5, 0.14 % up to 1. Every one of them is "
        "below 0.30 % times its load.",
        "Full scale is 148.2 µA: the largest current of a column that the range below allows",
        "Where the error lies. rms errors lie between 0.0010 % and 0.0050 % by column, 0.0053 % (all_on) and 0.0053 % "
        "(uniform) by kind of inputs; the largest error drawn lies in column 4 (0.050 %).\n",
        "Conductances from 1 µS to 100 µS, inputs from 0 V to 200 mV, 27 °C",
        "nothing about programming error",
        "2 programmed matrices and 4 input vectors (20 output currents)",
        "from 1 deck;",
        "within 3.1e-06 % of its full-scale current",
        "The mean error is -6.7e-05 % of full scale.",
        "reltol = 1e-10",
        "Model cdcdcdcdcdcd",
        "made 2026-01-01T12:00:00+00:00",
    ):
        assert words in text, words


def test_paragraphs_have_headings(certificate):
    heads = [part.split(".")[0] for part in certificate_in_words(certificate).split("\n\n")]
    assert heads == [
        *("Typical error", "Worst error", "Worst error by column load", "Full scale", "Where the error lies"),
        *("Where it holds", "Evidence", "Names"),
    ]


def test_what_was_asked_for_sizes_product_and_energy_are_said(certificate):
    fuller = dataclasses.replace(
        certificate,
        max_rms=1e-5,
        validation={"grade 1": GradeErrors(2e-3), "grade 3": GradeErrors(4e-5)},
        circuit=certificate.typical,
        product_rms=1e-2,
        product_gain=0.8,
        extrapolation=(Extrapolation(12, 10, "nodal", 3e-4, certificate.typical),),
        budget=BUDGET,
        energy=ArrayEnergy(1.5e-15, 1e-8, "ngspice", 3e-9, (ConverterEnergy("SAR", 8, 1.2e-12, "Somebody 2020"),)),
        by_amplitude={"up to 10 %": certificate.typical},
        time_s=86400.0,
        extrapolated=("60 °C is beyond the source",),
    )
    text = certificate_in_words(fuller)
    for words in (
        "An error of 0.0010 % rms was asked for; it was NOT reached.",
        "grade 1 0.20 % rms, grade 3 0.0040 % rms;",
        "That is 12.4 effective bits",
        "EXTRAPOLATED to 12 × 10: 0.0053 % rms",
        "against the array solver and not against ngspice",
        "good for 4.9 effective bits before the ADC, after a common gain of 0.800",
        "without any gain taken out: wires 2.0 %, cells 1.0 %. Absent: driver, sense. Mean squares are added",
        "the causes alone give 5.00e-04, all together 8.00e-04 (2.8 % rms)",
        "The difference of +3.00e-04 is +4.00e-04 because causes push an output in the same direction",
        "-1.00e-04 because one cause changes what another does. Left out: noise: unknown.",
        "the array solver gives every read the same power within 3.0e-07 % of it.",
        "1.5 fJ per operation",
        "One conversion per column would add 100 fJ per operation (SAR, 8 bits, 1.2 pJ: Somebody 2020)",
        "the array solver on it within 0.063 % of full scale of the truth",
        "86.4 ks after programming, programming error and drift included",
        "EXTRAPOLATED: 60 °C is beyond the source.",
    ):
        assert words in text, words
    spot = dataclasses.replace(fuller, circuit=None, spot=Extrapolation(4, 3, "ngspice", 1e-5, certificate.typical))
    assert "within 0.063 % of full scale of ngspice on 4 × 3 cells" in certificate_in_words(spot)
    reached = dataclasses.replace(fuller, max_rms=1e-3)
    assert "it was reached" in certificate_in_words(reached)


def test_truth_that_is_not_ngspice_is_named_as_such(certificate):
    other = dataclasses.replace(certificate, truth="nodal")
    assert "against the array solver (not ngspice itself)" in in_short(other)
    assert "ngspice 39.3" not in certificate_in_words(other)


def test_at_most_is_never_said_of_an_error(certificate):
    for text in (certificate_in_words(certificate), in_short(certificate)):
        assert "at most" not in text.replace("matrices of at most a load", "")


def test_what_was_not_sought_is_said(certificate):
    without = dataclasses.replace(certificate, worst=None, by_load=None)
    assert "None was sought. Errors larger than those drawn exist" in certificate_in_words(without)
    assert "by column load" not in certificate_in_words(without)
    assert in_short(without).endswith("no worst case was sought")
    aged = dataclasses.replace(without, time_s=3600.0)
    assert "the conductances of aged arrays are drawn at random" in certificate_in_words(aged)


def test_a_witness_that_ngspice_did_not_solve_and_an_early_end_are_said(certificate):
    found = certificate.worst
    alone = dataclasses.replace(found, witness=dataclasses.replace(found.witness, ngspice=None), stopped=True)
    text = certificate_in_words(dataclasses.replace(certificate, worst=alone))
    assert "in the array solver; ngspice did not solve it." in text
    assert "A limit of time or of matrices ended the search early." in text


def test_both_errors_that_were_asked_for_are_said(certificate):
    asked = dataclasses.replace(
        certificate,
        max_rms=1e-4,
        max_worst=1e-3,
        validation={"grade 1": GradeErrors(2e-3, 1e-2), "grade 2": GradeErrors(4e-5, 6e-4)},
    )
    text = certificate_in_words(asked)
    assert "0.010 % rms and 0.10 % for the worst found was asked for; it was NOT reached." in text
    assert "grade 1 0.20 % rms and 1.0 % worst, grade 2 0.0040 % rms and 0.060 % worst" in text
    assert dataclasses.replace(asked, max_worst=1.5e-3).reached is True
    assert dataclasses.replace(asked, max_rms=None, max_worst=1.5e-3).reached is True
    assert dataclasses.replace(asked, worst=None, by_load=None).reached is False  # it was not sought


def test_bare_certificate_can_be_told(certificate):
    bare = dataclasses.replace(certificate, by_column=(), by_input={}, by_matrix={}, created="")
    assert "Not broken down." in certificate_in_words(bare)


def test_array_in_one_sentence(spec):
    assert array_in_words(spec) == (
        "6 × 5 cells of rram_sinh behind nmos_130, 1 µS to 100 µS; wires 2 Ω a segment along the row and 3 Ω along the "
        "column; inputs up to 200 mV behind 50 Ω, sense inputs of 0 Ω; ideal DAC, 8-bit ADC; 27 °C."
    )


def test_straps_in_one_sentence(spec):
    strapped = spec.replace(wire={"strap_col": {"every": 4, "r": 0.5, "r_via": 2.0}})
    assert "along the column, with a strap of 500 mΩ a segment every 4 cells above the columns; " in array_in_words(
        strapped
    )


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        *((5.9e-5, "0.0059 %"), (1.2e-3, "0.12 %"), (0.2987, "30 %"), (0.999, "100 %"), (1.0, "100 %")),
        *((3e-8, "3.0e-06 %"), (12.5, "1250 %"), (0.0, "0 %"), (-5.9e-5, "-0.0059 %"), (9.96e-4, "0.10 %")),
    ],
)
def test_percent(fraction, text):
    assert percent(fraction) == text


def test_causes_that_cancel_are_said_to_push_in_opposite_directions():
    budget = dataclasses.replace(BUDGET, correlation=-4e-4)
    assert "-4.00e-04 because causes push an output in opposite directions" in budget_in_words(budget)


def test_two_converters_add_between_two_energies(certificate):
    converters = (ConverterEnergy("SAR", 8, 1.2e-12, "A"), ConverterEnergy("flash", 6, 2.4e-12, "B"))
    fuller = dataclasses.replace(certificate, energy=ArrayEnergy(1.5e-15, 1e-8, "ngspice", 3e-9, converters))
    assert "would add between 100 fJ and 200 fJ per operation" in certificate_in_words(fuller)

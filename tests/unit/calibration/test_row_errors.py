"""The certificate on the currents of row drivers: against solutions, with the witness, in words, in a file."""

from dataclasses import replace

import numpy as np
import pytest
from small_certificate import small_certificate

from circuitsim import behavioral
from circuitsim.calibration.row_errors import row_errors
from circuitsim.errors import InputError
from circuitsim.report import certificate_in_words
from circuitsim.results import Witness, WorstFound, load_certificate, save_certificate
from circuitsim.results.worst_case import ReadCase


def test_errors_are_those_of_every_row_over_the_largest_current(model, hold_out, truths):
    found = row_errors(model, hold_out, truths)
    rows = [
        behavioral.read_rows(behavioral.row_currents(model, e.g), behavioral.program(model, e.g), e.v_in)
        for e in hold_out
    ]
    off = np.concatenate([m - t.i_row for m, t in zip(rows, truths, strict=True)])
    assert found.largest == max(np.abs(t.i_row).max() for t in truths)
    assert found.typical.rms == pytest.approx(np.sqrt(np.mean(off**2)) / found.largest)
    assert found.typical.samples == off.size and found.witness is None
    assert found.worst == pytest.approx(np.abs(off).max() / found.largest)
    assert 0 < found.worst < 3e-3


def test_a_model_that_is_off_by_one_per_cent_is_said_to_be(model, hold_out, truths):
    scaled = [replace(truth, i_row=1.01 * truth.i_row) for truth in truths]
    assert row_errors(model, hold_out, scaled).worst == pytest.approx(0.01 / 1.01, rel=0.2)


def test_the_witness_is_read_too(model, hold_out, truths):
    g = np.full(model.spec.shape, model.spec.device.g_max)
    case = ReadCase.of(g, np.full(model.spec.array.rows, model.v_range[1]), 0, "all max")
    found = row_errors(model, hold_out, truths, WorstFound(1e-3, Witness(case, 1e-4, 1e-4), 1, 1))
    assert 0 < found.witness <= found.worst
    assert found.largest > row_errors(model, hold_out, truths).largest


def test_measurements_without_row_currents_leave_it_open(model, hold_out, truths):
    assert row_errors(model, hold_out, [replace(truth, i_row=None) for truth in truths]) is None


def test_it_is_kept_and_said(model, hold_out, truths, tmp_path):
    stated = small_certificate(row_currents=row_errors(model, hold_out, truths))
    save_certificate(tmp_path / "certificate.json", stated)
    assert load_certificate(tmp_path).row_currents == stated.row_currents
    assert "Currents of row drivers. The model gives the current that each row driver" in certificate_in_words(stated)
    assert "Currents of row drivers" not in certificate_in_words(small_certificate())
    path = tmp_path / "certificate.json"
    path.write_text(path.read_text().replace('"schema": 10', '"schema": 6'))
    with pytest.raises(InputError, match=r"no error of row currents and no unit of inputs \(schema 6\), not"):
        load_certificate(path)

"""Choosing a grade says which were tried, and with what error."""

import logging

from calibration_arrays import array_spec, draw, surface

from circuitsim.calibration.calibrate import choose_grade


def test_every_grade_that_was_tried_is_logged(caplog):
    spec = array_spec()
    with caplog.at_level(logging.INFO, logger="circuitsim.calibration"):
        _, tried = choose_grade(spec, surface(0.1), draw(spec, 3), max_rms=1e-12)
    assert [message.split(":")[0] for message in caplog.messages] == list(tried)
    assert all("expected at most 5.00e-13" in message for message in caplog.messages)

"""Choosing a grade says which were tried, and with what error."""

import logging

from calibration_arrays import array_spec, draw, surface

from circuitsim.calibration.calibrate import choose_grade


def messages_of(caplog, **required):
    spec = array_spec()
    with caplog.at_level(logging.INFO, logger="circuitsim.calibration"):
        _, tried = choose_grade(spec, surface(0.1), draw(spec, 3), **required)
    return caplog.messages, tried


def test_every_grade_that_was_tried_is_logged(caplog):
    messages, tried = messages_of(caplog, max_rms=1e-12)
    assert [message.split(":")[0] for message in messages] == list(tried)
    assert all("expected at most 5.00e-13" in message for message in messages)


def test_the_largest_error_is_logged_where_one_was_requested(caplog):
    messages, tried = messages_of(caplog, max_rms=1.0, max_worst=3e-12)
    assert [m.split(":")[0] for m in messages] == [name for name in tried for _ in range(2)]
    for name, message in zip(tried, messages[1::2], strict=True):
        assert f"largest error found {tried[name].worst:.2e} of full scale, expected at most 2.00e-12" in message

"""What is logged: no secrets, and not every second that a worker has looked for work."""

from __future__ import annotations

import logging

import pytest

from vibecraft.logging import RoundsAreQuiet, mask_secrets


@pytest.mark.parametrize(
    ("logger", "level", "name", "is_shown"),
    [
        ("celery.app.trace", logging.INFO, "ring_predictions", False),
        ("celery.worker.strategy", logging.INFO, "sweep", False),
        ("celery.app.trace", logging.ERROR, "ring_predictions", True),
        ("celery.app.trace", logging.INFO, "advance_prediction", True),
        ("vibecraft.predictions.turn", logging.INFO, "ring_predictions", True),
    ],
)
def test_only_the_rounds_that_went_well_are_left_out(logger, level, name, is_shown):
    about = ({"name": name, "id": "1"},)
    record = logging.LogRecord(logger, level, "", 0, "Task %(name)s", about, None)
    assert RoundsAreQuiet().filter(record) is is_shown


def test_tokens_of_the_service_are_masked():
    text = "GET https://a/b Authorization: Bearer r8_abcdef and r8_secret"
    assert mask_secrets(text) == "GET https://a/b Authorization: Bearer *** and r8_***"

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


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (
            "GET /f.mp4?X-Amz-Credential=k%2Fs3&X-Amz-Signature=ab12",
            "GET /f.mp4?X-Amz-Credential=***&X-Amz-Signature=***",
        ),
        (
            "AWS4-HMAC-SHA256 Credential=key/2026, Signature=ab12",
            "AWS4-HMAC-SHA256 Credential=***, Signature=***",
        ),
        ("postgres://vibecraft:sesame@db:5432/x", "postgres://vibecraft:***@db:5432/x"),
        ("redis://:sesame@redis/0", "redis://:***@redis/0"),
        (
            "see http://host:8000/songs of alice@example.org",
            "see http://host:8000/songs of alice@example.org",
        ),
        ("the word is sesame-of-this-site.", "the word is ***."),
    ],
)
def test_signatures_and_passwords_are_masked(text, masked, monkeypatch):
    monkeypatch.setattr("vibecraft.logging.KNOWN", {"sesame-of-this-site"})
    assert mask_secrets(text) == masked


def test_tokens_of_the_service_are_masked():
    text = "GET https://a/b Authorization: Bearer r8_abcdef and r8_secret"
    assert mask_secrets(text) == "GET https://a/b Authorization: Bearer *** and r8_***"

"""Every way a call can go wrong has one code and one sentence, and says whether to try again."""

from __future__ import annotations

import time
from email.utils import formatdate

import httpx
import pytest

from vibecraft.predictions import errors
from vibecraft.predictions.standin.faults import FAILURES
from vibecraft.predictions.transport import ApiProblem

CODES = {
    "E1000": "provider_failed",
    "E1001": "model_gone",
    "OOM": "model_gone",
    "E4875": "bad_input",
    "E6716": "provider_failed",
    "E8367": "provider_failed",
    "E8765": "provider_busy",
    "E9243": "provider_failed",
    "E9825": "provider_failed",
    "E9828": "provider_failed",
    "PA": "provider_failed",
    "E005": "refused_content",
    "nsfw": "refused_content",
}


@pytest.mark.parametrize("name", sorted(FAILURES))
def test_every_failure_of_the_service_has_its_class(name):
    assert errors.class_of_failure(FAILURES[name]) == CODES[name]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Something (E9828) in the middle of words", "provider_failed"),
        ({"detail": "flagged as sensitive (E005)", "code": 500}, "refused_content"),
        ("Either video_url or video_id is required", "bad_input"),
        ("1080p resolution only supports 6 second duration", "bad_input"),
        ("Content moderation blocked this", "refused_content"),
        ("", "provider_failed"),
        (None, "provider_failed"),
        ("who knows", "provider_failed"),
    ],
)
def test_codes_are_found_anywhere_then_words(text, code):
    assert errors.class_of_failure(text) == code


@pytest.mark.parametrize(
    ("status", "title", "code"),
    [
        (400, "", "bad_input"),
        (401, "Unauthenticated", "provider_auth"),
        (402, "Insufficient credit", "no_credit"),
        (403, "", "provider_auth"),
        (404, "", "model_gone"),
        (413, "", "bad_input"),
        (422, "Input validation failed", "bad_input"),
        (422, "Invalid version or not permitted", "model_gone"),
        (429, "", "provider_busy"),
        (418, "", "provider_failed"),
    ],
)
def test_every_refusal_has_its_class(status, title, code):
    assert errors.class_of_refusal(status, title) == code


def test_sentences_say_what_to_do_and_nothing_of_the_service():
    assert set(errors.SENTENCES) >= errors.RETRIABLE | set(CODES.values())
    for code, sentence in errors.SENTENCES.items():
        found = errors.problem(code, "Prediction failed (E1000)")
        assert found.sentence == sentence
        assert "E1000" not in sentence
        assert "eplicate" not in sentence
        assert sentence.endswith(".")
    retriable = {"provider_busy", "provider_failed", "output_bad", "too_late", "lost_answer"}
    assert retriable == errors.RETRIABLE


def answered(status=429, headers=None, body=b"{}"):
    return ApiProblem(status, httpx.Headers(headers or {}), body)


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({}, b"{}", 1.0),
        ({"retry-after": "7"}, b"{}", 7.0),
        ({"retry-after": "2.5"}, b"{}", 2.5),
        ({"retry-after": "3600"}, b"{}", 60.0),
        ({"retry-after": "nonsense"}, b"{}", 1.0),
        ({"retry-after": "-5"}, b"{}", 1.0),
        ({}, b'{"retry_after": 9}', 9.0),
        ({}, b'{"retry_after": "nan"}', 1.0),
        ({}, b'{"detail": "Your rate limit resets in ~30s."}', 30.0),
        ({"retry-after": "3"}, b'{"retry_after": 5, "detail": "resets in ~8s."}', 8.0),
        ({}, b"<html>", 1.0),
        ({}, b'["a list"]', 1.0),
    ],
)
def test_the_longest_wait_that_is_told_counts_up_to_a_minute(headers, body, seconds):
    assert answered(headers=headers, body=body).wait_seconds == seconds


def test_a_date_to_come_back_at_is_understood():
    headers = {"retry-after": formatdate(time.time() + 20, usegmt=True)}
    assert 18 < answered(headers=headers).wait_seconds <= 20


def test_little_credit_is_told_from_a_usual_limit():
    low = b'{"detail": "... reduced to 6 requests per minute while you have less than $5.0 in credit."}'
    unpaid = b'{"detail": "... until you add a payment method."}'
    usual = b'{"detail": "Request was throttled. Your rate limit resets in ~30s."}'
    assert [answered(body=one).is_low_credit for one in (low, unpaid, usual)] == [True, True, False]
    assert not answered(402, body=low).is_low_credit


def test_only_some_answers_prove_that_nothing_was_made():
    proving = [status for status in range(300, 600) if answered(status).proves_nothing_was_made]
    assert proving == [400, 401, 402, 403, 404, 405, 410, 413, 415, 422, 429]

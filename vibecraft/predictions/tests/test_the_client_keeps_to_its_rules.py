"""What goes over the wire: one request a call, limits, the token to nobody else, no open transaction."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest
from django.db import transaction

from vibecraft.predictions import client, transport
from vibecraft.predictions.client import AnswerLost, ApiProblem, NotSent

SLUG = "openai/gpt-5-structured"
pytestmark = pytest.mark.django_db


def create(**more: Any) -> dict[str, Any]:
    given = {"prompt": "hello"}
    usual = {"attempt": uuid.uuid4(), "webhook": None, "cancel_after": 180}
    return client.create(more.pop("slug", SLUG), more.pop("version", ""), given, **(usual | more))


@pytest.fixture
def ai(ai):
    """What these tests create is nobody's business."""
    ai.allowed.add("unseen_end")
    return ai


def test_a_creation_carries_its_attempt_and_its_deadline(ai):
    attempt = uuid.uuid4()
    made = create(attempt=attempt, cancel_after=240)
    (one,) = ai.predictions()
    assert (one["id"], one["attempt"], one["cancel_after"]) == (made["id"], str(attempt), 240)
    (asked,) = ai.requests()
    assert asked["path"] == f"/v1/models/{SLUG}/predictions"
    assert "prefer" not in asked["headers"]


def test_a_community_model_is_called_by_its_version(ai):
    version = "84d2ad2d6194fe98a17d2b60bef1c7f910c46b2f6fd38996ca457afd9c8abfcb"
    with pytest.raises(ApiProblem) as refused:
        create(slug="victor-upmeet/whisperx", version=version)
    assert (refused.value.status, refused.value.json["invalid_fields"][0]["field"]) == (
        422,
        "input",
    )
    assert ai.requests()[0]["path"] == "/v1/predictions"


@pytest.mark.parametrize("status", ["503", "504"])
def test_nothing_is_repeated_and_nothing_sleeps(ai, status):
    made = create()
    ai.fault({"endpoint": "get"}, answer=status, times=0)
    started = time.monotonic()
    with pytest.raises(ApiProblem) as refused:
        client.get(made["id"])
    assert refused.value.status == int(status)
    assert time.monotonic() - started < 2
    assert [one["method"] for one in ai.requests()] == ["POST", "GET"]


def test_a_huge_retry_after_is_not_slept(ai):
    made = create()
    ai.fault({"endpoint": "get"}, refuse="429", told="both", retry_after=3600)
    started = time.monotonic()
    with pytest.raises(ApiProblem) as refused:
        client.get(made["id"])
    assert (time.monotonic() - started < 2, refused.value.wait_seconds) == (True, 60.0)


@pytest.mark.parametrize("answer", ["truncated", "list"])
def test_an_id_is_read_from_what_is_left_of_an_answer(ai, answer):
    ai.fault(answer=answer, when="after")
    with pytest.raises(AnswerLost) as lost:
        create()
    assert lost.value.prediction_id == ai.predictions()[0]["id"]


@pytest.mark.parametrize("answer", ["plain", "hang", "reset"])
def test_a_lost_answer_is_told_as_such(ai, answer, monkeypatch):
    monkeypatch.setitem(transport.TIMEOUTS, "read", 0.3)
    ai.fault(answer=answer, when="after", hang_seconds=1)
    with pytest.raises(AnswerLost) as lost:
        create()
    assert lost.value.prediction_id is None
    assert len(ai.predictions()) == 1


def test_an_address_where_nobody_listens_is_told_as_not_sent(settings):
    settings.REPLICATE_API_TOKEN = "r8_test"
    settings.REPLICATE_BASE_URL = "http://127.0.0.1:9"
    with pytest.raises(NotSent):
        create()
    settings.REPLICATE_BASE_URL = "http://replicate.invalid"
    with pytest.raises(NotSent):
        create()


def test_no_call_is_made_inside_a_transaction(ai):
    with transaction.atomic(), pytest.raises(RuntimeError, match="inside a transaction"):
        create()
    assert ai.requests() == []
    create()


def test_odd_shapes_are_read_as_they_are(ai):
    ai.fault(stream_null=True, omit="model", status="queued")
    made = create()
    assert (made["status"], made["urls"]["stream"]) == ("queued", None)


def test_files_tell_when_they_expire(ai, tmp_path):
    (tmp_path / "a.txt").write_text("hello")
    address, expires_at = client.upload(tmp_path / "a.txt", "a.txt")
    assert address.startswith(f"{ai.api}/v1/files/")
    assert expires_at.endswith("Z")


def test_a_page_of_another_host_is_not_asked(ai, monkeypatch):
    asked = []

    def page(method, path, **more):
        asked.append(path)
        return {"results": [{"id": "a"}, "nonsense"], "next": "https://evil.example/v1/predictions"}

    monkeypatch.setattr(client, "_call", page)
    assert list(client.listing("2026-01-01T00:00:00Z")) == [{"id": "a"}]
    assert asked == ["/v1/predictions"]


def test_account_model_and_secret_are_read(ai):
    assert client.account()["username"] == "standin"
    assert client.model(SLUG)["is_official"] is True
    assert client.webhook_secret().startswith("whsec_")

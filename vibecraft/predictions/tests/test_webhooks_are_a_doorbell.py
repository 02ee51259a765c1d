"""A webhook makes one call due now; what is forged, old or repeated does nothing at all."""

from __future__ import annotations

import json
import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from vibecraft.predictions import webhooks
from vibecraft.predictions.models import Delivery, Phase, Prediction
from vibecraft.predictions.standin.hooks import FORGED_KEY, sign
from vibecraft.predictions.tests.calls import order_words

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PROVIDER_ID = "pw050dtb51rj40cjb2vrcw97b8"


@pytest.fixture(autouse=True)
def _with_secret(settings: Any) -> None:
    settings.REPLICATE_API_TOKEN = "r8_test"
    settings.REPLICATE_WEBHOOK_SECRET = SECRET


@pytest.fixture
def waiting(alice: Any) -> Prediction:
    """A call that the service works on, to be looked at in an hour."""
    prediction = order_words(alice)
    later = timezone.now() + timedelta(hours=1)
    fields = {"phase": Phase.WAITING, "status": "running", "provider_id": PROVIDER_ID}
    Prediction.objects.update(next_run_at=later, **fields)
    return prediction


def post(client, attempt, *, key=SECRET, age=0, message="msg_1", body=None, signature=None):
    content = json.dumps(body or {"id": PROVIDER_ID, "status": "succeeded"}).encode()
    stamp = str(int(time.time() - age))
    headers = {
        "webhook-id": message,
        "webhook-timestamp": stamp,
        "webhook-signature": signature or sign(key, message, stamp, content),
    }
    address = f"/webhooks/replicate/{attempt}"
    return client.post(address, content, content_type="application/json", headers=headers)


def is_due() -> bool:
    return Prediction.work().due().exists()


def test_the_services_own_test_vector_is_accepted():
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert webhooks.is_signed(headers, b'{"test": 2432232314}', SECRET)
    assert not webhooks.is_signed(headers, b'{"test": 2432232315}', SECRET)
    assert not webhooks.is_signed(
        headers | {"webhook-id": "msg_x"}, b'{"test": 2432232314}', SECRET
    )
    assert not webhooks.is_signed(headers, b'{"test": 2432232314}', "whsec_")
    assert not webhooks.is_signed(headers, b'{"test": 2432232314}', "not base64!")


@pytest.mark.django_db
def test_a_webhook_makes_its_call_due_and_believes_nothing(client, waiting):
    assert post(client, waiting.pk).status_code == 200
    assert is_due()
    waiting.refresh_from_db()
    assert (waiting.status, waiting.phase, waiting.outputs) == ("running", "waiting", [])
    assert Delivery.objects.get().provider_id == PROVIDER_ID


@pytest.mark.django_db
def test_the_same_webhook_again_does_nothing(client, waiting):
    post(client, waiting.pk)
    Prediction.objects.update(next_run_at=timezone.now() + timedelta(hours=1))
    assert [post(client, waiting.pk).status_code for _ in range(4)] == [200] * 4
    assert not is_due()
    assert Delivery.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "how",
    [
        {"key": FORGED_KEY},
        {"signature": "v1,AAAA"},
        {"signature": "v2,AAAA"},
        {"signature": "nonsense"},
        {"signature": "v1,ü"},
        {"age": 301},
        pytest.param({"age": -302}, marks=pytest.mark.clock),
    ],
    ids=str,
)
def test_what_is_forged_or_old_is_refused_without_a_trace(client, waiting, how):
    assert post(client, waiting.pk, **how).status_code == 401
    assert not is_due()
    assert Delivery.objects.count() == 0


@pytest.mark.django_db
def test_one_right_signature_of_two_is_enough(client, waiting):
    body = {"id": PROVIDER_ID}
    content, stamp = json.dumps(body).encode(), str(int(time.time()))
    both = f"{sign(FORGED_KEY, 'msg_1', stamp, content)} {sign(SECRET, 'msg_1', stamp, content)}"
    assert post(client, waiting.pk, body=body, signature=both).status_code == 200
    assert is_due()


@pytest.mark.django_db
def test_an_attempt_that_is_not_known_is_answered_and_forgotten(client, waiting, caplog):
    assert post(client, uuid.uuid4()).status_code == 200
    assert not is_due()
    assert Delivery.objects.count() == 0
    assert "is not known" in caplog.text


@pytest.mark.django_db
def test_what_has_ended_stays_ended(client, waiting):
    waiting.cancel()
    assert post(client, waiting.pk).status_code == 200
    waiting.refresh_from_db()
    assert (waiting.status, is_due()) == ("canceled", False)


@pytest.mark.clock
@pytest.mark.django_db
def test_what_was_read_this_moment_is_read_again_in_a_second(client, waiting):
    Prediction.objects.update(polled_at=timezone.now())
    assert post(client, waiting.pk).status_code == 200
    waiting.refresh_from_db()
    assert 0 < (waiting.next_run_at - timezone.now()).total_seconds() <= 1


@pytest.mark.django_db
def test_only_posts_of_a_bearable_size_are_taken(client, waiting):
    assert client.get(f"/webhooks/replicate/{waiting.pk}").status_code == 405
    large = {"id": PROVIDER_ID, "logs": "x" * (1024 * 1024)}
    assert post(client, waiting.pk, body=large).status_code == 413
    assert not is_due()


@pytest.mark.django_db
def test_without_a_token_no_webhook_is_taken(client, waiting, settings):
    settings.REPLICATE_API_TOKEN = ""
    assert post(client, waiting.pk).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_the_secret_is_asked_for_once_and_the_end_is_told(
    ai, alice, live_server, settings, do_work
):
    settings.REPLICATE_WEBHOOK_SECRET = ""
    webhooks._fetched_secret.cache_clear()
    settings.PUBLIC_URL = live_server.url
    # One after the other: two that come at once may both ask.
    for number in range(3):
        order_words(alice, f"number {number}")
        do_work()
        ai.wait_until_quiet()
    assert {row.status for row in Prediction.objects.all()} == {"succeeded"}
    assert {one["status"] for one in ai.webhooks()} == {200}
    assert Delivery.objects.count() == 3
    asked = [one["path"] for one in ai.requests()]
    assert asked.count("/v1/webhooks/default/secret") == 1

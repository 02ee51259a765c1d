"""A call whose answer was lost is looked for until it is found, and never sent again."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from vibecraft.predictions import searching, tasks, transport
from vibecraft.predictions.models import Delivery, Phase, Prediction
from vibecraft.predictions.ordering import stop
from vibecraft.predictions.tests.calls import order_words

pytestmark = pytest.mark.django_db
LOST = {"answer": "502", "when": "after"}


def step() -> None:
    """One look at everything that is not over."""
    Prediction.work().active().update(next_run_at=timezone.now() - timedelta(seconds=1))
    for row in Prediction.work().active():
        tasks.advance_prediction(str(row.pk))


def forgotten_by(ai: Any) -> str:
    """The id of the only call, which has ended an hour ago: its input and output are erased."""
    (made,) = ai.predictions()
    ai.finish(made["id"])
    ai.expire(made["id"])
    return str(made["id"])


def posts(ai: Any) -> int:
    asked = [one for one in ai.requests() if one["method"] == "POST"]
    return sum(one["path"].endswith("/predictions") for one in asked)


def test_it_is_found_by_its_model_and_input(ai, alice, do_work):
    other = order_words(alice, "another one")
    do_work()
    ai.fault(**LOST)
    prediction = order_words(alice, "the lost one")
    do_work()
    prediction.refresh_from_db()
    other.refresh_from_db()
    assert (prediction.status, posts(ai)) == ("succeeded", 2)
    made = {one["attempt"]: one["id"] for one in ai.predictions()}
    assert prediction.provider_id == made[str(prediction.pk)]
    assert other.provider_id == made[str(other.pk)]


def test_of_two_equal_calls_each_finds_one(ai, alice, do_work):
    ai.fault(**LOST, times=2)
    twins = [order_words(alice, "the same words") for _ in range(2)]
    do_work()
    rows = [Prediction.objects.get(pk=twin.pk) for twin in twins]
    assert [row.status for row in rows] == ["succeeded", "succeeded"]
    assert {row.provider_id for row in rows} == {one["id"] for one in ai.predictions()}
    assert (posts(ai), len(ai.ledger())) == (2, 2)


def test_it_is_given_up_only_after_two_empty_lists_far_enough_apart(ai, alice, settings):
    settings.LOST_ANSWER_SECONDS = 600
    ai.fault(answer="502")
    prediction = order_words(alice)
    for _ in range(6):
        step()
    prediction.refresh_from_db()
    assert (prediction.phase, prediction.listings, posts(ai)) == (Phase.UNKNOWN, 5, 1)
    Prediction.objects.update(missed_at=timezone.now() - timedelta(seconds=601))
    step()
    prediction.refresh_from_db()
    assert (prediction.status, prediction.error_code) == ("failed", "lost_answer")
    assert (prediction.actual_usd, prediction.cost_source) == (0, "none")
    assert (posts(ai), ai.predictions()) == (1, [])


@pytest.mark.parametrize(
    ("listings", "is_list_away"), [(0, False), (0, True), (1, False), (5, True)]
)
def test_what_could_not_be_looked_for_in_time_is_never_ordered_again(
    ai, alice, settings, listings, is_list_away
):
    """Workers, token or list were away for more than an hour: it may have been made."""
    settings.LOST_ANSWER_SECONDS = 600
    ai.fault(**LOST)
    prediction = order_words(alice)
    tasks.advance_prediction(str(prediction.pk))
    forgotten_by(ai)
    ago = timezone.now() - timedelta(minutes=70)
    Prediction.objects.update(
        phase=Phase.UNKNOWN, sent_at=ago, listings=listings, missed_at=ago if listings else None
    )
    if is_list_away:
        ai.fault({"endpoint": "list"}, answer="503")
    step()
    prediction.refresh_from_db()
    assert (prediction.status, prediction.error_code) == ("failed", "order_unknown")
    assert (prediction.actual_usd, posts(ai)) == (0, 1)
    ai.allowed.add("unseen_end")


def test_a_webhook_leads_to_one_whose_input_was_forgotten(ai, alice):
    ai.fault(**LOST)
    prediction = order_words(alice)
    tasks.advance_prediction(str(prediction.pk))
    Delivery.objects.create(webhook_id="msg_1", prediction=prediction, provider_id=forgotten_by(ai))
    Prediction.objects.update(phase=Phase.UNKNOWN, sent_at=timezone.now() - timedelta(minutes=70))
    step()
    prediction.refresh_from_db()
    assert prediction.provider_id == ai.predictions()[0]["id"]
    assert (prediction.error_code, posts(ai)) == ("output_lost", 1)


def test_a_list_that_cannot_be_read_is_no_empty_list(ai, alice, settings, do_work):
    settings.LOST_ANSWER_SECONDS = 0
    ai.fault(**LOST)
    ai.fault({"endpoint": "list"}, answer="503", times=3)
    prediction = order_words(alice)
    for _ in range(4):
        step()
    prediction.refresh_from_db()
    assert (prediction.phase, prediction.listings) == (Phase.UNKNOWN, 0)
    step()
    prediction.refresh_from_db()
    assert prediction.provider_id == ai.predictions()[0]["id"]
    do_work()
    prediction.refresh_from_db()
    assert prediction.status == "succeeded"


def test_a_webhook_tells_of_one_that_the_list_does_not_show(ai, alice, do_work):
    """The clocks are an hour apart: only the id in the signed webhook leads to it."""
    ai.fault(**LOST, clock_skew=-3600)
    prediction = order_words(alice)
    for _ in range(3):
        step()
    prediction.refresh_from_db()
    assert prediction.phase == Phase.UNKNOWN
    (made,) = ai.predictions()
    Delivery.objects.create(webhook_id="msg_1", prediction=prediction, provider_id=made["id"])
    do_work()
    prediction.refresh_from_db()
    assert (prediction.provider_id, prediction.status) == (made["id"], "succeeded")


def test_an_id_of_somebody_elses_input_is_not_believed(ai, alice, do_work):
    other = order_words(alice, "another one")
    do_work()
    other.refresh_from_db()
    Prediction.objects.filter(pk=other.pk).update(provider_id=None)
    ai.fault(answer="502")
    prediction = order_words(alice)
    for number, named in enumerate((other.provider_id, "x" * 26)):
        Delivery.objects.create(
            webhook_id=f"msg_{number}", prediction=prediction, provider_id=named
        )
    for _ in range(3):
        step()
    prediction.refresh_from_db()
    assert (prediction.phase, prediction.provider_id) == (Phase.UNKNOWN, None)


def test_a_worker_that_died_while_sending_is_not_followed_by_a_second_request(ai, alice):
    prediction = order_words(alice)
    sent_at = timezone.now()
    Prediction.objects.update(phase=Phase.SENDING, sent_at=sent_at, status="running")
    for _ in range(3):
        step()
    prediction.refresh_from_db()
    assert (prediction.phase, posts(ai)) == (Phase.UNKNOWN, 0)


def test_what_is_wanted_no_more_is_canceled_when_it_is_found(ai, alice, do_work):
    ai.fault(**LOST, stuck="starting")
    prediction = order_words(alice)
    step()
    stop(Prediction.objects.about(prediction.subject_id))
    do_work()
    prediction.refresh_from_db()
    assert (prediction.status, prediction.actual_usd) == ("canceled", 0)
    assert [one["status"] for one in ai.predictions()] == ["canceled"]


def test_it_is_looked_for_on_every_page(ai, alice, monkeypatch):
    monkeypatch.setitem(transport.TIMEOUTS, "read", 5.0)
    ai.fault(**LOST)
    prediction = order_words(alice)
    step()
    with httpx.Client(base_url=ai.api) as http:
        for number in range(120):
            order_by_hand(http, ai.token, number)
    step()
    prediction.refresh_from_db()
    assert prediction.provider_id is not None
    listed = [one for one in ai.requests() if one["path"] == "/v1/predictions"]
    assert [one["method"] for one in listed] == ["GET", "GET"]
    ai.allowed.add("unseen_end")


def order_by_hand(http: httpx.Client, token: str, number: int) -> None:
    """Somebody else's call with the same account."""
    answer = http.post(
        "/v1/models/openai/gpt-5-structured/predictions",
        json={"input": {"prompt": f"other {number}"}},
        headers={"Authorization": f"Bearer {token}", "X-Attempt-Id": str(uuid.uuid4())},
    )
    assert answer.status_code == 201


def test_looks_come_less_and_less_often():
    assert [searching._pause(count) for count in (0, 1, 5, 50)] == [3.0, 5.0, 60.0, 60.0]

"""Cancels, deadlines, closed accounts and odd states: each call ends once, with its true cost."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from vibecraft.jobs.models import Job, JobEvent
from vibecraft.jobs.sweeper import sweep
from vibecraft.predictions import tasks, valve
from vibecraft.predictions.models import HANDLERS, Phase, Prediction, Price, Purpose
from vibecraft.predictions.ordering import stop
from vibecraft.predictions.tests.calls import order_still, order_words
from vibecraft.predictions.waiting import look_seconds, moment_of
from vibecraft.problems import Problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(monkeypatch):
    """How each call ended, as its handler was told."""
    ended = []
    for purpose in Purpose:
        monkeypatch.setitem(HANDLERS, purpose, lambda one: ended.append((one.status, one.phase)))
    return ended


def step() -> None:
    """One look at everything that is not over."""
    Prediction.work().active().update(next_run_at=timezone.now() - timedelta(seconds=1))
    for row in Prediction.work().active():
        tasks.advance_prediction(str(row.pk))


def again(prediction: Prediction) -> Prediction:
    prediction.refresh_from_db()
    return prediction


# --- canceled --------------------------------------------------------------------------------


def test_what_was_not_sent_is_canceled_at_once_and_costs_nothing(ai, alice, do_work, told):
    prediction = order_words(alice)
    stop(Prediction.objects.about(prediction.subject_id))
    assert (again(prediction).status, prediction.actual_usd) == ("canceled", Decimal(0))
    do_work()
    assert (told, ai.requests()) == ([("canceled", "ended")], [])


def test_what_runs_is_canceled_there_and_charged(ai, alice, do_work, told):
    ai.fault(seconds=170)
    prediction = order_still(alice)
    step()
    ai.advance(20)
    stop(Prediction.objects.about(prediction.subject_id))
    do_work()
    assert (again(prediction).status, told) == ("canceled", [("canceled", "ended")])
    (entry,) = ai.ledger()
    assert prediction.actual_usd == Decimal(str(entry["amount"])) == Decimal("0.003")
    assert prediction.outputs == []


def test_what_waits_in_the_queue_is_canceled_for_nothing(ai, alice, do_work):
    ai.fault(queue=170)
    prediction = order_still(alice)
    step()
    stop(Prediction.objects.about(prediction.subject_id))
    do_work()
    assert (again(prediction).status, prediction.actual_usd, ai.ledger()) == ("canceled", 0, [])


def test_what_was_ready_when_it_was_canceled_is_paid_and_not_kept(ai, alice, do_work):
    prediction = order_still(alice)
    step()
    ai.finish(again(prediction).provider_id)
    stop(Prediction.objects.about(prediction.subject_id))
    do_work()
    assert (again(prediction).status, prediction.outputs) == ("canceled", [])
    assert prediction.actual_usd == Decimal("0.003")


def test_a_cancel_that_fails_is_repeated(ai, alice, do_work):
    ai.fault(stuck="processing")
    ai.fault({"endpoint": "cancel"}, answer="503", times=2)
    prediction = order_words(alice)
    step()
    stop(Prediction.objects.about(prediction.subject_id))
    do_work()
    assert again(prediction).status == "canceled"


def test_a_claimed_call_is_not_canceled_behind_the_workers_back(alice, ai):
    prediction = order_words(alice)
    assert prediction.claim()
    with transaction.atomic():
        stop(Prediction.objects.about(prediction.subject_id))
    assert (again(prediction).status, prediction.cancel_asked) == ("running", True)


# --- too late --------------------------------------------------------------------------------


def test_the_services_own_deadline_ends_what_takes_too_long(ai, alice, do_work, told):
    ai.fault(stuck="processing")
    prediction = order_still(alice)
    do_work()
    assert (again(prediction).status, prediction.error_code) == ("failed", "too_late")
    assert ai.predictions()[0]["cancel_after"] == 180
    assert prediction.actual_usd == Decimal(str(ai.ledger()[0]["amount"]))
    assert told == [("failed", "ended")]


def test_past_our_own_deadline_it_is_canceled_there(ai, alice):
    ai.fault(stuck="processing")
    prediction = order_words(alice)
    step()
    Prediction.objects.update(give_up_at=timezone.now() - timedelta(seconds=1))
    step()
    assert (again(prediction).status, prediction.error_code) == ("failed", "too_late")
    asked = [one["path"] for one in ai.requests() if one["method"] == "POST"]
    assert asked[-1] == f"/v1/predictions/{prediction.provider_id}/cancel"


def test_without_a_last_word_it_ends_with_its_estimate(ai, alice):
    ai.fault({"endpoint": "cancel"}, answer="503", times=0)
    ai.fault(stuck="starting")
    prediction = order_words(alice)
    step()
    Prediction.objects.update(give_up_at=timezone.now() - timedelta(seconds=301))
    step()
    assert again(prediction).error_code == "too_late"
    assert (prediction.actual_usd, prediction.cost_source) == (
        prediction.estimated_usd,
        "estimate",
    )


# --- states that come oddly ------------------------------------------------------------------


def test_states_only_go_forward(ai, alice, do_work):
    ai.fault(goes_back=True)
    ai.fault({"endpoint": "download"}, serve="empty")
    prediction = order_still(alice)
    do_work()
    assert again(prediction).status == "succeeded", prediction.error_detail


def test_what_was_left_lying_is_fetched_late_with_an_alarm(ai, alice, do_work, caplog):
    prediction = order_still(alice)
    step()
    ai.finish(again(prediction).provider_id)
    earlier = timezone.now() - timedelta(minutes=21)
    fields = {"provider_status": "succeeded", "provider_completed_at": earlier}
    Prediction.objects.update(phase=Phase.ARRIVED, **fields)
    do_work()
    assert again(prediction).status == "succeeded"
    assert "is ready for 21 min and not fetched" in caplog.text


def test_a_status_that_nobody_knows_counts_as_running(ai, alice, do_work):
    ai.fault(status="dreaming")
    prediction = order_words(alice)
    do_work()
    assert again(prediction).status == "succeeded"


def test_odd_answers_do_no_harm(ai, alice, do_work):
    ai.fault(stream_null=True, omit="model+logs+metrics", omit_on_create="output")
    prediction = order_words(alice)
    do_work()
    assert (again(prediction).status, prediction.cost_source) == ("succeeded", "request")


def test_an_error_that_is_an_object_is_understood(ai, alice, do_work):
    ai.fault(fail="E005", error_object=True)
    prediction = order_words(alice)
    do_work()
    assert (again(prediction).error_code, prediction.actual_usd) == ("refused_content", 0)
    assert prediction.cost_source == "none"


# --- credit and access -----------------------------------------------------------------------


def test_a_refused_token_ends_all_without_another_call(ai, alice, do_work, settings):
    settings.REPLICATE_API_TOKEN = "r8_wrong"
    rows = [order_words(alice, f"number {number}") for number in range(5)]
    do_work()
    assert {again(row).error_code for row in rows} == {"provider_auth"}
    assert len(ai.requests()) == 1


def test_without_credit_calls_wait_and_go_on_when_it_is_there(ai, alice, do_work, settings):
    settings.CREDIT_PAUSE_SECONDS = 0.1
    ai.set_balance(0)
    prediction = order_words(alice)
    for _ in range(3):
        step()
    assert (again(prediction).phase, prediction.status) == (Phase.INTENT, "running")
    assert prediction.refused_since is not None
    ai.set_balance(10)
    do_work()
    assert (again(prediction).status, prediction.refused_since) == ("succeeded", None)


def test_with_little_credit_calls_are_slowed_down(ai, alice):
    ai.set_balance(3)
    ai.settings(time_scale=1)
    for number in range(3):
        order_words(alice, f"number {number}")
    step()
    assert len(ai.predictions()) == 1
    assert 8 < valve.take().wait_seconds <= 11
    ai.allowed.add("unseen_end")


def test_nothing_is_sent_once_the_token_is_gone(ai, alice, do_work, settings):
    prediction = order_words(alice)
    settings.REPLICATE_API_TOKEN = ""
    do_work()
    assert (again(prediction).error_code, ai.requests()) == ("provider_auth", [])


def test_a_user_has_only_so_many_calls_on_the_way(ai, alice, bob, settings):
    settings.PREDICTIONS_AT_ONCE = 2
    ai.fault(stuck="starting", times=0)
    for number in range(4):
        order_words(alice, f"number {number}")
    order_words(bob)
    step()
    assert len(ai.predictions()) == 3
    ai.allowed.add("unseen_end")


# --- the books -------------------------------------------------------------------------------


def test_an_operators_price_goes_before_the_catalogs(ai, alice, do_work):
    now = timezone.now()
    prices = {"0.004": -2, "0.005": -1, "0.009": 1}
    for usd, days in prices.items():
        moment = now + timedelta(days=days)
        Price.objects.create(model="flux-schnell", variant="any", usd=usd, valid_from=moment)
    prediction = order_still(alice)
    do_work()
    assert again(prediction).estimated_usd == prediction.actual_usd == Decimal("0.005")


def test_a_cost_that_differs_is_noted(ai, alice, do_work, caplog):
    job = Job.objects.create(owner=alice, kind="generation")
    prediction = order_words(alice, job=job)
    Prediction.objects.update(estimated_usd=Decimal("0.000001"))
    job.cancel()
    do_work()
    assert again(prediction).status == "succeeded"
    assert "the estimate was" in caplog.text
    told = JobEvent.objects.filter(job=job, message="the cost differs from the estimate")
    assert told.count() == 1


def test_every_call_of_the_service_is_in_the_jobs_history_without_secrets(ai, alice, do_work):
    job = Job.objects.create(owner=alice, kind="generation", next_run_at=None)
    order_still(alice, job=job)
    do_work()
    events = JobEvent.objects.filter(job=job, kind="provider")
    messages = [event.message for event in events]
    assert messages[0].startswith("created ")
    assert messages[-1] == "kept 1 file"
    gets = sum(one["method"] == "GET" for one in ai.requests())
    assert sum(message.startswith("asked: ") for message in messages) == gets
    assert ai.token not in str([event.data for event in events])


def test_the_sweeper_ends_what_dies_again_and_again_with_its_estimate(alice, ai, told):
    prediction = order_words(alice)
    Prediction.objects.update(attempts=10, phase=Phase.WAITING, status="running")
    sweep()
    assert (again(prediction).status, told) == ("failed", [("failed", "ended")])
    assert (prediction.actual_usd, prediction.cost_source) == (
        prediction.estimated_usd,
        "estimate",
    )


def test_ordering_needs_a_token(alice, settings):
    settings.REPLICATE_API_TOKEN = ""
    with pytest.raises(Problem) as refused:
        order_words(alice)
    assert (refused.value.code, refused.value.status) == ("ai_is_off", 409)
    assert Prediction.objects.count() == 0


# --- how often it is asked -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("elapsed", "seconds"), [(0, 2.0), (10, 2.0), (20, 2.4), (100, 12.0), (125, 15.0), (900, 15.0)]
)
def test_looks_come_less_often_the_longer_it_takes(elapsed, seconds):
    assert look_seconds(elapsed) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("2026-01-02T03:04:05Z", 0),
        ("2026-01-02T03:04:05.123Z", 123000),
        ("2026-01-02T03:04:05.123456Z", 123456),
        ("2026-01-02T03:04:05.123456789Z", 123456),
        ("2026-01-02T03:04:05.5+00:00", 500000),
    ],
)
def test_moments_have_any_number_of_digits(text, microseconds):
    assert moment_of(text).microsecond == microseconds


def test_what_is_no_moment_is_none():
    assert [moment_of(text) for text in (None, "", "soon", 7)] == [None] * 4


def test_only_due_calls_are_rung_for_and_none_without_a_token(
    alice, ai, settings, monkeypatch, do_work
):
    sent: list[Any] = []
    monkeypatch.setattr(
        "vibecraft.jobs.doorbell._send", lambda *call: bool(sent.append(call)) or True
    )
    due, later = order_words(alice, "due"), order_words(alice, "later")
    Prediction.objects.filter(pk=later.pk).update(next_run_at=timezone.now() + timedelta(hours=1))
    tasks.ring_predictions()
    tasks.ring_predictions()
    assert sent == [("advance_prediction", str(due.pk))]
    Prediction.objects.update(rung_at=None)
    settings.REPLICATE_API_TOKEN = ""
    tasks.ring_predictions()
    assert len(sent) == 1

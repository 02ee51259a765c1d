"""The admin shows every call with its request, answer and cost; prices can be entered there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client
from django.utils import timezone

from accounts.models import User
from vibecraft.jobs.models import Job
from vibecraft.predictions import valve
from vibecraft.predictions.models import Prediction, Price, Valve
from vibecraft.predictions.tests.calls import order_still, order_words

pytestmark = pytest.mark.django_db
LIST = "/admin/predictions/prediction/"


@pytest.fixture
def operator(client: Client) -> Client:
    olga = User.objects.create_superuser("olga@example.org", "a long password for tests")
    client.force_login(olga, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_call_is_shown_with_request_answer_cost_and_links(ai, alice, do_work, operator):
    job = Job.objects.create(owner=alice, kind="generation", next_run_at=None)
    prediction = order_still(alice, job=job)
    do_work()
    page = operator.get(f"{LIST}{prediction.pk}/change/").content.decode()
    prediction.refresh_from_db()
    shown = ("a red kite", prediction.provider_id, "image_output_count", "0.003000", "metrics")
    assert [text for text in shown if text not in page] == []
    assert f"/admin/jobs/job/{job.pk}/change/" in page
    assert ai.token not in page
    assert str(prediction.pk) in operator.get(LIST, {"q": prediction.provider_id}).content.decode()


@pytest.mark.parametrize(
    ("question", "fields"),
    [
        ("lost", {"error_code": "lost_answer", "status": "failed"}),
        ("paid_for_nothing", {"status": "failed", "actual_usd": "0.1"}),
        ("dearer", {"estimated_usd": "0.10", "actual_usd": "0.13"}),
        ("uncertain", {"provider_id": "x", "cost_source": "estimate"}),
    ],
)
def test_the_filters_answer_the_operators_questions(ai, alice, operator, question, fields):
    asked, other = order_words(alice, "the one"), order_words(alice, "another")
    Prediction.objects.filter(pk=asked.pk).update(**fields)
    page = operator.get(LIST, {question: "yes"}).content.decode()
    assert (str(asked.pk) in page, str(other.pk) in page) == (True, False)


def test_calls_cannot_be_written_by_hand(ai, alice, operator):
    prediction = order_words(alice)
    assert operator.get(f"{LIST}add/").status_code == 403
    assert operator.post(f"{LIST}{prediction.pk}/delete/").status_code == 403
    assert operator.post(f"{LIST}{prediction.pk}/change/", {"status": "failed"}).status_code == 403


def test_a_price_is_entered_with_its_date_and_source(operator):
    moment = timezone.now() + timedelta(days=1)
    form = {
        "model": "flux-schnell",
        "variant": "any",
        "usd": "0.004",
        "valid_from_0": moment.date().isoformat(),
        "valid_from_1": "00:00:00",
        "source": "the invoice of May",
    }
    assert operator.post("/admin/predictions/price/add/", form).status_code == 302
    assert Price.objects.get().source == "the invoice of May"


def test_the_valve_can_be_opened_again(operator):
    valve.close(300, valve.CREDIT)
    address = "/admin/predictions/valve/"
    assert "no_credit" in operator.get(address).content.decode()
    form = {"action": "open_again", "_selected_action": [valve.NAME], "confirmed": "open_again"}
    answer = operator.post(address, form, follow=True).content.decode()
    assert "1 of 1 opened." in answer
    assert Valve.objects.get().closed_until is None
    assert valve.take().may_create


@pytest.mark.parametrize(
    ("wrong", "number"),
    [
        ({"PUBLIC_URL": "http://films.example.org"}, "vibecraft.W010"),
        ({"REPLICATE_BASE_URL": "http://example.org"}, "vibecraft.E010"),
        ({"REPLICATE_BASE_URL": "https://api.replicate.com/v1"}, "vibecraft.E011"),
        ({"IMAGE_MODEL": "nothing"}, "vibecraft.E012"),
        ({"SPEECH_MODEL": "flux-schnell"}, "vibecraft.E012"),
        ({"CREATIONS_BURST": 0}, "vibecraft.E013"),
        ({"LOST_ANSWER_SECONDS": 3600}, "vibecraft.W011"),
        ({"REPLICATE_WEBHOOK_SECRET": "secret"}, "vibecraft.E014"),
        ({"REFERENCE_IMAGE_MODEL": "flux-schnell"}, "vibecraft.E015"),
    ],
    ids=str,
)
def test_contradictions_are_found_before_the_start(settings: Any, wrong, number):
    assert [one.id for one in run_checks() if one.id == number] == []
    for name, value in wrong.items():
        setattr(settings, name, value)
    assert [one.id for one in run_checks() if one.id == number] == [number]

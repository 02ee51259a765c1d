"""Calls that start paid work and uploads: so many a minute, exact under many at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Turns, User
from accounts.turns import take_paid_turn, take_upload_turn
from vibecraft.problems import Problem
from vibecraft.testcrowd import outcomes

pytestmark = pytest.mark.databases


@pytest.fixture(autouse=True)
def _limits(settings: Settings) -> None:
    settings.PAID_STARTS_A_MINUTE = 5
    settings.UPLOADS_A_MINUTE = 10


@pytest.mark.clock
def test_the_sixth_paid_start_of_a_minute_is_refused_with_the_time_to_wait(alice: User) -> None:
    for _ in range(5):
        take_paid_turn(alice)
    with pytest.raises(Problem) as refusal:
        take_paid_turn(alice)
    assert (refusal.value.code, refusal.value.status) == ("throttled", 429)
    assert refusal.value.wait is not None
    assert 58 <= refusal.value.wait <= 60
    assert refusal.value.sentence == (
        "That was a lot at once: 5 starts a minute are possible. "
        f"Please try again in {refusal.value.wait} seconds."
    )
    assert alice.turns.get(kind="paid").taken == 5


def test_uploads_and_other_people_are_counted_apart(alice: User, bob: User) -> None:
    for _ in range(5):
        take_paid_turn(alice)
    take_paid_turn(bob)
    for _ in range(10):
        take_upload_turn(alice)
    with pytest.raises(Problem):
        take_upload_turn(alice)
    assert bob.turns.get(kind="paid").taken == 1


def test_a_minute_later_all_are_free_again(alice: User) -> None:
    for _ in range(5):
        take_paid_turn(alice)
    Turns.objects.update(began_at=timezone.now() - timedelta(seconds=61))
    take_paid_turn(alice)
    assert alice.turns.get(kind="paid").taken == 1


@pytest.mark.django_db(transaction=True)
def test_fifty_starts_at_once_are_five() -> None:
    user = User.objects.create_user("turns@example.org")
    met = outcomes(lambda _: take_paid_turn(user), 50)
    assert met == ["done"] * 5 + ["throttled"] * 45

"""Calls that start paid work and uploads: so many a minute, exact under many at once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Turns, User
from accounts.turns import take_paid_turn, take_upload_turn
from vibecraft.problems import Problem

pytestmark = pytest.mark.databases


@pytest.fixture(autouse=True)
def _limits(settings: Settings) -> None:
    settings.PAID_STARTS_A_MINUTE = 5
    settings.UPLOADS_A_MINUTE = 10


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
    start = threading.Barrier(50)
    outcomes: list[str] = []

    def take() -> None:
        try:
            start.wait()
            take_paid_turn(user)
            outcomes.append("taken")
        except Problem as problem:
            outcomes.append(problem.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["taken"] * 5 + ["throttled"] * 45

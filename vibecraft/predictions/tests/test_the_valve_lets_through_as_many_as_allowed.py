"""The token bucket and the room of a user hold exactly, whoever asks at once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from vibecraft.jobs.runner import Lease
from vibecraft.predictions import sending, valve
from vibecraft.predictions.models import Phase, Prediction, Valve
from vibecraft.predictions.tests.calls import order_words
from vibecraft.predictions.turn import Turn

AT_ONCE = 50


def all_at_once(act: Callable[[int], Any]) -> list[Any]:
    """What `act` gives to each of fifty threads that start together."""
    start, found = threading.Barrier(AT_ONCE), []

    def one(number: int) -> None:
        try:
            start.wait()
            found.append(act(number))
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_fifty_threads_take_exactly_the_burst(settings):
    settings.CREATIONS_BURST, settings.CREATIONS_PER_SECOND = 7, 0.0001
    taken = all_at_once(lambda _: valve.take())
    assert Counter(one.may_create for one in taken) == {True: 7, False: AT_ONCE - 7}
    assert 0 <= Valve.objects.get().tokens < 1


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_fifty_calls_of_a_user_take_exactly_the_room(settings, alice, ai):
    settings.CREATIONS_BURST, settings.PREDICTIONS_AT_ONCE = 100, 5
    settings.CREATIONS_PER_SECOND = 0.0001
    rows = [order_words(alice, f"number {number}") for number in range(AT_ONCE)]

    def begin(number: int) -> bool:
        assert rows[number].claim()
        return sending._begin(Turn(Lease(rows[number]), rows[number])).may_create

    assert Counter(all_at_once(begin)) == {True: 5, False: AT_ONCE - 5}
    assert Prediction.objects.filter(phase=Phase.SENDING).count() == 5
    assert 94 <= Valve.objects.get().tokens <= 95.1, "who found no room gave the token back"


@pytest.mark.django_db
def test_tokens_come_back_with_time_and_never_exceed_the_burst(settings):
    settings.CREATIONS_BURST, settings.CREATIONS_PER_SECOND = 3, 0.01
    assert [valve.take().may_create for _ in range(4)] == [True, True, True, False]
    assert 80 < valve.take().wait_seconds <= 100
    earlier = timezone.now() - timedelta(hours=1)
    Valve.objects.update(filled_at=earlier)
    assert [valve.take().may_create for _ in range(4)] == [True, True, True, False]


@pytest.mark.clock
@pytest.mark.django_db
def test_a_closed_valve_says_why_and_for_how_long():
    valve.close(60, valve.CREDIT)
    taken = valve.take()
    assert (taken.may_create, taken.reason) == (False, "no_credit")
    assert 59 < taken.wait_seconds <= 60
    valve.close(1, valve.BUSY)
    assert valve.take().wait_seconds > 58, "a shorter pause does not open it earlier"
    valve.open_again()
    assert valve.take().may_create


@pytest.mark.clock
@pytest.mark.django_db
def test_with_little_credit_one_call_passes_in_eleven_seconds():
    valve.slow_down(3)
    assert 10 < valve.take().wait_seconds <= 11
    Valve.objects.update(closed_until=None)
    assert [valve.take().may_create for _ in range(2)] == [True, False]
    assert 10 < valve.take().wait_seconds <= 11

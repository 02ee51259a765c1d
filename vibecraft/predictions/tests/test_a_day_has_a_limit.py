"""What may be spent in a day holds exactly: for each account and for the whole site."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import local
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from songs.models import Section, Song
from tests.trials import figures
from vibecraft.jobs.models import Job
from vibecraft.predictions import days
from vibecraft.predictions.models import DaySpend, Prediction
from vibecraft.predictions.tests.calls import order_still
from vibecraft.problems import Problem
from vibecraft.testcrowd import outcomes
from videos import drafts, pipeline
from videos.models import Take, Video

STILL = Decimal("0.003")
AT_ONCE = 50
EVENING, NEXT_DAY = date(2026, 3, 1), date(2026, 3, 2)
BEFORE_MIDNIGHT = datetime(2026, 3, 1, 23, 59, 59, 999_999, tzinfo=UTC)
AFTER_MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _paid(settings: LazySettings) -> None:
    settings.REPLICATE_API_TOKEN = "r8_only_for_this_test"
    settings.PAID_STARTS_A_MINUTE = 1000


@pytest.fixture
def make_film(
    ready_song: Callable[..., Song], sections_of: Callable[..., list[Section]]
) -> Callable[[User], Video]:
    def make(owner: User) -> Video:
        song = ready_song(owner)
        sections_of(song)
        return drafts.create_video(owner, song, model="seedance-1-pro-fast")

    return make


class Clock(local):
    """What time it is; each thread may have its own."""

    now = BEFORE_MIDNIGHT


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    return clock


@pytest.fixture
def while_waiting(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[], object]], None]:
    """Midnight passes while the first sum is waited for, and then something else is done first."""

    def arrange(act: Callable[[], object]) -> None:
        hold = days._hold

        def held(limit: days.Limit, day: date) -> None:
            monkeypatch.setattr(days, "_hold", hold)
            clock.now = AFTER_MIDNIGHT
            act()
            hold(limit, day)

        monkeypatch.setattr(days, "_hold", held)

    return arrange


def spent(owner: User | None) -> Decimal:
    return days.spent_today(owner)


def sums() -> set[tuple[Any, date, Decimal]]:
    return set(DaySpend.objects.values_list("owner", "day", "usd"))


def test_an_account_stops_at_its_limit_and_others_go_on(
    alice: User, bob: User, settings: LazySettings
) -> None:
    settings.USER_DAILY_USD = 2 * STILL
    order_still(alice)
    order_still(alice)
    with pytest.raises(Problem) as refused:
        order_still(alice)
    midnight = timezone.now().date() + timedelta(days=1)
    assert (refused.value.code, refused.value.status) == ("over_budget", 402)
    assert refused.value.about == {"resets_at": f"{midnight}T00:00:00+00:00"}
    assert refused.value.sentence == (
        "What an account may spend on AI models in a day is used up: $0.006 of $0.006 is spent or "
        "promised to your films. It starts anew at midnight (UTC); the visualizer costs nothing and "
        "works now."
    )
    order_still(bob)
    assert (spent(alice), spent(bob), spent(None)) == (2 * STILL, STILL, 3 * STILL)
    assert Prediction.objects.count() == 3


def test_the_site_stops_at_its_limit_and_says_no_figures(
    alice: User, bob: User, settings: LazySettings
) -> None:
    settings.SITE_DAILY_USD = STILL
    order_still(alice)
    with pytest.raises(Problem) as refused:
        order_still(bob)
    assert refused.value.sentence == (
        "What this site may spend on AI models in a day is used up. It starts anew at midnight (UTC); "
        "the visualizer costs nothing and works now."
    )
    assert (spent(alice), spent(bob), spent(None)) == (STILL, 0, STILL)
    assert Prediction.objects.count() == 1


def test_nothing_is_ordered_where_the_limit_is_nothing(alice: User, settings: LazySettings) -> None:
    settings.SITE_DAILY_USD = Decimal(0)
    with pytest.raises(Problem) as refused:
        order_still(alice)
    assert refused.value.sentence == (
        "This costs $0.003, more than this site may spend on AI models in a day. Choose a cheaper "
        "model; the visualizer costs nothing."
    )
    assert Prediction.objects.count() == 0
    assert not DaySpend.objects.exists()


def test_yesterday_does_not_count(alice: User, settings: LazySettings, clock: Clock) -> None:
    settings.USER_DAILY_USD = STILL
    order_still(alice)
    clock.now = AFTER_MIDNIGHT
    order_still(alice)
    assert sums() == {
        (owner, day, STILL) for owner in (alice.pk, None) for day in (EVENING, NEXT_DAY)
    }


@pytest.mark.parametrize("actual", ["0.002", "0.003", "0.010"])
def test_a_call_over_midnight_counts_and_is_settled_on_the_day_of_its_row(
    alice: User,
    actual: str,
    settings: LazySettings,
    while_waiting: Callable[[Callable[[], object]], None],
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    settings.USER_DAILY_USD = settings.SITE_DAILY_USD = STILL
    while_waiting(lambda: None)
    call = order_still(alice)
    assert timezone.now() == AFTER_MIDNIGHT
    assert (call.created_at, call.day) == (BEFORE_MIDNIGHT, EVENING)
    assert sums() == {(alice.pk, EVENING, STILL), (None, EVENING, STILL)}
    order_still(alice)  # the next day has its own limit
    assert call.claim()
    with django_capture_on_commit_callbacks(execute=True):
        assert call.succeed(actual_usd=Decimal(actual))
    assert sums() == {
        (owner, day, usd)
        for owner in (alice.pk, None)
        for day, usd in ((EVENING, Decimal(actual)), (NEXT_DAY, STILL))
    }


def test_a_call_that_waits_over_midnight_is_refused_by_the_day_of_its_row(
    alice: User,
    settings: LazySettings,
    clock: Clock,
    while_waiting: Callable[[Callable[[], object]], None],
) -> None:
    settings.USER_DAILY_USD = STILL
    order_still(alice)
    while_waiting(lambda: None)
    with pytest.raises(Problem) as refused:
        order_still(alice)
    assert refused.value.about == {"resets_at": "2026-03-02T00:00:00+00:00"}
    assert Prediction.objects.count() == 1
    assert sums() == {(alice.pk, EVENING, STILL), (None, EVENING, STILL)}


@pytest.mark.parametrize("left", ["0", "-0.000001"])
def test_a_film_that_waits_over_midnight_must_fit_into_the_new_day(
    alice: User,
    bob: User,
    make_film: Callable[[User], Video],
    settings: LazySettings,
    left: str,
    while_waiting: Callable[[Callable[[], object]], None],
) -> None:
    video = make_film(alice)
    price = drafts.plan_video(video, seed=1).usd
    settings.SITE_DAILY_USD = price + STILL + Decimal(left)
    while_waiting(lambda: days.spend(bob, STILL, day=days.today()))
    if left == "0":
        assert pipeline.start_generation(video)
        return
    with pytest.raises(Problem) as refused:
        pipeline.start_generation(video)
    assert refused.value.about == {"resets_at": "2026-03-03T00:00:00+00:00"}
    video.refresh_from_db()
    assert (video.status, Job.objects.filter(video_id=video.pk).count()) == ("draft", 0)


@pytest.mark.parametrize("actual", ["0", "0.002", "0.010"])
def test_what_has_ended_counts_by_what_it_did_cost(
    alice: User, actual: str, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    order_still(alice)
    call = order_still(alice)
    assert call.claim()
    with django_capture_on_commit_callbacks(execute=True):
        assert call.succeed(actual_usd=Decimal(actual))
    assert spent(alice) == spent(None) == STILL + Decimal(actual)


def test_what_was_never_sent_is_given_back(
    alice: User, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    call = order_still(alice)
    with django_capture_on_commit_callbacks(execute=True):
        assert call.cancel()
    assert spent(alice) == spent(None) == 0


@pytest.mark.parametrize("name", ["USER_DAILY_USD", "SITE_DAILY_USD"])
def test_a_film_that_does_not_fit_into_today_is_not_begun(
    alice: User,
    make_film: Callable[[User], Video],
    settings: LazySettings,
    name: str,
) -> None:
    video = make_film(alice)
    price = drafts.plan_video(video, seed=1).usd
    setattr(settings, name, price - Decimal("0.01"))
    with pytest.raises(Problem) as refused:
        pipeline.start_generation(video)
    assert refused.value.code == "over_budget"
    alice.refresh_from_db()
    assert (Job.objects.filter(video_id=video.pk).count(), Take.objects.count()) == (0, 0)
    assert alice.videos_used == 0
    setattr(settings, name, price)
    assert pipeline.start_generation(video)


def test_a_film_under_way_is_never_refused_and_others_wait_for_it(
    alice: User, bob: User, make_film: Callable[[User], Video], settings: LazySettings
) -> None:
    first, second = make_film(alice), make_film(bob)
    settings.SITE_DAILY_USD = price = drafts.plan_video(first, seed=1).usd
    job = pipeline.start_generation(first)
    with pytest.raises(Problem) as refused:
        pipeline.start_generation(second)
    assert refused.value.code == "over_budget"
    bob.refresh_from_db()
    second.refresh_from_db()
    assert (bob.videos_used, second.status) == (0, "draft")
    with pytest.raises(Problem):
        order_still(bob)  # what is promised to the film is not his
    calls = 0
    while spent(None) <= price:
        order_still(alice, job=job)
        calls += 1
    assert Prediction.objects.count() == calls
    assert spent(alice) == spent(None) == calls * STILL > price
    with pytest.raises(Problem):
        order_still(alice)


@pytest.mark.parametrize("daily", [None, Decimal("5.00")])
def test_the_page_of_costs_says_what_is_left_of_today(
    alice: User,
    client_of: Callable[[User], Client],
    settings: LazySettings,
    daily: Decimal | None,
) -> None:
    settings.USER_DAILY_USD = daily
    order_still(alice)
    page = client_of(alice).get(reverse("account-costs")).content.decode()
    sentence = "Ordered today: $0.003 of the $5.00 that an account may spend in a day."
    assert (sentence in page) is (daily is not None)


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["USER_DAILY_USD", "SITE_DAILY_USD"])
def test_fifty_calls_at_once_spend_at_most_what_a_day_allows(
    name: str, settings: LazySettings
) -> None:
    setattr(settings, name, 10 * STILL)
    owner, runs = User.objects.create_user("spender@example.org"), figures.size(1)
    for _ in range(runs):
        DaySpend.objects.all().delete()
        came = outcomes(lambda _: days.spend(owner, STILL, day=days.today()), AT_ONCE)
        assert came == ["done"] * 10 + ["over_budget"] * (AT_ONCE - 10)
        assert spent(owner) == spent(None) == 10 * STILL
    figures.note(f"exact runs of one day's {name}, {connection.vendor}", runs)


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_of_films_begun_at_once_as_many_as_fit_are_made(
    make_film: Callable[[User], Video], settings: LazySettings
) -> None:
    owners = [User.objects.create_user(f"director{number}@example.org") for number in range(12)]
    films = [make_film(owner) for owner in owners]
    (price,) = {drafts.plan_video(film, seed=1).usd for film in films}
    settings.SITE_DAILY_USD = 3 * price
    came = outcomes(lambda number: pipeline.start_generation(films[number]), len(films))
    assert came == ["done"] * 3 + ["over_budget"] * 9
    assert Job.objects.filter(kind=Job.Kind.GENERATION).count() == 3
    assert Video.objects.filter(status="generating").count() == 3
    assert User.objects.filter(videos_used=1).count() == 3


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_films_begun_on_both_sides_of_midnight_wait_for_each_other(
    make_film: Callable[[User], Video], settings: LazySettings, clock: Clock
) -> None:
    owners = [User.objects.create_user(f"director{number}@example.org") for number in range(12)]
    films = [make_film(owner) for owner in owners]
    (price,) = {drafts.plan_video(film, seed=1).usd for film in films}
    settings.SITE_DAILY_USD = 3 * price

    def start(number: int) -> None:
        clock.now = AFTER_MIDNIGHT if number % 2 else BEFORE_MIDNIGHT
        pipeline.start_generation(films[number])

    assert outcomes(start, len(films)) == ["done"] * 3 + ["over_budget"] * 9
    assert Job.objects.filter(kind=Job.Kind.GENERATION).count() == 3

"""What is promised to films under way: of each its price without what it has ordered, exactly."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from songs.models import Section, Song
from vibecraft.jobs.models import Job
from vibecraft.predictions import days
from vibecraft.predictions.models import Prediction, Purpose
from vibecraft.problems import Problem
from videos import drafts, generation
from videos.models import Video

PRICE = Decimal("0.100001")
Film = Callable[..., Job]


@pytest.fixture
def begin(ready_song: Callable[..., Song], sections_of: Callable[..., list[Section]]) -> Film:
    """A film under way that was said to cost so many calls."""

    def make(owner: User, said: int) -> Job:
        song = ready_song(owner)
        sections_of(song)
        video = drafts.create_video(owner, song)
        job = generation.new_job(video, [])
        Video.objects.filter(pk=video.pk).update(job_id=job.pk, estimated_usd=said * PRICE)
        return job

    return make


def call(job: Job, times: int = 1, **fields: object) -> list[Prediction]:
    """Calls of a film, as they stand in the database."""
    made = (
        Prediction(
            owner=job.owner,
            job=job,
            purpose=Purpose.CLIP,
            subject_id=uuid.uuid4(),
            keep_at="made",
            estimated_usd=PRICE,
            **fields,
        )
        for _ in range(times)
    )
    return Prediction.objects.bulk_create(made)


def promised(*owners: User | None) -> list[Decimal]:
    return [generation.promised_usd(owner) / PRICE for owner in owners]


def test_what_one_film_orders_beyond_its_price_takes_nothing_from_another(
    alice: User, bob: User, begin: Film
) -> None:
    first, _, others = begin(alice, said=10), begin(alice, said=5), begin(bob, said=2)
    assert promised(alice, bob, None) == [15, 2, 17]
    call(first, times=12)
    assert promised(alice, bob, None) == [5, 2, 7]
    call(others)
    assert promised(alice, bob, None) == [5, 1, 6]


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_what_failed_and_cost_nothing_is_still_to_order(
    alice: User, begin: Film, status: str
) -> None:
    job = begin(alice, said=10)
    call(job, times=3, status=status, actual_usd=0)
    call(job)
    assert promised(alice, None) == [9, 9]


@pytest.mark.parametrize(
    ("status", "actual"),
    [
        ("queued", None),
        ("running", None),
        ("failed", PRICE),
        ("failed", Decimal("0.000001")),
        ("canceled", PRICE),
        ("succeeded", Decimal(0)),
        ("succeeded", 2 * PRICE),
    ],
)
def test_what_is_under_way_was_made_or_was_paid_for_is_ordered(
    alice: User, begin: Film, status: str, actual: Decimal | None
) -> None:
    call(begin(alice, said=10), times=3, status=status, actual_usd=actual)
    assert promised(alice, None) == [7, 7]


@pytest.mark.parametrize("end", ["cancel", "fail"])
def test_a_film_that_has_ended_is_promised_nothing(alice: User, begin: Film, end: str) -> None:
    job, _ = begin(alice, said=10), begin(alice, said=3)
    call(job)
    assert job.cancel() if end == "cancel" else job.fail(Problem("disk_full", "Full."))
    assert promised(alice, None) == [3, 3]


def test_without_films_nothing_is_promised(alice: User) -> None:
    assert promised(alice, None) == [0, 0]


@pytest.mark.parametrize("films", [1, 4])
def test_all_is_read_in_one_query(alice: User, begin: Film, films: int) -> None:
    for job in [begin(alice, said=2) for _ in range(films)]:
        call(job)
    with CaptureQueriesContext(connection) as read:
        assert generation.promised_usd(None) == films * PRICE
    assert len(read) == 1


def test_free_failures_let_nobody_else_into_what_a_film_still_needs(
    alice: User, bob: User, begin: Film, settings: LazySettings
) -> None:
    settings.SITE_DAILY_USD = 12 * PRICE
    job = begin(alice, said=10)
    call(job, times=3, status="failed", actual_usd=0)
    call(job)
    days.spend(alice, PRICE, day=days.today(), is_promised=True)
    days.check(bob, 2 * PRICE)
    with pytest.raises(Problem) as refused:
        days.check(bob, 2 * PRICE + Decimal("0.000001"))
    assert refused.value.code == "over_budget"

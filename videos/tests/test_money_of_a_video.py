"""The budget of a video is a hard limit, whoever asks at once; what is set aside is settled."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.conf import LazySettings
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from songs.models import Section, Song
from tests.trials import figures
from vibecraft.jobs.models import Job
from vibecraft.problems import Problem
from videos import drafts, pipeline
from videos.models import Take, Video

AT_ONCE = 50


@pytest.fixture
def make_video(
    ready_song: Callable[..., Song], sections_of: Callable[..., list[Section]]
) -> Callable[..., Video]:
    def make(owner: User, **fields: object) -> Video:
        song = ready_song(owner)
        sections_of(song)
        video = drafts.create_video(owner, song)
        Video.objects.filter(pk=video.pk).update(**fields)
        video.refresh_from_db()
        return video

    return make


def test_what_is_set_aside_and_paid_stays_within_the_budget(
    alice: User, make_video: Callable[..., Video]
) -> None:
    video = make_video(alice, budget_usd="1.00", actual_usd="0.40")
    video.reserve(Decimal("0.25"))
    video.reserve(Decimal("0.35"))
    with pytest.raises(Problem) as refused:
        video.reserve(Decimal("0.000001"))
    assert (refused.value.code, refused.value.status) == ("over_budget", 402)
    assert refused.value.sentence == (
        "This costs $0.000001, but the budget of this video is $1.00, of which $1.00 is spent. "
        "Raise the budget or choose a cheaper model."
    )
    video.refresh_from_db()
    assert (video.reserved_usd, video.actual_usd) == (Decimal("0.60"), Decimal("0.40"))


def test_a_settled_call_frees_what_it_did_not_cost(
    alice: User, make_video: Callable[..., Video]
) -> None:
    video = make_video(alice, budget_usd="1.00")
    for estimated, actual in (("0.1", "0.3"), ("0.2", "0"), ("0.7", "0.7")):
        video.reserve(Decimal(estimated))
        video.settle(Decimal(estimated), Decimal(actual))
    video.refresh_from_db()
    assert (video.reserved_usd, video.actual_usd) == (Decimal(0), Decimal("1.0"))


@pytest.mark.databases
def test_a_thousand_small_sums_leave_no_rest(alice: User, make_video: Callable[..., Video]) -> None:
    video = make_video(alice, budget_usd="3.00")
    for _ in range(100):
        video.reserve(Decimal("0.003"))
        video.reserve(Decimal("0.027"))
    with pytest.raises(Problem):
        video.reserve(Decimal("0.000001"))
    for _ in range(100):
        video.settle(Decimal("0.027"), Decimal("0.027"))
        video.settle(Decimal("0.003"), Decimal("0.003"))
    video.refresh_from_db()
    assert (video.reserved_usd, video.actual_usd) == (Decimal(0), Decimal("3"))


@pytest.mark.databases
def test_money_is_never_negative(alice: User, make_video: Callable[..., Video]) -> None:
    video = make_video(alice)
    with pytest.raises(IntegrityError), transaction.atomic():
        video.settle(Decimal("0.01"), Decimal(0))


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_fifty_calls_at_once_spend_at_most_the_budget(make_video: Callable[..., Video]) -> None:
    owner = User.objects.create_user("spender@example.org")
    video, runs = make_video(owner, budget_usd="1.90"), figures.size(1)
    for _ in range(runs):
        Video.objects.filter(pk=video.pk).update(reserved_usd=0)
        refusals = at_once(lambda: Video.objects.get(pk=video.pk).reserve(Decimal("0.19")))
        video.refresh_from_db()
        assert video.reserved_usd == Decimal("1.90")
        assert refusals == ["over_budget"] * (AT_ONCE - 10)
    figures.note(f"exact runs of one budget, {connection.vendor}", runs)


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_fifty_starts_at_once_start_one_making(
    make_video: Callable[..., Video], settings: LazySettings
) -> None:
    settings.REPLICATE_API_TOKEN = "r8_only_for_this_test"
    settings.PAID_STARTS_A_MINUTE = 1000
    owner = User.objects.create_user("starter@example.org")
    video = make_video(owner, model="seedance-1-pro-fast")
    price = drafts.plan_video(video, seed=1).usd
    Video.objects.filter(pk=video.pk).update(budget_usd=price.quantize(Decimal("0.01")) + 1)
    refusals = at_once(lambda: pipeline.start_generation(Video.objects.get(pk=video.pk)))
    assert refusals == ["already_running"] * (AT_ONCE - 1)
    assert Job.objects.filter(video_id=video.pk).count() == 1
    assert Take.objects.count() == video.clips.count()
    owner.refresh_from_db()
    assert owner.videos_used == 1


def at_once(act: Callable[[], object]) -> list[str]:
    """Do it from 50 threads at the same moment; return the codes of the refusals."""
    gate, codes = threading.Barrier(AT_ONCE), list[str]()

    def run() -> None:
        try:
            gate.wait()
            act()
        except Problem as problem:
            codes.append(problem.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(codes)


@pytest.mark.parametrize(
    ("status", "estimated", "actual", "is_far"),
    [
        ("ready", "1.00", "1.20", False),
        ("ready", "1.00", "1.21", True),
        ("ready", "1.00", "0.79", True),
        ("generating", "1.00", "0.10", False),
        ("failed", "1.00", "1.30", True),
        ("ready", "0", "0", False),
    ],
)
def test_a_fifth_apart_is_far(status: str, estimated: str, actual: str, is_far: bool) -> None:
    video = Video(status=status, estimated_usd=Decimal(estimated), actual_usd=Decimal(actual))
    assert video.is_far_from_estimate is is_far

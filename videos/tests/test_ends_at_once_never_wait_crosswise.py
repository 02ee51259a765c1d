"""What of a film ends in the same moment: nobody waits crosswise, and every outcome is whole."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from songs.models import Song
from vibecraft.jobs.models import Discard, Job
from vibecraft.jobs.runner import LeaseLost
from vibecraft.predictions.models import Prediction
from vibecraft.problems import Problem
from vibecraft.testcrowd import at_once
from videos import drafts, keeping, lipsync, pipeline
from videos.models import Clip, Take, Video

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]

# Nobody comes where the order of locks keeps the other one out, so this is how long one waits.
MEET_SECONDS = 0.5
PRICE = Decimal("0.25")
CRASH = Problem("crashed", "A clip could not be made.")

Songs = Callable[..., Song]


@pytest.fixture
def video(alice: User, ready_song: Songs, sections_of: Callable[..., Any]) -> Video:
    song = ready_song(alice)
    sections_of(song)
    return drafts.create_video(alice, song)


def meet(monkeypatch: pytest.MonkeyPatch, *places: tuple[type, str]) -> None:
    """Both sides stop after these steps until the other one is there too, if it can come."""
    gate = threading.Barrier(2)

    def stop_after(step: Callable[..., Any], *args: Any, **more: Any) -> Any:
        made = step(*args, **more)
        with contextlib.suppress(threading.BrokenBarrierError):
            gate.wait(MEET_SECONDS)
        return made

    def stop_after_method(step: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self, *args, **more: stop_after(partial(step, self), *args, **more)

    for owner, name in places:
        monkeypatch.setattr(owner, name, stop_after_method(getattr(owner, name)))


def both(*acts: Callable[[], object]) -> list[object]:
    """What came of acts that begin together: a value, or the exception of a lost lease."""

    def act(number: int) -> object:
        try:
            return acts[number]()
        except LeaseLost as lost:
            return lost

    return at_once(act, len(acts))


def begun(video: Video) -> tuple[Job, list[Take]]:
    job = pipeline.start_generation(video)
    rows = Take.objects.of_job(job.pk).select_related("job", "clip__video__owner")
    takes = list(rows)
    for take in takes:
        assert take.claim()
    return job, takes


def call_for(take: Take) -> Prediction:
    """A call that is claimed, and as good as ended."""
    video = take.clip.video
    Video.objects.filter(pk=video.pk).update(reserved_usd=PRICE)
    assert take.wait_for_others()
    call: Prediction = Prediction.objects.create(
        owner=video.owner,
        job=take.job,
        purpose="clip" if take.kind == Take.Kind.GENERATED else "lipsync",
        subject_id=take.pk,
        video_id=video.pk,
        keep_at="k",
        model="p-video-draft",
        slug="s",
        estimated_usd=PRICE,
        phase="arrived",
    )
    assert call.claim()
    return call


def test_a_call_that_ends_while_its_video_is_canceled_is_paid_and_the_video_is_canceled(
    video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, takes = begun(video)
    call = call_for(takes[0])
    meet(monkeypatch, (Prediction, "refresh_from_db"), (Video, "become_canceled"))
    ended, canceled = both(
        lambda: call.succeed(actual_usd=PRICE, cost_source="metrics"),
        lambda: pipeline.cancel_video(video),
    )
    assert (ended, canceled) == (True, True)
    for row in (job, video, call):
        row.refresh_from_db()
    assert (job.status, video.status, call.status) == ("canceled", "canceled", "succeeded")
    assert (video.reserved_usd, video.actual_usd) == (0, PRICE)
    takes_now = Take.objects.of_job(job.pk).order_by("clip__clip_index")
    assert [take.status for take in takes_now] == ["canceled"] * 3
    assert takes_now[0].cost_usd == PRICE


@pytest.mark.parametrize("is_lipsync", [False, True])
def test_a_take_that_is_kept_while_its_job_is_canceled_is_whole_or_gone(
    video: Video, alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_lipsync: bool
) -> None:
    job, takes = begun(video)
    take, keep = takes[0], keeping.store
    if is_lipsync:
        # The job of a change: its ending touches takes and calls.
        Job.objects.filter(pk=job.pk).update(kind="lipsync")
        Take.objects.filter(pk=take.pk).update(kind="lipsync")
        take.kind, keep = Take.Kind.LIPSYNC, lipsync._keep
    for name in ("take.mp4", "take.jpg"):
        (tmp_path / name).write_bytes(b"x" * 10)
    meet(monkeypatch, (Take, "succeed"), (Job, "refresh_from_db"))
    used = User.objects.get(pk=alice.pk).storage_used_bytes
    came, canceled = both(lambda: keep(take, tmp_path), lambda: pipeline.cancel_video(video))
    assert canceled is True
    job.refresh_from_db()
    take.refresh_from_db()
    assert job.status == "canceled"
    # A generation leaves nothing; a finished take of a change stays, to be chosen.
    kept = 20 if is_lipsync and came is None else 0
    assert take.status == ("succeeded" if came is None else "canceled")
    assert take.size_bytes == kept
    assert Video.objects.get(pk=video.pk).stored_bytes == kept
    assert User.objects.get(pk=alice.pk).storage_used_bytes == used + kept
    assert not Clip.objects.filter(video=video).exclude(chosen_take=None).exists()


def test_two_takes_that_fail_together_fail_their_video_once(
    video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, takes = begun(video)
    meet(monkeypatch, (Take, "_end"))
    failed = both(*(partial(take.fail, CRASH) for take in takes[:2]))
    assert set(failed) == {False, True}
    for row in (job, video):
        row.refresh_from_db()
    assert (job.status, video.status, video.error_code) == ("failed", "failed", "crashed")
    statuses = sorted(Take.objects.of_job(job.pk).values_list("status", flat=True))
    assert statuses == ["canceled", "canceled", "failed"]
    assert job.events.filter(message__startswith="failed").count() == 1
    assert Discard.objects.values("prefix").distinct().count() == Discard.objects.count()

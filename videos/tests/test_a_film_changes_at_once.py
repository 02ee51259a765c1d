"""An earlier film and its facts change together, in the end of the job, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from songs.models import Song
from vibecraft import storage
from vibecraft.jobs.models import Discard, Job
from vibecraft.jobs.sweeper import sweep
from vibecraft.testing import stored_files
from videos import film, pipeline, remaking, takes
from videos.models import Clip, SectionTurn, Take, Video
from videos.tests.finished import finished
from videos.tests.test_clips_are_made_again import draw_numbers

pytestmark = pytest.mark.django_db

Work = Callable[[], int]
POINTS = ("film-joined", "film-stored", "film-verified", "poster-stored")


@pytest.fixture
def video(
    alice: User,
    ready_song: Callable[..., Song],
    sections_of: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Video:
    monkeypatch.setattr(takes, "render", draw_numbers)
    song = ready_song(alice)
    sections_of(song)
    return finished(song, tmp_path)


def read(key: str) -> bytes:
    with storage.open_read(key) as file:
        return file.read()


def seen(video: Video) -> dict[str, Any]:
    """All that a viewer sees of a film, and all that is said of it."""
    row = Video.objects.filter(pk=video.pk).values().get()
    clips = video.clips.order_by("pk").values("chosen_take", "film_take", "prompt")
    owner = User.objects.get(pk=video.owner_id)
    return {
        "row": row,
        "clips": list(clips),
        "files": [read(row["film_key"]), read(row["poster_key"])],
        "used": owner.storage_used_bytes,
    }


def cancel(video: Video) -> None:
    assert pipeline.cancel_video(video)


def run_late(video: Video) -> None:
    past = timezone.now() - timedelta(hours=1)
    Job.objects.filter(video_id=video.pk).active().update(deadline_at=past)
    sweep()


def meet(monkeypatch: pytest.MonkeyPatch, point: str, act: Callable[[], None]) -> list[str]:
    """Do something when the film's worker passes a point; the points that it has passed."""
    passed: list[str] = []

    def note(name: str) -> None:
        passed.append(name)
        if name == point:
            act()

    monkeypatch.setattr(film, "failpoint", note)
    return passed


@pytest.mark.parametrize(("end", "status"), [(cancel, "canceled"), (run_late, "failed")])
def test_what_ends_before_the_film_is_shown_changes_nothing_of_it(
    video: Video,
    alice: User,
    do_work: Work,
    monkeypatch: pytest.MonkeyPatch,
    end: Callable[[Video], None],
    status: str,
) -> None:
    Video.objects.filter(pk=video.pk).update(sync_report={"offset": 1})
    section = video.song.sections.get(section_index=1)
    before, files = seen(video), stored_files(alice)
    passed = meet(monkeypatch, "poster-stored", lambda: end(video))
    job = remaking.remake_section(video, section)
    do_work()
    job.refresh_from_db()
    assert (job.status, passed) == (status, list(POINTS))
    sweep()
    after = seen(video)
    made = Take.objects.of_job(job.pk)
    grown = sum(made.values_list("size_bytes", flat=True))
    assert after["row"].pop("stored_bytes") == before["row"].pop("stored_bytes") + grown
    assert after.pop("used") == before.pop("used") + grown
    assert after == before
    # What was made is kept as takes that can be chosen; of the film nothing is left.
    kept = [name for take in made for name in (take.key, take.thumbnail_key)]
    assert stored_files(alice) == sorted([*files, *(key.split("/", 1)[1] for key in kept)])
    assert (Discard.objects.count(), SectionTurn.objects.count()) == (0, 0)


def test_a_film_that_is_stored_after_its_job_was_canceled_goes(
    video: Video, alice: User, do_work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, files = seen(video), stored_files(alice)

    def cancel_and_sweep() -> None:
        cancel(video)
        sweep()

    # The discarding is over before the poster comes, which another one then takes care of.
    put = storage.put

    def put_late(key: str, path: Path) -> int:
        if "poster" in key:
            cancel_and_sweep()
        return put(key, path)

    monkeypatch.setattr(storage, "put", put_late)
    pipeline.start_composition(video)
    do_work()
    assert Job.objects.get(video_id=video.pk, finished_at__isnull=False).status == "canceled"
    sweep()
    assert seen(video) == before
    assert (stored_files(alice), Discard.objects.count()) == (files, 0)


def test_a_worker_that_was_overtaken_leaves_the_film_to_the_other_one(
    video: Video, do_work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = pipeline.start_composition(video)
    rows = Job.objects.filter(pk=job.pk)

    def overtake() -> None:
        if rows.get().attempts == 1:
            rows.update(lease_token=None, lease_until=None, status="queued", next_run_at=Now())

    meet(monkeypatch, "poster-stored", overtake)
    do_work()
    job.refresh_from_db()
    video.refresh_from_db()
    assert (job.status, job.attempts) == ("succeeded", 2)
    assert (video.film_key, video.poster_key) == film.keys_of(video, job)
    assert len(read(video.film_key)) + len(read(video.poster_key)) == video.film_size_bytes


def test_the_earlier_film_can_be_read_as_long_as_its_signed_addresses(
    video: Video, alice: User, do_work: Work
) -> None:
    earlier = [video.film_key, video.poster_key]
    job = pipeline.start_composition(video)
    do_work()
    sweep()
    video.refresh_from_db()
    assert (video.film_key, video.poster_key) == film.keys_of(video, job)
    assert all(storage.exists(key) for key in earlier)
    waiting = Discard.objects.order_by("prefix")
    assert [row.prefix for row in waiting] == earlier
    for row in waiting:
        lasts = (row.due_at - row.created_at).total_seconds()
        assert round(lasts) == settings.STORAGE_SECONDS
    waiting.update(due_at=Now())
    sweep()
    assert not any(storage.exists(key) for key in earlier)
    files = [f"{alice.pk}/{name}" for name in stored_files(alice) if name.startswith("videos/")]
    assert sum(storage.size(key) for key in files) == video.stored_bytes


def test_a_canceled_generation_leaves_no_film(
    video: Video, alice: User, do_work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    Clip.objects.update(chosen_take=None)
    Video.objects.filter(pk=video.pk).update(status="draft", film_key="", poster_key="")
    video.refresh_from_db()
    files = stored_files(alice)
    meet(monkeypatch, "poster-stored", lambda: cancel(video))
    pipeline.start_generation(video)
    do_work()
    sweep()
    video.refresh_from_db()
    assert (video.status, video.film_key, video.poster_key) == ("canceled", "", "")
    assert (stored_files(alice), Discard.objects.count()) == (files, 0)

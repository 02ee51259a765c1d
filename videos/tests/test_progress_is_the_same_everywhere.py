"""Page, API and admin show the same numbers of a job, whatever its kind [L1, L2]."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from songs.models import Import, Song
from vibecraft.jobs import watching
from vibecraft.jobs.claims import Status
from vibecraft.jobs.models import Job
from vibecraft.jobs.progress import KINDS
from vibecraft.predictions.models import Prediction
from videos.exports import fingerprint
from videos.models import Asset, Clip, Export, Still, Take, Video
from videos.tests import cast

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
COST = {"actual_usd": "0.25", "status": Status.SUCCEEDED, "phase": "ended"}
OF_TAKES = ("generation", "regeneration", "reframing")
WITHOUT_CALLS = ("import", "export")


@pytest.fixture(autouse=True)
def _one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left goes down with every second: here no time goes by."""
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    monkeypatch.setattr(watching.time, "time", now.timestamp)


def a_job(song: Song, kind: str, video: Video | None = None) -> Job:
    """Four minutes under way, at 40 %, with a call that has cost 25 cents."""
    job = Job.objects.create(
        owner=song.owner,
        kind=kind,
        status=Status.RUNNING,
        step="on the way",
        message="Half of it.",
        progress=40,
        song_id=song.pk,
        video_id=video.pk if video else None,
        started_at=timezone.now() - timedelta(minutes=4),
    )
    if kind not in WITHOUT_CALLS:
        fields = {"purpose": "clip", "model": "p-video", "slug": "x", "keep_at": "k", **COST}
        subject = uuid.uuid4()
        Prediction.objects.create(owner=song.owner, job=job, subject_id=subject, **fields)
    return job


def of_a_song(song: Song, kind: str) -> tuple[Job, str]:
    job = a_job(song, kind)
    if kind == "import":
        wanted = Import.objects.create(owner=song.owner, job=job, shown_address="example.org")
        return job, reverse("import", args=[wanted.pk])
    if kind == "lyrics":
        return job, reverse("song-lyrics", args=[song.pk])
    fields: dict[str, Any] = {"status": Song.Status.ANALYZING, "analysis_job_id": job.pk}
    if kind == "music":
        fields = {"status": Song.Status.NEW, "master_key": ""}
    Song.objects.filter(pk=song.pk).update(**fields)
    return job, reverse("song-progress", args=[song.pk])


def of_a_draft(song: Song, kind: str) -> tuple[Job, str]:
    video = cast.draft_of(song)
    job = a_job(song, kind, video)
    if kind == "scenes":
        return job, reverse("video-scenes", args=[video.pk])
    if kind == "character":
        Asset.objects.create(owner=song.owner, title="A", status="making", job_id=job.pk)
        return job, reverse("assets")
    video.begin_storyboard(job.pk)
    for clip, status in zip(video.clips.all(), (Status.SUCCEEDED, Status.QUEUED), strict=False):
        Still.objects.create(
            clip=clip, job=job, number=1, seed=1, model="visualizer", status=status, attempts=1
        )
    return job, reverse("storyboard-progress", args=[video.pk])


def of_a_film(song: Song, kind: str) -> tuple[Job, str]:
    video = cast.ready(song)
    job = a_job(song, kind, video)
    if kind in OF_TAKES:
        _takes(video, job)
    if kind == "export":
        _export(video, job)
    if kind in ("generation", "reframing"):
        Video.objects.filter(pk=video.pk).update(
            status=Video.Status.GENERATING, job_id=job.pk, actual_usd="0.25"
        )
        return job, reverse("video-progress", args=[video.pk])
    return job, reverse("video-news", args=[video.pk])


def _export(video: Video, job: Job) -> None:
    made_of = fingerprint(video, "")
    Export.objects.create(video=video, job=job, format="mp4", height=480, made_of=made_of)


def _takes(video: Video, job: Job) -> None:
    """One is made, one is tried again."""
    clips: list[Clip] = list(video.clips.all()[:2])
    for clip, status in zip(clips, (Status.SUCCEEDED, Status.QUEUED), strict=True):
        Take.objects.create(
            clip=clip, job=job, number=7, seed=1, model="visualizer", status=status, attempts=1
        )


MAKERS: dict[str, Callable[[Song, str], tuple[Job, str]]] = {
    **dict.fromkeys(("import", "analysis", "music", "lyrics"), of_a_song),
    **dict.fromkeys(("storyboard", "scenes", "character"), of_a_draft),
    **dict.fromkeys((*OF_TAKES, "composition", "lipsync", "export"), of_a_film),
}


def numbers_in(markup: str, job: Job) -> dict[str, str]:
    """The data attributes of the component that shows a job."""
    (attributes,) = re.findall(rf'<div class="progress[^>]* data-job="{job.pk}"([^>]*)>', markup)
    return dict(re.findall(r'data-([\w-]+)="([^"]*)"', attributes))


@pytest.mark.parametrize("kind", Job.Kind.values)
def test_page_api_and_admin_say_the_same(
    song: Song, client_of: Callable[[User], Client], api_of: Any, kind: str
) -> None:
    job, address = MAKERS[kind](song, kind)
    seen = {"seen": f"x.{job.pk.hex}"}
    page = client_of(song.owner).get(address, seen, headers=HTMX).content.decode()
    told = api_of(song.owner).get(f"/api/jobs/{job.pk}").json()
    olga = User.objects.create_superuser("olga@example.org", "a long password for tests")
    admin = client_of(olga).get(reverse("admin:jobs_job_change", args=[job.pk])).content.decode()
    shown = numbers_in(page, job)
    assert shown["percent"] == str(told["progress"]) == "40"
    for name in ("total", "completed", "retrying"):
        assert shown[name] == str(told["numbers"][name])
    assert float(shown["cost-usd"]) == told["numbers"]["cost_usd"]
    assert told["numbers"]["cost_usd"] == (0.0 if kind in WITHOUT_CALLS else 0.25)
    left = told["numbers"]["seconds_left"]
    assert shown["seconds-left"] == ("" if left is None else str(left))
    assert numbers_in(admin, job) == shown
    if kind in (*OF_TAKES, "storyboard"):
        assert (shown["completed"], shown["retrying"]) == ("1", "1")
        assert "Half of it., 1 retrying" in page
        assert told["message"] == "Half of it., 1 retrying"


def test_every_kind_of_job_is_told_of() -> None:
    assert set(KINDS) == set(Job.Kind.values)


def test_progress_never_goes_back_nor_above_a_hundred(song: Song) -> None:
    job = a_job(song, "analysis")
    for percent, expected in ((30, 40), (70, 70), (250, 99), (10, 99)):
        job.report(percent, "step", "word")
        job.refresh_from_db()
        assert job.progress == expected


@pytest.mark.parametrize("template", ["library", "songs", "assets"])
def test_a_page_at_rest_asks_for_nothing(
    song: Song, client_of: Callable[[User], Client], template: str
) -> None:
    cast.ready(song)
    assert "every 3s" not in client_of(song.owner).get(reverse(template)).content.decode()


def test_the_player_asks_once_for_all_that_runs(
    song: Song, client_of: Callable[[User], Client]
) -> None:
    video = cast.ready(song)
    jobs = [a_job(song, kind, video) for kind in ("regeneration", "lipsync", "export")]
    _export(video, jobs[2])
    client = client_of(song.owner)
    page = client.get(reverse("video", args=[video.pk])).content.decode()
    (address,) = re.findall(r'hx-get="([^"]+)" hx-trigger="every 3s"', page)
    assert all(job.pk.hex in address for job in jobs)
    assert client.get(address, headers=HTMX).status_code == 204
    Job.objects.filter(pk=jobs[2].pk).update(progress=70)
    answer = client.get(address, headers=HTMX).content.decode()
    assert numbers_in(answer, jobs[2])["percent"] == "70"
    assert answer.count('hx-swap-oob="true"') == 3

"""Operators retry, cancel, plan, join and finalize by the same processes as users, never past a limit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from songs.models import Song
from vibecraft.jobs.claims import Status
from vibecraft.jobs.models import Job
from vibecraft.money import usd_text
from vibecraft.testing import PASSWORD
from videos import drafts
from videos.models import Export, Take, Video
from videos.tests import cast

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


@pytest.fixture
def operator(client_of: ClientOf) -> Client:
    return client_of(User.objects.create_superuser("olga@example.org", PASSWORD))


def act(client: Client, name: str, *rows: Song | Video | Job, is_sure: bool = True) -> str:
    meta = rows[0]._meta
    sent = {"action": name, "_selected_action": [str(row.pk) for row in rows]}
    sure = {"confirmed": name} if is_sure else {}
    address = f"/admin/{meta.app_label}/{meta.model_name}/"
    return client.post(address, sent | sure, follow=True).content.decode()


def statuses(*videos: Video) -> list[str]:
    return [Video.objects.get(pk=video.pk).status for video in videos]


def test_failed_and_canceled_videos_are_retried_and_others_say_why_not(
    operator: Client, song: Song
) -> None:
    videos = [cast.failed(song), cast.canceled(song), cast.draft_of(song), cast.ready(song)]
    page = act(operator, "retry", *videos)
    assert "2 of 4 retried; 2 could not:" in page
    assert "It is still a draft: its owner has not started it. (1)" in page
    assert "This video is made. Start a new one to change it. (1)" in page
    assert statuses(*videos) == ["generating", "generating", "draft", "ready"]
    assert Job.objects.active().filter(kind="generation").count() == 2
    assert LogEntry.objects.filter(change_message="Retry: done.").count() == 2


def test_a_retry_is_priced_before_and_refused_over_the_budget(
    operator: Client, ai: object, song: Song
) -> None:
    video = cast.failed(song)
    Video.objects.filter(pk=video.pk).update(model="p-video-draft", budget_usd="0.01")
    video.refresh_from_db()
    jobs, usd = Job.objects.count(), usd_text(drafts.price_of(video))
    assert usd != "$0.00"
    for row in (video, Job.objects.get(pk=video.job_id)):
        assert f"<strong>{usd}</strong>" in act(operator, "retry", row, is_sure=False)
    page = act(operator, "retry", video)
    assert f"0 of 1 retried; 1 could not: This costs {usd}" in page
    assert "but the budget of this video is $0.01" in page
    assert (statuses(video), Job.objects.count()) == (["failed"], jobs)


def test_a_full_storage_stops_an_operator_too(operator: Client, alice: User, song: Song) -> None:
    video = cast.failed(song)
    User.objects.filter(pk=alice.pk).update(storage_limit_bytes=0)
    assert "reached your limit (0 GB of storage)" in act(operator, "retry", video)
    assert statuses(video) == ["failed"]


def test_what_runs_is_canceled(operator: Client, song: Song) -> None:
    running, draft = cast.generating(song), cast.draft_of(song)
    page = act(operator, "cancel", running, draft)
    assert "1 of 2 canceled; 1 could not: Nothing runs for it." in page
    assert statuses(running, draft) == ["canceled", "draft"]
    assert not Take.objects.active().exists()


def test_drafts_are_planned_again(operator: Client, song: Song) -> None:
    draft, made = cast.draft_of(song), cast.ready(song)
    clips = set(made.clips.values_list("pk", flat=True))
    page = act(operator, "replan", draft, made)
    assert "1 of 2 planned again; 1 could not:" in page
    assert Video.objects.get(pk=draft.pk).seed != draft.seed
    assert set(made.clips.values_list("pk", flat=True)) == clips


def test_films_are_joined_again(operator: Client, song: Song) -> None:
    made, failed = cast.ready(song), cast.failed(song)
    Take.objects.filter(job_id=made.job_id).update(status=Status.SUCCEEDED)
    page = act(operator, "recompose", made, failed)
    assert "1 of 2 sent to be joined again; 1 could not:" in page
    assert "Not every clip of this video is made yet." in page
    job = Job.objects.get(kind="composition")
    assert (job.video_id, job.status) == (made.pk, "queued")


def test_a_film_is_made_final_once(operator: Client, song: Song) -> None:
    made, draft = cast.ready(song), cast.draft_of(song)
    assert "This cannot be undone." in act(operator, "finalize", made, draft, is_sure=False)
    assert not Video.objects.filter(is_finalized=True).exists()
    page = act(operator, "finalize", made, draft)
    assert "1 of 2 finalized; 1 could not: Only a finished film can be made final." in page
    assert list(Video.objects.filter(is_finalized=True)) == [made]
    assert "0 of 1 finalized; 1 could not: This video is final" in act(operator, "finalize", made)


def test_songs_are_analyzed_again_once_at_a_time(operator: Client, song: Song) -> None:
    assert "1 of 1 sent to be analyzed again." in act(operator, "reanalyze", song)
    assert Song.objects.get(pk=song.pk).status == "analyzing"
    page = act(operator, "reanalyze", song)
    assert "0 of 1 sent to be analyzed again; 1 could not: This song is being analyzed" in page
    assert Job.objects.filter(kind="analysis").count() == 1


def test_failed_jobs_begin_again_as_what_they_were(operator: Client, song: Song) -> None:
    video = cast.ready(song)
    failed = [
        Job.objects.create(owner=song.owner, kind="analysis", song_id=song.pk),
        Job.objects.create(owner=song.owner, kind="composition", video_id=video.pk),
        Job.objects.create(owner=song.owner, kind="export", video_id=video.pk),
    ]
    Export.objects.create(video=video, format="webm", height=480, job=failed[2], made_of="old")
    for job in failed:
        Job.objects.filter(pk=job.pk).update(status="failed")
    assert "3 of 3 retried." in act(operator, "retry", *failed)
    fresh = Job.objects.active()
    assert sorted(fresh.values_list("kind", flat=True)) == ["analysis", "composition", "export"]
    assert {job.events.get(kind="step").data["instead_of"] for job in fresh} == {
        str(job.pk) for job in failed
    }
    page = act(operator, "retry", *failed)
    assert "0 of 3 retried; 3 could not:" in page
    assert "Newer work of this kind has taken its place. (2)" in page


def test_a_job_whose_video_is_deleted_cannot_begin_again(operator: Client, song: Song) -> None:
    video = cast.failed(song)
    job = Job.objects.get(pk=video.job_id)
    video.delete()
    page = act(operator, "retry", job)
    assert "0 of 1 retried; 1 could not: Its video is deleted." in page


@pytest.mark.parametrize("name", ["retry", "cancel", "replan", "recompose", "finalize"])
def test_who_may_only_look_changes_nothing(
    client_of: ClientOf, bob: User, song: Song, name: str
) -> None:
    video = cast.failed(song)
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    bob.user_permissions.add(Permission.objects.get(codename="view_video"))
    jobs = Job.objects.count()
    act(client_of(bob), name, video)
    assert (statuses(video), Job.objects.count()) == (["failed"], jobs)
    assert not LogEntry.objects.exists()


def test_charlie_is_led_to_the_sign_in(client_of: ClientOf, charlie: User, song: Song) -> None:
    video = cast.failed(song)
    sent = {"action": "retry", "_selected_action": [str(video.pk)], "confirmed": "retry"}
    answer = client_of(charlie).post("/admin/videos/video/", sent)
    assert (answer.status_code, statuses(video)) == (302, ["failed"])


def test_the_pages_of_acts_need_no_inline_style_or_script() -> None:
    folder = Path("templates/admin")
    texts = [path.read_text() for path in folder.glob("*.html")]
    assert len(texts) >= 6
    assert [text for text in texts if " style=" in text or "<script>" in text] == []

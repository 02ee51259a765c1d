"""Operators follow a song to its videos, their clips, takes and jobs, and read what they cost."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from songs.models import Section, Song
from vibecraft.jobs.models import Job
from vibecraft.testing import PASSWORD
from videos import drafts, pipeline
from videos.models import Clip, Take, Video

pytestmark = pytest.mark.django_db
LISTED = re.compile(r'href="(/admin/\w+/\w+/\?\w+=[^"]+)"')
MODELS = ("songs/song", "songs/section", "videos/video", "videos/clip", "videos/take")


@pytest.fixture
def operator(client_of: Callable[[User], Client]) -> Client:
    return client_of(User.objects.create_superuser("olga@example.org", PASSWORD))


@pytest.fixture
def video(alice: User, song: Song) -> Video:
    """Alice's video, being made."""
    draft = drafts.create_video(alice, song)
    pipeline.start_generation(draft)
    draft.refresh_from_db()
    return draft


def page_of(client: Client, row: Any) -> str:
    address = f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def link_to(row: Any) -> str:
    return f'href="/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"'


def listed(client: Client, path: str, query: str) -> list[Any]:
    return list(client.get(f"/admin/{path}/?{query}").context["cl"].result_list)


def test_a_song_shows_its_analysis_and_sections(operator: Client, song: Song) -> None:
    page = page_of(operator, song)
    for text in ("120.0", "A minor", "electronic", "24, 6 of them downbeats"):
        assert text in page
    for section in song.sections.all():
        assert section.label in page


def test_a_song_that_is_not_analyzed_yet_is_shown_too(operator: Client, song: Song) -> None:
    song.analysis.delete()
    Song.objects.filter(pk=song.pk).update(status="new")
    assert song.title in page_of(operator, song)


def test_every_list_that_a_page_leads_to_opens(
    operator: Client, alice: User, song: Song, video: Video
) -> None:
    pages = [page_of(operator, row) for row in (alice, song, video)]
    lists = sorted({html.unescape(found) for page in pages for found in LISTED.findall(page)})
    assert f"/admin/videos/take/?clip__video__id__exact={video.pk}" in lists
    assert len(lists) == 8
    for address in lists:
        assert operator.get(address).status_code == 200, address
    takes = listed(operator, "videos/take", f"clip__video__id__exact={video.pk}")
    assert {take.clip.video_id for take in takes} == {video.pk}


def test_one_follows_a_song_to_its_video_and_its_job(
    operator: Client, alice: User, song: Song, video: Video
) -> None:
    job = Job.objects.get()
    assert f'href="/admin/videos/video/?song__id__exact={song.pk}"' in page_of(operator, song)
    assert listed(operator, "videos/video", f"song__id__exact={song.pk}") == [video]
    page = page_of(operator, video)
    assert link_to(song) in page
    assert link_to(job) in page
    assert link_to(alice) in page
    take = Take.objects.first()
    assert take is not None
    assert link_to(take) in page
    assert link_to(video) in page_of(operator, job)
    assert link_to(job) in page_of(operator, take)
    assert link_to(take.clip) in page_of(operator, take)
    assert link_to(video) in page_of(operator, take.clip)
    assert link_to(song) in page_of(operator, song.sections.get(section_index=0))


@pytest.mark.parametrize("path", MODELS)
def test_lists_cost_the_same_queries_for_many(
    operator: Client,
    alice: User,
    song: Song,
    video: Video,
    path: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(3):
        pipeline.start_generation(drafts.create_video(alice, song))
    with django_assert_max_num_queries(15):
        assert operator.get(f"/admin/{path}/").status_code == 200


@pytest.mark.parametrize("path", MODELS)
def test_rows_are_not_made_by_hand(operator: Client, path: str) -> None:
    assert operator.get(f"/admin/{path}/add/").status_code == 403


@pytest.mark.parametrize(
    ("path", "model"),
    zip(MODELS, (Song, Section, Video, Clip, Take), strict=True),
)
def test_rows_are_not_deleted_by_hand(
    operator: Client, video: Video, path: str, model: Any
) -> None:
    before = model.objects.count()
    row = model.objects.first()
    response = operator.post(f"/admin/{path}/{row.pk}/delete/", {"post": "yes"})
    assert (response.status_code, model.objects.count()) == (403, before)


@pytest.mark.parametrize("path", MODELS)
def test_everything_is_found_by_the_name_of_the_song(
    operator: Client, video: Video, path: str
) -> None:
    assert listed(operator, path, "q=Night+Drive") != []
    assert listed(operator, path, "q=Day+Drive") == []


def test_a_video_is_stuck_when_its_work_is(operator: Client, video: Video) -> None:
    assert listed(operator, "videos/video", "stuck=yes") == []
    long_ago = timezone.now() - timedelta(minutes=10)
    Take.objects.filter(clip__clip_index=0).update(next_run_at=long_ago)
    assert listed(operator, "videos/video", "stuck=yes") == [video]
    assert [take.clip.clip_index for take in listed(operator, "videos/take", "stuck=yes")] == [0]


def test_a_video_is_stuck_when_its_job_has_ended_without_it(operator: Client, video: Video) -> None:
    Job.objects.update(status="succeeded")
    assert listed(operator, "videos/video", "stuck=yes") == [video]


def test_videos_that_failed_today_are_found(operator: Client, video: Video) -> None:
    assert listed(operator, "videos/video", "failed_today=yes") == []
    Video.objects.update(status="failed")
    Job.objects.update(status="failed", finished_at=timezone.now())
    assert listed(operator, "videos/video", "failed_today=yes") == [video]


def test_videos_that_cost_more_than_estimated_are_found(operator: Client, video: Video) -> None:
    Video.objects.update(estimated_usd=1, actual_usd=1)
    assert listed(operator, "videos/video", "costly=yes") == []
    Video.objects.update(actual_usd="1.01")
    assert listed(operator, "videos/video", "costly=yes") == [video]


def test_songs_that_are_not_ready_are_found(operator: Client, song: Song) -> None:
    assert listed(operator, "songs/song", "unfinished=yes") == []
    assert listed(operator, "songs/song", "speechless=yes") == [song]
    Song.objects.update(status="failed", lyrics_source="typed")
    assert listed(operator, "songs/song", "unfinished=yes") == [song]
    assert listed(operator, "songs/song", "speechless=yes") == []


def test_what_users_write_is_shown_as_text(operator: Client, song: Song, video: Video) -> None:
    Video.objects.update(title="<script>x</script>", film_facts={"note": "<b>bold</b>"})
    Song.objects.update(lyrics=[{"start": 0, "end": 1, "text": "<i>la</i>", "words": []}])
    for row, raw in ((video, "<script>x"), (video, "<b>bold"), (song, "<i>la")):
        assert raw not in page_of(operator, row)

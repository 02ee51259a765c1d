"""Deleting while others delete or start: what was counted is given back once, and never forgotten."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import F
from rest_framework.test import APIClient

from accounts.models import User
from songs import analysis
from songs import pipeline as songs
from songs.models import Section, Song
from vibecraft import rows, storage
from vibecraft.jobs.models import Discard, Job
from vibecraft.problems import Problem
from vibecraft.testcrowd import outcomes
from videos import assets, drafts, export_requests, pipeline
from videos.export_model import Export
from videos.models import Asset, Take, Video

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]

DELETES = 8
ROUNDS = 6
SIZE = 1000
NOT_FOUND = ("not_found", "This video is deleted.")
Patch = Callable[[Any, str, Callable[[], object]], None]


@pytest.fixture
def just_before(monkeypatch: pytest.MonkeyPatch) -> Patch:
    """`just_before(place, name, act)`: `act()` is done once, right before that function is called."""

    def meanwhile(place: Any, name: str, act: Callable[[], object]) -> None:
        real, left = getattr(place, name), [act]

        def late(*args: Any, **choices: Any) -> Any:
            if left:
                left.pop()()
            return real(*args, **choices)

        monkeypatch.setattr(place, name, late)

    return meanwhile


def used(user: User) -> tuple[int, int]:
    """The user's videos and bytes, as they are counted now."""
    user.refresh_from_db()
    return user.videos_used, user.storage_used_bytes


def film(song: Song) -> Video:
    """A film by its rows alone: counted, and of 1000 bytes."""
    video = drafts.create_video(song.owner, song)
    video.owner.take_video()
    video.owner.add_storage(SIZE)
    Video.objects.filter(pk=video.pk).update(
        status="ready", film_key="film.mp4", is_counted=True, stored_bytes=SIZE
    )
    return seen(video)


def picture(owner: User, **fields: Any) -> Asset:
    owner.add_storage(SIZE)
    return Asset.objects.create(owner=owner, title="Fox", size_bytes=SIZE, **fields)


def seen(row: Any) -> Any:
    """A row as one request has read it."""
    return type(row).objects.select_related("owner").get(pk=row.pk)


def delete_at_once(row: Any, delete: Callable[[Any], None]) -> list[str]:
    copies = [seen(row) for _ in range(DELETES)]
    return outcomes(lambda number: delete(copies[number]), DELETES)


def at_odds(*acts: Callable[[], object]) -> list[str]:
    return outcomes(lambda number: acts[number](), len(acts))


# --- many deletes ----------------------------------------------------------------------------------


def test_a_video_deleted_many_times_at_once_is_given_back_once(alice: User, song: Song) -> None:
    kept, gone = film(song), film(song)
    videos, size = used(alice)
    assert videos == 2
    prefix = storage.video_prefix(alice.pk, gone.pk)
    assert delete_at_once(gone, pipeline.delete_video) == ["done"] * DELETES
    assert list(Video.objects.all()) == [kept]
    assert used(alice) == (1, size - SIZE)
    assert Discard.objects.filter(prefix=prefix).count() == 1


def test_a_song_deleted_many_times_at_once_is_given_back_once(
    alice: User, song: Song, ready_song: Callable[..., Song]
) -> None:
    other = ready_song(alice)
    drafts.create_video(alice, song)
    size = used(alice)[1]
    assert size == song.stored_bytes + other.stored_bytes
    assert delete_at_once(song, songs.delete_song) == ["done"] * DELETES
    assert (list(Song.objects.all()), Video.objects.count()) == ([other], 0)
    assert used(alice) == (0, other.stored_bytes)
    assert Discard.objects.count() == 1


def test_a_picture_deleted_many_times_at_once_is_given_back_once(alice: User) -> None:
    kept, gone = picture(alice), picture(alice)
    assert delete_at_once(gone, assets.delete) == ["done"] * DELETES
    assert list(Asset.objects.all()) == [kept]
    assert used(alice) == (0, SIZE)
    assert Discard.objects.count() == 1


# --- what has grown since it was read ----------------------------------------------------------------


@pytest.mark.parametrize("kind", ["video", "song", "picture"])
def test_what_grew_since_it_was_read_is_given_back_whole(
    alice: User, song: Song, kind: str
) -> None:
    made = {"video": film, "song": lambda it: it, "picture": lambda it: picture(it.owner)}
    delete = {"video": pipeline.delete_video, "song": songs.delete_song, "picture": assets.delete}
    size = used(alice)[1] - (song.stored_bytes if kind == "song" else 0)
    row = seen(made[kind](song))
    counted = "size_bytes" if kind == "picture" else "stored_bytes"
    type(row).objects.filter(pk=row.pk).update(**{counted: F(counted) + 500})
    alice.add_storage(500)
    delete[kind](row)
    assert used(alice) == (0, size)


# --- a start against a delete --------------------------------------------------------------------------


def assert_nothing_is_begun(alice: User, size: int) -> None:
    assert not Job.objects.active().exists()
    assert not Take.objects.exists()
    assert alice.videos_used == Video.objects.filter(is_counted=True).count()
    assert used(alice) == (1, size)


def test_a_start_and_a_delete_at_once_leave_no_count_and_no_work(alice: User, song: Song) -> None:
    film(song)
    for _ in range(ROUNDS):
        video = drafts.create_video(alice, song)
        size = used(alice)[1]
        copies = seen(video), seen(video)
        met = at_odds(
            lambda copies=copies: pipeline.start_generation(copies[0]),
            lambda copies=copies: pipeline.delete_video(copies[1]),
        )
        assert met in (["done", "done"], ["done", "not_found"])
        assert not Video.objects.filter(pk=video.pk).exists()
        assert_nothing_is_begun(alice, size)


def test_a_video_that_starts_just_before_its_row_is_held_is_canceled_first(
    alice: User, song: Song, just_before: Patch
) -> None:
    film(song)
    video = drafts.create_video(alice, song)
    size = used(alice)[1]
    just_before(pipeline, "hold", lambda: pipeline.start_generation(seen(video)))
    pipeline.delete_video(seen(video))
    assert [job.status for job in Job.objects.all()] == ["canceled"]
    assert not Video.objects.filter(pk=video.pk).exists()
    assert_nothing_is_begun(alice, size)


@pytest.mark.parametrize(
    ("place", "name"),
    [(pipeline, "_plan_once"), (drafts, "check_budget")],
    ids=["before the plan", "after the plan"],
)
@pytest.mark.parametrize("is_song", [False, True], ids=["the video", "the song"])
def test_a_video_that_is_deleted_while_it_starts_is_not_found(
    alice: User,
    song: Song,
    api_of: Callable[[User], APIClient],
    just_before: Patch,
    ready_song: Callable[..., Song],
    sections_of: Callable[..., list[Section]],
    place: Any,
    name: str,
    is_song: bool,
) -> None:
    other = ready_song(alice)
    sections_of(other)
    film(other)
    video = drafts.create_video(alice, song)
    size = used(alice)[1] - (song.stored_bytes if is_song else 0)
    delete = songs.delete_song if is_song else pipeline.delete_video
    just_before(place, name, lambda: delete(seen(song if is_song else video)))
    answer = api_of(alice).post(f"/api/videos/{video.pk}/generate")
    said = answer.json()
    assert (answer.status_code, said["code"], said["detail"]) == (404, *NOT_FOUND)
    assert Job.objects.count() == 0
    assert_nothing_is_begun(alice, size)


def test_a_start_and_a_delete_of_its_song_at_once_are_never_both_done(
    alice: User, ready_song: Callable[..., Song], sections_of: Callable[..., list[Section]]
) -> None:
    for _ in range(ROUNDS):
        song = ready_song(alice)
        sections_of(song)
        video = drafts.create_video(alice, song)
        copies = seen(video), seen(song)
        met = at_odds(
            lambda copies=copies: pipeline.start_generation(copies[0]),
            lambda copies=copies: songs.delete_song(copies[1]),
        )
        assert met in (["done", "not_found"], ["done", "song_in_use"])
        is_made = "song_in_use" in met
        counted = Video.objects.filter(is_counted=True).count()
        assert (Song.objects.filter(pk=song.pk).exists(), counted) == (is_made, int(is_made))
        assert used(alice)[0] == int(is_made)
        if is_made:
            pipeline.delete_video(video)
            songs.delete_song(song)
        assert used(alice) == (0, 0)


# --- other work that begins meanwhile --------------------------------------------------------------------


def test_an_analysis_that_begins_just_before_its_song_is_held_goes_with_it(
    alice: User, song: Song, just_before: Patch
) -> None:
    just_before(songs, "hold", lambda: analysis.start(seen(song)))
    songs.delete_song(seen(song))
    assert (Song.objects.count(), Job.objects.count()) == (0, 0)
    assert used(alice) == (0, 0)


def test_a_character_that_is_made_again_just_before_its_row_is_held_is_canceled_first(
    alice: User, just_before: Patch
) -> None:
    asset = picture(alice, status="failed")
    job = Job(pk=uuid.uuid4(), owner=alice, kind=Job.Kind.CHARACTER)

    def make_again() -> None:
        assert seen(asset).begin_making(job.pk)
        job.save(force_insert=True)

    just_before(assets, "hold", make_again)
    assets.delete(seen(asset))
    assert [one.status for one in Job.objects.all()] == ["canceled"]
    assert (Asset.objects.count(), used(alice)) == (0, (0, 0))


def test_a_draft_that_starts_just_before_a_picture_goes_keeps_it(
    alice: User, song: Song, just_before: Patch
) -> None:
    asset = picture(alice)
    video, size = drafts.create_video(alice, song, character_id=asset.pk), used(alice)[1]
    just_before(assets, "videos_with", lambda: pipeline.start_generation(seen(video)))
    with pytest.raises(Problem) as refusal:
        assets.delete(seen(asset))
    assert (refusal.value.code, refusal.value.status) == ("asset_in_use", 409)
    assert (Asset.objects.count(), Discard.objects.count()) == (1, 0)
    assert (seen(video).character_id, used(alice)) == (asset.pk, (0, size))


def test_a_row_that_is_gone_is_not_held(alice: User) -> None:
    asset = picture(alice)
    copy = seen(asset)
    assert rows.hold(copy)
    Asset.objects.all().delete()
    assert not rows.hold(copy)


# --- what is asked for in the moment of deletion --------------------------------------------------------


@pytest.mark.parametrize("height", [480, 1080], ids=["a new file", "the film itself"])
def test_an_export_of_a_video_that_is_deleted_meanwhile_is_not_found(
    alice: User, song: Song, just_before: Patch, monkeypatch: pytest.MonkeyPatch, height: int
) -> None:
    video = film(song)
    monkeypatch.setattr(storage, "size", lambda key: SIZE)
    just_before(export_requests, "_begin", lambda: pipeline.delete_video(seen(video)))
    with pytest.raises(Problem) as refused:
        export_requests.request_export(seen(video), format="mp4", height=height)
    assert (refused.value.code, refused.value.sentence) == NOT_FOUND
    assert (Export.objects.count(), Job.objects.count()) == (0, 0)
    assert used(alice)[0] == 0


def test_a_draft_of_a_song_that_is_deleted_meanwhile_is_not_found(
    alice: User, song: Song, just_before: Patch
) -> None:
    just_before(drafts, "_saved_once", lambda: songs.delete_song(seen(song)))
    with pytest.raises(Problem) as refused:
        drafts.create_video(alice, song)
    assert (refused.value.code, refused.value.status) == ("not_found", 404)
    assert (Video.objects.count(), used(alice)) == (0, (0, 0))

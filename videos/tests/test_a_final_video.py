"""A final video: what was needed to change it is gone, and nothing changes it any more [J5]."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse

from accounts.models import User
from songs.models import Song
from vibecraft import storage
from vibecraft.jobs import sweeper
from vibecraft.jobs.models import Discard, Job
from vibecraft.problems import Problem
from vibecraft.testcrowd import outcomes
from vibecraft.testing import stored_files
from videos import drafts, export_requests, finalizing, pipeline, rework, sharing
from videos.models import Clip, Still, Take, Video
from videos.tests import cast

TAKE, THUMBNAIL = 5000, len(cast.JPEG)


@pytest.fixture
def video(alice: User, ready_song: Callable[..., Song], sections_of: Callable[..., Any]) -> Video:
    """A film of three clips, each with its take; the first clip has a second take beside it."""
    song = ready_song(alice)
    sections_of(song)
    return with_takes(cast.ready(song))


def with_takes(video: Video) -> Video:
    first = Take.objects.filter(clip__video=video).first()
    other = Take(clip=first.clip, job=first.job, number=2, seed=2, status="succeeded")
    other.key = first.key.replace("take_1", "take_2")
    other.thumbnail_key = first.thumbnail_key.replace("take_1", "take_2")
    other.save()
    with storage.scratch("test") as folder:
        for take in Take.objects.filter(clip__video=video):
            (folder / "take").write_bytes(b"t" * TAKE)
            storage.put(take.key, folder / "take")
            (folder / "still").write_bytes(cast.JPEG)
            storage.put(take.thumbnail_key, folder / "still")
    takes = Take.objects.filter(clip__video=video)
    takes.update(size_bytes=TAKE + THUMBNAIL, thumbnail_bytes=THUMBNAIL)
    stored = takes.count() * (TAKE + THUMBNAIL) + len(cast.FILM)
    Video.objects.filter(pk=video.pk).update(stored_bytes=stored)
    video.owner.add_storage(stored)
    video.refresh_from_db()
    return video


def used(user: User) -> int:
    return User.objects.get(pk=user.pk).storage_used_bytes


def files_of(user: User) -> list[str]:
    return [key.rsplit("/", 1)[-1] for key in stored_files(user) if key.startswith("videos/")]


def refused(act: Callable[..., Any], *args: Any, **more: Any) -> str:
    with pytest.raises(Problem) as refusal:
        act(*args, **more)
    assert refusal.value.status == 409
    return refusal.value.code


def test_what_goes_is_said_before(video: Video) -> None:
    count = video.clips.count()
    remains = finalizing.what_goes(video)
    assert (remains.takes, remains.files) == (count + 1, count + 2)
    assert remains.size == (count + 1) * TAKE + THUMBNAIL


def test_a_films_page_asks_the_store_for_nothing(
    video: Video, client_of: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    store = storage.store()

    class Counting:
        def __getattr__(self, name: str) -> Any:
            asked.append(name)
            return getattr(store, name)

    monkeypatch.setattr(storage, "store", Counting)
    client = client_of(video.owner)
    page = client.get(reverse("video", args=[video.pk])).content.decode()
    assert f"{video.clips.count() + 1} takes" in page
    assert asked == []
    storage.exists("any")
    assert asked == ["exists"]


def test_thumbnails_that_nobody_has_measured_are_measured_when_it_counts(
    video: Video, alice: User
) -> None:
    Take.objects.filter(clip__video=video).update(thumbnail_bytes=None)
    count, before = video.clips.count(), used(alice)
    finalizing.finalize(video)
    assert before - used(alice) == (count + 1) * TAKE + THUMBNAIL
    shown = Take.objects.exclude(thumbnail_key="")
    assert set(shown.values_list("size_bytes", "thumbnail_bytes")) == {(THUMBNAIL, THUMBNAIL)}


def test_intermediate_files_go_and_what_is_shown_stays(video: Video, alice: User) -> None:
    count, before = video.clips.count(), used(alice)
    final = finalizing.finalize(video)
    assert (final.is_finalized, final.finalized_at is not None) == (True, True)
    sweeper.discard()
    thumbnails = [f"clip_{number:02d}_take_1.jpg" for number in range(1, count + 1)]
    assert files_of(alice) == [*thumbnails, "film.mp4", "poster.jpg"]
    freed = (count + 1) * TAKE + THUMBNAIL
    assert before - used(alice) == freed
    assert final.stored_bytes == count * THUMBNAIL + len(cast.FILM)


def test_stills_go_too_and_their_rows_stay(video: Video, alice: User, tmp_path: Path) -> None:
    clip = video.clips.first()
    key = storage.still_key(alice.pk, video.pk, 0, clip.pk)
    (tmp_path / "still").write_bytes(b"s" * 500)
    size = storage.put(key, tmp_path / "still")
    still = Still.objects.create(
        clip=clip,
        job=Take.objects.filter(clip=clip).first().job,
        number=1,
        seed=1,
        status="succeeded",
        key=key,
        size_bytes=size,
    )
    alice.add_storage(size)
    Video.objects.filter(pk=video.pk).update(stored_bytes=video.stored_bytes + size)
    before, remains = used(alice), finalizing.what_goes(video)
    assert remains.stills == 1
    finalizing.finalize(Video.objects.get(pk=video.pk))
    sweeper.discard()
    assert not storage.exists(key)
    still.refresh_from_db()
    assert (still.key, still.size_bytes) == ("", 0)
    assert before - used(alice) == remains.size


def test_the_rows_of_takes_are_kept(video: Video) -> None:
    before = list(Take.objects.order_by("pk").values("pk", "seed", "prompt", "status"))
    finalizing.finalize(video)
    assert list(Take.objects.order_by("pk").values("pk", "seed", "prompt", "status")) == before
    chosen = Clip.objects.filter(video=video).values_list("chosen_take", flat=True)
    kept = Take.objects.filter(pk__in=chosen)
    assert set(kept.values_list("key", "size_bytes")) == {("", THUMBNAIL)}
    others = Take.objects.filter(clip__video=video).exclude(pk__in=chosen)
    assert list(others.values_list("key", "thumbnail_key", "size_bytes")) == [("", "", 0)]


def test_deleting_it_afterwards_gives_back_the_rest_and_no_more(video: Video, alice: User) -> None:
    of_song = used(alice) - video.stored_bytes
    pipeline.delete_video(finalizing.finalize(video))
    sweeper.discard()
    assert (used(alice), files_of(alice)) == (of_song, [])


def test_a_file_that_cannot_be_deleted_is_logged_and_does_not_keep_the_others(
    video: Video,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stuck = Take.objects.filter(clip__video=video).first().key
    delete = storage.delete_prefix

    def refuse_one(prefix: str) -> None:
        if prefix == stuck:
            raise PermissionError("it is held")
        delete(prefix)

    monkeypatch.setattr(storage, "delete_prefix", refuse_one)
    finalizing.finalize(video)
    sweeper.discard()
    assert [name for name in files_of(alice) if name.endswith(".mp4")] == [
        stuck.rsplit("/", 1)[-1],
        "film.mp4",
    ]
    assert list(Discard.objects.values_list("prefix", flat=True)) == [stuck]
    assert "it is held" in caplog.text


def test_the_second_click_is_refused_and_frees_nothing(video: Video, alice: User) -> None:
    stale = Video.objects.get(pk=video.pk)
    finalizing.finalize(video)
    after = (used(alice), Video.objects.values().get(pk=video.pk))
    assert refused(finalizing.finalize, stale) == "video_is_final"
    assert (used(alice), Video.objects.values().get(pk=video.pk)) == after


@pytest.mark.parametrize("kind", ["generation", "composition", "regeneration", "lipsync"])
def test_nothing_is_made_final_while_something_is_made(
    video: Video, alice: User, kind: str
) -> None:
    Job.objects.create(owner=alice, kind=kind, video_id=video.pk)
    before = (used(alice), Video.objects.values().get(pk=video.pk))
    assert refused(finalizing.finalize, video) == "still_running"
    assert (used(alice), Video.objects.values().get(pk=video.pk)) == before
    assert (Take.objects.filter(key="").count(), Discard.objects.count()) == (0, 0)


def test_an_export_under_way_goes_on(video: Video) -> None:
    export = export_requests.request_export(video, format="webm", height=480)
    assert finalizing.finalize(video).is_finalized
    export.refresh_from_db()
    assert (export.status, Job.objects.get(pk=export.job_id).status) == ("making", "queued")


def test_a_draft_cannot_be_final(video: Video) -> None:
    draft = cast.draft_of(video.song)
    assert refused(finalizing.finalize, draft) == "film_not_ready"
    assert not Video.objects.get(pk=draft.pk).is_finalized


# --- nothing changes it any more -----------------------------------------------------------------


@pytest.fixture
def final(video: Video) -> Video:
    return finalizing.finalize(video)


CHANGES: dict[str, Callable[[Video], Any]] = {
    "direction": lambda video: drafts.change_video(video, title="x"),
    "prompt": lambda video: drafts.rewrite_prompt(video, idea="x"),
    "plan": lambda video: drafts.plan_video(video),
    "plan otherwise": rework.plan_otherwise,
    "rework": lambda video: rework.change_direction(video, idea="x"),
    "prompt anew": lambda video: rework.write_prompt_anew(video, idea="x", video_type=None),
    "clip's prompt": lambda video: drafts.change_clip(video.clips.first(), prompt="x"),
    "clip's take": lambda video: drafts.change_clip(
        video.clips.first(), chosen_take_id=video.clips.first().takes.last().pk
    ),
    "generation": pipeline.start_generation,
    "composition": pipeline.start_composition,
    "finalizing": finalizing.finalize,
}


def everything(video: Video) -> list[Any]:
    return [
        list(model.objects.order_by("pk").values()) for model in (Video, Clip, Take, Job, Discard)
    ]


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_refused(final: Video, name: str) -> None:
    before = everything(final)
    assert refused(CHANGES[name], final) == "video_is_final"
    assert everything(final) == before


def test_a_row_read_before_changes_nothing_either(video: Video) -> None:
    stale = Video.objects.get(pk=video.pk)
    clip = stale.clips.select_related("video").first()
    take = clip.takes.last()
    finalizing.finalize(video)
    before = everything(video)
    assert refused(pipeline.start_composition, stale) == "video_is_final"
    assert refused(stale.hold_open) == "video_is_final"
    with pytest.raises(Problem):
        drafts.change_clip(clip, chosen_take_id=take.pk)
    assert not stale.become_ready(film_size_bytes=1)
    assert not stale.begin_generating(stale.job_id)
    assert everything(video) == before


def test_the_film_can_still_be_shared_exported_and_deleted(final: Video) -> None:
    assert sharing.share(final)
    assert export_requests.request_export(final, format="mov", height=480).status == "making"
    pipeline.delete_video(final)
    assert not Video.objects.filter(pk=final.pk).exists()


def test_the_admin_changes_nothing(final: Video, client: Client) -> None:
    olga = User.objects.create_superuser("olga@example.org", "x")
    client.force_login(olga, backend="django.contrib.auth.backends.ModelBackend")
    before = everything(final)
    address = f"/admin/videos/video/{final.pk}/change/"
    assert client.post(address, {"title": "x", "is_finalized": ""}).status_code == 403
    assert everything(final) == before


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_of_ten_clicks_at_once_one_wins_and_the_bytes_are_freed_once(
    video: Video, alice: User
) -> None:
    before = used(alice)
    freed = finalizing.what_goes(video).size
    clicked = [Video.objects.select_related("owner").get(pk=video.pk) for _ in range(10)]
    met = outcomes(lambda number: finalizing.finalize(clicked[number]), 10)
    assert met == ["done", *["video_is_final"] * 9]
    assert before - used(alice) == freed


def both_at_once(video: Video) -> list[str]:
    acts: list[Callable[[Video], object]] = [finalizing.finalize, pipeline.start_composition]
    seen = [Video.objects.select_related("owner").get(pk=video.pk) for _ in acts]
    return outcomes(lambda number: acts[number](seen[number]), len(acts))


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_a_composition_and_the_end_never_both_begin(video: Video, alice: User) -> None:
    for _ in range(5):
        Video.objects.filter(pk=video.pk).update(is_finalized=False, finalized_at=None)
        Job.objects.filter(kind="composition").delete()
        met = both_at_once(video)
        assert met in (["done", "still_running"], ["done", "video_is_final"])


# --- over HTTP -----------------------------------------------------------------------------------


def test_the_api_asks_for_a_confirmation_and_says_how_it_stands(
    video: Video, alice: User, api_of: Callable[..., Any]
) -> None:
    api, base = api_of(alice), f"/api/videos/{video.pk}"
    assert api.get(f"{base}/finalization-status").json() == {
        "is_finalized": False,
        "finalized_at": None,
    }
    for body in ({}, {"confirm": False}, {"confirm": "maybe"}):
        answer = api.post(f"{base}/finalize", body)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["confirm"])
    assert not Video.objects.get(pk=video.pk).is_finalized
    done = api.post(f"{base}/finalize", {"confirm": True})
    assert (done.status_code, done.json()["is_finalized"]) == (200, True)
    again = api.post(f"{base}/finalize", {"confirm": True})
    assert (again.status_code, again.json()["code"]) == (409, "video_is_final")
    status = api.get(f"{base}/finalization-status").json()
    assert status == {"is_finalized": True, "finalized_at": done.json()["finalized_at"]}


def test_the_api_changes_nothing_of_a_final_video(
    final: Video, alice: User, api_of: Callable[..., Any]
) -> None:
    api, base = api_of(alice), f"/api/videos/{final.pk}"
    clip = final.clips.first()
    before = everything(final)
    met = [
        api.patch(base, {"title": "x"}),
        api.post(f"{base}/prompt", {"idea": "x"}),
        api.post(f"{base}/plan", {}),
        api.post(f"{base}/generate"),
        api.patch(f"{base}/clips/{clip.pk}", {"prompt": "x"}),
        api.patch(f"{base}/clips/{clip.pk}", {"chosen_take_id": str(clip.chosen_take_id)}),
        api.post(f"/api/songs/{final.song_id}/compose"),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in met] == [
        (409, "video_is_final")
    ] * 7
    assert everything(final) == before


def test_the_pages_ask_twice(video: Video, alice: User, client_of: Callable[..., Client]) -> None:
    client, address = client_of(alice), reverse("video-finalize", args=[video.pk])
    player = client.get(reverse("video", args=[video.pk])).content.decode()
    count = video.clips.count()
    assert f"{count + 1} takes" in player
    assert f'href="{address}"' in player
    second = client.get(address).content.decode()
    assert "Really final?" in second
    assert f"{count + 1} takes" in second
    client.post(address)
    client.post(address, {"confirm": "no"})
    assert not Video.objects.get(pk=video.pk).is_finalized
    answer = client.post(address, {"confirm": "yes"}, follow=True)
    assert "This video is final" in answer.content.decode()
    assert Video.objects.get(pk=video.pk).is_finalized
    again = client.post(address, {"confirm": "yes"}, follow=True)
    assert "nothing of it can be changed any more" in again.content.decode()


def test_charlie_can_finalize_nothing(
    video: Video,
    charlie: User,
    api_of: Callable[..., Any],
    client_of: Callable[..., Client],
) -> None:
    before, page = everything(video), reverse("video-finalize", args=[video.pk])
    api = api_of(charlie)
    met = [
        client_of(charlie).get(page),
        client_of(charlie).post(page, {"confirm": "yes"}),
        api.post(f"/api/videos/{video.pk}/finalize", {"confirm": True}),
        api.get(f"/api/videos/{video.pk}/finalization-status"),
    ]
    assert [answer.status_code for answer in met] == [404] * 4
    assert everything(video) == before


def test_bobs_videos_stay_as_they_are(
    video: Video,
    bob: User,
    ready_song: Callable[..., Song],
    sections_of: Callable[..., Any],
) -> None:
    song = ready_song(bob)
    sections_of(song)
    his = with_takes(cast.ready(song))
    before = (used(bob), files_of(bob))
    finalizing.finalize(video)
    sweeper.discard()
    assert (used(bob), files_of(bob)) == before
    assert not Video.objects.filter(pk=his.pk, stored_bytes=F("stored_bytes")).get().is_finalized

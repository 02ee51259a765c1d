"""A film in other files: made once, kept, counted, and gone with what they were made of [J7]."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from songs.models import Song
from vibecraft import storage
from vibecraft.jobs.models import Discard, Job
from vibecraft.jobs.sweeper import discard
from vibecraft.media.concat import join
from vibecraft.media.delivery import check_export
from vibecraft.media.house import SIZES
from vibecraft.media.limits import OWN_EXPORT
from vibecraft.media.probe import probe
from vibecraft.media.tests.making import make_clip, read_numbers
from vibecraft.media.transcode import Shape
from vibecraft.problems import Problem
from vibecraft.testing import stored_files
from videos import export_requests, exports, pipeline
from videos.export_requests import request_export
from videos.models import Export, Video
from videos.tests import cast

SECONDS, FRAMES = 10.0, 240
LINES = [
    {"start": 1.0, "end": 2.0, "text": "Say {my} name", "words": []},
    {"start": 4.0, "end": 5.0, "text": "again", "words": []},
]
MADE_FILMS: dict[str, Path] = {}
Cast = Callable[..., Video]


@pytest.fixture
def film_of(
    ready_song: Callable[..., Song],
    sections_of: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Cast:
    """A video with a true film of numbered pictures; each format is made once."""

    def make(owner: User, aspect_ratio: str = "1:1", lyrics: bool = True) -> Video:
        song = ready_song(owner, SECONDS)
        Song.objects.filter(pk=song.pk).update(lyrics=LINES if lyrics else [])
        sections_of(song)
        video = cast.ready(song)
        if aspect_ratio not in MADE_FILMS:
            folder = tmp_path_factory.mktemp("film")
            make_clip(folder / "clip.mp4", range(FRAMES), SIZES[aspect_ratio])
            with storage.local(song.master_key) as master:
                clips = [(folder / "clip.mp4", FRAMES)]
                join(clips, master, folder / "film.mp4", frames=FRAMES)
            MADE_FILMS[aspect_ratio] = folder / "film.mp4"
        with storage.scratch("test") as folder:
            (folder / "film.mp4").write_bytes(MADE_FILMS[aspect_ratio].read_bytes())
            size = storage.put(video.film_key, folder / "film.mp4")
        Video.objects.filter(pk=video.pk).update(aspect_ratio=aspect_ratio, film_size_bytes=size)
        return Video.objects.get(pk=video.pk)

    return make


@pytest.fixture
def plain_video(
    alice: User, ready_song: Callable[..., Song], sections_of: Callable[..., Any]
) -> Video:
    """A video whose film is only bytes, where nothing is decoded."""
    song = ready_song(alice)
    song.lyrics = LINES
    song.save()
    sections_of(song)
    return cast.ready(song)


def used(user: User) -> int:
    return User.objects.get(pk=user.pk).storage_used_bytes


def counted(video: Video) -> int:
    return Video.objects.get(pk=video.pk).stored_bytes


# --- making ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("format", "height", "lyrics", "aspect_ratio", "size"),
    [
        ("mp4", 480, "", "16:9", (854, 480)),
        ("mov", 720, "line", "9:16", (720, 1280)),
        ("webm", 480, "karaoke", "1:1", (480, 480)),
        ("mov", 1080, "", "1:1", (1080, 1080)),
        ("mp4", 1080, "large", "1:1", (1080, 1080)),
    ],
)
def test_an_export_is_the_whole_film_in_its_new_shape(
    alice: User,
    film_of: Cast,
    do_work: Callable[[], int],
    format: str,
    height: int,
    lyrics: str,
    aspect_ratio: str,
    size: tuple[int, int],
) -> None:
    video = film_of(alice, aspect_ratio)
    before, of_video = used(alice), counted(video)
    export = request_export(video, format=format, height=height, lyrics=lyrics)
    assert (export.status, export.job.kind, export.job.progress) == ("making", "export", 0)
    assert do_work() == 1
    export.refresh_from_db()
    job = Job.objects.get(pk=export.job_id)
    assert (job.status, job.progress, export.status) == ("succeeded", 100, "ready")
    with storage.local(export.key) as path, storage.local(video.song.master_key) as master:
        shape = Shape(format, size)
        check_export(path, shape=shape, frames=FRAMES, master=master)
        assert probe(path, guard=OWN_EXPORT).video.frames in (FRAMES, None)
        if not lyrics:
            assert read_numbers(path, size) == list(range(FRAMES))
        assert path.stat().st_size == export.size_bytes
    assert used(alice) - before == counted(video) - of_video == export.size_bytes


def test_it_is_made_once_and_then_kept(
    alice: User, film_of: Cast, do_work: Callable[[], int]
) -> None:
    video = film_of(alice)
    first, second = (request_export(video, format="mov", height=480) for _ in range(2))
    assert (first.pk, first.job_id) == (second.pk, second.job_id)
    assert do_work() == 1
    third = request_export(video, format="mov", height=480)
    assert (third.pk, third.status) == (first.pk, "ready")
    assert (do_work(), Job.objects.filter(kind="export").count()) == (0, 1)


def test_the_film_itself_is_there_at_once_and_takes_no_room(plain_video: Video) -> None:
    before = used(plain_video.owner)
    export = request_export(plain_video, format="mp4", height=1080)
    assert (export.status, export.key, export.job) == ("ready", plain_video.film_key, None)
    assert (export.size_bytes, export.counted_bytes) == (len(cast.FILM), 0)
    assert (used(plain_video.owner), Job.objects.filter(kind="export").count()) == (before, 0)


def test_the_film_is_not_lost_with_the_export_that_is_it(plain_video: Video) -> None:
    export = request_export(plain_video, format="mp4", height=1080)
    before = used(plain_video.owner)
    with transaction.atomic():
        exports.remove(plain_video, export)
    discard()
    assert storage.exists(plain_video.film_key)
    assert (used(plain_video.owner), Export.objects.count()) == (before, 0)


# --- what makes an export out of date --------------------------------------------------------------


def made(video: Video, size: int = 1000, **choices: Any) -> Export:
    """An export that is ready, as a row and some bytes."""
    export = request_export(video, **({"format": "mov", "height": 480} | choices))
    Job.objects.filter(pk=export.job_id).update(status="succeeded", progress=100)
    key = storage.video_key(video.owner_id, video.pk, f"export_{export.pk}.{export.format}")
    with storage.scratch("test") as folder:
        (folder / "x").write_bytes(b"x" * size)
        storage.put(key, folder / "x")
    assert export.become_ready(key, size)
    video.owner.add_storage(size)
    Video.objects.filter(pk=video.pk).update(stored_bytes=counted(video) + size)
    export.refresh_from_db()
    return export


def test_a_new_film_takes_its_exports_along(
    alice: User, film_of: Cast, do_work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    video = film_of(alice)
    ready, running = made(video), request_export(video, format="webm", height=480)
    before = used(alice)
    with transaction.atomic():
        exports.outdate(Video.objects.get(pk=video.pk))
    assert Export.objects.count() == 0
    assert Job.objects.get(pk=running.job_id).status == "canceled"
    assert before - used(alice) == 1000
    assert list(Discard.objects.values_list("prefix", flat=True)) == [ready.key]
    discard()
    assert not storage.exists(ready.key)
    assert do_work() == 0


def test_joining_the_film_again_outdates_them_in_the_same_moment(
    alice: User, film_of: Cast, do_work: Callable[[], int], tmp_path: Path
) -> None:
    video = film_of(alice)
    for clip in video.clips.select_related("chosen_take"):
        make_clip(tmp_path / "take.mp4", range(clip.start_frame, clip.end_frame), (1080, 1080))
        storage.put(clip.chosen_take.key, tmp_path / "take.mp4")
    export = made(video)
    before, earlier = used(alice), video.film_size_bytes
    job = pipeline.start_composition(video)
    do_work()
    job.refresh_from_db()
    video.refresh_from_db()
    assert (job.status, job.error_detail, Export.objects.count()) == ("succeeded", "", 0)
    assert used(alice) - before == video.film_size_bytes - earlier - export.size_bytes
    assert export_requests.current_exports(video) == []


def test_other_lyrics_make_another_file_only_where_they_are_seen(plain_video: Video) -> None:
    with_lyrics, without = made(plain_video, lyrics="line"), made(plain_video)
    Song.objects.filter(pk=plain_video.song_id).update(lyrics=LINES[:1])
    video = Video.objects.select_related("song", "owner").get(pk=plain_video.pk)
    assert export_requests.current_exports(video) == [without]
    before = used(video.owner)
    again = request_export(video, format="mov", height=480, lyrics="line")
    assert (again.pk != with_lyrics.pk, again.status) == (True, "making")
    assert before - used(video.owner) == 1000
    assert request_export(video, format="mov", height=480).pk == without.pk


def test_a_file_that_comes_too_late_is_thrown_away(
    alice: User, film_of: Cast, do_work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    video = film_of(alice)
    request_export(video, format="mov", height=1080)
    before, files = used(alice), stored_files(alice)
    put = storage.put

    def put_and_lose(key: str, path: Path) -> int:
        size = put(key, path)
        Export.objects.all().delete()
        return size

    monkeypatch.setattr(storage, "put", put_and_lose)
    do_work()
    discard()
    assert (used(alice), stored_files(alice)) == (before, files)
    assert Job.objects.get(kind="export").status != "succeeded"


def test_a_worker_that_was_overtaken_takes_nothing_from_the_one_that_was_first(
    alice: User, film_of: Cast, do_work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    export = request_export(film_of(alice), format="mov", height=1080)
    job, put, before = export.job, storage.put, counted(export.video)
    assert job is not None

    def put_as_second(key: str, path: Path) -> int:
        """Another worker has stored and shown the file just before."""
        monkeypatch.setattr(storage, "put", put)
        same = path.with_name("same.mov")
        same.write_bytes(path.read_bytes())
        exports._keep(Job.objects.get(pk=job.pk), export, same)
        return put(key, path)

    monkeypatch.setattr(storage, "put", put_as_second)
    do_work()
    discard()
    export.refresh_from_db()
    assert (export.status, storage.size(export.key)) == ("ready", export.size_bytes)
    assert Job.objects.get(pk=job.pk).status == "succeeded"
    assert counted(export.video) == before + export.size_bytes


def test_exports_go_with_the_video(alice: User, plain_video: Video) -> None:
    made(plain_video)
    running = request_export(plain_video, format="webm", height=720)
    request_export(plain_video, format="mp4", height=1080)
    pipeline.delete_video(plain_video)
    discard()
    assert (Export.objects.count(), counted_files(alice)) == (0, [])
    assert Job.objects.get(pk=running.job_id).status == "canceled"


def counted_files(user: User) -> list[str]:
    return [name for name in stored_files(user) if name.startswith("videos/")]


# --- failures and refusals -------------------------------------------------------------------------


def test_a_failed_export_says_why_and_can_be_asked_for_again(plain_video: Video) -> None:
    export = request_export(plain_video, format="webm", height=480)
    export.job.fail(Problem("crashed", "It went wrong."))
    export.refresh_from_db()
    assert (export.status, export.job.error["detail"]) == ("failed", "It went wrong.")
    again = request_export(plain_video, format="webm", height=480)
    assert (again.pk != export.pk, again.status, Export.objects.count()) == (True, "making", 1)


def test_a_canceled_export_leaves_nothing(plain_video: Video) -> None:
    request_export(plain_video, format="webm", height=480).job.cancel()
    assert Export.objects.count() == 0


def test_a_film_that_is_no_film_fails_with_a_sentence(
    plain_video: Video, do_work: Callable[[], int]
) -> None:
    export = request_export(plain_video, format="webm", height=480)
    before = used(plain_video.owner)
    do_work()
    export.refresh_from_db()
    assert (export.status, export.key, used(plain_video.owner)) == ("failed", "", before)
    assert Job.objects.get(pk=export.job_id).error["detail"].endswith(".")


def test_a_full_disk_is_met_before_anything_is_written(
    plain_video: Video, do_work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "ROOM_BYTES", 10**18)
    export = request_export(plain_video, format="webm", height=480)
    do_work()
    job = Job.objects.get(pk=export.job_id)
    assert (job.status, job.error_code) == ("queued", "disk_full")
    assert not job.events.filter(kind="command").exists()


@pytest.mark.parametrize(
    ("choices", "field", "sentence"),
    [
        ({"format": "avi"}, "format", "“avi” is not one of mp4, mov, webm."),
        ({"height": 2160}, "height", "“2160” is not one of 480, 720, 1080."),
        ({"lyrics": "3d"}, "lyrics", "“3d” is not one of line, karaoke, large."),
    ],
)
def test_what_is_not_offered_is_refused(
    plain_video: Video, choices: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(Problem) as refusal:
        request_export(plain_video, **({"format": "mp4", "height": 480} | choices))
    assert (refusal.value.status, refusal.value.errors) == (400, {field: [sentence]})
    assert (Export.objects.count(), Job.objects.filter(kind="export").count()) == (0, 0)


def test_without_lyrics_none_can_be_drawn(plain_video: Video) -> None:
    plain_video.song.lyrics = []
    with pytest.raises(Problem) as refusal:
        request_export(plain_video, format="mp4", height=480, lyrics="line")
    assert (refusal.value.status, refusal.value.code) == (409, "no_lyrics")
    assert Export.objects.count() == 0


def test_without_room_nothing_is_begun_but_what_is_there_stays(plain_video: Video) -> None:
    export = made(plain_video)
    User.objects.filter(pk=plain_video.owner_id).update(storage_limit_bytes=1)
    assert request_export(plain_video, format="mov", height=480) == export
    with pytest.raises(Problem) as refusal:
        request_export(plain_video, format="webm", height=480)
    assert (refusal.value.status, refusal.value.code) == (429, "quota_reached")
    assert Export.objects.count() == 1


def test_an_export_under_way_does_not_keep_a_film_from_being_joined(plain_video: Video) -> None:
    request_export(plain_video, format="webm", height=480)
    assert pipeline.start_composition(plain_video).kind == "composition"


# --- over HTTP -----------------------------------------------------------------------------------


def test_the_api_begins_gives_lists_and_hands_out(
    alice: User, film_of: Cast, do_work: Callable[[], int], api_of: Callable[..., Any]
) -> None:
    video, api = film_of(alice), api_of(alice)
    address = f"/api/videos/{video.pk}/exports"
    begun = api.post(address, {"format": "mov", "height": 480})
    export = Export.objects.get()
    assert begun.status_code == 202
    assert begun.json() == {"job_id": str(export.job_id), "export_id": str(export.pk)}
    early = api.get(f"{address}/{export.pk}/file")
    assert (early.status_code, early.json()["code"]) == (409, "export_not_ready")
    do_work()
    export.refresh_from_db()
    ready = api.post(address, {"format": "mov", "height": 480, "lyrics": ""})
    assert ready.status_code == 200
    assert ready.json() == {
        "id": str(export.pk),
        "format": "mov",
        "height": 480,
        "lyrics": "",
        "status": "ready",
        "size_bytes": export.size_bytes,
        "downloads": 0,
        "url": f"http://testserver{address}/{export.pk}/file",
        "job_id": str(export.job_id),
        "progress": 100,
        "error": None,
        "created_at": ready.json()["created_at"],
    }
    assert api.get(address).json() == {
        "count": 1,
        "next": None,
        "previous": None,
        "results": [ready.json()],
    }
    file = api.get(ready.json()["url"])
    assert (file.status_code, file["Content-Type"]) == (200, "video/quicktime")
    assert file["Content-Disposition"].startswith('attachment; filename="Night Drive 480p.mov"')
    assert len(b"".join(file.streaming_content)) == export.size_bytes


def test_a_download_is_counted_once_however_it_is_fetched(
    plain_video: Video, alice: User, api_of: Callable[..., Any], client_of: Callable[..., Client]
) -> None:
    export, api, client = made(plain_video), api_of(alice), client_of(alice)
    address = f"/api/videos/{plain_video.pk}/exports/{export.pk}/file"
    page = reverse("export-file", args=[plain_video.pk, export.pk])
    parts = [api.get(address, headers={"Range": f"bytes={at}-{at + 499}"}) for at in (0, 500)]
    assert [(part.status_code, part["Content-Range"]) for part in parts] == [
        (206, "bytes 0-499/1000"),
        (206, "bytes 500-999/1000"),
    ]
    api.head(address)
    client.get(page)
    export.refresh_from_db()
    assert (export.downloads, Video.objects.get(pk=plain_video.pk).downloads) == (2, 2)
    client.get(reverse("video-film", args=[plain_video.pk]), {"download": "1"})
    metadata = api.get(f"/api/videos/{plain_video.pk}/metadata").json()
    assert (metadata["downloads"], Export.objects.get().downloads) == (3, 2)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"format": "avi", "height": 480}, "format"),
        ({"format": "mp4", "height": 333}, "height"),
        ({"format": "mp4"}, "height"),
        ({"format": "mp4", "height": 480, "lyrics": "x"}, "lyrics"),
        ({"format": "mp4", "height": 480, "lyrics": 5}, "lyrics"),
    ],
)
def test_the_api_says_what_is_wrong_with_a_choice(
    plain_video: Video,
    alice: User,
    api_of: Callable[..., Any],
    body: dict[str, Any],
    field: str,
) -> None:
    answer = api_of(alice).post(f"/api/videos/{plain_video.pk}/exports", body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert Export.objects.count() == 0


def test_a_draft_has_nothing_to_export(
    plain_video: Video, alice: User, api_of: Callable[..., Any]
) -> None:
    draft = cast.draft_of(plain_video.song)
    answer = api_of(alice).post(
        f"/api/videos/{draft.pk}/exports", {"format": "mp4", "height": 1080}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "film_not_ready")


def test_charlie_finds_nothing(
    plain_video: Video,
    charlie: User,
    api_of: Callable[..., Any],
    client_of: Callable[..., Client],
) -> None:
    export = made(plain_video)
    api, client = api_of(charlie), client_of(charlie)
    base = f"/videos/{plain_video.pk}"
    choices = {"format": "mp4", "height": 1080}
    met = [
        api.get(f"/api{base}/exports"),
        api.post(f"/api{base}/exports", choices),
        api.get(f"/api{base}/exports/{export.pk}/file"),
        api.get(f"/api{base}/lyrics.srt"),
        client.get(f"{base}/exports"),
        client.post(f"{base}/exports", choices),
        client.get(f"{base}/exports/{export.pk}/file"),
        client.get(f"{base}/lyrics.srt"),
    ]
    assert [answer.status_code for answer in met] == [404] * 8
    assert list(Export.objects.values_list("pk", "downloads")) == [(export.pk, 0)]


def test_bob_cannot_fetch_alices_export_through_his_own_video(
    plain_video: Video,
    bob: User,
    ready_song: Callable[..., Song],
    sections_of: Callable[..., Any],
    api_of: Callable[..., Any],
) -> None:
    export, song = made(plain_video), ready_song(bob)
    sections_of(song)
    his = cast.ready(song)
    answer = api_of(bob).get(f"/api/videos/{his.pk}/exports/{export.pk}/file")
    assert answer.status_code == 404


# --- pages ---------------------------------------------------------------------------------------


def test_the_player_offers_every_choice_and_polls_while_one_is_made(
    plain_video: Video, alice: User, client_of: Callable[..., Client]
) -> None:
    client, address = client_of(alice), reverse("video-exports", args=[plain_video.pk])
    page = client.get(reverse("video", args=[plain_video.pk])).content.decode()
    assert [page.count(f'value="{one}"') for one in ("mp4", "mov", "webm", 480, 720, 1080)] == [
        1
    ] * 6
    assert "854 × 480" in page
    assert 'hx-trigger="every 3s"' not in page
    choices = {"format": "webm", "height": "480", "lyrics": "karaoke"}
    begun = client.post(address, choices, headers={"HX-Request": "true"}).content.decode()
    assert begun.count('id="exports-list"') == 1
    news = reverse("video-news", args=[plain_video.pk])
    assert f'hx-get="{news}?seen=' in begun
    assert begun.count('hx-trigger="every 3s"') == 1
    seen = {"seen": f"x.{Export.objects.get().job.pk.hex}"}
    Export.objects.get().job.fail(Problem("crashed", "It went wrong."))
    polled = client.get(news, seen, headers={"HX-Request": "true"}).content.decode()
    assert "every 3s" not in polled
    assert 'id="again"' not in polled
    assert "It went wrong." in polled


def test_without_scripts_the_form_leads_back_to_the_list(
    plain_video: Video, alice: User, client_of: Callable[..., Client]
) -> None:
    client, address = client_of(alice), reverse("video-exports", args=[plain_video.pk])
    answer = client.post(address, {"format": "mp4", "height": "1080"})
    assert answer["Location"] == reverse("video", args=[plain_video.pk]) + "#exports"
    assert (
        "the film as it is" in client.get(reverse("video", args=[plain_video.pk])).content.decode()
    )


def test_a_wrong_choice_on_the_page_is_said_in_the_list(
    plain_video: Video, alice: User, client_of: Callable[..., Client]
) -> None:
    address = reverse("video-exports", args=[plain_video.pk])
    for height in ("", "abc", "²", "-1"):
        answer = client_of(alice).post(
            address, {"format": "mp4", "height": height}, headers={"HX-Request": "true"}
        )
        assert (answer.status_code, b"is not one of" in answer.content) == (400, True)
    assert Export.objects.count() == 0


@pytest.mark.parametrize(
    ("ending", "content_type", "text"),
    [
        (
            "srt",
            "application/x-subrip; charset=utf-8",
            "1\n00:00:01,000 --> 00:00:02,000\nSay {my} name\n\n"
            "2\n00:00:04,000 --> 00:00:05,000\nagain\n",
        ),
        (
            "lrc",
            "text/plain; charset=utf-8",
            "[00:01.00]Say {my} name\n[00:02.00]\n[00:04.00]again\n[00:05.00]\n",
        ),
        (
            "vtt",
            "text/vtt; charset=utf-8",
            "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nSay {my} name\n\n"
            "00:00:04.000 --> 00:00:05.000\nagain\n",
        ),
    ],
)
def test_the_lyrics_are_files_too(
    plain_video: Video,
    alice: User,
    client_of: Callable[..., Client],
    api_of: Callable[..., Any],
    ending: str,
    content_type: str,
    text: str,
) -> None:
    for answer in (
        client_of(alice).get(reverse("video-lyrics", args=[plain_video.pk, ending])),
        api_of(alice).get(f"/api/videos/{plain_video.pk}/lyrics.{ending}"),
    ):
        assert (answer.status_code, answer["Content-Type"]) == (200, content_type)
        assert answer.content.decode() == text
        assert f'filename="Night Drive.{ending}"' in answer["Content-Disposition"]


def test_there_is_no_lyrics_file_of_another_kind_or_without_lyrics(
    plain_video: Video, alice: User, client_of: Callable[..., Client]
) -> None:
    client = client_of(alice)
    assert client.get(reverse("video-lyrics", args=[plain_video.pk, "doc"])).status_code == 404
    Song.objects.filter(pk=plain_video.song_id).update(lyrics=[])
    assert client.get(reverse("video-lyrics", args=[plain_video.pk, "srt"])).status_code == 404

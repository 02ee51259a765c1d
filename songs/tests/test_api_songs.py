"""Songs over HTTP: brought, listed, heard, renamed, copied, deleted, by their owner only."""

from __future__ import annotations

import errno
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import User
from songs import pipeline
from songs.models import Section, Song
from vibecraft import storage
from vibecraft.jobs.models import Discard, Job
from vibecraft.jobs.sweeper import discard
from vibecraft.testing import stored_files

NOT_FOUND = {"detail": "There is nothing at this address.", "code": "not_found"}
ApiOf = Callable[[User], APIClient]
Ready = Callable[..., Song]
Made = Callable[..., Path]
Upload = Callable[..., SimpleUploadedFile]

pytestmark = pytest.mark.django_db


def song_body(song: Song) -> dict[str, Any]:
    return {
        "id": str(song.pk),
        "title": song.title,
        "duration_sec": song.duration_sec,
        "source": song.source,
        "parent_id": str(song.parent_id) if song.parent_id else None,
        "original_filename": song.original_filename,
        "file_size_bytes": song.file_size_bytes,
        "status": song.status,
        "idea": song.idea,
        "lyrics_source": song.lyrics_source,
        "origin_sec": song.origin_sec,
        "source_url": song.source_url,
        "cost_usd": 0.0,
        "analysis_job_id": str(song.analysis_job_id) if song.analysis_job_id else None,
        "created_at": song.created_at.isoformat().replace("+00:00", "Z"),
    }


def a_song(owner: User, title: str = "Night Drive", **fields: Any) -> Song:
    """A row alone, for what needs no files."""
    names = {"source_key": "none", "master_key": "none"} | fields
    return Song.objects.create(owner=owner, title=title, duration_sec=12.0, frames=288, **names)


def test_an_uploaded_song_is_analyzed_by_itself(
    alice: User, api_of: ApiOf, made_song_file: Made, upload_of: Upload
) -> None:
    path = made_song_file(12.0)
    sent = {"file": upload_of(path, "Nacht & Tag ☂.wav"), "title": "Night and Day"}
    response = api_of(alice).post("/api/songs", sent, format="multipart")
    assert response.status_code == 201
    song = Song.objects.get()
    assert response.json() == song_body(song)
    assert song.owner == alice
    assert song.title == "Night and Day"
    assert song.original_filename == "Nacht & Tag ☂.wav"
    assert song.status == "analyzing"
    assert song.source == "upload"
    assert song.duration_sec == 12.0
    assert song.file_size_bytes == path.stat().st_size
    job = Job.objects.get()
    assert (job.pk, job.kind, job.song_id) == (song.analysis_job_id, "analysis", song.pk)


def test_the_same_key_brings_a_song_once(
    alice: User, api_of: ApiOf, made_song_file: Made, upload_of: Upload
) -> None:
    client, path = api_of(alice), made_song_file(12.0)
    headers = {"Idempotency-Key": "5f0c0f7e-6d8f-4c0e-9a52-3a1f0a6d9a11"}
    answers = [
        client.post("/api/songs", {"file": upload_of(path)}, format="multipart", headers=headers)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert Song.objects.count() == Job.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("empty.mp3", b"", 400, "empty_file"),
        ("song.mp3", b"\x89PNG\r\n\x1a\n" + bytes(64), 415, "picture"),
        ("song.mp3", b"Dear diary, this is not a song. " * 40, 415, "text"),
        ("song.mp3", b"#EXTM3U\nhttp://127.0.0.1/secret.mp3\n", 415, "playlist"),
        ("song.mp3", b"PK\x03\x04" + bytes(64), 415, "archive"),
    ],
)
def test_what_is_not_a_song_is_refused_and_not_kept(
    alice: User, api_of: ApiOf, name: str, content: bytes, status: int, code: str
) -> None:
    sent = {"file": SimpleUploadedFile(name, content, "audio/mpeg")}
    response = api_of(alice).post("/api/songs", sent, format="multipart")
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.json().keys() == {"detail", "code"}
    assert_nothing_came(alice)


def assert_nothing_came(user: User) -> None:
    user.refresh_from_db()
    assert not Song.objects.exists()
    assert not Job.objects.exists()
    assert stored_files(user) == []
    assert user.storage_used_bytes == 0


def test_a_song_under_ten_seconds_is_refused(
    alice: User, api_of: ApiOf, made_song_file: Made, upload_of: Upload
) -> None:
    sent = {"file": upload_of(made_song_file(9.0))}
    response = api_of(alice).post("/api/songs", sent, format="multipart")
    assert response.status_code == 400
    assert response.json() == {
        "detail": "This song is shorter than 10 seconds. Bring a longer one.",
        "code": "too_short",
    }
    assert_nothing_came(alice)


@pytest.mark.parametrize("over", [1, 2 * 1024 * 1024])
def test_a_file_over_the_limit_is_refused(
    alice: User, api_of: ApiOf, settings: LazySettings, over: int
) -> None:
    settings.UPLOAD_MAX_BYTES = 1024 * 1024
    sent = {"file": SimpleUploadedFile("song.wav", bytes(1024 * 1024 + over), "audio/wav")}
    response = api_of(alice).post("/api/songs", sent, format="multipart")
    assert response.status_code == 413
    assert response.json() == {
        "detail": "This file is larger than 1 MB. Bring the song as MP3 or M4A, or trim it.",
        "code": "too_big",
    }
    assert_nothing_came(alice)


def test_a_full_account_takes_no_more_songs(
    alice: User, api_of: ApiOf, made_song_file: Made, upload_of: Upload
) -> None:
    User.objects.filter(pk=alice.pk).update(storage_limit_bytes=1000)
    alice.refresh_from_db()
    sent = {"file": upload_of(made_song_file(12.0))}
    response = api_of(alice).post("/api/songs", sent, format="multipart")
    assert (response.status_code, response.json()["code"]) == (429, "quota_reached")
    assert not Song.objects.exists()


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({}, {"file": ["No file was submitted."]}),
        (
            {"file": "just text"},
            {"file": ["The submitted data was not a file. Check the encoding type on the form."]},
        ),
    ],
)
def test_an_upload_needs_a_file(
    alice: User, api_of: ApiOf, sent: dict[str, str], errors: dict[str, list[str]]
) -> None:
    response = api_of(alice).post("/api/songs", sent, format="multipart")
    assert response.status_code == 400
    assert response.json() == {"detail": errors["file"][0], "code": "invalid", "errors": errors}
    assert_nothing_came(alice)


def test_an_upload_is_no_json(alice: User, api_of: ApiOf) -> None:
    response = api_of(alice).post("/api/songs", {"title": "x"}, format="json")
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


def test_a_key_that_is_no_uuid_is_refused(
    alice: User, api_of: ApiOf, made_song_file: Made, upload_of: Upload
) -> None:
    response = api_of(alice).post(
        "/api/songs",
        {"file": upload_of(made_song_file(12.0))},
        format="multipart",
        headers={"Idempotency-Key": "again"},
    )
    assert response.status_code == 400
    assert response.json()["errors"] == {"Idempotency-Key": ["Must be a UUID."]}
    assert_nothing_came(alice)


def test_the_list_has_only_own_songs_the_newest_first(
    alice: User, bob: User, api_of: ApiOf
) -> None:
    songs = [a_song(alice, title) for title in ("First", "Second", "Third")]
    a_song(bob, "Not hers")
    assert api_of(alice).get("/api/songs").json() == {
        "count": 3,
        "next": None,
        "previous": None,
        "results": [song_body(song) for song in reversed(songs)],
    }


def test_the_list_comes_in_pages(alice: User, api_of: ApiOf) -> None:
    for number in range(5):
        a_song(alice, f"Song {number}")
    body = api_of(alice).get("/api/songs?limit=2&offset=2").json()
    assert [song["title"] for song in body["results"]] == ["Song 2", "Song 1"]
    assert body["count"] == 5
    assert body["next"] == "http://testserver/api/songs?limit=2&offset=4"
    assert body["previous"] == "http://testserver/api/songs?limit=2"


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=-1", "limit=x", "offset=-5", "limit=9999999999999999999999", "limit="],
)
def test_strange_pages_are_the_first_page(alice: User, api_of: ApiOf, query: str) -> None:
    song = a_song(alice)
    response = api_of(alice).get(f"/api/songs?{query}")
    assert response.status_code == 200
    assert response.json()["results"] == [song_body(song)]


def test_a_page_after_the_last_is_empty(alice: User, api_of: ApiOf) -> None:
    a_song(alice)
    response = api_of(alice).get("/api/songs?offset=99999999999999999999999999")
    assert (response.status_code, response.json()["results"]) == (200, [])


def test_a_page_never_has_more_than_a_hundred(alice: User, api_of: ApiOf) -> None:
    for number in range(101):
        a_song(alice, f"Song {number}")
    assert len(api_of(alice).get("/api/songs?limit=1000").json()["results"]) == 100


def test_the_list_costs_three_queries_however_long(
    alice: User, api_of: ApiOf, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    parent = a_song(alice)
    for number in range(10):
        a_song(alice, f"Copy {number}", parent=parent, source="copy")
    client = api_of(alice)
    with django_assert_num_queries(3):  # the user, the count, the rows
        client.get("/api/songs")


def test_a_song_is_renamed(alice: User, api_of: ApiOf) -> None:
    song = a_song(alice)
    response = api_of(alice).patch(f"/api/songs/{song.pk}", {"title": "  Day Drive  "})
    song.refresh_from_db()
    assert song.title == "Day Drive"
    assert (response.status_code, response.json()) == (200, song_body(song))


@pytest.mark.parametrize(
    ("title", "sentence"),
    [
        ("", "This field may not be blank."),
        ("   ", "This field may not be blank."),
        (None, "This field may not be null."),
        (7, "Must be text."),
        (["x"], "Must be text."),
        ("x" * 151, "Ensure this field has no more than 150 characters."),
        ("a\x00b", "Null characters are not allowed."),
        ("\ud800", "Surrogate characters are not allowed: U+D800."),
    ],
)
def test_a_title_that_will_not_do_changes_nothing(
    alice: User, api_of: ApiOf, title: Any, sentence: str
) -> None:
    song = a_song(alice)
    raw = json.dumps({"title": title})
    response = api_of(alice).generic("PATCH", f"/api/songs/{song.pk}", raw, "application/json")
    assert response.status_code == 400
    assert response.json() == {
        "detail": sentence,
        "code": "invalid",
        "errors": {"title": [sentence]},
        "song_id": str(song.pk),
    }
    song.refresh_from_db()
    assert song.title == "Night Drive"


def test_a_deleted_song_is_gone_with_its_files(
    alice: User, api_of: ApiOf, ready_song: Ready
) -> None:
    song, client = ready_song(alice), api_of(alice)
    prefix = f"{alice.pk}/songs/{song.pk}/"
    response = client.delete(f"/api/songs/{song.pk}")
    assert (response.status_code, response.content) == (204, b"")
    assert not Song.objects.exists()
    assert [row.prefix for row in Discard.objects.all()] == [prefix]
    alice.refresh_from_db()
    assert alice.storage_used_bytes == 0
    assert client.get(f"/api/songs/{song.pk}").json() == NOT_FOUND


def test_the_audio_is_the_file_that_came(alice: User, api_of: ApiOf, ready_song: Ready) -> None:
    song, client = ready_song(alice), api_of(alice)
    whole = client.get(f"/api/songs/{song.pk}/audio")
    content = b"".join(whole.streaming_content)
    assert (whole.status_code, whole["Content-Type"]) == (200, "audio/wav")
    assert whole["Accept-Ranges"] == "bytes"
    assert len(content) == song.file_size_bytes
    part = client.get(f"/api/songs/{song.pk}/audio", headers={"Range": "bytes=100-199"})
    assert part.status_code == 206
    assert part["Content-Range"] == f"bytes 100-199/{len(content)}"
    assert b"".join(part.streaming_content) == content[100:200]


def test_media_elements_are_served_whatever_they_accept(
    alice: User, api_of: ApiOf, ready_song: Ready
) -> None:
    song = ready_song(alice)
    response = api_of(alice).get(f"/api/songs/{song.pk}/audio", headers={"Accept": "audio/webm"})
    assert response.status_code == 200


def test_past_the_end_of_the_audio_there_is_no_range(
    alice: User, api_of: ApiOf, ready_song: Ready
) -> None:
    song = ready_song(alice)
    address = f"/api/songs/{song.pk}/audio"
    response = api_of(alice).get(address, headers={"Range": "bytes=99999999-"})
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{song.file_size_bytes}"


def test_a_copy_has_the_analysis_and_free_sections(
    alice: User, api_of: ApiOf, ready_song: Ready, sections_of: Callable[..., list[Section]]
) -> None:
    song, client = ready_song(alice), api_of(alice)
    sections_of(song)
    response = client.post(f"/api/songs/{song.pk}/copy")
    copy = Song.objects.exclude(pk=song.pk).get()
    assert (response.status_code, response.json()) == (201, song_body(copy))
    assert (copy.source, copy.parent_id, copy.status) == ("copy", song.pk, "ready")
    assert client.get(f"/api/songs/{copy.pk}/sections").json() == {"sections": []}
    beats = client.get(f"/api/songs/{song.pk}/beat-times").json()
    assert client.get(f"/api/songs/{copy.pk}/beat-times").json() == beats


def test_a_copy_that_goes_wrong_leaves_nothing(
    alice: User, ready_song: Ready, monkeypatch: pytest.MonkeyPatch
) -> None:
    song, copy = ready_song(alice), storage.copy
    used, files = User.objects.get().storage_used_bytes, stored_files(alice)
    copied: list[str] = []

    def full(source: str, target: str) -> int:
        if len(copied) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        copied.append(target)
        return copy(source, target)

    monkeypatch.setattr(storage, "copy", full)
    with pytest.raises(OSError, match="No space left"):
        pipeline.copy_song(song)
    assert (Song.objects.get(), User.objects.get().storage_used_bytes) == (song, used)
    assert len(copied) == 2
    discard()
    assert stored_files(alice) == files


def test_one_key_for_different_calls_is_not_the_same_request(
    alice: User, api_of: ApiOf, made_song_file: Made, upload_of: Upload
) -> None:
    client, key = api_of(alice), {"HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4())}
    sent = {"file": upload_of(made_song_file(22.0))}
    song = client.post("/api/songs", sent, format="multipart", **key).json()
    part = client.post(f"/api/songs/{song['id']}/trim", {"start_at": 5}, **key).json()
    assert (part["source"], part["parent_id"]) == ("trim", song["id"])


def test_a_song_that_is_not_analyzed_cannot_be_copied(alice: User, api_of: ApiOf) -> None:
    song = a_song(alice)
    response = api_of(alice).post(f"/api/songs/{song.pk}/copy")
    assert (response.status_code, response.json()["code"]) == (409, "analysis_not_ready")
    assert Song.objects.get() == song


def test_a_song_is_analyzed_again_but_not_twice_at_once(
    alice: User, api_of: ApiOf, ready_song: Ready
) -> None:
    song, client = ready_song(alice), api_of(alice)
    response = client.post(f"/api/songs/{song.pk}/analyze")
    job = Job.objects.get()
    assert (response.status_code, response.json()) == (202, {"job_id": str(job.pk)})
    song.refresh_from_db()
    assert (song.status, song.analysis_job_id) == ("analyzing", job.pk)
    response = client.post(f"/api/songs/{song.pk}/analyze")
    assert response.status_code == 409
    assert response.json() == {
        "detail": "This song is being analyzed already.",
        "code": "analysis_running",
        "song_id": str(song.pk),
    }
    assert Job.objects.get() == job


def test_the_analysis_is_complete(alice: User, api_of: ApiOf, ready_song: Ready) -> None:
    song = ready_song(alice, seconds=12.0, bpm=120.0)
    response = api_of(alice).get(f"/api/songs/{song.pk}/analysis")
    assert response.status_code == 200
    body = response.json()
    beats = [number * 0.5 for number in range(24)]
    expected = {
        "bpm": 120.0,
        "tempo_confidence": 0.9,
        "beat_times": beats,
        "downbeat_times": beats[::4],
        "beats_per_bar": 4,
        "genre": "electronic",
        "sub_genres": ["house"],
        "genre_confidence": 0.7,
        "genre_reason": "",
        "mood_primary": "energetic",
        "mood_tags": ["energetic", "happy"],
        "mood_vector": {"energy": 0.8, "valence": 0.6, "danceability": 0.9, "tension": 0.3},
        "mood_reason": "",
        "key": "A minor",
        "energy_curve": [{"time": float(time), "value": 0.5} for time in range(12)],
        "lyrics_available": False,
        "lyrics": [],
        "peaks_url": f"http://testserver/api/songs/{song.pk}/peaks",
    }
    assert body | expected == body
    assert body.keys() == {*expected, "created_at"}


def test_the_peaks_are_where_the_analysis_says(
    alice: User, api_of: ApiOf, ready_song: Ready
) -> None:
    song, client = ready_song(alice), api_of(alice)
    response = client.get(client.get(f"/api/songs/{song.pk}/analysis").json()["peaks_url"])
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert b"".join(response.streaming_content).startswith(b'{"')


def test_the_beat_times(alice: User, api_of: ApiOf, ready_song: Ready) -> None:
    song = ready_song(alice, seconds=12.0, bpm=60.0)
    beats = [float(number) for number in range(12)]
    assert api_of(alice).get(f"/api/songs/{song.pk}/beat-times").json() == {
        "bpm": 60.0,
        "beat_times": beats,
        "downbeat_times": [0.0, 4.0, 8.0],
        "beats_per_bar": 4,
        "confidence": 0.9,
        "corrections": [],
        "detected_bpm": 60.0,
    }


@pytest.mark.parametrize("path", ["analysis", "beat-times", "peaks"])
@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("new", "This song is not analyzed yet. Please wait until it is."),
        ("analyzing", "This song is not analyzed yet. Please wait until it is."),
        (
            "failed",
            "The analysis of this song failed. Start it again, or bring another recording.",
        ),
    ],
)
def test_before_the_analysis_there_is_none(
    alice: User, api_of: ApiOf, path: str, status: str, sentence: str
) -> None:
    song = a_song(alice, status=status)
    response = api_of(alice).get(f"/api/songs/{song.pk}/{path}")
    assert response.status_code == 409
    assert response.json() == {
        "detail": sentence,
        "code": "analysis_not_ready",
        "song_id": str(song.pk),
    }


def test_charlie_changes_nothing_of_alices_song(alice: User, charlie: User, api_of: ApiOf) -> None:
    song, client = a_song(alice), api_of(charlie)
    answers = [
        client.patch(f"/api/songs/{song.pk}", {"title": "Mine now"}),
        client.delete(f"/api/songs/{song.pk}"),
        client.post(f"/api/songs/{song.pk}/analyze"),
        client.post(f"/api/songs/{song.pk}/copy"),
        client.put(f"/api/songs/{song.pk}/lyrics", {"text": "la la"}),
    ]
    absent = client.get(f"/api/songs/{uuid.uuid4()}")
    assert {(one.status_code, one.content) for one in answers} == {(404, absent.content)}
    assert absent.json() == NOT_FOUND
    song.refresh_from_db()
    assert (song.title, song.status, song.lyrics) == ("Night Drive", "new", [])
    assert not Job.objects.exists()

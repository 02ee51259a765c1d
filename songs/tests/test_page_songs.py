"""The list of songs: bringing one, and renaming, copying and deleting it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from songs.models import Section, Song
from vibecraft.jobs.models import Discard, Job
from vibecraft.media.errors import SENTENCES
from vibecraft.testing import stored_files

ClientOf = Callable[[User], Client]
Ready = Callable[..., Song]
Made = Callable[..., Path]
Upload = Callable[..., SimpleUploadedFile]
JSON = {"Accept": "application/json"}
HTMX = {"HX-Request": "true"}

pytestmark = pytest.mark.django_db


def text_file(name: str = "song.mp3") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"just some words\n" * 40, "audio/mpeg")


def a_song(owner: User, **fields: object) -> Song:
    """A row alone, for what needs no files."""
    given = {"title": "Night Drive", "source_key": "none", "master_key": "none"} | fields
    return Song.objects.create(owner=owner, duration_sec=12.0, frames=288, **given)


def test_without_songs_the_page_says_what_to_do(alice: User, client_of: ClientOf) -> None:
    page = client_of(alice).get("/songs").content.decode()
    assert "No songs yet" in page


def test_a_list_shows_own_songs_only(alice: User, bob: User, client_of: ClientOf) -> None:
    a_song(alice, title="Mine")
    a_song(bob, title="Theirs")
    page = client_of(alice).get("/songs").content.decode()
    assert "Mine" in page
    assert "Theirs" not in page


def test_a_plain_form_brings_a_song_and_leads_to_it(
    alice: User, client_of: ClientOf, made_song_file: Made, upload_of: Upload
) -> None:
    sent = {"file": upload_of(made_song_file()), "upload_id": str(uuid.uuid4())}
    response = client_of(alice).post("/songs", sent)
    song = Song.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/songs/{song.pk}")
    assert (song.owner, song.title) == (alice, "song")
    assert Job.objects.get().song_id == song.pk


def test_a_module_is_told_where_to_go(
    alice: User, client_of: ClientOf, made_song_file: Made, upload_of: Upload
) -> None:
    sent = {"file": upload_of(made_song_file()), "upload_id": str(uuid.uuid4())}
    response = client_of(alice).post("/songs", sent, headers=JSON)
    assert response.status_code == 201
    assert response.json() == {"url": f"/songs/{Song.objects.get().pk}"}


def test_the_form_sent_twice_stores_one_song(
    alice: User, client_of: ClientOf, made_song_file: Made, upload_of: Upload
) -> None:
    client, upload_id, path = client_of(alice), str(uuid.uuid4()), made_song_file()
    places = [
        client.post("/songs", {"file": upload_of(path), "upload_id": upload_id})["Location"]
        for _ in range(2)
    ]
    song = Song.objects.get()
    assert places == [f"/songs/{song.pk}"] * 2
    assert Job.objects.count() == 1
    assert stored_files(alice) == [f"songs/{song.pk}/master.flac", f"songs/{song.pk}/source.wav"]


def test_the_form_of_one_file_with_another_one_is_another_song(
    alice: User, client_of: ClientOf, made_song_file: Made, upload_of: Upload
) -> None:
    """The same name and the same size: only what is heard is another."""
    client, upload_id = client_of(alice), str(uuid.uuid4())
    files = [upload_of(made_song_file(12.0, bpm)).read() for bpm in (120.0, 90.0)]
    assert len(files[0]) == len(files[1])

    def send(sound: bytes) -> str:
        file = SimpleUploadedFile("song.wav", sound, "audio/wav")
        return str(client.post("/songs", {"file": file, "upload_id": upload_id})["Location"])

    first, second = send(files[0]), send(files[1])
    assert first != second
    assert (send(files[0]), send(files[1])) == (first, second)
    assert Song.objects.count() == 2


def test_each_page_has_a_new_upload_id(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    ids = {client.get("/songs").context["form"]["upload_id"].value() for _ in range(2)}
    assert len(ids) == 2


@pytest.mark.parametrize("headers", [{}, JSON], ids=["plain", "module"])
def test_a_refused_file_says_why_and_leaves_nothing(
    alice: User, client_of: ClientOf, headers: dict[str, str]
) -> None:
    sent = {"file": text_file(), "upload_id": str(uuid.uuid4())}
    response = client_of(alice).post("/songs", sent, headers=headers)
    assert response.status_code == 415
    assert SENTENCES["text"] in response.content.decode()
    assert not Song.objects.exists()
    assert not Job.objects.exists()
    assert stored_files(alice) == []
    alice.refresh_from_db()
    assert alice.storage_used_bytes == 0


def test_a_form_without_a_file_says_what_is_missing(alice: User, client_of: ClientOf) -> None:
    response = client_of(alice).post("/songs", {"upload_id": str(uuid.uuid4())})
    assert response.status_code == 400
    assert "Choose the song" in response.content.decode()


def test_too_large_a_file_is_refused_with_413(alice: User, client_of: ClientOf) -> None:
    big = SimpleUploadedFile("song.wav", b"\0" * (53 * 1024 * 1024), "audio/wav")
    response = client_of(alice).post("/songs", {"upload_id": str(uuid.uuid4()), "file": big})
    assert response.status_code == 413
    assert "larger than 50 MB" in response.content.decode()
    assert not Song.objects.exists()


def test_a_song_is_renamed_in_place(alice: User, client_of: ClientOf) -> None:
    client, song = client_of(alice), a_song(alice)
    editing = client.get(f"/songs/{song.pk}/rename?place=card", headers=HTMX).content.decode()
    assert 'value="Night Drive"' in editing
    sent = {"title": "Day <Drive>"}
    shown = client.post(f"/songs/{song.pk}/rename?place=card", sent, headers=HTMX)
    assert shown.status_code == 200
    assert "Day &lt;Drive&gt;" in shown.content.decode()
    song.refresh_from_db()
    assert song.title == "Day <Drive>"


@pytest.mark.parametrize("title", ["", "   ", "x" * 151])
def test_a_refused_title_changes_nothing(alice: User, client_of: ClientOf, title: str) -> None:
    song = a_song(alice)
    response = client_of(alice).post(f"/songs/{song.pk}/rename", {"title": title}, headers=HTMX)
    assert response.status_code == 400
    song.refresh_from_db()
    assert song.title == "Night Drive"


def test_without_scripts_renaming_has_a_page(alice: User, client_of: ClientOf) -> None:
    client, song = client_of(alice), a_song(alice)
    assert "Rename the song" in client.get(f"/songs/{song.pk}/rename").content.decode()
    response = client.post(f"/songs/{song.pk}/rename", {"title": "Day Drive"})
    assert (response.status_code, response["Location"]) == (302, f"/songs/{song.pk}")


def test_a_copy_is_a_song_with_free_sections(
    alice: User,
    client_of: ClientOf,
    ready_song: Ready,
    sections_of: Callable[[Song], list[Section]],
) -> None:
    song = ready_song(alice)
    sections_of(song)
    response = client_of(alice).post(f"/songs/{song.pk}/copy")
    copy = Song.objects.exclude(pk=song.pk).get()
    assert response["Location"] == f"/songs/{copy.pk}"
    assert (copy.title, copy.sections.count()) == ("Night Drive (copy)", 0)


def test_deleting_asks_first_and_takes_the_files_along(
    alice: User, client_of: ClientOf, ready_song: Ready
) -> None:
    client, song = client_of(alice), ready_song(alice)
    assert "cannot be undone" in client.get(f"/songs/{song.pk}/delete").content.decode()
    assert Song.objects.exists()
    response = client.post(f"/songs/{song.pk}/delete")
    assert response["Location"] == "/songs"
    assert not Song.objects.exists()
    assert [row.prefix for row in Discard.objects.all()] == [f"{alice.pk}/songs/{song.pk}/"]


def test_all_songs_on_their_way_are_asked_for_in_one_request(
    alice: User, client_of: ClientOf
) -> None:
    for percent in (50, 25):
        job = Job.objects.create(owner=alice, kind=Job.Kind.ANALYSIS, progress=percent)
        song = a_song(alice, status=Song.Status.ANALYZING, analysis_job_id=job.pk)
        Job.objects.filter(pk=job.pk).update(song_id=song.pk)
    at_rest = a_song(alice, title="At rest")
    client = client_of(alice)
    page = client.get("/songs").content.decode()
    assert page.count('hx-trigger="every 3s"') == 1
    (address,) = re.findall(r'hx-get="(/songs/running[^"]+)"', page)
    answer = client.get(address).content.decode()
    assert [f"Listening, {percent} %" in answer for percent in (50, 25)] == [True, True]
    assert answer.count('hx-swap-oob="true"') == 2
    assert str(at_rest.pk) not in answer
    Song.objects.update(status=Song.Status.FAILED)
    Job.objects.update(status=Job.Status.FAILED)
    ended = client.get(address).content.decode()
    assert "every 3s" not in ended
    assert ended.count("Could not be") == 2


def test_the_running_songs_of_others_are_not_there(
    alice: User, charlie: User, client_of: ClientOf
) -> None:
    song = a_song(alice, status=Song.Status.ANALYZING)
    job = Job.objects.create(owner=alice, kind=Job.Kind.ANALYSIS, song_id=song.pk)
    Song.objects.filter(pk=song.pk).update(analysis_job_id=job.pk)
    answer = client_of(charlie).get("/songs/running", {"seen": f"x.{job.pk.hex}"})
    assert answer.context["cards"] == []
    assert "every 3s" not in answer.content.decode()


def test_the_list_takes_the_same_number_of_queries_for_one_song_and_for_many(
    alice: User, client_of: ClientOf, django_assert_num_queries: Callable[..., object]
) -> None:
    client = client_of(alice)
    for number in range(4):
        a_song(alice, title=f"Song {number}")
    client.get("/songs")
    with django_assert_num_queries(3):  # type: ignore[attr-defined]
        client.get("/songs")

"""Charlie sees nothing of Alice's song, on any page, fragment or media address [A3]."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from songs.models import Section, Song

ClientOf = Callable[[User], Client]
Ready = Callable[..., Song]
SectionsOf = Callable[..., list[Section]]
READING = ["", "/progress", "/rename", "/delete", "/lyrics", "/audio", "/peaks.json"]
CHANGING = ["/analyze", "/rename", "/copy", "/delete", "/lyrics", "/sections"]

pytestmark = pytest.mark.django_db


def everything(song: Song) -> tuple[object, ...]:
    rows = Song.objects.filter(pk=song.pk).values()
    return (*rows, *song.sections.values(), Song.objects.count())


def test_charlie_reads_nothing(song: Song, charlie: User, client_of: ClientOf) -> None:
    client = client_of(charlie)
    section = song.sections.first()
    assert section is not None
    for ending in [*READING, f"/sections/{section.pk}?edit"]:
        assert client.get(f"/songs/{song.pk}{ending}").status_code == 404, ending


def test_charlie_changes_nothing(song: Song, charlie: User, client_of: ClientOf) -> None:
    client, before = client_of(charlie), everything(song)
    section = song.sections.first()
    assert section is not None
    for ending in [*CHANGING, f"/sections/{section.pk}"]:
        response = client.post(f"/songs/{song.pk}{ending}", {"title": "Mine", "text": "Mine"})
        assert response.status_code == 404, ending
    assert everything(song) == before


def test_a_section_is_found_only_below_its_own_song(
    song: Song, charlie: User, client_of: ClientOf, ready_song: Ready
) -> None:
    section = song.sections.first()
    assert section is not None
    own = ready_song(charlie)
    client = client_of(charlie)
    assert client.get(f"/songs/{own.pk}/sections/{section.pk}?edit").status_code == 404


def test_a_visitor_is_led_to_the_sign_in(song: Song, client: Client) -> None:
    for ending in READING:
        response = client.get(f"/songs/{song.pk}{ending}")
        assert response.status_code == 302, ending
        assert response["Location"].startswith("/sign-in?next="), ending


def test_the_owner_hears_and_sees_it(song: Song, alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    sound = client.get(f"/songs/{song.pk}/audio", headers={"Range": "bytes=0-3"})
    assert (sound.status_code, sound["Content-Type"]) == (206, "audio/flac")
    assert b"".join(sound.streaming_content) == b"fLaC"
    drawn = client.get(f"/songs/{song.pk}/peaks.json")
    assert drawn["Content-Type"] == "application/json"


def test_nothing_is_taken_from_another_site(song: Song, alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    before = everything(song)
    for ending in CHANGING:
        response = client.post(f"/songs/{song.pk}{ending}", {"title": "Theirs"})
        assert response.status_code == 403, ending
    assert client.post("/songs", {}).status_code == 403
    assert everything(song) == before


def test_a_reading_request_changes_nothing(song: Song, alice: User, client_of: ClientOf) -> None:
    client, before = client_of(alice), everything(song)
    for ending in [*READING, "/analyze", "/copy", "/sections"]:
        client.get(f"/songs/{song.pk}{ending}")
    assert everything(song) == before

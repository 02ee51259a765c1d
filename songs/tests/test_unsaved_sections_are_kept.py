"""What is drawn and not saved yet is kept on the server, for its owner, until the sections are saved."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from songs.drawing import save_sections
from songs.models import SectionDraft, Song
from songs.pipeline import copy_song

DRAWN: dict[str, Any] = {
    "borders": [4.0, 8.5],
    "sections": [{"label": name, "note": ""} for name in ("Intro", "", "far too many words")],
    "base": None,
}
ROWS = [
    {"label": "Intro", "start_time": 0.0, "end_time": 4.0},
    {"label": "Verse", "start_time": 4.0, "end_time": 8.0},
    {"label": "Outro", "start_time": 8.0, "end_time": 12.0},
]


@pytest.fixture
def song(alice: User, ready_song: Callable[..., Song]) -> Song:
    return ready_song(alice)


def put(client: Client, song: Song, drawn: object) -> Any:
    body = drawn if isinstance(drawn, bytes | str) else json.dumps(drawn)
    return client.put(f"/songs/{song.pk}/draft", body, content_type="application/json")


def drawn_on_page(client: Client, song: Song) -> Any:
    return client.get(f"/songs/{song.pk}").context["timeline"]["draft"]


def test_it_comes_back_with_the_page_and_when_asked_for(
    alice: User, song: Song, client_of: Callable[..., Client]
) -> None:
    client = client_of(alice)
    assert drawn_on_page(client, song) is None
    assert client.get(f"/songs/{song.pk}/draft").json() == {"draft": None}
    answer = put(client, song, DRAWN)
    assert (answer.status_code, answer.json()["replaced"]) == (200, None)
    kept = {
        "borders": DRAWN["borders"],
        "sections": DRAWN["sections"],
        "saved_at": answer.json()["saved_at"],
    }
    assert client.get(f"/songs/{song.pk}/draft").json() == {"draft": kept}
    assert drawn_on_page(client, song) == kept


def test_the_last_writer_has_the_word_and_is_told_what_was_replaced(
    alice: User, song: Song, client_of: Callable[..., Client]
) -> None:
    client = client_of(alice)
    first = put(client, song, DRAWN).json()["saved_at"]
    second = put(client, song, DRAWN | {"borders": [5, 6], "base": first}).json()
    assert second["replaced"] is None
    third = put(client, song, DRAWN | {"base": first}).json()
    assert third["replaced"] == second["saved_at"]
    assert SectionDraft.objects.get().borders == [4.0, 8.5]


def test_nobody_else_reads_or_writes_it(
    alice: User, charlie: User, song: Song, client_of: Callable[..., Client]
) -> None:
    put(client_of(alice), song, DRAWN)
    stranger = client_of(charlie)
    assert stranger.get(f"/songs/{song.pk}/draft").status_code == 404
    assert put(stranger, song, DRAWN | {"borders": [1, 2]}).status_code == 404
    assert SectionDraft.objects.get().borders == [4.0, 8.5]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("not json", 400),
        ("[" * 5000, 400),
        ([], 400),
        ({"borders": [], "sections": []}, 400),
        (DRAWN | {"more": 1}, 400),
        (DRAWN | {"base": 5}, 400),
        (DRAWN | {"borders": [4.0]}, 400),
        (DRAWN | {"borders": [8.5, 4.0]}, 400),
        (DRAWN | {"borders": [4.0, 4.0]}, 400),
        (DRAWN | {"borders": [0.0, 4.0]}, 400),
        (DRAWN | {"borders": [4.0, 12.0]}, 400),
        (DRAWN | {"borders": [True, 4.0]}, 400),
        (DRAWN | {"borders": ["4", 8]}, 400),
        ('{"borders": [NaN, 4], "sections": [], "base": null}', 400),
        (DRAWN | {"sections": [{"label": "a", "note": ""}] * 2}, 400),
        (DRAWN | {"sections": [{"label": "a"}] * 3}, 400),
        (DRAWN | {"sections": [{"label": 1, "note": ""}] * 3}, 400),
        (DRAWN | {"sections": [{"label": "a\0", "note": ""}] * 3}, 400),
        (DRAWN | {"sections": [{"label": "a", "note": "\ud800"}] * 3}, 400),
        (DRAWN | {"sections": [{"label": "a" * 201, "note": ""}] * 3}, 400),
        (DRAWN | {"sections": [{"label": "a", "note": "b" * 501}] * 3}, 400),
        (DRAWN | {"base": "x" * 20_000}, 413),
    ],
)
def test_what_is_no_draft_is_refused(
    alice: User, song: Song, client_of: Callable[..., Client], sent: object, status: int
) -> None:
    assert put(client_of(alice), song, sent).status_code == status
    assert not SectionDraft.objects.exists()


def test_another_kind_of_content_is_refused(
    alice: User, song: Song, client_of: Callable[..., Client]
) -> None:
    body = json.dumps(DRAWN)
    path = f"/songs/{song.pk}/draft"
    assert client_of(alice).put(path, body, content_type="text/plain").status_code == 415
    assert not SectionDraft.objects.exists()


def test_saving_ends_it_and_a_copy_has_none(
    alice: User, song: Song, client_of: Callable[..., Client]
) -> None:
    client = client_of(alice)
    put(client, song, DRAWN)
    save_sections(song, ROWS)
    assert not SectionDraft.objects.exists()
    refused = put(client, song, DRAWN)
    assert (refused.status_code, refused.json()["code"]) == (409, "sections_exist")
    assert drawn_on_page(client, song) is None
    copy = copy_song(song)
    assert drawn_on_page(client, copy) is None
    assert not SectionDraft.objects.exists()

"""Sections and lyrics over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from accounts.models import User
from songs.models import Section, Song

ApiOf = Callable[[User], APIClient]
Ready = Callable[..., Song]
SectionsOf = Callable[..., list[Section]]

WARNING = (
    "The sections are saved. Their times are final; labels and notes can still be changed. "
    "To cut the song differently, copy the song."
)

pytestmark = pytest.mark.django_db


def draft(label: str, start: float, end: float, **more: Any) -> dict[str, Any]:
    return {"label": label, "start_time": start, "end_time": end, **more}


THREE = [
    draft("Intro", 0, 4.01, prompt_note="a dark street"),
    draft("Chorus", 4.01, 8),
    draft("Outro", 8, 12),
]


def shown(sections: list[Section]) -> list[dict[str, Any]]:
    return [
        {
            "id": str(one.pk),
            "section_index": one.section_index,
            "label": one.label,
            "start_time": one.start_time,
            "end_time": one.end_time,
            "prompt_note": one.prompt_note,
            "created_at": one.created_at.isoformat().replace("+00:00", "Z"),
        }
        for one in sections
    ]


def test_sections_are_saved_on_the_frame_grid(
    alice: User, api_of: ApiOf, ready_song: Ready
) -> None:
    song, client = ready_song(alice), api_of(alice)
    response = client.post(f"/api/songs/{song.pk}/sections", {"sections": THREE})
    saved = list(song.sections.all())
    assert response.status_code == 201
    assert response.json() == {"sections": shown(saved), "warning": WARNING}
    assert [(one.label, one.start_time, one.end_time, one.prompt_note) for one in saved] == [
        ("Intro", 0.0, 4.0, "a dark street"),
        ("Chorus", 4.0, 8.0, ""),
        ("Outro", 8.0, 12.0, ""),
    ]
    assert client.get(f"/api/songs/{song.pk}/sections").json() == {"sections": shown(saved)}


def test_sections_are_saved_once(
    alice: User, api_of: ApiOf, ready_song: Ready, sections_of: SectionsOf
) -> None:
    song = ready_song(alice)
    before = sections_of(song)
    response = api_of(alice).post(f"/api/songs/{song.pk}/sections", {"sections": THREE})
    assert response.status_code == 409
    assert response.json() == {
        "detail": "This song has its sections already. To cut it differently, copy the song.",
        "code": "sections_exist",
        "song_id": str(song.pk),
    }
    assert list(song.sections.all()) == before


def test_sections_wait_for_the_analysis(alice: User, api_of: ApiOf, ready_song: Ready) -> None:
    song = ready_song(alice)
    Song.objects.filter(pk=song.pk).update(status="analyzing")
    response = api_of(alice).post(f"/api/songs/{song.pk}/sections", {"sections": THREE})
    assert (response.status_code, response.json()["code"]) == (409, "analysis_not_ready")
    assert not song.sections.exists()


@pytest.mark.parametrize(
    ("sections", "errors"),
    [
        (
            [draft("Intro", 0, 6), draft("Outro", 6, 12)],
            {
                "overall": ["There are 2 sections; a song needs at least 3."],
                "sections": [[], []],
            },
        ),
        (
            [draft("Intro", 0, 4), draft("Chorus", 5, 8), draft("Outro", 7, 12)],
            {
                "overall": [],
                "sections": [
                    [],
                    [
                        "Section 1 ends at 0:04 and section 2 starts at 0:05:"
                        " there is a gap between them."
                    ],
                    ["Section 2 ends at 0:08 but section 3 starts at 0:07: they overlap."],
                ],
            },
        ),
        (
            [draft("Intro", 0, 4), draft("", "4", None), draft("Outro", 8, 12)],
            {
                "overall": [],
                "sections": [
                    [],
                    [
                        "Section 2 needs a label of one or two words.",
                        "The start of section 2 is not a number.",
                        "The end of section 2 is not a number.",
                    ],
                    [],
                ],
            },
        ),
        (
            [draft("Intro", 0, 4), "Chorus", draft(7, 8, 12, prompt_note=["x"])],
            {
                "overall": [],
                "sections": [
                    [],
                    ["Section 2 has to be an object with label, start_time and end_time."],
                    [
                        "The label of section 3 has to be text.",
                        "The note of section 3 has to be text.",
                    ],
                ],
            },
        ),
        (
            [draft("In\x00tro", 0, 4), draft("\ud800", 4, 8), draft("Outro", 8, 12)],
            {
                "overall": [],
                "sections": [
                    ["The label of section 1 has characters that cannot be stored."],
                    ["The label of section 2 has characters that cannot be stored."],
                    [],
                ],
            },
        ),
        ({"0": "Intro"}, {"overall": ["Sections have to be sent as a list."], "sections": []}),
    ],
)
def test_refused_sections_say_what_is_wrong_with_each(
    alice: User, api_of: ApiOf, ready_song: Ready, sections: Any, errors: dict[str, Any]
) -> None:
    song = ready_song(alice)
    address, raw = f"/api/songs/{song.pk}/sections", json.dumps({"sections": sections})
    response = api_of(alice).generic("POST", address, raw, "application/json")
    assert response.status_code == 400
    first = [*errors["overall"], *(line for one in errors["sections"] for line in one)][0]
    assert response.json() == {
        "detail": first,
        "code": "sections_invalid",
        "errors": errors,
        "song_id": str(song.pk),
    }
    assert not song.sections.exists()


@pytest.mark.parametrize(
    "raw", ['{"sections": [{"label": "A", "start_time": 1e999}]}', "[1]", "{}"]
)
def test_strange_sections_are_no_failure_of_ours(
    alice: User, api_of: ApiOf, ready_song: Ready, raw: str
) -> None:
    song = ready_song(alice)
    address = f"/api/songs/{song.pk}/sections"
    response = api_of(alice).generic("POST", address, raw, "application/json")
    assert response.status_code == 400
    assert not song.sections.exists()


def test_label_and_note_of_a_section_can_be_changed(
    alice: User, api_of: ApiOf, ready_song: Ready, sections_of: SectionsOf
) -> None:
    song = ready_song(alice)
    first = sections_of(song)[0]
    address = f"/api/songs/{song.pk}/sections/{first.pk}"
    response = api_of(alice).patch(address, {"label": "Verse One", "prompt_note": "rain"})
    first.refresh_from_db()
    assert (first.label, first.prompt_note) == ("Verse One", "rain")
    assert (response.status_code, response.json()) == (200, shown([first])[0])
    api_of(alice).patch(address, {"prompt_note": ""})
    first.refresh_from_db()
    assert (first.label, first.prompt_note) == ("Verse One", "")


@pytest.mark.parametrize(
    ("sent", "code", "field"),
    [
        ({"label": "New", "start_time": 1.0}, "section_times_are_final", "start_time"),
        ({"end_time": 3.0}, "section_times_are_final", "end_time"),
        ({"label": "one two three"}, "invalid", "label"),
        ({"label": ""}, "invalid", "label"),
        ({"label": 3}, "invalid", "label"),
        ({"prompt_note": "x" * 101}, "invalid", "prompt_note"),
    ],
)
def test_a_refused_change_leaves_the_section(
    alice: User,
    api_of: ApiOf,
    ready_song: Ready,
    sections_of: SectionsOf,
    sent: dict[str, Any],
    code: str,
    field: str,
) -> None:
    song = ready_song(alice)
    first = sections_of(song)[0]
    response = api_of(alice).patch(f"/api/songs/{song.pk}/sections/{first.pk}", sent)
    assert response.status_code == 400
    body = response.json()
    assert (body["code"], list(body["errors"]), body["song_id"]) == (code, [field], str(song.pk))
    before = shown([first])
    first.refresh_from_db()
    assert shown([first]) == before


def test_a_section_belongs_to_its_song(
    alice: User, api_of: ApiOf, ready_song: Ready, sections_of: SectionsOf
) -> None:
    song, other = ready_song(alice), ready_song(alice, title="Other")
    first = sections_of(song)[0]
    address = f"/api/songs/{other.pk}/sections/{first.pk}"
    assert api_of(alice).patch(address, {"label": "Moved"}).status_code == 404
    assert api_of(alice).get(f"{address}/lyrics").status_code == 404


def put_lyrics(client: APIClient, song: Song, sent: Any, form: str = "json") -> Any:
    return client.put(f"/api/songs/{song.pk}/lyrics", sent, format=form)


def test_lyrics_with_times_are_kept_as_they_are(
    alice: User, api_of: ApiOf, ready_song: Ready
) -> None:
    song, client = ready_song(alice), api_of(alice)
    lines = [
        {"start": 1.0, "end": 3.0, "text": "City lights"},
        {"start": 5.0, "end": 9.0, "text": "are calling me"},
    ]
    response = put_lyrics(client, song, {"lines": lines})
    assert response.status_code == 200
    body = response.json()
    assert body["lyrics_available"] is True
    kept = [{name: line[name] for name in ("start", "end", "text")} for line in body["lyrics"]]
    assert kept == lines
    analysis = client.get(f"/api/songs/{song.pk}/analysis").json()
    assert (analysis["lyrics_available"], analysis["lyrics"]) == (True, body["lyrics"])


def test_lyrics_come_as_text_and_go_as_empty_text(
    alice: User, api_of: ApiOf, ready_song: Ready
) -> None:
    song, client = ready_song(alice), api_of(alice)
    response = put_lyrics(client, song, {"text": "City lights\nare calling me\n"})
    assert response.status_code == 200
    assert [line["text"] for line in response.json()["lyrics"]] == ["City lights", "are calling me"]
    response = put_lyrics(client, song, {"text": ""})
    assert response.json() == {"lyrics_available": False, "lyrics": []}
    song.refresh_from_db()
    assert song.lyrics == []


def test_lyrics_come_as_a_file(alice: User, api_of: ApiOf, ready_song: Ready) -> None:
    song = ready_song(alice)
    content = b"[00:01.00]City lights\n[00:05.00]are calling me\n"
    sent = {"file": SimpleUploadedFile("song.lrc", content, "text/plain")}
    response = put_lyrics(api_of(alice), song, sent, form="multipart")
    assert response.status_code == 200
    assert [(line["start"], line["text"]) for line in response.json()["lyrics"]] == [
        (1.0, "City lights"),
        (5.0, "are calling me"),
    ]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"text": "la", "lines": []},
        {"text": 5},
        {"lines": "la la"},
        {"lines": [{"start": 1}]},
        {"lines": [{"start": "x", "end": 2, "text": "la"}]},
        {"lines": [{"start": -1, "end": 2, "text": "la"}]},
        {"lines": [5]},
        {"text": "a\x00b"},
        [],
    ],
)
def test_lyrics_that_cannot_be_read_change_nothing(
    alice: User, api_of: ApiOf, ready_song: Ready, sent: Any
) -> None:
    song, client = ready_song(alice), api_of(alice)
    put_lyrics(client, song, {"lines": [{"start": 1.0, "end": 3.0, "text": "City lights"}]})
    response = put_lyrics(client, song, sent)
    assert response.status_code == 400
    assert response.json()["song_id"] == str(song.pk)
    song.refresh_from_db()
    assert [line.text for line in song.lines] == ["City lights"]


def test_a_section_has_the_lyrics_sung_in_it(
    alice: User, api_of: ApiOf, ready_song: Ready, sections_of: SectionsOf
) -> None:
    song, client = ready_song(alice), api_of(alice)
    sections = sections_of(song)
    lines = [
        {"start": 1.0, "end": 3.0, "text": "City lights"},
        {"start": 5.0, "end": 7.0, "text": "are calling me"},
    ]
    put_lyrics(client, song, {"lines": lines})
    sung = [
        client.get(f"/api/songs/{song.pk}/sections/{one.pk}/lyrics").json()["lyrics"]
        for one in sections
    ]
    assert [[line["text"] for line in one] for one in sung] == [
        ["City lights"],
        ["are calling me"],
        [],
    ]

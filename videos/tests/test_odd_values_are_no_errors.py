"""What no page of ours sends: very long numbers, endings, addresses and nests are answered, not met."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from songs.models import Song
from vibecraft.texts import whole_number
from videos import drafts
from videos.models import Export, Video
from videos.tests import cast

pytestmark = pytest.mark.django_db

HUGE = "1" + "0" * 400
FORM = {"title": "Mine", "overall_prompt": "A street at night"}


@pytest.fixture
def pages(alice: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(alice)


@pytest.fixture
def api(alice: User, api_of: Callable[[User], APIClient]) -> APIClient:
    return api_of(alice)


def grid_of(song: Song) -> Any:
    return Song.objects.get(pk=song.pk).analysis.corrections


@pytest.mark.parametrize("body", ["downbeat_shift", "offset_ms", "bpm"])
def test_a_beat_is_not_moved_by_a_number_without_end(api: APIClient, song: Song, body: str) -> None:
    before = grid_of(song)
    answer = api.patch(
        f"/api/songs/{song.pk}/beat-grid",
        f'{{"{body}": {HUGE}}}',
        content_type="application/json",
    )
    assert (answer.status_code, grid_of(song)) == (400, before)


def test_a_border_without_end_is_no_draft(pages: Client, song: Song) -> None:
    song.sections.all().delete()
    words = '{"label": "a", "note": ""}'
    answer = pages.put(
        f"/songs/{song.pk}/draft",
        f'{{"borders": [{HUGE}], "sections": [{words}, {words}], "base": null}}',
        content_type="application/json",
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "draft_invalid")


def test_sections_in_a_nest_without_end_are_no_list(pages: Client, song: Song) -> None:
    song.sections.all().delete()
    address = f"/songs/{song.pk}/sections"
    answer = pages.post(address, "[" * 200_000, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert not song.sections.exists()


def test_half_a_character_as_a_name_is_only_unknown(api: APIClient, song: Song) -> None:
    answer = api.post(
        f"/api/songs/{song.pk}/trim",
        '{"start_at": 1, "\\ud800": 1}',
        content_type="application/json",
        headers={"Idempotency-Key": str(uuid.uuid4())},
    )
    assert answer.status_code < 500


@pytest.mark.parametrize(
    "odd",
    [{"type_choice": "own", "own_type": "a\0b"}, {"flavor": "x" * 61}],
    ids=["a zero in an own type", "a flavor that is too long"],
)
def test_odd_words_change_no_direction(pages: Client, song: Song, odd: dict[str, str]) -> None:
    video = drafts.create_video(song.owner, song)
    answer = pages.post(f"/videos/{video.pk}/direction", FORM | odd)
    assert answer.status_code < 500
    kept = Video.objects.get(pk=video.pk)
    assert (kept.video_type, kept.flavor) == (video.video_type, video.flavor)


def test_a_height_without_end_is_no_export(pages: Client, song: Song) -> None:
    video = cast.ready(song)
    sent = {"format": "mp4", "height": "9" * 5000, "lyrics": ""}
    answer = pages.post(f"/videos/{video.pk}/exports", sent)
    assert (answer.status_code, Export.objects.count()) == (302, 0)


def test_an_address_longer_than_any_signs_nobody_in(client: Client, db: None) -> None:
    address = "a" * 60 + "@" + ".".join(["b" * 60] * 4) + ".org"
    answer = client.post("/sign-in", {"email": address, "password": "x"})
    assert answer.status_code == 400
    assert b"Enter an e-mail address like you@example.org." in answer.content


def test_a_token_that_no_database_keeps_is_not_there(pages: Client) -> None:
    assert pages.post("/account/tokens/%00/revoke").status_code in (302, 404)


def test_a_file_whose_ending_is_longer_than_a_disk_takes_is_a_song(
    api: APIClient, made_song_file: Callable[..., Path]
) -> None:
    name = "a." + "b" * 245
    sound = made_song_file(12.0).read_bytes()
    answer = api.post("/api/songs", {"file": SimpleUploadedFile(name, sound)}, format="multipart")
    assert answer.status_code == 201


NUMBERS = {"0": 0, "12": 12, "9" * 18: 10**18 - 1}
NO_NUMBERS = dict.fromkeys(["9" * 19, "", "-1", "²", "٣", "1.0", " 1"])


@pytest.mark.parametrize(("text", "number"), [*NUMBERS.items(), *NO_NUMBERS.items()])
def test_whole_numbers_are_digits_of_a_size(text: str, number: int | None) -> None:
    assert whole_number(text) == number

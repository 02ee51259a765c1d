"""Before a file is sent the server says where to; without a bucket that is the form itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import LazySettings
from rest_framework.test import APIClient

from accounts import uploading
from accounts.models import User
from accounts.turns import take_upload_turn
from vibecraft import storage
from vibecraft.bucket import PostForm
from vibecraft.jobs.models import Discard
from vibecraft.problems import Problem

MB = 1024 * 1024


def test_with_files_in_a_folder_the_form_takes_them(
    api_of: Callable[[User], APIClient], alice: User
) -> None:
    answer = api_of(alice).post("/api/uploads", {"name": "song.mp3", "size": 99 * MB})
    assert (answer.status_code, answer.json()) == (200, {"way": "form"})
    assert Discard.objects.count() == 0
    assert APIClient().post("/api/uploads", {"name": "a", "size": 1}).status_code == 401
    assert api_of(alice).post("/api/uploads", {"name": "a", "size": -1}).status_code == 400


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """A store that takes files; what it was asked for."""
    seen: list[tuple[str, int]] = []

    def post_form(key: str, *, max_bytes: int) -> PostForm:
        seen.append((key, max_bytes))
        return PostForm("https://store.example.org/films", {"key": key})

    monkeypatch.setattr(storage, "post_form", post_form)
    return seen


def test_a_store_is_offered_for_one_object_of_the_users_own(
    api_of: Callable[[User], APIClient], alice: User, asked: list[tuple[str, int]]
) -> None:
    body = api_of(alice).post("/api/uploads", {"name": "song.mp3", "size": MB}).json()
    ((key, most),) = asked
    assert key.startswith(f"{alice.pk}/incoming/")
    assert most == 50 * MB
    assert (body["way"], body["url"]) == ("store", "https://store.example.org/films")
    assert body["fields"] == {"key": key}
    assert [row.prefix for row in Discard.objects.all()] == [key]
    assert Discard.objects.due().count() == 0, "not before half an hour is over"


def test_what_no_form_takes_is_not_offered(
    alice: User, asked: list[tuple[str, int]], settings: LazySettings
) -> None:
    with pytest.raises(Problem) as too_big:
        uploading.offer(alice, name="song.wav", size=50 * MB + 1)
    assert (too_big.value.code, too_big.value.status) == ("too_big", 413)
    settings.UPLOADS_A_MINUTE = 1
    uploading.offer(alice, name="song.wav", size=MB)
    with pytest.raises(Problem) as throttled:
        uploading.offer(alice, name="song.wav", size=MB)
    assert (throttled.value.code, throttled.value.status) == ("throttled", 429)
    assert Discard.objects.count() == 1
    take_upload_turn(alice)
    assert dict(alice.turns.values_list("kind", "taken")) == {"offer": 1, "upload": 1}

"""A page or call that needs what is away: 503, a sentence, and when to come back."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest
from django.db import OperationalError
from django.test import Client
from rest_framework.test import APIClient

from accounts import uploading
from accounts.models import User
from songs import views
from vibecraft.away import SENTENCE, StorageAway
from vibecraft.jobs.nothing_new import NothingNew
from vibecraft.media.errors import SENTENCES


@pytest.mark.parametrize("error", [StorageAway("no route"), OperationalError("password=x")])
def test_it_is_said_and_may_be_tried_again(
    client_of: Callable[[User], Client],
    api_of: Callable[[User], APIClient],
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(views, "_songs_page", fail)
    monkeypatch.setattr(uploading, "offer", fail)
    page = client_of(alice).get("/songs")
    call = api_of(alice).post("/api/uploads", {"name": "a", "size": 1})
    assert call.json() == {"detail": SENTENCE, "code": "service_away"}
    for answer in (page, call):
        assert (answer.status_code, answer["Retry-After"]) == (503, "30")
        assert str(error).encode() not in answer.content


def test_our_own_mistakes_are_still_mistakes(
    client_of: Callable[[User], Client], alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("disk")

    monkeypatch.setattr(views, "_songs_page", fail)
    client = client_of(alice)
    client.raise_request_exception = False
    assert client.get("/songs").status_code == 500


def test_a_full_disk_is_said_to_programs_modules_and_readers(
    client_of: Callable[[User], Client],
    api_of: Callable[[User], APIClient],
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device: /data")

    monkeypatch.setattr(views, "_songs_page", fail)
    monkeypatch.setattr(uploading, "offer", fail)
    body = {"detail": SENTENCES["disk_full"], "code": "disk_full"}
    call = api_of(alice).post("/api/uploads", {"name": "a", "size": 1})
    module = client_of(alice).get("/songs", headers={"Accept": "application/json"})
    page = client_of(alice).get("/songs")
    assert (call.json(), module.json()) == (body, body)
    assert SENTENCES["disk_full"] in page.content.decode()
    for answer in (call, module, page):
        assert (answer.status_code, answer["Retry-After"]) == (503, "30")
        assert b"/data" not in answer.content


def test_a_middleware_that_cannot_reach_the_database_says_the_same(
    client_of: Callable[[User], Client], alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("password=x")

    client = client_of(alice)
    client.raise_request_exception = False
    monkeypatch.setattr(NothingNew, "_known", fail)
    poll = client.get("/songs?seen=1", headers={"HX-Request": "true"})
    assert (poll.status_code, poll["Retry-After"]) == (503, "30")
    assert SENTENCE in poll.content.decode()

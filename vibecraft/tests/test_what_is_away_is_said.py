"""A page or call that needs what is away: 503, a sentence, and when to come back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import OperationalError
from django.test import Client
from rest_framework.test import APIClient

from accounts import uploading
from accounts.models import User
from songs import views
from vibecraft.away import SENTENCE, StorageAway


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

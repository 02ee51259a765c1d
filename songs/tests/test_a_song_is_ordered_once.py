"""A song from an idea costs money: one form, or one repeated call, orders it once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Turns, User
from songs import pipeline
from songs.making import Wish
from songs.models import Song
from vibecraft.jobs.models import Job
from vibecraft.predictions.models import Prediction
from vibecraft.testcrowd import at_once

ApiOf = Callable[[User], APIClient]
ClientOf = Callable[[User], Client]
WISH: dict[str, Any] = {"prompt": "A slow drive along the sea.", "duration_sec": 12}
SEA = Wish("the sea", 12)
CLICKS = 4

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ai_is_on(settings: LazySettings) -> None:
    settings.REPLICATE_API_TOKEN = "r8_not_a_real_token"


def counts() -> tuple[int, int, int]:
    """Songs, jobs and paid calls."""
    return Song.objects.count(), Job.objects.count(), Prediction.objects.count()


def sent(client: Client, **fields: Any) -> str:
    """Where the form leads."""
    answer = client.post("/songs/make", WISH | fields)
    assert answer.status_code == 302
    return str(answer["Location"])


def test_the_same_form_twice_orders_one_song(alice: User, client_of: ClientOf) -> None:
    client, upload_id = client_of(alice), str(uuid.uuid4())
    places = [sent(client, upload_id=upload_id) for _ in range(2)]
    assert places == [f"/songs/{Song.objects.get().pk}"] * 2
    assert counts() == (1, 1, 1)
    assert Turns.objects.get(user=alice, kind="paid").taken == 1


def test_the_form_of_one_wish_with_another_one_orders_another_song(
    alice: User, client_of: ClientOf
) -> None:
    client, upload_id = client_of(alice), str(uuid.uuid4())
    first = sent(client, upload_id=upload_id)
    second = sent(client, upload_id=upload_id, mood="wistful")
    assert first != second
    assert sent(client, upload_id=upload_id) == first
    assert counts() == (2, 2, 2)


def test_each_page_has_a_form_of_its_own_and_a_refused_one_keeps_its_id(
    alice: User, client_of: ClientOf
) -> None:
    client = client_of(alice)
    ids = [client.get("/songs").context["wish_form"]["upload_id"].value() for _ in range(2)]
    assert len({sent(client, upload_id=one) for one in ids}) == 2
    refused = client.post("/songs/make", WISH | {"upload_id": ids[0], "prompt": ""})
    assert refused.status_code == 400
    assert f'name="upload_id" value="{ids[0]}"' in refused.content.decode()
    assert counts() == (2, 2, 2)


def test_a_page_from_before_orders_as_well(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    assert sent(client) != sent(client)


def test_a_repeated_call_has_the_same_answer_even_when_ai_is_switched_off_meanwhile(
    alice: User, api_of: ApiOf, settings: LazySettings
) -> None:
    client, key = api_of(alice), {"Idempotency-Key": str(uuid.uuid4())}
    first = client.post("/api/songs/make", WISH, headers=key)
    song, job = Song.objects.get(), Job.objects.get()
    assert first.status_code == 202
    assert first.json() == {"job_id": str(job.pk), "song_id": str(song.pk)}
    job.cancel()
    song.refresh_from_db()
    pipeline.make_again(song)
    settings.REPLICATE_API_TOKEN = ""
    again = client.post("/api/songs/make", WISH, headers=key)
    assert (again.status_code, again.json()) == (202, first.json())
    assert counts() == (1, 2, 2)


def test_a_key_with_another_wish_is_refused(alice: User, api_of: ApiOf) -> None:
    client, key = api_of(alice), {"Idempotency-Key": str(uuid.uuid4())}
    assert client.post("/api/songs/make", WISH, headers=key).status_code == 202
    other = client.post("/api/songs/make", WISH | {"mood": "wistful"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")
    no_key = client.post("/api/songs/make", WISH, headers={"Idempotency-Key": "twice"})
    assert (no_key.status_code, list(no_key.json()["errors"])) == (400, ["Idempotency-Key"])
    assert counts() == (1, 1, 1)


def test_without_a_key_each_call_orders(alice: User, api_of: ApiOf) -> None:
    client = api_of(alice)
    songs = {client.post("/api/songs/make", WISH).json()["song_id"] for _ in range(2)}
    assert len(songs) == 2


def test_the_same_key_of_others_is_their_own_order(
    alice: User, bob: User, charlie: User, api_of: ApiOf
) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    for user in (alice, bob, charlie):
        answer = api_of(user).post("/api/songs/make", WISH, headers=key)
        assert Song.objects.get(pk=answer.json()["song_id"]).owner == user
    assert counts() == (3, 3, 3)


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_many_clicks_at_once_order_one_song(alice: User) -> None:
    upload_id = uuid.uuid4()

    def click(_: int) -> tuple[Song, Job]:
        return pipeline.make_song(alice, SEA, upload_id=upload_id)

    made = at_once(click, CLICKS)
    assert made == [(Song.objects.get(), Job.objects.get())] * CLICKS
    assert counts() == (1, 1, 1)


def test_a_click_between_the_look_and_the_order_is_that_order(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id, earlier = uuid.uuid4(), []

    def meanwhile(user: User) -> None:
        monkeypatch.setattr(pipeline, "take_paid_turn", lambda user: None)
        earlier.append(pipeline.make_song(user, SEA, upload_id=upload_id))

    monkeypatch.setattr(pipeline, "take_paid_turn", meanwhile)
    assert pipeline.make_song(alice, SEA, upload_id=upload_id) == earlier[0]
    assert counts() == (1, 1, 1)

"""Music and words that cost more than their button has said are asked for, and not ordered."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Turns, User
from songs import pipeline
from songs.making import Wish
from songs.models import Song
from vibecraft.jobs.models import Job
from vibecraft.predictions.catalog import default_key, get_model
from vibecraft.predictions.models import Prediction, Price
from vibecraft.problems import Problem

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
Ready = Callable[..., Song]
HX = {"HX-Request": "true"}
ASKS = "Nothing was started: the price is now about {}. Press again to agree."


@pytest.fixture
def stopped(ai: object, alice: User) -> Song:
    """Its making was stopped before the music came; trying again costs $0.20."""
    song, job = pipeline.make_song(alice, Wish("the sea", 12))
    job.cancel()
    Turns.objects.all().delete()
    song.refresh_from_db()
    return song


def dearer(model: str, usd: str) -> None:
    """As an operator enters it while the page is open."""
    variant = get_model(model).price.tiers[0].variant
    Price.objects.create(model=model, variant=variant, usd=Decimal(usd), valid_from=timezone.now())


def agreed(html: str) -> dict[str, str]:
    (value,) = re.findall(r'name="agreed_usd" value="([^"]*)"', html)
    return {"agreed_usd": value}


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def assert_nothing_is_begun(song: Song, status: str, calls: int) -> None:
    song.refresh_from_db()
    assert (song.status, Prediction.objects.count()) == (status, calls)
    assert not Job.objects.active().exists()
    assert not Turns.objects.exists()


# --- music ---------------------------------------------------------------------------------------


def test_a_song_that_has_become_dearer_is_asked_for(stopped: Song, client_of: ClientOf) -> None:
    client, address = client_of(stopped.owner), f"/songs/{stopped.pk}/make"
    dearer("stable-audio-2.5", "0.35")
    answer = client.post(address, {"agreed_usd": "0.20"})
    assert (answer.status_code, answer["Location"]) == (302, f"/songs/{stopped.pk}")
    told = client.get(f"/songs/{stopped.pk}").content.decode()
    assert ASKS.format("$0.35") in words(told)
    assert "Try again about $0.35" in words(told)
    assert_nothing_is_begun(stopped, "failed", calls=1)
    client.post(address, {"agreed_usd": "0.35"})
    assert Job.objects.active().get().kind == "music"


def test_the_price_that_is_said_of_a_song_is_enough(stopped: Song, client_of: ClientOf) -> None:
    client_of(stopped.owner).post(f"/songs/{stopped.pk}/make", {"agreed_usd": "0.20"})
    assert Job.objects.active().get().kind == "music"


def test_a_song_that_was_free_to_bring_in_is_not_ordered_for_money(
    stopped: Song, client_of: ClientOf
) -> None:
    """The page said that it was paid for; since then its music was found to be unusable."""
    client = client_of(stopped.owner)
    answer = client.post(f"/songs/{stopped.pk}/make", {"agreed_usd": "0"})
    (told,) = get_messages(answer.wsgi_request)
    assert str(told) == ASKS.format("$0.20")
    assert_nothing_is_begun(stopped, "failed", calls=1)


def test_the_refusal_of_a_song_has_its_code(stopped: Song) -> None:
    with pytest.raises(Problem) as refused:
        pipeline.make_again(stopped, agreed_usd=Decimal("0.19"))
    assert (refused.value.status, refused.value.code) == (409, "price_is_higher")
    assert refused.value.about == {"song_id": str(stopped.pk)}
    assert_nothing_is_begun(stopped, "failed", calls=1)


# --- words ---------------------------------------------------------------------------------------


def test_words_that_have_become_dearer_are_asked_for(
    ai: object, alice: User, ready_song: Ready, client_of: ClientOf
) -> None:
    song, client = ready_song(alice), client_of(alice)
    shown = client.get(f"/songs/{song.pk}/lyrics", headers=HX).content.decode()
    assert "Hear the lyrics about $0.0087" in words(shown)
    dearer(default_key("speech"), "0.01")
    address = f"/songs/{song.pk}/lyrics/hear"
    answer = client.post(address, agreed(shown), headers=HX)
    told = answer.content.decode()
    assert (answer.status_code, ASKS.format("$0.12") in words(told)) == (409, True)
    assert "Hear the lyrics about $0.12" in words(told)
    assert_nothing_is_begun(song, "ready", calls=0)
    assert client.post(address, agreed(told), headers=HX).status_code == 200
    assert Job.objects.active().get().kind == "lyrics"


def test_words_without_a_price_are_asked_for_once_and_those_that_were_heard_are_free(
    ai: object, alice: User, ready_song: Ready, client_of: ClientOf
) -> None:
    song, client = ready_song(alice), client_of(alice)
    address = f"/songs/{song.pk}/lyrics/hear"
    assert client.post(address).status_code == 302
    told = client.get(f"/songs/{song.pk}").content.decode()
    assert ASKS.format("$0.0087") in words(told)
    assert_nothing_is_begun(song, "ready", calls=0)
    heard = [{"start": 1.0, "end": 1.4, "text": "First"}]
    Song.objects.filter(pk=song.pk).update(heard_words=heard)
    assert "agreed_usd" not in client.get(f"/songs/{song.pk}/lyrics", headers=HX).content.decode()
    client.post(address)
    assert Job.objects.active().get().kind == "lyrics"


def test_the_api_agrees_to_any_price(
    ai: object, alice: User, ready_song: Ready, api_of: Callable[[User], APIClient], stopped: Song
) -> None:
    dearer("stable-audio-2.5", "0.35")
    dearer(default_key("speech"), "0.01")
    client = api_of(alice)
    assert client.post(f"/api/songs/{stopped.pk}/make").status_code == 202
    assert client.post(f"/api/songs/{ready_song(alice).pk}/lyrics/hear").status_code == 202

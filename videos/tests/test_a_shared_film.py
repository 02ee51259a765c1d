"""Sharing: who has the address sees the film and nothing else; nobody else has it."""

from __future__ import annotations

import hashlib
import io
import logging
import random
import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from django.apps import apps
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from songs.models import Song
from tests.trials import figures
from vibecraft.logging import mask_secrets
from vibecraft.problems import Problem
from videos import pipeline, sharing
from videos.export_requests import request_export
from videos.models import Video
from videos.tests import cast

SITE = "https://films.example.org"
HEADERS = {
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}


@pytest.fixture(autouse=True)
def _own_site(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An address of its own, no look-ups counted before, and one minute that does not end."""
    settings.SITE_URL = SITE
    monkeypatch.setattr(sharing, "time", SimpleNamespace(time=lambda: 1_800_000_000.0))
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def video(alice: User, ready_song: Callable[..., Song], sections_of: Callable[..., Any]) -> Video:
    song = ready_song(alice, title="Alice's <song>")
    sections_of(song)
    return cast.ready(song)


@pytest.fixture
def visitor() -> Client:
    """Somebody without an account."""
    return Client()


def path_of(video: Video) -> str:
    return sharing.share_url(video).removeprefix(SITE)


def token_of(video: Video) -> str:
    return path_of(video).removeprefix("/v/")


def test_the_address_has_192_bits_and_is_the_same_when_asked_again(video: Video) -> None:
    address = sharing.share(video)
    assert re.fullmatch(re.escape(SITE) + r"/v/[A-Za-z0-9_-]{32}", address)
    assert sharing.share(Video.objects.get(pk=video.pk)) == address


def test_the_database_holds_the_hash_alone(video: Video) -> None:
    sharing.share(video)
    row = Video.objects.filter(pk=video.pk).values().get()
    token = token_of(video)
    assert row["share_hash"] == hashlib.sha256(token.encode()).hexdigest()
    assert [name for name, value in row.items() if token in str(value)] == []


def test_two_films_and_two_sharings_have_different_addresses(
    video: Video, bob: User, ready_song: Callable[..., Song], sections_of: Callable[..., Any]
) -> None:
    song = ready_song(bob)
    sections_of(song)
    addresses = [sharing.share(video), sharing.share(cast.ready(song))]
    sharing.unshare(video)
    addresses.append(sharing.share(video))
    assert len(set(addresses)) == 3


def test_an_address_of_an_older_secret_key_still_works_until_it_is_switched_off(
    video: Video, visitor: Client, settings: Any
) -> None:
    old = sharing.share(video).removeprefix(SITE)
    settings.SECRET_KEY = "another key"
    assert sharing.share_url(video) == ""
    assert video.is_shared
    assert visitor.get(old).status_code == 200
    new = sharing.share(video).removeprefix(SITE)
    assert [visitor.get(path).status_code for path in (old, new)] == [404, 200]


def test_the_page_shows_the_film_to_everybody(video: Video, visitor: Client) -> None:
    sharing.share(video)
    answer = visitor.get(path_of(video))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<h1>Alice&#x27;s &lt;song&gt;</h1>" in page
    assert f'src="{path_of(video)}/film.mp4"' in page
    assert f'poster="{path_of(video)}/poster.jpg"' in page
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_messengers_find_a_preview_at_whole_addresses(video: Video, visitor: Client) -> None:
    sharing.share(video)
    page = visitor.get(path_of(video)).content.decode()
    tags = dict(re.findall(r'<meta (?:property|name)="([a-z:_]+)" content="([^"]*)">', page))
    address = sharing.share_url(video)
    assert tags["og:title"] == tags["twitter:title"] == "Alice&#x27;s &lt;song&gt;"
    assert tags["og:type"] == "video.other"
    assert tags["og:url"] == address
    assert tags["og:image"] == tags["twitter:image"] == f"{address}/poster.jpg"
    assert tags["og:video"] == f"{address}/film.mp4"
    assert tags["og:video:type"] == "video/mp4"
    assert (tags["og:video:width"], tags["og:video:height"]) == ("1920", "1080")
    assert tags["video:duration"] == "12"
    assert tags["twitter:card"] == "summary_large_image"
    assert tags["robots"] == "noindex, nofollow"


def test_nothing_of_the_account_is_on_the_page_not_even_for_its_owner(
    video: Video, alice: User, visitor: Client, client_of: Callable[[User], Client]
) -> None:
    sharing.share(video)
    answers = [client.get(path_of(video)) for client in (visitor, client_of(alice))]
    assert answers[0].content == answers[1].content
    secrets = (alice.email, alice.pk, video.pk, video.song_id, "csrf", "Account")
    assert [one for one in secrets if str(one) in answers[0].content.decode()] == []
    assert [bool(answer.cookies) for answer in answers] == [False, False]


def test_the_film_can_be_sought(video: Video, visitor: Client) -> None:
    sharing.share(video)
    answer = visitor.get(f"{path_of(video)}/film.mp4", headers={"Range": "bytes=256-259"})
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes 256-259/{len(cast.FILM)}"
    assert answer.headers["Content-Type"] == "video/mp4"
    assert b"".join(answer.streaming_content) == b"\x00\x01\x02\x03"
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_the_poster_is_there_and_the_film_as_a_whole(video: Video, visitor: Client) -> None:
    sharing.share(video)
    film, poster = (visitor.get(f"{path_of(video)}/{name}") for name in ("film.mp4", "poster.jpg"))
    assert b"".join(film.streaming_content) == cast.FILM
    assert b"".join(poster.streaming_content) == cast.JPEG
    assert {name: poster.headers[name] for name in HEADERS} == HEADERS


@pytest.mark.parametrize("ending", ["", "/film.mp4", "/poster.jpg"])
def test_switched_off_it_is_gone_at_once_like_what_never_was(
    video: Video, visitor: Client, ending: str
) -> None:
    sharing.share(video)
    path = path_of(video) + ending
    assert visitor.get(path).status_code == 200
    sharing.unshare(video)
    dead, absent = visitor.get(path), visitor.get("/no/such/page")
    assert (dead.status_code, absent.status_code) == (404, 404)
    assert dead.content == absent.content


def test_guesses_open_nothing_even_where_nobody_is_slowed(
    video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "FAILURES_A_MINUTE", 10**9)
    sharing.share(video)
    rng, guesses = random.Random(figures.seed()), figures.size(200)
    tokens = {urlsafe_b64encode(rng.randbytes(24)).decode() for _ in range(guesses)}
    hits = [one for one in tokens if sharing.find(one, "a guesser")]
    assert (hits, len(tokens)) == ([], guesses)
    assert sharing.find(token_of(video), "a friend") == video
    figures.note("guesses", guesses)
    figures.note("hits", len(hits))
    figures.note("bits of a token", 8 * len(urlsafe_b64decode(token_of(video))))


@pytest.mark.django_db(transaction=True)
def test_over_the_network_it_is_dead_within_a_second(
    video: Video, live_server: LiveServer, settings: Any
) -> None:
    settings.SITE_URL = live_server.url
    address = sharing.share(video)
    paths = ("", "/film.mp4", "/poster.jpg")
    with httpx.Client(timeout=60) as visitor:
        assert [visitor.get(f"{address}{path}").status_code for path in paths] == [200] * 3
    sharing.unshare(video)
    began = time.monotonic()
    with httpx.Client(timeout=60) as visitor:
        assert [visitor.get(f"{address}{path}").status_code for path in paths] == [404] * 3
    figures.note("dead after ms", round(1000 * (time.monotonic() - began)))


def test_no_row_of_any_table_holds_the_token(video: Video, visitor: Client, alice: User) -> None:
    sharing.share(video)
    token = token_of(video)
    for path in ("", "/film.mp4", "/poster.jpg", "/nothing"):
        visitor.get(f"/v/{token}{path}")
    request_export(video, format="mp4", height=1080)
    sharing.unshare(video)
    models = [model for model in apps.get_models() if model._meta.managed]
    rows = [row for model in models for row in model._default_manager.values_list()]
    assert len(rows) > 10
    assert [row for row in rows if token in str(row)] == []
    figures.note("rows without the token", len(rows))


@pytest.mark.parametrize("token", ["x", "A" * 32, "ü", "0" * 500, "..", "%00", "null"])
def test_a_wrong_token_opens_nothing(video: Video, visitor: Client, token: str) -> None:
    sharing.share(video)
    assert visitor.get(f"/v/{token}").status_code == 404


def test_an_unshared_video_is_not_found_by_an_empty_hash(video: Video, visitor: Client) -> None:
    assert Video.objects.get(pk=video.pk).share_hash is None
    assert visitor.get("/v/None").status_code == 404


def test_a_deleted_video_is_gone_for_visitors_too(video: Video, visitor: Client) -> None:
    sharing.share(video)
    path = path_of(video)
    pipeline.delete_video(video)
    assert visitor.get(path).status_code == 404


def test_after_thirty_misses_in_a_minute_a_visitor_waits(video: Video, visitor: Client) -> None:
    sharing.share(video)
    met = [visitor.get(f"/v/guess-{number}").status_code for number in range(31)]
    assert met == [404] * 30 + [429]
    assert visitor.get(path_of(video)).status_code == 429
    assert visitor.get(path_of(video)).headers["Retry-After"] == "60"
    other = Client(REMOTE_ADDR="192.0.2.7")
    assert other.get(path_of(video)).status_code == 200


def test_behind_a_proxy_the_visitor_is_who_the_proxy_has_seen(
    video: Video, visitor: Client, settings: Any
) -> None:
    settings.HTTPS = True
    for number in range(30):
        claimed = f"198.51.100.{number}, 192.0.2.1"
        visitor.get("/v/guess", headers={"X-Forwarded-For": claimed})
    sharing.share(video)
    met = [
        visitor.get(path_of(video), headers={"X-Forwarded-For": address}).status_code
        for address in ("203.0.113.5, 192.0.2.1", "203.0.113.5, 192.0.2.2")
    ]
    assert met == [429, 200]


def test_a_video_without_a_film_cannot_be_shared(video: Video) -> None:
    draft = cast.draft_of(video.song)
    with pytest.raises(Problem) as refusal:
        sharing.share(draft)
    assert (refusal.value.status, refusal.value.code) == (409, "film_not_ready")
    assert Video.objects.get(pk=draft.pk).share_hash is None


def test_the_api_shares_and_switches_off(
    video: Video, alice: User, api_of: Callable[..., Any], visitor: Client
) -> None:
    address = f"/api/videos/{video.pk}/share"
    api = api_of(alice)
    answer = api.post(address)
    assert (answer.status_code, answer.json()) == (
        200,
        {"share_url": sharing.share_url(_now(video))},
    )
    assert api.get(f"/api/videos/{video.pk}").json()["share_url"] == answer.json()["share_url"]
    path = path_of(_now(video))
    assert [api.delete(address).status_code for _ in range(2)] == [204, 204]
    assert api.get(f"/api/videos/{video.pk}").json()["share_url"] is None
    assert visitor.get(path).status_code == 404


def _now(video: Video) -> Video:
    return Video.objects.get(pk=video.pk)


def test_the_api_refuses_to_share_a_draft(
    video: Video, alice: User, api_of: Callable[..., Any]
) -> None:
    draft = cast.draft_of(video.song)
    answer = api_of(alice).post(f"/api/videos/{draft.pk}/share")
    assert (answer.status_code, answer.json()["code"]) == (409, "film_not_ready")
    assert answer.json()["video_id"] == str(draft.pk)


def test_charlie_can_neither_share_nor_unshare(
    video: Video,
    charlie: User,
    api_of: Callable[..., Any],
    client_of: Callable[[User], Client],
) -> None:
    sharing.share(video)
    before = Video.objects.filter(pk=video.pk).values().get()
    page, api = reverse("video-share", args=[video.pk]), f"/api/videos/{video.pk}/share"
    met = [client_of(charlie).post(page, {"sharing": which}) for which in ("on", "off")]
    met += [api_of(charlie).post(api), api_of(charlie).delete(api)]
    assert [answer.status_code for answer in met] == [404, 404, 404, 404]
    assert Video.objects.filter(pk=video.pk).values().get() == before


def test_the_player_offers_the_address_and_its_end(
    video: Video, alice: User, client_of: Callable[[User], Client]
) -> None:
    client, action = client_of(alice), reverse("video-share", args=[video.pk])
    page = reverse("video", args=[video.pk])
    assert "Make an address" in client.get(page).content.decode()
    answer = client.post(action, {"sharing": "on"})
    assert (answer.status_code, answer["Location"]) == (302, f"{page}#share")
    address = sharing.share_url(_now(video))
    assert f'value="{address}" readonly' in client.get(page).content.decode()
    fragment = client.post(action, {"sharing": "off"}, headers={"HX-Request": "true"})
    assert address not in fragment.content.decode()
    assert fragment.content.decode().count('id="sharing"') == 1
    assert not _now(video).is_shared


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the site's logs say, as they are written."""
    root, text = logging.getLogger(), io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(root.handlers[0].formatter)
    root.addHandler(handler)
    yield text
    root.removeHandler(handler)


def test_the_address_never_reaches_the_logs(
    video: Video, visitor: Client, written: io.StringIO
) -> None:
    sharing.share(video)
    token = token_of(video)
    visitor.get(f"/v/{token}")
    sharing.unshare(video)
    for ending in ("", "/film.mp4", "/poster.jpg"):
        visitor.get(f"/v/{token}{ending}")
        visitor.post(f"/v/{token}{ending}")
    visitor.get(f"/v/{token}/nothing")
    logging.getLogger("django.request").error("it broke", extra={"request": f"<'/v/{token}'>"})
    assert token not in written.getvalue()
    assert "/v/***" in written.getvalue()


def test_addresses_are_masked_however_they_are_written() -> None:
    assert mask_secrets("GET /v/abc-1_2/film.mp4 404") == "GET /v/*** 404"
    assert mask_secrets("next=%2Fv%2Fabc HTTP") == "next=%2Fv%2F*** HTTP"

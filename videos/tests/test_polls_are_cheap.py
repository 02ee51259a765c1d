"""A poll without news costs one query and no rendering; a change is seen by the next one."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from songs.models import Song
from vibecraft.jobs import statuscache, watching
from vibecraft.jobs.models import Job
from vibecraft.testing import PASSWORD
from videos.models import Take, Video
from videos.tests import cast

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known from elsewhere, no count is written meanwhile, and no minute ends."""
    monkeypatch.setattr(caches["status"], "key_prefix", uuid.uuid4().hex)
    statuscache.TALLY.forget()
    monkeypatch.setattr(statuscache, "WRITE_SECONDS", float("inf"))
    monkeypatch.setattr(watching.time, "time", lambda: 1_800_000_000.0)


@pytest.fixture
def video(alice: User, ready_song: Callable[..., Song], sections_of: Callable[..., Any]) -> Video:
    song = ready_song(alice)
    sections_of(song)
    return cast.generating(song)


@pytest.fixture
def client(alice: User, client_of: Any) -> Client:
    return client_of(alice)


def asks_at(client: Client, video: Video) -> str:
    """Where the page of a video asks, once it shows all there is."""
    page = client.get(reverse("video", args=[video.pk])).content.decode()
    (address,) = re.findall(r'hx-get="([^"]+)" hx-trigger="every 3s"', page)
    return html.unescape(address)


def test_a_poll_without_news_is_one_query_and_an_empty_answer(
    client: Client, video: Video, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    address = asks_at(client, video)
    with django_assert_num_queries(1):
        answer = client.get(address, headers=HTMX)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["X-Request-ID"]
    assert "sessionid" not in answer.cookies


def test_what_another_open_page_was_told_is_told_again_in_one_query(
    client: Client, video: Video, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    address = asks_at(client, video)
    Job.objects.filter(pk=video.job_id).update(progress=55)
    first = client.get(address, headers=HTMX)
    with django_assert_num_queries(1):
        second = client.get(address, headers=HTMX)
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.content == first.content
    assert b'data-percent="55"' in second.content


def test_news_are_six_queries_however_many_clips_there_are(
    client: Client, video: Video, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    address = asks_at(client, video)
    Job.objects.filter(pk=video.job_id).update(progress=55)
    with django_assert_num_queries(1 + 6):  # the look whether there is any, and the news
        answer = client.get(address, headers=HTMX)
    assert answer.content.count(b'class="slot ') == video.clips.count() > 1


def test_what_one_process_has_rendered_is_known_to_the_next(
    client: Client, video: Video, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    address = asks_at(client, video)
    Job.objects.filter(pk=video.job_id).update(progress=55)
    client.get(address, headers=HTMX)
    prefix = caches["status"].key_prefix
    del caches["status"]  # a process that has just been started
    caches["status"].key_prefix = prefix
    with django_assert_num_queries(1):
        assert client.get(address, headers=HTMX).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda video: Job.objects.filter(pk=video.job_id).update(progress=55),
        lambda video: Job.objects.filter(pk=video.job_id).update(message="Another word."),
        lambda video: Take.objects.filter(job=video.job_id).update(status="running"),
        lambda video: Take.objects.filter(job=video.job_id, status="queued").update(attempts=1),
        lambda video: Job.objects.get(pk=video.job_id).cancel(),
        lambda video: Job.objects.filter(pk=video.job_id).delete(),
    ],
)
def test_a_change_is_seen_by_the_next_poll(
    client: Client, video: Video, change: Callable[[Video], object]
) -> None:
    address = asks_at(client, video)
    assert client.get(address, headers=HTMX).status_code == 204
    change(video)
    answer = client.get(address, headers=HTMX)
    assert answer.status_code == 200
    assert b'id="making"' in answer.content


def test_after_a_minute_the_time_left_is_told_anew(
    client: Client, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = asks_at(client, video)
    monkeypatch.setattr(watching.time, "time", lambda: 1_800_000_060.0)
    assert client.get(address, headers=HTMX).status_code == 200


def test_the_end_loads_the_page_anew_and_is_the_last_answer(client: Client, video: Video) -> None:
    address = asks_at(client, video)
    Job.objects.get(pk=video.job_id).cancel()
    answer = client.get(address, headers=HTMX)
    assert answer.headers["HX-Refresh"] == "true"
    assert b"hx-trigger" not in answer.content


def test_others_are_told_nothing_whatever_they_have_seen(
    client: Client, video: Video, client_of: Any, charlie: User
) -> None:
    address = asks_at(client, video)
    Job.objects.filter(pk=video.job_id).update(progress=55)
    client.get(address, headers=HTMX)
    for asked in (address, asks_at(client, video)):
        assert client_of(charlie).get(asked, headers=HTMX).status_code == 404
        anonymous = Client().get(asked, headers=HTMX)
        assert anonymous.headers["HX-Redirect"] == reverse("sign-in")
        assert anonymous.content == b""


def test_a_session_that_is_over_is_told_nothing(
    client: Client, video: Video, alice: User, client_of: Any
) -> None:
    address, elsewhere = asks_at(client, video), client_of(alice)
    assert elsewhere.get(address, headers=HTMX).status_code == 204
    client.post(reverse("sign-out"))
    assert client.get(address, headers=HTMX).headers["HX-Redirect"] == reverse("sign-in")
    alice.set_password(PASSWORD + " anew")
    alice.save()
    assert elsewhere.get(address, headers=HTMX).headers["HX-Redirect"] == reverse("sign-in")


def test_a_locked_account_is_told_nothing(client: Client, video: Video, alice: User) -> None:
    address = asks_at(client, video)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert client.get(address, headers=HTMX).headers["HX-Redirect"] == reverse("sign-in")


@pytest.mark.parametrize("seen", ["", ".", "x", "x.y", "x." + "0" * 32, "." * 300, "x.\x00"])
def test_nonsense_goes_the_usual_way(client: Client, video: Video, seen: str) -> None:
    address = reverse("video-progress", args=[video.pk])
    answer = client.get(address, {"seen": seen}, headers=HTMX)
    assert answer.status_code == 200
    assert b'id="making"' in answer.content


def test_hits_and_misses_are_counted_for_operators_only(
    client: Client, video: Video, alice: User, api_of: Any
) -> None:
    address = asks_at(client, video)
    for _ in range(3):
        client.get(address, headers=HTMX)
    Job.objects.filter(pk=video.job_id).update(progress=55)
    for _ in range(2):
        client.get(address, headers=HTMX)
    assert api_of(alice).get("/api/cache/stats").status_code == 404
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert api_of(alice).get("/api/cache/stats").json() == {"hits": 4, "misses": 1, "errors": 0}


def test_the_api_status_is_known_until_something_changes(
    video: Video, alice: User, api_of: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    api, address = api_of(alice), f"/api/videos/{video.pk}/status"
    first = api.get(address).json()
    with django_assert_num_queries(3):
        assert api.get(address).json() == first
    Job.objects.filter(pk=video.job_id).update(progress=55)
    assert api.get(address).json() == first | {"progress": 55}
    Video.objects.filter(pk=video.pk).update(actual_usd=3)
    assert api.get(address).json()["cost_usd"] == 3.0


def test_a_cache_that_is_away_is_an_error_and_no_harm(
    client: Client, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise ConnectionError("the cache is away")

    address = asks_at(client, video)
    Job.objects.filter(pk=video.job_id).update(progress=55)
    for name in ("get", "set"):
        monkeypatch.setattr(caches["status"], name, away)
    assert b'data-percent="55"' in client.get(address, headers=HTMX).content
    assert statuscache.counts() == {"hits": 0, "misses": 0, "errors": 2}

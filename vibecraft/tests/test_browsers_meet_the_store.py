"""What a signed address lets a browser do in the bucket, and what not."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore import auth, signers
from botocore.exceptions import EndpointConnectionError
from django.conf import LazySettings
from django.db.models.functions import Now
from django.test import Client

from accounts import uploading
from accounts.models import User
from songs.models import Song
from vibecraft import storage
from vibecraft.away import StorageAway
from vibecraft.bucket import Bucket, PostForm
from vibecraft.jobs import sweeper
from vibecraft.jobs.models import Discard
from vibecraft.testing import use_bucket
from vibecraft.teststore import TestStore

pytestmark = [pytest.mark.workers, pytest.mark.django_db]
CONTENT = bytes(range(256)) * 4
PAGE = "http://films.example.org"


@pytest.fixture(autouse=True)
def bucket(settings: LazySettings, store_server: TestStore, tmp_path: Path) -> Bucket:
    """A private bucket that holds one film."""
    made = use_bucket(settings, store_server)
    made.allow_origin(PAGE)
    (tmp_path / "film").write_bytes(CONTENT)
    storage.put("u/film.mp4", tmp_path / "film")
    return made


def address() -> str:
    made = storage.address("u/film.mp4", content_type="video/mp4", disposition="inline")
    assert made is not None
    return made


def form(max_bytes: int = 1000) -> PostForm:
    made = storage.post_form("u/incoming/1", max_bytes=max_bytes)
    assert made is not None
    return made


def send(to: PostForm, content: bytes, **fields: str) -> requests.Response:
    return requests.post(to.url, data=to.fields | fields, files={"file": content}, timeout=30)


def an_hour_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is signed now was signed an hour ago."""
    for module in (auth, signers):
        if hasattr(module, "get_current_datetime"):
            now: Callable[..., datetime] = module.get_current_datetime
            monkeypatch.setattr(
                module,
                "get_current_datetime",
                lambda *args, now=now, **more: now(*args, **more) - timedelta(hours=1),
            )


def test_an_address_gives_this_object_in_ranges() -> None:
    answer = requests.get(address(), headers={"Range": "bytes=200-299"}, timeout=30)
    assert (answer.status_code, answer.content) == (206, CONTENT[200:300])
    assert answer.headers["Content-Range"] == "bytes 200-299/1024"
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["Content-Disposition"] == "inline"
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_nobody_gets_it_without_a_signature_that_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    signed = address()
    assert requests.get(signed.split("?")[0], timeout=30).status_code == 403
    assert requests.get(signed.replace("film.mp4", "other.mp4"), timeout=30).status_code == 403
    assert requests.get(signed[:-1] + "x", timeout=30).status_code == 403
    with monkeypatch.context() as patch:
        an_hour_ago(patch)
        late = address()
    assert requests.get(late, timeout=30).status_code == 403


def test_what_stands_before_the_store_passes_the_name_that_browsers_use(bucket: Bucket) -> None:
    """An address holds for one name: with the store's own in its place it is refused."""
    bucket.public_endpoint = "https://media.example.org"
    at_store = address().replace(bucket.public_endpoint, str(bucket.endpoint_url))
    passed = requests.get(at_store, headers={"Host": "media.example.org"}, timeout=30)
    assert (passed.status_code, passed.content) == (200, CONTENT)
    assert requests.get(at_store, timeout=30).status_code == 403
    # The form for sending a file is signed without a name.
    offered = form()
    assert offered.url == "https://media.example.org/" + bucket.bucket_name
    there = PostForm(f"{bucket.endpoint_url}/{bucket.bucket_name}", offered.fields)
    assert send(there, b"a song").status_code == 204


def test_a_form_stores_one_file_at_its_own_key() -> None:
    assert send(form(), b"a song").status_code == 204
    assert storage.keys("u/") == ["u/film.mp4", "u/incoming/1"]
    with storage.local("u/incoming/1") as path:
        assert path.read_bytes() == b"a song"


def test_a_form_refuses_what_it_is_not_for(monkeypatch: pytest.MonkeyPatch) -> None:
    too_large = send(form(max_bytes=5), b"a song")
    assert (too_large.status_code, "EntityTooLarge" in too_large.text) == (400, True)
    assert send(form(), b"a song", key="u/film.mp4").status_code == 403
    assert send(form(), b"a song", **{"Content-Type": "text/html"}).status_code == 403
    with monkeypatch.context() as patch:
        an_hour_ago(patch)
        late = form()
    assert send(late, b"a song").status_code == 403
    assert storage.keys("u/") == ["u/film.mp4"]


def test_only_pages_of_the_site_may_ask(bucket: Bucket) -> None:
    def allowed(origin: str) -> str | None:
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        answer = requests.options(form().url, headers=asked, timeout=30)
        return answer.headers.get("Access-Control-Allow-Origin")

    assert allowed(PAGE) == PAGE
    assert allowed("https://elsewhere.example.org") is None


def test_a_store_that_is_away_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: Any, **__: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="http://store")

    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", nothing)
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(StorageAway):
        storage.size("u/film.mp4")


# --- bringing a song this way --------------------------------------------------------------------------


def offer(user: User, path: Path) -> uploading.Offer:
    made = uploading.offer(user, name="Night Drive.wav", size=path.stat().st_size)
    assert made is not None
    assert send(PostForm(made.url, made.fields), path.read_bytes()).status_code == 204
    return made


def bring(client: Client, token: str) -> Any:
    body = {"upload_id": uuid.uuid4(), "stored": token}
    return client.post("/songs", body, headers={"Accept": "application/json"})


def test_a_song_comes_straight_from_the_browser(
    client_of: Callable[[User], Client],
    alice: User,
    bob: User,
    made_song_file: Callable[..., Path],
) -> None:
    sent = offer(alice, made_song_file())
    stolen = bring(client_of(bob), sent.stored)
    assert (stolen.status_code, stolen.json()["code"]) == (400, "upload_gone")
    assert bring(client_of(alice), sent.stored + "x").status_code == 400
    assert Song.objects.count() == 0
    answer = bring(client_of(alice), sent.stored)
    assert answer.status_code == 201
    song = Song.objects.get()
    assert (song.owner, song.original_filename) == (alice, "Night Drive.wav")
    assert song.duration_sec == 12.0
    names = ["master.flac", "source.wav"]
    assert storage.keys(storage.song_prefix(alice.pk, song.pk)) == [
        storage.song_key(alice.pk, song.pk, name) for name in names
    ]


def test_what_was_sent_is_gone_after_half_an_hour(
    alice: User, made_song_file: Callable[..., Path]
) -> None:
    offer(alice, made_song_file())
    incoming = storage.keys(f"{storage.user_prefix(alice.pk)}incoming/")
    assert len(incoming) == 1
    sweeper.discard()
    assert storage.keys(storage.user_prefix(alice.pk)) == incoming
    Discard.objects.update(due_at=Now())
    sweeper.discard()
    assert storage.keys(storage.user_prefix(alice.pk)) == []


def test_what_is_no_song_is_refused_and_not_kept(
    client_of: Callable[[User], Client], alice: User, tmp_path: Path
) -> None:
    (tmp_path / "page").write_bytes(b"<html><script>alert(1)</script></html>")
    answer = bring(client_of(alice), offer(alice, tmp_path / "page").stored)
    assert (answer.status_code, answer.json()["code"]) == (415, "text")
    assert Song.objects.count() == 0
    alice.refresh_from_db()
    assert alice.storage_used_bytes == 0

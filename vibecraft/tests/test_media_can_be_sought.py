"""Range answers: a media element seeks by asking for parts."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from vibecraft import ranged as ranged_module
from vibecraft import storage
from vibecraft.ranged import (
    NotSatisfiable,
    Span,
    disposition,
    is_beginning,
    parse_range,
    ranged,
)

KEY = "tests/ranged/film.mp4"
CONTENT = bytes(range(256)) * 40


@pytest.fixture(autouse=True)
def _stored(tmp_path: Path) -> None:
    (tmp_path / "film").write_bytes(CONTENT)
    storage.put(KEY, tmp_path / "film")


def ask(**headers: str) -> HttpResponse | StreamingHttpResponse:
    request = RequestFactory().get("/film", headers=headers)
    return ranged(request, KEY, content_type="video/mp4", filename="Nacht & Tag ☂.mp4")  # type: ignore[return-value]


def body(response: HttpResponse | StreamingHttpResponse) -> bytes:
    return b"".join(response.streaming_content)  # type: ignore[union-attr, arg-type]


def test_without_a_range_the_whole_comes() -> None:
    response = ask()
    assert response.status_code == 200
    assert response["Accept-Ranges"] == "bytes"
    assert response["Content-Length"] == "10240"
    assert body(response) == CONTENT


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-", 0, 10239),
        ("bytes=100-199", 100, 199),
        ("bytes=10239-", 10239, 10239),
        ("bytes=5000-99999", 5000, 10239),
        ("bytes=-10", 10230, 10239),
        ("bytes=-99999", 0, 10239),
    ],
)
def test_a_range_gives_exactly_those_bytes(asked: str, first: int, last: int) -> None:
    response = ask(range=asked)
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/10240"
    assert response["Content-Length"] == str(last - first + 1)
    assert body(response) == CONTENT[first : last + 1]


@pytest.mark.parametrize("asked", ["bytes=10240-", "bytes=99999-100000", "bytes=-0"])
def test_a_range_outside_is_refused_with_the_size(asked: str) -> None:
    response = ask(range=asked)
    assert response.status_code == 416
    assert response["Content-Range"] == "bytes */10240"


@pytest.mark.parametrize("asked", ["bytes=", "bytes=a-b", "items=0-5", "bytes=0-1,5-6", "bytes=-"])
def test_a_range_that_cannot_be_read_is_ignored(asked: str) -> None:
    assert ask(range=asked).status_code == 200


def test_an_answer_is_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranged_module, "ANSWER_BYTES", 1000)
    response = ask(range="bytes=200-")
    assert response["Content-Range"] == "bytes 200-1199/10240"
    assert body(response) == CONTENT[200:1200]


def test_if_range_with_another_tag_gives_the_whole() -> None:
    tag = ask()["ETag"]
    assert ask(**{"range": "bytes=0-9", "if-range": tag}).status_code == 206
    assert ask(**{"range": "bytes=0-9", "if-range": '"old"'}).status_code == 200


def test_what_the_browser_has_is_not_sent_again() -> None:
    tag = ask()["ETag"]
    response = ask(**{"if-none-match": tag})
    assert (response.status_code, response.content) == (304, b"")


def test_a_key_without_an_object_is_404() -> None:
    with pytest.raises(Http404):
        ranged(RequestFactory().get("/"), "tests/none.mp4", content_type="video/mp4")


def test_a_backwards_range_is_not_satisfiable() -> None:
    with pytest.raises(NotSatisfiable):
        parse_range("bytes=9-3", 100)
    assert parse_range("bytes=3-9", 100) == Span(3, 9)


def test_any_file_name_survives() -> None:
    assert disposition('a"b\r\n☂.mp4', download=True) == (
        "attachment; filename=\"a_b___.mp4\"; filename*=UTF-8''a%22b%0D%0A%E2%98%82.mp4"
    )


def test_where_a_store_sends_it_the_browser_is_sent_there(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    asked: list[dict[str, str]] = []
    monkeypatch.setattr(
        storage, "address", lambda key, **about: asked.append(about) or "https://store/film?signed"
    )
    settings.STORAGE_SECONDS = 300
    request = RequestFactory().get("/film", headers={"range": "bytes=0-"})
    response = ranged(request, KEY, content_type="video/mp4", filename="a.mp4", keep=True)
    assert (response.status_code, response["Location"]) == (302, "https://store/film?signed")
    assert response["Cache-Control"] == "private, max-age=150"
    assert response["Vary"] == "Authorization, Cookie"
    said = "inline; filename=\"a.mp4\"; filename*=UTF-8''a.mp4"
    assert asked == [{"content_type": "video/mp4", "disposition": said}]


@pytest.mark.parametrize(
    ("method", "asked", "status", "is_one"),
    [
        ("GET", "", 200, True),
        ("GET", "", 302, True),
        ("GET", "bytes=0-", 206, True),
        ("GET", "bytes=0-99", 302, True),
        ("GET", "bytes=100-", 302, False),
        ("GET", "bytes=-5", 206, False),
        ("HEAD", "", 200, False),
        ("GET", "", 304, False),
        ("GET", "", 416, False),
    ],
)
def test_a_download_counts_once_at_its_beginning(
    method: str, asked: str, status: int, is_one: bool
) -> None:
    request = RequestFactory().generic(method, "/film", headers={"range": asked} if asked else {})
    assert is_beginning(request, HttpResponse(status=status)) is is_one


def test_what_never_changes_may_be_kept() -> None:
    response = ranged(RequestFactory().get("/film"), KEY, content_type="video/mp4", keep=True)
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"

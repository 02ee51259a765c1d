"""Stored objects over HTTP, in parts: what a media element needs in order to seek.

Where the objects lie in a bucket, the browser is sent there with a signed address; the store answers
Range requests itself. From a folder they are sent here: Django answers no Range requests. Each answer
is capped at 4 MiB: without a cap, two open videos hold two threads for as long as they play.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control, patch_vary_headers

from vibecraft import storage

ANSWER_BYTES = 4 * 1024 * 1024
CHUNK_BYTES = 256 * 1024
# An address of the same object is the same forever: it never changes, another one has another.
KEEP = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"
REDIRECT = 302
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})$")


@dataclass(frozen=True)
class Span:
    """Bytes `first` to `last`, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


class NotSatisfiable(Exception):
    """The range lies outside the object."""


def parse_range(header: str, size: int) -> Span | None:
    """Read a Range header; None when it is absent or of a form that may be ignored (RFC 9110).

    Raises NotSatisfiable when the range starts past the end.
    """
    found = RANGE.match(header.strip())
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if first == "":
        span = Span(max(0, size - int(last)), size - 1)
    else:
        span = Span(int(first), min(int(last) if last else size - 1, size - 1))
    if span.first >= size or span.length < 1:
        raise NotSatisfiable
    return span


def ranged(
    request: HttpRequest,
    key: str,
    *,
    content_type: str,
    filename: str = "",
    download: bool = False,
    in_parts: bool = False,
    keep: bool = False,
) -> HttpResponseBase:
    """Answer with the object at `key`, whole (200) or in part (206); 416 outside of it, 404 without.

    302 to the store where that sends it. A `download` comes whole, unless `in_parts` allows ranges
    for it; `keep` is for objects that never change at their address.
    """
    said = disposition(filename, download=download)
    address = storage.address(key, content_type=content_type, disposition=said)
    if address is not None:
        return _redirect(address)
    is_part_allowed = in_parts or not download
    response = _sent(request, key, is_part_allowed=is_part_allowed)
    if response.status_code in (200, 206):
        response.headers["Content-Type"] = content_type
        response.headers["Accept-Ranges"] = "bytes"
        response.headers["Cache-Control"] = KEEP if keep else ASK_AGAIN
        response.headers["Content-Disposition"] = said
    return response


def _redirect(address: str) -> HttpResponse:
    """The same visitor's browser may use the same address again while it is surely good."""
    response = HttpResponse(status=REDIRECT, headers={"Location": address})
    patch_cache_control(response, private=True, max_age=settings.STORAGE_SECONDS // 2)
    patch_vary_headers(response, ("Authorization", "Cookie"))
    return response


def is_beginning(request: HttpRequest, response: HttpResponseBase) -> bool:
    """True when this answer gives the first byte: what a download begins with, once."""
    if request.method != "GET" or response.status_code not in (200, 206, REDIRECT):
        return False
    asked = RANGE.match(request.headers.get("Range", "").strip())
    return asked is None or (asked.group(1) != "" and int(asked.group(1)) == 0)


def _sent(request: HttpRequest, key: str, *, is_part_allowed: bool) -> HttpResponseBase:
    if not storage.exists(key):
        raise Http404
    size = storage.size(key)
    etag = f'"{fingerprint(key)}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers={"ETag": etag})
    try:
        span = _span_asked_for(request, etag, size)
    except NotSatisfiable:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    response = _part(key, span, size) if span and is_part_allowed else _whole(key)
    response.headers["ETag"] = etag
    return response


def fingerprint(key: str) -> str:
    """Objects are replaced whole: a new one has another key, another length or another time."""
    said = f"{key} {storage.size(key)} {storage.modified_at(key)}"
    return hashlib.sha256(said.encode()).hexdigest()[:20]


def _span_asked_for(request: HttpRequest, etag: str, size: int) -> Span | None:
    condition = request.headers.get("If-Range")
    if condition is not None and condition != etag:
        return None
    span = parse_range(request.headers.get("Range", ""), size)
    if span is None:
        return None
    return Span(span.first, min(span.last, span.first + ANSWER_BYTES - 1))


def _part(key: str, span: Span, size: int) -> HttpResponseBase:
    response = StreamingHttpResponse(_chunks(key, span), status=206)
    response.headers["Content-Range"] = f"bytes {span.first}-{span.last}/{size}"
    response.headers["Content-Length"] = str(span.length)
    return response


def _chunks(key: str, span: Span) -> Iterator[bytes]:
    with storage.open_read(key) as file:
        file.seek(span.first)
        left = span.length
        while left > 0:
            chunk = file.read(min(CHUNK_BYTES, left))
            if not chunk:
                return
            left -= len(chunk)
            yield chunk


def _whole(key: str) -> HttpResponseBase:
    return FileResponse(storage.open_read(key))


def disposition(filename: str, *, download: bool) -> str:
    """A Content-Disposition that keeps any name, whatever characters it has (RFC 6266)."""
    kind = "attachment" if download else "inline"
    if not filename:
        return kind
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", filename)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"

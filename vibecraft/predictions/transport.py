"""What lies between the `replicate` package and the wire: limits, and errors with all they say.

The package wraps this transport in one that sleeps and repeats; since an answer of 400 or above is
raised from here, that one never sees what it would repeat.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

TIMEOUTS = {"connect": 5.0, "read": 20.0, "write": 30.0, "pool": 10.0}
MAX_ERROR_BYTES = 64 * 1024
MAX_ANSWER_BYTES = 16 * 1024 * 1024
MAX_WAIT_SECONDS = 60.0
# Answers after which it is certain that nothing was created.
NOTHING_MADE = frozenset({400, 401, 402, 403, 404, 405, 410, 413, 415, 422, 429})
_TOLD_SECONDS = re.compile(r"~\s*(\d+)\s*s\b")


@dataclass
class ApiProblem(Exception):
    """The service answered with an error: its status, headers and the beginning of its body."""

    status: int
    headers: httpx.Headers
    body: bytes

    def __str__(self) -> str:
        return f"{self.status} {self.title} {self.detail}".strip()[:500]

    @property
    def json(self) -> dict[str, Any]:
        """The body as an object; empty where it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def title(self) -> str:
        return str(self.json.get("title") or "")

    @property
    def detail(self) -> str:
        """What it says, or the beginning of a body that is no JSON."""
        found = self.json.get("detail")
        return str(found) if found else self.body[:200].decode("utf-8", "replace")

    @property
    def proves_nothing_was_made(self) -> bool:
        return self.status in NOTHING_MADE

    @property
    def is_low_credit(self) -> bool:
        """A limit that is lowered because there is little credit, or none was ever paid."""
        text = self.detail.lower()
        return self.status == 429 and ("in credit" in text or "payment method" in text)

    @property
    def wait_seconds(self) -> float:
        """How long it asks to wait, 1 to 60 s: the longest of header, body and text."""
        told = [_header_seconds(self.headers), _number(self.json.get("retry_after"))]
        told += [float(found) for found in _TOLD_SECONDS.findall(self.detail)]
        return min(MAX_WAIT_SECONDS, max(1.0, *told))


def _header_seconds(headers: httpx.Headers) -> float:
    """`Retry-After` as seconds, from a number or a date; 0 where it says nothing."""
    text = headers.get("retry-after", "").strip()
    if not text or _number(text):
        return _number(text)
    try:
        return parsedate_to_datetime(text).timestamp() - time.time()
    except ValueError:
        return 0.0


def _number(value: object) -> float:
    try:
        found = float(str(value))
    except ValueError:
        return 0.0
    return found if found == found and found > 0 else 0.0


class Transport(httpx.BaseTransport):
    """Every request is limited in time; creations never share a connection with other calls."""

    def __init__(self) -> None:
        self._pooled = httpx.HTTPTransport(limits=httpx.Limits(max_connections=20))
        # An idle connection that the other side has just closed would make a paid call look lost.
        alone = httpx.Limits(max_connections=20, max_keepalive_connections=0)
        self._fresh = httpx.HTTPTransport(limits=alone)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asked = request.extensions.get("timeout") or {}
        if not asked.get("read"):
            asked = TIMEOUTS
        request.extensions = request.extensions | {"timeout": asked}
        inner = self._fresh if request.method == "POST" else self._pooled
        response = inner.handle_request(request)
        try:
            return _answer(request, response)
        finally:
            response.close()

    def close(self) -> None:
        self._pooled.close()
        self._fresh.close()


def _answer(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    """The whole answer, read; raises ApiProblem for an error."""
    is_error = response.status_code >= 400
    data = _read(response, MAX_ERROR_BYTES if is_error else MAX_ANSWER_BYTES, cut=is_error)
    if is_error:
        raise ApiProblem(response.status_code, response.headers, _decoded(response, data))
    return httpx.Response(
        response.status_code, headers=response.headers, content=data, request=request
    )


def _decoded(response: httpx.Response, data: bytes) -> bytes:
    try:
        return httpx.Response(200, headers=response.headers, content=data).content
    except httpx.DecodingError:
        return data


def _read(response: httpx.Response, limit: int, *, cut: bool) -> bytes:
    """The raw body up to `limit` bytes; a longer one is cut or refused."""
    data = bytearray()
    for piece in response.stream:  # type: ignore[union-attr]
        data += piece
        if len(data) > limit:
            if not cut:
                raise httpx.ReadError("the answer is far too long")
            break
    return bytes(data[:limit])

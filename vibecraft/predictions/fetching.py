"""Outputs: fetched at once, within limits, from the delivery hosts only, and looked at before kept.

No token goes with a request, but to a delivery host that asks for one. No redirect is followed.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import httpx
from django.conf import settings

from vibecraft.media.errors import MediaError
from vibecraft.predictions.addresses import is_delivery, may_fetch
from vibecraft.predictions.checking import Checked, check
from vibecraft.texts import whole_number

MB = 1024 * 1024
MAX_BYTES = {"video": 500 * MB, "lipsync": 500 * MB, "image": 50 * MB, "music": 200 * MB}
TIMEOUT = httpx.Timeout(10.0, read=60.0, write=10.0, pool=10.0)
TOTAL_SECONDS = 600.0
MAX_FILES = 10


class Bad(Exception):
    """The output cannot be used; fetching it again might still give another one."""


class Gone(Exception):
    """The output is not there any more."""


def fetch(output: Any, kind: str, folder: Path) -> list[Checked]:
    """Fetch all files of an output into `folder`. Raises Bad or Gone."""
    links = links_in(output)
    if not links:
        raise Bad("there is no file in the output")
    return [_one(link, kind, folder / f"{n}.part") for n, link in enumerate(links[:MAX_FILES])]


def links_in(output: Any) -> list[str]:
    """The addresses in an output, whatever its shape: a string, a list, an object, nested."""
    if isinstance(output, str):
        return [output] if output.startswith(("http:", "https:", "data:")) else []
    if isinstance(output, Mapping):
        return [link for one in output.values() for link in links_in(one)]
    if isinstance(output, list):
        return [link for one in output for link in links_in(one)]
    return []


def _one(link: str, kind: str, path: Path) -> Checked:
    if link.startswith("data:"):
        path.write_bytes(_inline(link, MAX_BYTES[kind]))
    else:
        _download(link, path, MAX_BYTES[kind])
    try:
        return check(path, kind, max_bytes=MAX_BYTES[kind])
    except MediaError as error:
        raise Bad(str(error)) from error


def _inline(link: str, limit: int) -> bytes:
    """The bytes of a data URI."""
    head, comma, body = link.removeprefix("data:").partition(",")
    if not comma or len(body) > limit * 4 // 3 + 4:
        raise Bad("an inline file without content, or too large")
    try:
        is_coded = head.endswith(";base64")
        return base64.b64decode(body, validate=True) if is_coded else unquote_to_bytes(body)
    except binascii.Error as error:
        raise Bad("an inline file that cannot be read") from error


def _download(link: str, path: Path, limit: int) -> None:
    """Stream an address into a file. Raises Bad or Gone."""
    if not may_fetch(link):
        raise Bad(f"not an address of the service's delivery: {link[:200]}")
    try:
        status = _stream(link, path, limit, {})
        if status in (401, 403) and is_delivery(link):
            token = {"Authorization": f"Bearer {settings.REPLICATE_API_TOKEN}"}
            status = _stream(link, path, limit, token)
    except httpx.HTTPError as error:
        raise Bad(f"{type(error).__name__}: {error}") from error
    if status in (404, 410):
        raise Gone(f"answered {status}")
    if status != 200:
        raise Bad(f"answered {status}")


def _stream(link: str, path: Path, limit: int, headers: Mapping[str, str]) -> int:
    """Write the body of a 200 answer to `path`; return the status."""
    started = time.monotonic()
    # The environment's proxies and .netrc are not asked: nothing of ours goes with the request.
    with (
        httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as http,
        http.stream("GET", link, headers={"Accept-Encoding": "identity", **headers}) as answer,
    ):
        if answer.status_code == 200:
            _check_claim(answer, limit)
            with path.open("wb") as file:
                for piece in _bounded(answer.iter_raw(), limit, started + TOTAL_SECONDS):
                    file.write(piece)
        return answer.status_code


def _check_claim(answer: httpx.Response, limit: int) -> None:
    claimed = whole_number(answer.headers.get("content-length", "")) or 0
    if claimed > limit:
        raise Bad(f"{claimed} bytes, {limit} are allowed")
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise Bad("a compressed answer, which was not asked for")


def _bounded(pieces: Iterator[bytes], limit: int, until: float) -> Iterator[bytes]:
    """The pieces of a body. Raises Bad when they are too many, or come for too long."""
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise Bad(f"more than the {limit} bytes that are allowed")
        if time.monotonic() > until:
            raise Bad(f"not there after {TOTAL_SECONDS:.0f} s")
        yield piece

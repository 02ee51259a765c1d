"""The only code that speaks to the service.

It uses the `replicate` package (1.0.7) as the way in, with our own transport below it, and reads
plain JSON: the package's own types refuse answers that the service really gives.
"""

from __future__ import annotations

import functools
import json
import mimetypes
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.db import connection
from replicate.client import Client

from vibecraft.predictions import transport
from vibecraft.predictions.transport import ApiProblem, Transport

__all__ = ["AnswerLost", "ApiProblem", "NotSent"]

Json = dict[str, Any]
MAX_PAGES = 10
UPLOAD_TIMEOUT = httpx.Timeout(5.0, read=60.0, write=60.0, pool=10.0)
_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
_ID = re.compile(r'"id"\s*:\s*"([a-z0-9]{20,40})"')


class NotSent(Exception):
    """The request never left: nothing can have come of it."""


class AnswerLost(Exception):
    """The request may have had its effect, but its answer did not come or cannot be read.

    `text` is what can be read of it.
    """

    def __init__(self, why: str, text: str = "") -> None:
        super().__init__(why)
        self.text = text

    @property
    def prediction_id(self) -> str | None:
        """The id of a created prediction, where at least that can be read."""
        found = _ID.search(self.text)
        return found.group(1) if found else None


def create(
    slug: str,
    version: str,
    given: Mapping[str, Any],
    *,
    attempt: object,
    webhook: str | None,
    cancel_after: int,
) -> Json:
    """Create one prediction, with one request. `cancel_after` are seconds from its creation.

    A model with a version is called by it, an official one by its name. Raises ApiProblem, NotSent
    or AnswerLost; only an ApiProblem that `proves_nothing_was_made` and NotSent allow another try.
    """
    body: Json = {"input": dict(given)}
    if webhook:
        body |= {"webhook": webhook, "webhook_events_filter": ["completed"]}
    path = "/v1/predictions" if version else f"/v1/models/{slug}/predictions"
    body |= {"version": version} if version else {}
    headers = {"Cancel-After": f"{cancel_after}s", "X-Attempt-Id": str(attempt)}
    return _call("POST", path, json=body, headers=headers)


def get(prediction_id: str) -> Json:
    """A prediction as it stands. Raises ApiProblem, NotSent, AnswerLost."""
    return _call("GET", f"/v1/predictions/{prediction_id}")


def cancel(prediction_id: str) -> Json:
    """Cancel a prediction; one that is over stays as it is. Raises ApiProblem, NotSent, AnswerLost."""
    return _call("POST", f"/v1/predictions/{prediction_id}/cancel")


def listing(created_after: str) -> Iterator[Json]:
    """The account's predictions made after a moment (ISO 8601), newest first.

    Raises ApiProblem, NotSent, AnswerLost.
    """
    page = _call("GET", "/v1/predictions", params={"created_after": created_after})
    for _ in range(MAX_PAGES):
        yield from (one for one in page.get("results") or [] if isinstance(one, dict))
        address = page.get("next")
        if not address or not _is_ours(str(address)):
            return
        parts = urlsplit(str(address))
        page = _call("GET", f"{parts.path}?{parts.query}")


def upload(path: Path, name: str) -> tuple[str, str]:
    """Give a file to the service; return its address and when it expires there (ISO 8601 or empty).

    Raises ApiProblem, NotSent, AnswerLost; repeating it is harmless.
    """
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    with path.open("rb") as content:
        files = {"content": (name, content, kind)}
        answer = _call("POST", "/v1/files", files=files, timeout=UPLOAD_TIMEOUT)
    address = (answer.get("urls") or {}).get("get")
    if not isinstance(address, str) or not _is_ours(address):
        raise AnswerLost("the answer to an upload names no address of the service")
    return address, str(answer.get("expires_at") or "")


def account() -> Json:
    """Who we are there: the cheap test of a token. Raises ApiProblem, NotSent, AnswerLost."""
    return _call("GET", "/v1/account")


def model(slug: str, version: str = "") -> Json:
    """A model with its schemas. Raises ApiProblem, NotSent, AnswerLost."""
    tail = f"/versions/{version}" if version else ""
    return _call("GET", f"/v1/models/{slug}{tail}")


def webhook_secret() -> str:
    """The account's secret that webhooks are signed with. Raises ApiProblem, NotSent, AnswerLost."""
    return str(_call("GET", "/v1/webhooks/default/secret").get("key") or "")


def _call(method: str, path: str, **arguments: Any) -> Json:
    """One request, one answer as a JSON object."""
    _refuse_in_transaction()
    arguments.setdefault("timeout", httpx.Timeout(**transport.TIMEOUTS))
    service = _service(settings.REPLICATE_API_TOKEN, settings.REPLICATE_BASE_URL, os.getpid())
    try:
        response = service._request(method, path, **arguments)
    except _NEVER_LEFT as error:
        raise NotSent(f"{type(error).__name__}: {error}") from error
    except httpx.HTTPError as error:
        raise AnswerLost(f"{type(error).__name__}: {error}") from error
    return _object(response)


def _object(response: httpx.Response) -> Json:
    if not 200 <= response.status_code < 300:
        raise AnswerLost(f"an answer of {response.status_code}", response.text)
    try:
        found = json.loads(response.content)
    except ValueError as error:
        raise AnswerLost("the answer is no JSON", response.text) from error
    if not isinstance(found, dict):
        raise AnswerLost("the answer is no JSON object", response.text)
    return found


@functools.lru_cache(maxsize=4)
def _service(token: str, base_url: str, process: int) -> Client:
    """One client for each process: connections must not be shared across a fork."""
    return Client(api_token=token, base_url=base_url, transport=Transport())


def _is_ours(address: str) -> bool:
    """Whether an address is of the service that we call (and so may see the token)."""
    ours, theirs = urlsplit(settings.REPLICATE_BASE_URL), urlsplit(address)
    return (ours.scheme, ours.netloc) == (theirs.scheme, theirs.netloc)


def _refuse_in_transaction() -> None:
    """A call takes seconds and cannot be rolled back: none is made while a transaction is open.

    The transaction that a test is wrapped in does not count.
    """
    if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise RuntimeError("the service must not be called inside a transaction")

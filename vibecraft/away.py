"""A service that is needed does not answer: the visitor reads that, and when to try again."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from vibecraft.media.errors import SENTENCES

log = logging.getLogger(__name__)
TRY_AGAIN_SECONDS = 30
SENTENCE = "Something that is needed for this is away just now. Please try again in half a minute."
NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})


class StorageAway(OSError):
    """The store does not answer, or refuses what it should do; the text is for the log."""


def away_code(error: BaseException | None) -> str | None:
    """`service_away` or `disk_full` for what passes without anything being done; else None."""
    if isinstance(error, StorageAway | OperationalError | InterfaceError):
        return "service_away"
    if isinstance(error, OSError) and error.errno in NO_SPACE:
        return "disk_full"
    return None


class AwayIsSaid:
    """Middleware: 503 with a time to come back: no database, no store, or no space left."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return say_away(request, error)


def say_away(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """503 with a sentence and a time to come back, if that is what an error means; else None."""
    code = away_code(error)
    if code is None:
        return None
    log.error("cannot answer %s: %s", request.path, error)
    response = _answer(request, code)
    response.headers["Retry-After"] = str(TRY_AGAIN_SECONDS)
    return response


def _answer(request: HttpRequest, code: str) -> HttpResponse:
    sentence = SENTENCES.get(code, SENTENCE)
    # Our modules show the answer of an upload themselves, as programs do.
    if request.path.startswith("/api/") or "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"detail": sentence, "code": code}, status=503)
    # Without the request: what the page usually asks of the database might be what is away.
    return HttpResponse(render_to_string("503.html", {"sentence": sentence}), status=503)

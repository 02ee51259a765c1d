"""What went wrong, said so that a person can act on it.

A `Problem` carries the sentence that the user reads, the stable code that programs read, the HTTP
status, and whether trying again could help. Pages, API and jobs all raise and show the same ones.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from vibecraft.media.errors import MediaError

MEDIA_STATUS = {"too_big": 413, "image_too_big": 413, "disk_full": 503}
NOT_MEDIA = {
    "not_media",
    "playlist",
    "picture",
    "archive",
    "text",
    "video_file",
    "format_not_allowed",
    "codec_not_allowed",
    "protected",
    "not_image",
    "image_kind",
    "image_svg",
    "image_animated",
    "image_polyglot",
}


class Problem(Exception):
    """A refusal or a failure with a sentence for the user.

    `detail` is for the log only. `is_permanent` says that trying again cannot help; `wait` is after
    how many seconds the same request will be taken.
    """

    def __init__(
        self,
        code: str,
        sentence: str,
        *,
        status: int = 400,
        detail: str = "",
        is_permanent: bool = True,
        errors: dict[str, Any] | None = None,
        about: dict[str, str] | None = None,
        wait: int | None = None,
    ) -> None:
        super().__init__(f"{code}: {sentence} {detail}".strip())
        self.code = code
        self.sentence = sentence
        self.status = status
        self.detail = detail
        self.is_permanent = is_permanent
        self.errors = errors
        self.about = about or {}
        self.wait = wait

    def as_dict(self) -> dict[str, Any]:
        """The body of an API answer."""
        body: dict[str, Any] = {"detail": self.sentence, "code": self.code, **self.about}
        return body | ({"errors": self.errors} if self.errors is not None else {})


def from_media(error: MediaError) -> Problem:
    """Turn what the media room found into what the user reads."""
    status = MEDIA_STATUS.get(error.code, 415 if error.code in NOT_MEDIA else 400)
    return Problem(
        error.code,
        error.sentence,
        status=status,
        detail=error.detail,
        is_permanent=error.is_permanent,
    )


# Of a row that was chosen, and is not there any more when its turn comes.
DELETED = "It was deleted meanwhile."


def gone(what: str) -> Problem:
    """What the request is about was deleted while it was answered (404)."""
    return Problem("not_found", f"This {what} is deleted.", status=404)


def not_possible(code: str, sentence: str, **about: str) -> Problem:
    """A request that the present state forbids (409)."""
    return Problem(code, sentence, status=409, about=about)


def price_or_nothing(price: Callable[[Any], Decimal], row: Any) -> Decimal:
    """What an act on a row will cost; nothing where `price` says that the act will be refused."""
    try:
        return price(row)
    except Problem:
        return Decimal(0)


def respond(error: Exception, context: dict[str, Any]) -> Response | None:
    """Django REST framework's exception handler: every error has a sentence and a code."""
    problem = _as_problem(error)
    if problem is None:
        return None
    set_rollback()
    headers = {}
    wait = getattr(error, "wait", None)
    if wait is not None:
        headers["Retry-After"] = str(int(wait) + 1)
    challenge = getattr(error, "auth_header", None)
    if challenge:
        headers["WWW-Authenticate"] = str(challenge)
    return Response(problem.as_dict(), status=problem.status, headers=headers)


def _as_problem(error: Exception) -> Problem | None:
    if isinstance(error, Problem):
        return error
    if isinstance(error, MediaError):
        return from_media(error)
    if isinstance(error, Http404 | exceptions.NotFound):
        return Problem("not_found", "There is nothing at this address.", status=404)
    if isinstance(error, exceptions.ValidationError):
        return _from_validation(error)
    if isinstance(error, PermissionDenied):
        return Problem("permission_denied", "You may not do this.", status=403)
    if isinstance(error, exceptions.APIException):
        code = error.get_codes()
        sentence = str(
            getattr(error.detail, "get", lambda *_: error.detail)("detail", error.detail)
        )
        return Problem(
            code if isinstance(code, str) else "invalid", sentence, status=error.status_code
        )
    return None


def _from_validation(error: exceptions.ValidationError) -> Problem:
    if not isinstance(error.detail, dict):
        return Problem("invalid", " ".join(str(line) for line in error.detail))
    first = next(iter(error.detail.values()), ["Please check what you sent."])
    sentence = first[0] if isinstance(first, list) and first else first
    return Problem("invalid", str(sentence), errors=dict(error.detail))

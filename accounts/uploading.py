"""How a file comes from a browser: with the form, or straight into the store, where that takes it.

The browser asks first. Where files lie in a bucket it is given a signed form for one object of its
own, sends the file there, and then sends the usual form with a token in the place of the file.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict

from accounts.gate import user_of
from accounts.models import User
from accounts.turns import take_offer_turn
from vibecraft import storage
from vibecraft.jobs.models import Discard
from vibecraft.media.errors import MediaError
from vibecraft.problems import Problem, from_media
from vibecraft.uploads import temporary_file

SALT = "vibecraft.uploads"
# A file that was sent lies there for this long, whatever becomes of it.
KEPT_SECONDS = 1800
GONE = "The file that was sent is not there any more. Please send it again."


@dataclass(frozen=True)
class Offer:
    """A signed form of the store; `stored` stands for the file in the form that follows."""

    url: str
    fields: dict[str, str]
    stored: str


def offer(owner: User, *, name: str, size: int) -> Offer | None:
    """Where the owner's browser sends a file of this size itself; None: with the form.

    Raises Problem: 413 for a file that no form takes, 429 without room or after too many.
    """
    key = storage.incoming_key(owner.pk, uuid.uuid4())
    form = storage.post_form(key, max_bytes=settings.UPLOAD_MAX_BYTES)
    if form is None:
        return None
    if size > settings.UPLOAD_MAX_BYTES:
        raise from_media(MediaError("too_big", max_mb=settings.UPLOAD_MAX_BYTES // 1024**2))
    owner.check_room()
    take_offer_turn(owner)
    Discard.objects.later(key, seconds=KEPT_SECONDS)
    token = signing.dumps({"owner": str(owner.pk), "key": key, "name": name}, salt=SALT)
    return Offer(form.url, form.fields, token)


def stored_file(owner: User, token: str) -> UploadedFile[Any]:
    """The file behind a token, as if it had come with the form; Problem 400 if it is not there."""
    try:
        said = signing.loads(token, salt=SALT, max_age=KEPT_SECONDS)
    except signing.BadSignature as error:
        raise _gone() from error
    if said["owner"] != str(owner.pk):
        raise _gone()
    file = temporary_file(said["name"], "")
    path = Path(file.temporary_file_path())
    try:
        storage.fetch(said["key"], path)
    except FileNotFoundError as error:
        raise _gone() from error
    file.size = path.stat().st_size
    return file


def _gone() -> Problem:
    return Problem("upload_gone", GONE, errors={"stored": [GONE]})


def with_stored(owner: User, sent: Any) -> Mapping[str, Any]:
    """What was sent, with the file in its place where a token stands for it."""
    body: Mapping[str, Any] = sent
    token = body.get("stored")
    if not token or body.get("file"):
        return body
    return {**{name: body[name] for name in body}, "file": stored_file(owner, str(token))}


def files_of(request: HttpRequest) -> MultiValueDict[str, UploadedFile[Any]]:
    """The files of a page's form, one of them perhaps by its token."""
    token = request.POST.get("stored", "")
    if not token:
        return request.FILES
    return MultiValueDict({"file": [stored_file(user_of(request), token)]})

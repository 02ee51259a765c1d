"""Requests that are sent twice: the same key is the same request, and never another one.

Programs and broken connections repeat a request with its `Idempotency-Key`. What it starts has an id
made from the key, so it is started once; here is seen that the body is the same as well.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db.models.functions import Now
from rest_framework.request import Request
from rest_framework.serializers import ValidationError

from vibecraft.jobs.models import SentKey
from vibecraft.problems import not_possible

# As long as whoever repeats a request may take for it.
REMEMBERED = timedelta(hours=24)


def idempotency_key(request: Request) -> uuid.UUID | None:
    """The `Idempotency-Key` header: the same key again is the same request again.

    Raises ValidationError for what is no key, Problem 409 for a key that came with another body.
    """
    raw = request.headers.get("Idempotency-Key")
    if raw is None:
        return None
    try:
        key = uuid.UUID(raw)
    except ValueError as error:
        raise ValidationError({"Idempotency-Key": ["Must be a UUID."]}) from error
    _remember(request, key)
    return key


def _remember(request: Request, key: uuid.UUID) -> None:
    body = _hash(_texts(request))
    row, is_new = SentKey.objects.get_or_create(
        owner_id=request.user.pk,
        place=_hash([request.path.encode(), key.bytes]),
        defaults={"body": body},
    )
    if row.body != body:
        raise not_possible(
            "key_reused", "This Idempotency-Key was sent with another request. Make a new one."
        )
    if is_new:
        request.sent_key = row  # type: ignore[attr-defined]


def forget_key(request: Request) -> None:
    """The request was refused: its key may come again with what was wrong put right."""
    row = getattr(request, "sent_key", None)
    if row is not None:
        row.delete()


def forget_old_keys() -> None:
    SentKey.objects.filter(created_at__lt=Now() - REMEMBERED).delete()


def _texts(request: Request) -> Iterable[bytes]:
    """What the body says, whatever the order of its fields; of a file its name and its bytes."""
    if not hasattr(request.data, "items"):
        yield json.dumps(request.data).encode()
        return
    for name, value in sorted(request.data.items()):
        yield name.encode(errors="surrogatepass")
        yield _hash(_parts(value)).encode()


def _parts(value: Any) -> Iterable[bytes]:
    if not isinstance(value, UploadedFile):
        yield json.dumps(value, sort_keys=True).encode()
        return
    yield str(value.name).encode(errors="surrogatepass")
    yield from value.chunks()
    value.seek(0)


def _hash(parts: Iterable[bytes]) -> str:
    made = hashlib.sha256()
    for part in parts:
        made.update(part)
    return made.hexdigest()

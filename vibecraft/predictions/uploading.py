"""Files of an input: given to the service once, their addresses remembered while they live there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from vibecraft import storage
from vibecraft.predictions import client
from vibecraft.predictions.turn import Turn

# An address that dies sooner than this is not handed to a model any more.
FRESH_SECONDS = 60
FILE = "$file"


def with_addresses(turn: Turn) -> dict[str, Any]:
    """The input as it is sent: every file uploaded, and named by its address there.

    Raises ApiProblem, NotSent or AnswerLost; what was uploaded until then is remembered.
    """
    prediction = turn.prediction
    for key in keys_in(prediction.input):
        if not _is_fresh(prediction.uploads.get(key)):
            with storage.local(key) as path:
                address, expires_at = client.upload(path, key.rpartition("/")[2])
            known = {"address": address, "expires_at": expires_at}
            turn.write(uploads=prediction.uploads | {key: known})
            turn.note(f"uploaded {key.rpartition('/')[2]}", expires_at=expires_at)
    return addressed(prediction.input, prediction.uploads)


def addressed(given: Mapping[str, Any], uploads: Mapping[str, Any]) -> dict[str, Any]:
    """The input with addresses in place of files."""

    def named(value: Any) -> Any:
        if isinstance(value, Mapping) and FILE in value:
            return (uploads.get(value[FILE]) or {}).get("address", "")
        if isinstance(value, list):
            return [named(one) for one in value]
        return value

    return {name: named(value) for name, value in given.items()}


def keys_in(value: Any) -> Iterator[str]:
    """The storage keys that an input names, each once."""
    yield from dict.fromkeys(_keys(value))


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping) and FILE in value:
        yield value[FILE]
    elif isinstance(value, Mapping | list):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from _keys(one)


def _is_fresh(known: Mapping[str, str] | None) -> bool:
    """Whether an address still lives for long enough. One without an end is not trusted."""
    if known is None:
        return False
    try:
        ends = datetime.fromisoformat(known["expires_at"].replace("Z", "+00:00"))
    except ValueError:
        return False
    return ends > timezone.now() + timedelta(seconds=FRESH_SECONDS)

"""What retention removes: files and rows that nobody needs any more. Each kind is counted first.

Nothing that a user can see is touched: songs, videos, films and costs stay until their owner
deletes them.
"""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Model, QuerySet
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from songs.models import Song
from vibecraft import storage
from vibecraft.jobs import sweeper
from vibecraft.jobs.claims import TERMINAL
from vibecraft.jobs.models import Discard, Job, JobEvent
from vibecraft.predictions.models import Delivery
from videos.models import Asset, Video

DAY_SECONDS = 24 * 3600
ROWS_AT_ONCE = 1000
OWNERS: dict[str, type[Model]] = {"songs": Song, "videos": Video, "assets": Asset}
INCOMING = "incoming"


@dataclass(frozen=True)
class Pruned:
    """One kind of leftover: how many there are (or went), and how many could not go."""

    name: str
    found: int
    gone: int = 0
    kept: int = 0


@dataclass(frozen=True)
class Rules:
    """For how many days what is kept."""

    events_days: int = 90
    deliveries_days: int = 30


def prune(rules: Rules, *, is_trial: bool) -> Iterator[Pruned]:
    """Remove every kind in turn, or only count it."""
    for name, find, remove in _kinds(rules):
        found = list(find())
        yield Pruned(name, len(found)) if is_trial else _remove(name, found, remove)


Remove = Callable[[list[Any]], int]


def _kinds(rules: Rules) -> Iterator[tuple[str, Callable[[], Iterable[Any]], Remove]]:
    """(name, what there is, how it goes)."""
    yield "old scratch", old_scratch, _remove_scratch
    yield "discarded files", Discard.objects.due, _discard
    yield "orphan objects", orphans, _remove_objects
    yield "expired tokens", expired_tokens, _delete_rows
    yield "expired sessions", expired_sessions, _delete_rows
    yield "old events", lambda: old_events(rules.events_days), _delete_rows
    yield "old webhooks", lambda: old_deliveries(rules.deliveries_days), _delete_rows


def _remove(name: str, found: list[Any], remove: Remove) -> Pruned:
    gone = sum(
        remove(found[first : first + ROWS_AT_ONCE]) for first in range(0, len(found), ROWS_AT_ONCE)
    )
    return Pruned(name, len(found), gone, len(found) - gone)


# --- files -----------------------------------------------------------------------------------------


def old_scratch() -> list[Path]:
    """What a worker that was killed has left in the scratch folder more than a day ago."""
    folder = Path(settings.SCRATCH_DIR)
    if not folder.is_dir():
        return []
    old = time.time() - DAY_SECONDS
    return sorted(path for path in folder.iterdir() if path.lstat().st_mtime < old)


def _remove_scratch(paths: list[Path]) -> int:
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return sum(not path.exists() for path in paths)


def _discard(rows: list[Discard]) -> int:
    return sum(sweeper.discard_one(row) for row in rows)


def orphans() -> list[str]:
    """Objects of songs, videos and pictures that no row knows, older than a day.

    A younger one may belong to what is being brought right now. Keys of another build are nobody's
    to delete.
    """
    keys = storage.keys("")
    known = {name: _known(name) for name in OWNERS}
    lost = [key for key in keys if _is_lost(key, known)]
    old = time.time() - DAY_SECONDS
    return [key for key in lost if _age(key) < old]


def _parts(key: str) -> tuple[str, str] | None:
    """(songs | videos | assets | incoming, id) of a key; None for one of another build."""
    parts = key.split("/")
    named = len(parts) > 2 and _is_id(parts[0])
    if named and (parts[1] == INCOMING or (parts[1] in OWNERS and _is_id(parts[2]))):
        return parts[1], parts[2]
    return None


def _is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _known(name: str) -> set[tuple[str, str]]:
    """(user, id) of all things of a kind that exist."""
    rows = OWNERS[name]._default_manager.values_list("owner_id", "pk")
    return {(str(owner), str(pk)) for owner, pk in rows.iterator()}


def _is_lost(key: str, known: dict[str, set[tuple[str, str]]]) -> bool:
    found = _parts(key)
    if found is None:
        return False
    kind, pk = found
    return kind == INCOMING or (key.split("/")[0], pk) not in known[kind]


def _age(key: str) -> float:
    """When an object was written; now, if it has just gone."""
    try:
        return storage.modified_at(key)
    except FileNotFoundError:
        return time.time()


def _remove_objects(keys: list[str]) -> int:
    gone = 0
    for key in keys:
        try:
            storage.delete_prefix(key)
        except OSError:
            # Counted as kept; the next call tries it again.
            continue
        gone += 1
    return gone


# --- rows --------------------------------------------------------------------------------------------


def expired_tokens() -> QuerySet[Any]:
    return OutstandingToken.objects.filter(expires_at__lte=timezone.now())


def expired_sessions() -> QuerySet[Any]:
    return Session.objects.filter(expire_date__lt=timezone.now())


def old_events(days: int) -> QuerySet[Any]:
    """What happened to jobs that have ended long ago."""
    before = timezone.now() - timedelta(days=days)
    ended = Job.objects.filter(status__in=TERMINAL, finished_at__lt=before)
    return JobEvent.objects.filter(at__lt=before, job__in=ended).order_by("at")


def old_deliveries(days: int) -> QuerySet[Any]:
    before = timezone.now() - timedelta(days=days)
    return Delivery.objects.filter(received_at__lt=before)


def _delete_rows(rows: list[Any]) -> int:
    model = type(rows[0])
    model._default_manager.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)

"""What retention removes: files and rows that nobody needs any more, some at a time.

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
from itertools import islice
from pathlib import Path
from typing import Any

from axes.models import AccessAttempt, AccessLog
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
AT_ONCE = 1000
OWNERS: dict[str, type[Model]] = {"songs": Song, "videos": Video, "assets": Asset}
INCOMING = "incoming"


@dataclass(frozen=True)
class Pruned:
    """One kind of leftover: how many there are, how many of them went, how many could not go."""

    name: str
    found: int
    gone: int = 0
    kept: int = 0


@dataclass(frozen=True)
class Rules:
    """For how many days what is kept."""

    events_days: int = 90
    deliveries_days: int = 30
    # Longer than `accounts.guessing` needs to know from where somebody signs in.
    sign_ins_days: int = 90


Some = list[Any]
Remove = Callable[[Some], int]


def prune(rules: Rules, *, is_trial: bool, limit: int | None = None) -> Iterator[Pruned]:
    """Remove every kind in turn, at most `limit` of each, or only count it."""
    for name, find, remove in _kinds(rules):
        found = gone = 0
        for some in _at_most(limit, find()):
            found += len(some)
            gone += 0 if is_trial else remove(some)
        yield Pruned(name, found) if is_trial else Pruned(name, found, gone, found - gone)


def _kinds(rules: Rules) -> Iterator[tuple[str, Callable[[], Iterator[Some]], Remove]]:
    """(name, what there is, how it goes)."""
    yield "old scratch", lambda: _by_the_thousand(old_scratch()), _remove_scratch
    yield "discarded files", lambda: _pages(Discard.objects.due()), _discard
    yield "orphan objects", orphans, _remove_objects
    yield "expired tokens", *_rows(expired_tokens())
    yield "expired sessions", *_rows(expired_sessions())
    yield "old events", *_rows(old_events(rules.events_days))
    yield "old webhooks", *_rows(old_deliveries(rules.deliveries_days))
    yield "old sign-ins", *_rows(old_sign_ins(AccessLog, rules.sign_ins_days))
    yield "old failed sign-ins", *_rows(old_sign_ins(AccessAttempt, rules.sign_ins_days))


def _at_most(limit: int | None, found: Iterator[Some]) -> Iterator[Some]:
    """The same, ended after `limit` of them."""
    left = limit
    while left is None or left > 0:
        some = next(found, [])[:left]
        if not some:
            return
        yield some
        left = None if left is None else left - len(some)


def _by_the_thousand(found: Iterable[Any]) -> Iterator[Some]:
    rest = iter(found)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def _pages(rows: QuerySet[Any]) -> Iterator[Some]:
    """Keys of rows, a thousand at a time, each after the last one: what stays is not met twice."""
    pks = rows.order_by("pk").values_list("pk", flat=True)
    page = list(pks[:AT_ONCE])
    while page:
        yield page
        page = list(pks.filter(pk__gt=page[-1])[:AT_ONCE])


def _rows(rows: QuerySet[Any]) -> tuple[Callable[[], Iterator[Some]], Remove]:
    """How such rows are found, and how they go."""

    def remove(pks: Some) -> int:
        rows.model._default_manager.filter(pk__in=pks).delete()
        return len(pks)

    return lambda: _pages(rows), remove


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


def _discard(pks: Some) -> int:
    """Those that another process has just deleted are gone as well."""
    kept = [row for row in Discard.objects.filter(pk__in=pks) if not sweeper.discard_one(row)]
    return len(pks) - len(kept)


def orphans() -> Iterator[list[str]]:
    """Objects of songs, videos and pictures that no row knows, older than a day.

    A younger one may belong to what is being brought right now. Keys of another build are nobody's
    to delete.
    """
    old = time.time() - DAY_SECONDS
    for keys in _by_the_thousand(storage.keys("")):
        known = {name: _known(name, keys) for name in OWNERS}
        lost = [key for key in keys if _is_lost(key, known) and _age(key) < old]
        if lost:
            yield lost


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


def _known(name: str, keys: Iterable[str]) -> set[tuple[str, str]]:
    """(user, id) of the things of a kind that exist, among those that the keys speak of."""
    ids = {found[1] for found in map(_parts, keys) if found and found[0] == name}
    rows = OWNERS[name]._default_manager.filter(pk__in=ids).values_list("owner_id", "pk")
    return {(str(owner), str(pk)) for owner, pk in rows}


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
    return JobEvent.objects.filter(at__lt=before, job__in=ended)


def old_deliveries(days: int) -> QuerySet[Any]:
    before = timezone.now() - timedelta(days=days)
    return Delivery.objects.filter(received_at__lt=before)


def old_sign_ins(log: type[Model], days: int) -> QuerySet[Any]:
    """Who has signed in, or has failed to, long ago; from where and with what."""
    before = timezone.now() - timedelta(days=days)
    return log._default_manager.filter(attempt_time__lt=before)

"""Whether anything is new in what a page watches, from one query.

A page that watches jobs asks every 3 seconds, and mostly nothing has changed. So its address for
asking carries what it has seen: the jobs, and the version of them that it shows. The version changes
with everything of a job that a page shows: its row, and the takes, stills and calls that belong to it;
and every minute, because the time that is left goes on.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import BigIntegerField, Case, F, OuterRef, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from vibecraft.jobs.claims import TERMINAL, Claimable, Status
from vibecraft.jobs.models import Job
from vibecraft.jobs.sweeper import claimable_models

FRESH_SECONDS = 60
MAX_JOBS = 200
OWNER_FIELDS = ("owner_id", "owner__password", "owner__is_active", "status")
SHOWN_FIELDS = ("id", "step", "message", "progress", "total", "completed", "error_code", "attempts")


@dataclass(frozen=True)
class Watch:
    """The jobs that a page shows, and which version of them; as text it stands in an address."""

    job_ids: tuple[uuid.UUID, ...]
    version: str

    def __str__(self) -> str:
        return ".".join([self.version, *(job_id.hex for job_id in self.job_ids)])

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """What an address says was seen; None where that makes no sense."""
        version, *ids = text.split(".")
        if not 0 < len(ids) <= MAX_JOBS:
            return None
        try:
            return cls(tuple(uuid.UUID(hex=one) for one in ids), version)
        except ValueError:
            return None


@dataclass(frozen=True)
class Standing:
    """How watched jobs of one owner stand now, with what proves that a session is still theirs."""

    watch: Watch
    owner_id: str
    owner_password: str
    is_owner_active: bool


def watch(jobs: Iterable[Job | uuid.UUID | None]) -> Watch | None:
    """What a page is about to show; None when there is nothing to wait for.

    Asked for before the rows are read that are shown: what changes in between is news then.
    """
    ids = [job.pk if isinstance(job, Job) else job for job in jobs if job is not None]
    found = standing(ids[:MAX_JOBS])
    return found.watch if found else None


def standing(job_ids: Sequence[uuid.UUID]) -> Standing | None:
    """How jobs stand; None unless all of them are there, are one user's, and still run."""
    if not job_ids:
        return None
    rows = _rows(tuple(job_ids))
    owner_id, password, is_active, _ = rows[0][:4] if rows else (None, "", False, "")
    is_whole = len(rows) == len(set(job_ids)) and all(row[0] == owner_id for row in rows)
    if not is_whole or any(row[3] in TERMINAL for row in rows):
        return None
    told = repr(([row[3:] for row in rows], _age(job_ids[0])))
    version = hashlib.sha256(told.encode()).hexdigest()[:20]
    owner = str(get_user_model()._meta.pk.to_python(owner_id))
    return Standing(Watch(tuple(job_ids), version), owner, password, bool(is_active))


def _age(job_id: uuid.UUID) -> int:
    """Goes up every minute, for each job at another moment: else all pages asked at once."""
    return int((time.time() + job_id.int % FRESH_SECONDS) // FRESH_SECONDS)


def _rows(job_ids: tuple[uuid.UUID, ...]) -> list[tuple[Any, ...]]:
    sql, parameters = _question(len(job_ids))
    to_database = Job._meta.pk.get_db_prep_value
    ids = {_mark(number): to_database(one, connection) for number, one in enumerate(job_ids)}
    marks = {to_database(mark, connection): one for mark, one in ids.items()}
    with connection.cursor() as cursor:
        cursor.execute(sql, [marks.get(one, one) for one in parameters])
        return list(cursor.fetchall())


@cache
def _question(count: int) -> tuple[str, tuple[Any, ...]]:
    """The query for so many jobs: making it takes longer than the database needs to answer it."""
    marks = [_mark(number) for number in range(count)]
    followed = {f"of_{model.__name__.lower()}": _signature(model) for model in _followed()}
    rows = Job.objects.filter(pk__in=marks).order_by("pk").annotate(**followed)
    query = rows.values_list(*OWNER_FIELDS, *SHOWN_FIELDS, *followed).query
    sql, parameters = query.sql_with_params()
    return sql, tuple(parameters)


def _mark(number: int) -> uuid.UUID:
    """Stands for the id of a job in a query that is made beforehand."""
    return uuid.UUID(int=number)


def _followed() -> list[type[Claimable]]:
    """Work that belongs to a job: what happens to it is news of the job."""
    models = [model for model in claimable_models() if model is not Job]
    return [model for model in models if any(one.name == "job" for one in model._meta.fields)]


def _signature(model: type[Claimable]) -> Coalesce:
    """One number that tells how many rows of a job stand how, and how often they were tried."""
    weights = [When(status=one, then=Value(1000**place)) for place, one in enumerate(Status.values)]
    weight = Case(*weights, output_field=BigIntegerField())
    attempts = F("attempts") * Value(1000 ** len(weights), output_field=BigIntegerField())
    rows = model.work().filter(job=OuterRef("pk")).order_by().values("job")
    told = rows.annotate(told=Sum(weight + attempts)).values("told")
    return Coalesce(Subquery(told[:1]), Value(0), output_field=BigIntegerField())

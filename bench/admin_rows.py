"""Very many rows as a label's year leaves them, written by the database itself, for `bench.admin`.

Each table is one INSERT … SELECT over the numbers 1 to N: ids are made of the table's name and the
number, so that rows point to each other without being read; moments are spread over a year, the last row
the newest. What is not given is what a new row has by default.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import NOT_PROVIDED, AutoField, Field, Model
from django.test import Client
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts.models import Closing, User
from songs.models import Analysis, Section, Song
from vibecraft.jobs.lists import COUNT_LIMIT
from vibecraft.jobs.models import Discard, Job, JobEvent, Worker
from vibecraft.predictions.models import Prediction
from videos.models import Asset, Clip, Export, Still, Take, Video

YEAR_SECONDS, TOOK_SECONDS = 365 * 24 * 3600, 90
WORKERS, PIECE = 20, 5_000
USUAL = "%s"  # the field's default
STATUS = """CASE WHEN mod(n, 1000) = 1 THEN 'queued' WHEN mod(n, 1000) = 2 THEN 'running'
WHEN mod(n, 10) = 3 THEN 'failed' WHEN mod(n, 20) = 4 THEN 'canceled' ELSE 'succeeded' END"""
ESTIMATED_USD = "mod(n * 37, 500) / 1000.0"
ACTUAL_USD = f"{ESTIMATED_USD} * (1 + mod(n, 4) / 10.0)"


@dataclass(frozen=True)
class Filled:
    """What was written, a signed-in operator, and an id to be looked for in each table."""

    rows: int
    client: Client
    ids: dict[str, str]


def fill(rows: int) -> Filled:
    """So many rows in each large table, a hundredth of it in the small ones."""
    few = max(20, rows // 100)
    olga = User.objects.create_superuser("olga@example.org", "a long password")
    client = Client(headers={"host": "localhost"})
    client.force_login(olga, backend="django.contrib.auth.backends.ModelBackend")
    written = sum(
        _write(model, columns, number)
        for number, tables in (
            (few, _people()),
            (rows, _works(few)),
            (few, _upkeep()),
            (rows, _signing_in(few)),
            (few, _refused(few)),
            (rows, _audit(olga)),
            (WORKERS, {Worker: {"name": "'media@host' || n", "queues": "'media'"}}),
        )
        for model, columns in tables.items()
    )
    ids = {"page": str(min(rows, COUNT_LIMIT) // 50)}
    for model in (User, Song, Video, Clip, Job, Prediction):
        ids[model.__name__.lower()] = str(
            model.objects.order_by("pk").values_list("pk")[few // 2][0]
        )
    return Filled(written, client, ids)


# --- the words of both databases -------------------------------------------------------------------


def _id(model: type[Model] | str, number: str = "n") -> str:
    """The id of a table's row by its number."""
    name = model if isinstance(model, str) else model.__name__
    digest = f"md5('{name} ' || ({number}))"
    return f"CAST({digest} AS uuid)" if connection.vendor == "postgresql" else digest


def _moment(seconds_ago: str) -> str:
    if connection.vendor == "postgresql":
        return f"now() - ({seconds_ago}) * interval '1 second'"
    return f"strftime('%%Y-%%m-%%d %%H:%%M:%%f000', 'now', '-' || ({seconds_ago}) || ' seconds')"


def _numbers() -> str:
    """Makes `s` the numbers from the one given to the other."""
    if connection.vendor == "postgresql":
        return "WITH s AS (SELECT generate_series(%s, %s) AS n)"
    return "WITH RECURSIVE s(n) AS (SELECT %s UNION ALL SELECT n + 1 FROM s WHERE n < %s)"


def _rest(divisor: int, number: str = "n") -> str:
    """A whole number also where `mod` gives another kind."""
    return f"CAST(mod({number}, {divisor}) AS integer)"


def _one_of(values: Iterable[str], number: str = "n") -> str:
    listed = tuple(values)
    cases = " ".join(f"WHEN {place} THEN '{value}'" for place, value in enumerate(listed))
    return f"CASE mod({number}, {len(listed)}) {cases} END"


def _write(model: type[Model], given: dict[str, str], number: int) -> int:
    """Write so many rows, in pieces that stay within a statement's time; how many."""
    columns = {
        field: value for field in model._meta.concrete_fields if (value := _value(field, given))
    }
    ago = f"CAST({number} - n AS bigint) * {YEAR_SECONDS // number} + {TOOK_SECONDS}"
    moments = {"at": _moment(ago), "ended": _moment(f"{ago} - {TOOK_SECONDS}")}
    values = ", ".join(value.format(**moments) for value in columns.values())
    usual = [_usual(field) for field, value in columns.items() if value == USUAL]
    names = ", ".join(connection.ops.quote_name(field.column) for field in columns)
    insert = f"INSERT INTO {model._meta.db_table} ({names}) {_numbers()} SELECT {values} FROM s"
    with connection.cursor() as cursor:
        for first in range(1, number + 1, PIECE):
            cursor.execute(insert, [first, min(number, first + PIECE - 1), *usual])
        cursor.execute(f"ANALYZE {model._meta.db_table}")
    return number


def _value(field: Field[Any, Any], given: dict[str, str]) -> str:
    """What stands in a column; nothing where the database knows it."""
    if field.name in given:
        return given[field.name]
    if getattr(field, "auto_now_add", False):
        return "{at}"
    if isinstance(field, AutoField) or field.db_default is not NOT_PROVIDED:
        return ""
    return _id(field.model) if field.primary_key else USUAL


def _usual(field: Field[Any, Any]) -> Any:
    return field.get_db_prep_save(field.get_default(), connection)


# --- the tables ------------------------------------------------------------------------------------

Tables = dict[type[Model], dict[str, str]]


def _people() -> Tables:
    return {User: {"email": "'user' || n || '@example.org'", "videos_used": "mod(n, 16)"}}


def _works(few: int) -> Tables:
    """One song with one section and one video with one of everything for each number."""
    owner = _id(User, f"{_rest(few)} + 1")
    return _songs(owner) | _videos(owner) | _jobs(owner) | _clips() | _kept(owner) | _calls(owner)


def _done() -> dict[str, str]:
    """How work stands: mostly ended, some of it failed, little under way."""
    errors = _one_of(("disk_full", "crashed", "refused", "too_late", "bad_output"), "n / 10")
    return {
        "status": STATUS,
        "error_code": f"CASE WHEN mod(n, 10) = 3 THEN {errors} ELSE '' END",
        "finished_at": "CASE WHEN mod(n, 1000) IN (1, 2) THEN NULL ELSE {ended} END",
        "next_run_at": "CASE WHEN mod(n, 1000) = 1 THEN {at} ELSE NULL END",
    }


def _songs(owner: str) -> Tables:
    return {
        Song: {
            "owner": owner,
            "title": "'Song number ' || n",
            "duration_sec": "180",
            "frames": "4320",
            "status": _one_of(("ready",) * 9 + ("failed",)),
            "upload_id": _id("upload"),
        },
        Analysis: {
            "song": _id(Song),
            "bpm": "60 + mod(n, 120)",
            "tempo_confidence": "0.9",
            "beat_times": "'[]'",
            "downbeat_times": "'[]'",
            "genre": _one_of(("rock", "pop", "electronic")),
        },
        Section: {
            "song": _id(Song),
            "section_index": "0",
            "label": "'Chorus'",
            "start_frame": "0",
            "end_frame": "4320",
        },
    }


def _videos(owner: str) -> Tables:
    return {
        Video: {
            "owner": owner,
            "song": _id(Song),
            "title": "'Video number ' || n",
            "status": _one_of(("ready",) * 18 + ("failed", "generating")),
            "model": _models(),
            "job_id": _id(Job),
            "estimated_usd": ESTIMATED_USD,
            "actual_usd": ACTUAL_USD,
        },
    }


def _jobs(owner: str) -> Tables:
    return {
        Job: {
            "owner": owner,
            "kind": "'generation'",
            "song_id": _id(Song),
            "video_id": _id(Video),
            **_done(),
        },
        JobEvent: {"job": _id(Job), "kind": "'step'", "message": "'Joining ' || n"},
    }


def _clips() -> Tables:
    """Clips, each with its take and its still."""
    picture = {"clip": _id(Clip), "job": _id(Job), "number": "1", "model": _models(), **_done()}
    picture |= {"prompt": "'neon streets'", "seed": "1"}
    return {
        Clip: {
            "video": _id(Video),
            "section": _id(Section),
            "clip_index": "0",
            "start_frame": "0",
            "end_frame": "96",
            "prompt": "'neon streets'",
        },
        Take: picture,
        Still: picture,
    }


def _kept(owner: str) -> Tables:
    return {
        Asset: {
            "owner": owner,
            "title": "'Picture number ' || n",
            "status": _one_of(("ready",) * 18 + ("failed", "making")),
            "upload_id": _id("upload"),
        },
        Export: {
            "video": _id(Video),
            "job": _id(Job),
            "format": "'webm'",
            "height": "720",
            "status": "'ready'",
        },
    }


def _calls(owner: str) -> Tables:
    return {
        Prediction: {
            "owner": owner,
            "job": _id(Job),
            "video_id": _id(Video),
            "purpose": "'clip'",
            "subject_id": _id(Take),
            "model": _models(),
            "phase": "CASE WHEN mod(n, 1000) IN (1, 2) THEN 'waiting' ELSE 'ended' END",
            "provider_id": "md5('call ' || n)",
            "estimated_usd": ESTIMATED_USD,
            "actual_usd": ACTUAL_USD,
            **_done(),
        },
    }


def _models() -> str:
    return _one_of(("visualizer", "seedance-1-pro-fast", "p-video", "flux-schnell"))


def _upkeep() -> Tables:
    closed = {"user_id": _id("gone"), "status": "'succeeded'", "finished_at": "{ended}"}
    return {Closing: {**closed, "next_run_at": "NULL"}, Discard: {"prefix": "'u/' || n || '/'"}}


def _signing_in(few: int) -> Tables:
    """Sign-ins of people, right and wrong, and of programs."""
    person = f"{_rest(few)} + 1"
    sign_in = {
        "username": f"'user' || ({person}) || '@example.org'",
        "user_agent": "'browser ' || mod(n, 50)",
        "ip_address": _address(),
        "path_info": "'/sign-in'",
    }
    token = {
        "user": _id(User, person),
        "jti": "md5('token ' || n)",
        "token": "'token ' || n",
        "created_at": "{at}",
        "expires_at": "{ended}",
    }
    return {AccessLog: sign_in, AccessFailureLog: sign_in, OutstandingToken: token}


def _address() -> str:
    text = f"'10.0.' || {_rest(250, 'n / 250')} || '.' || {_rest(250)}"
    return f"CAST({text} AS inet)" if connection.vendor == "postgresql" else text


def _refused(few: int) -> Tables:
    attempt = {**_signing_in(few)[AccessLog], "failures_since_start": "3"}
    return {BlacklistedToken: {"token": "n"}, AccessAttempt: attempt}


def _audit(olga: User) -> Tables:
    """What she has done to jobs."""
    person = olga.pk.hex if connection.vendor == "sqlite" else str(olga.pk)
    entry = {
        "action_time": "{at}",
        "user": f"'{person}'",
        "content_type": str(ContentType.objects.get_for_model(Job).pk),
        "object_id": f"CAST({_id(Job)} AS text)",
        "object_repr": "'generation ' || n",
        "action_flag": "2",
        "change_message": "'Cancel: done.'",
    }
    return {LogEntry: entry}

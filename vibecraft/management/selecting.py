"""Which rows a command works on: the same options for all commands, checked before anything is done."""

from __future__ import annotations

import re
import uuid
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO, Any

from django.core.management.base import CommandError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.dateparse import parse_date, parse_datetime

from accounts.models import User
from vibecraft.jobs.models import Job

ALL_DONE, SOME_FAILED, WRONG_USE = 0, 1, 2
EXIT_CODES = (
    "Ends with 0 when all was done, with 1 when something failed or was refused, and with 2 when it "
    "was called wrongly."
)


ID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
BEGUN = re.compile(f"{ID} {ID}")
A_BEGUN_LINE = f"{uuid.UUID(int=0)} {uuid.UUID(int=0)}"


class WrongUse(CommandError):
    """The command was called with what makes no sense: nothing was done."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, returncode=WRONG_USE)


class SomeFailed(CommandError):
    """Not everything that was asked for was done; the text says how much."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, returncode=SOME_FAILED)


def moment(text: str) -> datetime:
    """A day (its beginning, UTC) or a moment in ISO 8601."""
    try:
        day = parse_date(text) if len(text) <= len("2026-01-31") else None
        found = datetime.combine(day, datetime.min.time()) if day else parse_datetime(text)
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}”: {error}.") from error
    if found is None:
        raise ArgumentTypeError(f"“{text}” is no date such as {date(2026, 1, 31)}.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def positive(text: str) -> int:
    """A whole number above zero."""
    if not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"“{text}” is no whole number above zero.")
    return int(text)


def seconds(text: str) -> float:
    """A number of seconds above zero."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < float("inf"):
        raise ArgumentTypeError(f"“{text}” is no number of seconds above zero.")
    return found


def dollars(text: str) -> Decimal:
    """An amount in US dollars that is not negative."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal(-1)
    if not found.is_finite() or found < 0:
        raise ArgumentTypeError(f"“{text}” is no amount in dollars such as 25.00.")
    return found


def add_selection(
    parser: ArgumentParser, *, states: Sequence[str], usual: Sequence[str], has_flavor: bool = False
) -> None:
    """The options by which rows are chosen. `usual` are the states that are meant if none is said."""
    chosen = parser.add_argument_group("which")
    chosen.add_argument(
        "--user", action="append", default=[], metavar="EMAIL", help="Of these users."
    )
    chosen.add_argument(
        "--id", action="append", default=[], type=uuid.UUID, help="These rows only."
    )
    chosen.add_argument(
        "--state",
        action="append",
        choices=list(states),
        help=f"In these states (default: {', '.join(usual)}).",
    )
    chosen.add_argument("--since", type=moment, metavar="DATE", help="Begun on this day or later.")
    chosen.add_argument("--until", type=moment, metavar="DATE", help="Begun before this day.")
    chosen.add_argument("--limit", type=positive, help="At most so many, the oldest first.")
    if has_flavor:
        chosen.add_argument("--flavor", action="append", default=[], help="With these flavors.")
    parser.set_defaults(usual=list(usual))


def owners_of(options: dict[str, Any]) -> list[User]:
    """The users that were named. WrongUse for an address that nobody has."""
    wanted = [email.strip().lower() for email in options["user"]]
    found = {user.email: user for user in User.objects.filter(email__in=wanted)}
    missing = sorted(set(wanted) - set(found))
    if missing:
        raise WrongUse(f"Nobody has the address {', '.join(missing)}.")
    return [found[email] for email in wanted]


def between(rows: QuerySet[Any], options: dict[str, Any], field: str) -> QuerySet[Any]:
    """The rows whose `field` lies in the days that were named."""
    if options["since"]:
        rows = rows.filter(**{f"{field}__gte": options["since"]})
    if options["until"]:
        rows = rows.filter(**{f"{field}__lt": options["until"]})
    return rows


def named(rows: QuerySet[Any], options: dict[str, Any]) -> QuerySet[Any]:
    """The rows of the users, ids and days that were named: what no work changes, as it does a state."""
    if options["user"]:
        rows = rows.filter(owner__in=owners_of(options))
    if options["id"]:
        rows = rows.filter(pk__in=options["id"])
    return between(rows, options, "created_at")


def select(rows: QuerySet[Any], options: dict[str, Any], *, state: str = "status") -> list[Any]:
    """The rows that were asked for, the oldest first."""
    rows = named(rows, options)
    if state:
        rows = rows.filter(**{f"{state}__in": options["state"] or options["usual"]})
    rows = rows.order_by("created_at", "pk")
    return list(rows[: options["limit"]] if options["limit"] else rows)


class Journal:
    """A file that says how far a batch is, so that the next call goes on there.

    A line for each row: `ID JOB` when its work was begun, `ID` when it is done. The last one counts.
    A line whose end is missing was being written when the machine stopped or the disk was full.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._job_ids: dict[uuid.UUID, uuid.UUID | None] = {}
        self._is_mended = False
        text = path.read_text(errors="replace") if path and path.exists() else ""
        *lines, unended = text.split("\n")
        for line in lines if _is_half(unended) else (*lines, unended):
            if line.strip():
                self._read(line)

    def _read(self, line: str) -> None:
        try:
            row, *job = map(uuid.UUID, line.split())
        except ValueError as error:
            raise WrongUse(f"{self.path} is no journal of a batch: “{line[:80]}”.") from error
        self._job_ids[row] = job[0] if job else None

    def has(self, row: Any) -> bool:
        """Whether it is done."""
        return row.pk in self._job_ids and self._job_ids[row.pk] is None

    def jobs(self) -> dict[uuid.UUID, Job]:
        """By row: the jobs that were begun, and are under way or have come to a good end."""
        rows_of = {job: row for row, job in self._job_ids.items() if job is not None}
        jobs = Job.objects.filter(pk__in=rows_of)
        good = jobs.exclude(status__in=(Job.Status.FAILED, Job.Status.CANCELED))
        return {rows_of[job.pk]: job for job in good}

    def broken(self) -> list[uuid.UUID]:
        """The rows whose job has failed, while nothing was begun since for that song or video."""
        rows_of = {job: row for row, job in self._job_ids.items() if job is not None}
        newer = Job.objects.filter(
            Q(song_id=OuterRef("song_id"), video_id=None) | Q(video_id=OuterRef("video_id")),
            created_at__gt=OuterRef("created_at"),
        )
        failed = Job.objects.filter(pk__in=rows_of, status=Job.Status.FAILED)
        return [rows_of[job.pk] for job in failed.exclude(Exists(newer))]

    def begun(self, row: Any, job: Job) -> None:
        if self._job_ids.get(row.pk) != job.pk:
            self._write(row, job.pk)

    def done(self, row: Any) -> None:
        self._write(row, None)

    def _write(self, row: Any, job: uuid.UUID | None) -> None:
        self._job_ids[row.pk] = job
        if self.path:
            with self.path.open("ab+") as file:
                self._mend(file)
                file.write(f"{row.pk} {job}\n".encode() if job else f"{row.pk}\n".encode())

    def _mend(self, file: IO[bytes]) -> None:
        """Let the first line that is added begin on a line of its own: what is half goes."""
        if self._is_mended:
            return
        file.seek(0)
        content = file.read()
        unended = content.rpartition(b"\n")[2]
        if _is_half(unended.decode()):
            file.truncate(len(content) - len(unended))
        else:
            file.write(b"\n")
        self._is_mended = True


def _is_half(unended: str) -> bool:
    """Whether this may be the beginning of a line; an ID alone may be one whose job was to follow."""
    rest = A_BEGUN_LINE[len(unended) :]
    return bool(rest) and BEGUN.fullmatch(unended + rest) is not None

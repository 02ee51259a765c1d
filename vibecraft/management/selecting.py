"""Which rows a command works on: the same options for all commands, checked before anything is done."""

from __future__ import annotations

import uuid
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db.models import QuerySet
from django.utils.dateparse import parse_date, parse_datetime

from accounts.models import User

ALL_DONE, SOME_FAILED, WRONG_USE = 0, 1, 2
EXIT_CODES = (
    "Ends with 0 when all was done, with 1 when something failed or was refused, and with 2 when it "
    "was called wrongly."
)


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


def select(rows: QuerySet[Any], options: dict[str, Any], *, state: str = "status") -> list[Any]:
    """The rows that were asked for, the oldest first."""
    if options["user"]:
        rows = rows.filter(owner__in=owners_of(options))
    if options["id"]:
        rows = rows.filter(pk__in=options["id"])
    if state:
        rows = rows.filter(**{f"{state}__in": options["state"] or options["usual"]})
    rows = between(rows, options, "created_at").order_by("created_at", "pk")
    return list(rows[: options["limit"]] if options["limit"] else rows)


class Journal:
    """A file with the ids of what is done already, so that a batch goes on where it was ended."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.done = set(path.read_text().split()) if path and path.exists() else set()

    def has(self, row: Any) -> bool:
        return str(row.pk) in self.done

    def add(self, row: Any) -> None:
        self.done.add(str(row.pk))
        if self.path:
            with self.path.open("a") as file:
                file.write(f"{row.pk}\n")

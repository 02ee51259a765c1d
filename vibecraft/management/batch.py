"""Commands that start work for many rows: chosen, priced, begun a few at once, followed to their end.

The work is the same that a user's click starts, claimed in the same way: beside running workers
nothing is done twice. Without workers, `--here` does it in processes of the command's own.
"""

from __future__ import annotations

import os
import time
import uuid
from argparse import ArgumentParser
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import BaseCommand
from django.db.models import Q, QuerySet

from vibecraft.jobs.drain import crew
from vibecraft.jobs.models import Job
from vibecraft.management.progress import Progress, progress_on
from vibecraft.management.selecting import (
    EXIT_CODES,
    Journal,
    SomeFailed,
    add_selection,
    dollars,
    named,
    positive,
    select,
)
from vibecraft.media.errors import MediaError
from vibecraft.money import usd_text
from vibecraft.problems import DELETED, Problem, price_or_nothing

LOOK_SECONDS = 1.0
# What is refused for a while only: it is asked for again after so long, if nothing says otherwise.
PATIENCE_SECONDS = 15.0


@dataclass
class Tally:
    """How far a batch is. `failed` holds each row that did not come through, with the reason."""

    done: int = 0
    failed: list[tuple[Any, str]] = field(default_factory=list)

    @property
    def ended(self) -> int:
        return self.done + len(self.failed)


class BatchCommand(BaseCommand):
    """One act for many rows. A command says which rows, what the act is, and what it costs."""

    verb = ""
    states: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()
    has_flavor = False
    # What each row was said to cost, by its id; filled before anything is begun.
    told: Mapping[Any, Decimal]

    def __init_subclass__(cls) -> None:
        cls.help = f"{cls.help} {EXIT_CODES}"

    # --- what a command says of itself ------------------------------------------------------------

    def every(self) -> QuerySet[Any]:
        """All rows of the kind that this works on, whatever was asked for."""
        raise NotImplementedError

    def possible(self) -> QuerySet[Any]:
        """Those of them that this may be begun for: no others are, whatever was asked for."""
        return self.every()

    def rows(self, options: dict[str, Any]) -> list[Any]:
        """The rows that were asked for."""
        return select(self.with_flavors(self.possible(), options), options)

    def with_flavors(self, rows: QuerySet[Any], options: dict[str, Any]) -> QuerySet[Any]:
        """Those of the rows that have the flavors that were named, where rows have one."""
        return rows.filter(flavor__in=options["flavor"]) if options.get("flavor") else rows

    def broken(self, journal: Journal) -> Collection[uuid.UUID]:
        """The rows to be begun again, because what the journal has begun for them has failed."""
        return journal.broken()

    def begin(self, row: Any, options: dict[str, Any]) -> Job | None:
        """Start the work for one row; None where nothing is left to be done. Raises Problem."""
        raise NotImplementedError

    def under_way(self, row: Any) -> Job | None:
        """The job that does this already, whoever has started it."""
        return None

    def price(self, row: Any) -> Decimal:
        """What it will cost, about, in US dollars."""
        return Decimal(0)

    def name(self, row: Any) -> str:
        return f"{row} ({row.owner})"

    def finish(self, row: Any, options: dict[str, Any]) -> None:
        """Called when the work for a row has come to a good end."""

    # --- the options ------------------------------------------------------------------------------

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_selection(parser, states=self.states, usual=self.usual, has_flavor=self.has_flavor)
        how = parser.add_argument_group("how")
        how.add_argument("--dry-run", action="store_true", help="Only say what would be done.")
        how.add_argument("--wait", action="store_true", help="Follow the work until it has ended.")
        how.add_argument(
            "--here",
            action="store_true",
            help="Do the work in processes of this command, for a machine without workers.",
        )
        how.add_argument(
            "--parallel",
            type=positive,
            default=os.cpu_count() or 1,
            help="With --wait or --here: so many at once (default: one for each core).",
        )
        how.add_argument(
            "--journal",
            type=Path,
            help="Note what is begun and what is done in this file; the same call again leaves out "
            "what is done and begins the rest, also what has failed since. With --wait or --here it "
            "follows what was begun before, whatever its state is by now.",
        )
        how.add_argument("--yes", action="store_true", help="Spend what it costs.")
        how.add_argument(
            "--budget", type=dollars, help="Go on if it costs at most so many dollars."
        )

    # --- the run -----------------------------------------------------------------------------------

    def handle(self, *args: Any, **options: Any) -> None:
        journal = Journal(options["journal"])
        noted = journal.jobs()
        rows = self.wanted(options, journal, noted)
        if not rows:
            self.stdout.write("Nothing to do.")
            return
        prices = {row.pk: Decimal(0) if row.pk in noted else self._price(row) for row in rows}
        self.told = prices
        if options["dry_run"]:
            self.tell(rows, prices)
            return
        self.check_price(sum(prices.values(), Decimal(0)), options)
        tally = Run(self, rows, options, journal, noted).whole()
        self.report(len(rows), tally, options)

    def wanted(
        self, options: dict[str, Any], journal: Journal, noted: Mapping[Any, Job]
    ) -> list[Any]:
        """The rows that were asked for and are not done, and those that the journal has begun.

        By its work a row leaves the state by which it was chosen, so those are found by their ids.
        """
        # What the journal has done does not count towards the limit, or the next call would stand still.
        asked = options | {"limit": None} if options["journal"] else options
        chosen = {row.pk: row for row in self.rows(asked) if not journal.has(row)}
        begun = self._begun_before(journal, noted, options)
        rows = {row.pk: row for row in begun.order_by("created_at", "pk")} | chosen
        if options["dry_run"] or not (options["wait"] or options["here"]):
            # Nobody looks at what is under way: nothing is left to be done about it.
            rows = {pk: row for pk, row in rows.items() if pk not in noted}
        return list(rows.values())[: options["limit"]]

    def _begun_before(
        self, journal: Journal, noted: Mapping[Any, Job], options: dict[str, Any]
    ) -> QuerySet[Any]:
        """Of the rows of the journal, whatever their state: those to be followed, or begun again.

        A journal may have been kept by a call that asked for others: those are left alone.
        """
        again = self.possible().filter(pk__in=self.broken(journal))
        begun = self.every().filter(Q(pk__in=noted) | Q(pk__in=again.values("pk")))
        return self.with_flavors(named(begun, options), options)

    def _price(self, row: Any) -> Decimal:
        return price_or_nothing(self.price, row)

    def tell(self, rows: list[Any], prices: dict[Any, Decimal]) -> None:
        usd = sum(prices.values(), Decimal(0))
        for row in rows:
            price = prices[row.pk]
            self.stdout.write(f"{row.pk} {self.name(row)}{f' {usd_text(price)}' if price else ''}")
        cost = f", for about {usd_text(usd)}" if usd else ""
        self.stdout.write(f"Would be {self.verb}: {len(rows)}{cost}. Nothing was done.")

    def check_price(self, usd: Decimal, options: dict[str, Any]) -> None:
        """What costs something is begun only where that was agreed to."""
        budget = options["budget"]
        if not usd or options["yes"] or (budget is not None and usd <= budget):
            return
        more = f"; the budget is {usd_text(budget)}" if budget is not None else ""
        raise SomeFailed(
            f"This costs about {usd_text(usd)}{more}. Nothing was begun. Say --yes, or set a --budget."
        )

    def report(self, total: int, tally: Tally, options: dict[str, Any]) -> None:
        word = self.verb if options["wait"] or options["here"] else f"begun to be {self.verb}"
        said = f"{tally.done} of {total} {word}"
        if tally.failed:
            raise SomeFailed(f"{said}; {len(tally.failed)} could not.")
        self.stdout.write(self.style.SUCCESS(f"{said}."))


class Run:
    """One run of a batch: rows that wait, jobs under way, and what has ended."""

    def __init__(
        self,
        command: BatchCommand,
        rows: list[Any],
        options: dict[str, Any],
        journal: Journal,
        noted: Mapping[Any, Job],
    ) -> None:
        self.command = command
        self.options = options
        self.journal = journal
        self.noted = noted
        self.owners = list({row.owner_id: row.owner for row in rows}.values())
        self.waiting = deque(rows)
        self.jobs: dict[Any, tuple[Any, Job]] = {}
        self.tally = Tally()
        self.again_at = 0.0
        self.follows = bool(options["wait"] or options["here"])
        self.total = len(rows)

    def whole(self) -> Tally:
        """Everything, from the first row to the last; interrupted, the work itself goes on."""
        with progress_on(self.command.stderr, self.total) as shown:
            if self.options["here"]:
                with crew(self.options["parallel"]) as ours:
                    ours.drain(self.owners, until=lambda: self.step(shown))
            else:
                while not self.step(shown):
                    self.pause()
        return self.tally

    def pause(self) -> None:
        time.sleep(LOOK_SECONDS)

    def step(self, shown: Progress) -> bool:
        """Begin what may be begun, look at what is under way; True when nothing is left."""
        self.look(shown)
        while self.waiting and self._has_room():
            self._begin(self.waiting.popleft(), shown)
        shown.look(self.tally.ended, self._words())
        return not self.waiting and not self.jobs

    def _has_room(self) -> bool:
        if time.monotonic() < self.again_at:
            return False
        return not self.follows or len(self.jobs) < self.options["parallel"]

    def _words(self) -> str:
        under_way = [job for _, job in self.jobs.values()]
        share = sum(job.progress for job in under_way) // len(under_way) if under_way else 0
        return f"{len(under_way)} under way, {share} %" if under_way else ""

    def _begin(self, row: Any, shown: Progress) -> None:
        try:
            job = self._job_for(row)
        except Problem as refusal:
            self._refused(row, refusal, shown)
        except ObjectDoesNotExist:
            self._failed(row, DELETED, shown)
        except (MediaError, OSError) as error:
            self._failed(row, str(error), shown)
        else:
            self._begun(row, job, shown)

    def _job_for(self, row: Any) -> Job | None:
        """The job that was noted for it, the one that does it already, or a new one."""
        known = self.noted.get(row.pk) or self.command.under_way(row)
        return known or self.command.begin(row, self.options)

    def _begun(self, row: Any, job: Job | None, shown: Progress) -> None:
        if job is None:
            self._done(row, shown)
            return
        self.journal.begun(row, job)
        if self.follows:
            self.jobs[job.pk] = (row, job)
        else:
            self.tally.done += 1
            shown.line(f"{self.command.name(row)}: begun")

    def _refused(self, row: Any, refusal: Problem, shown: Progress) -> None:
        """A limit on starts passes: whoever follows the work waits for it, and asks again."""
        if refusal.code == "throttled" and self.follows:
            self.again_at = time.monotonic() + (refusal.wait or PATIENCE_SECONDS)
            self.waiting.appendleft(row)
        else:
            self._failed(row, refusal.sentence, shown)

    def look(self, shown: Progress) -> None:
        """See how the jobs under way stand, with one query."""
        found = Job.objects.in_bulk(list(self.jobs))
        for pk, (row, _) in list(self.jobs.items()):
            job = found.get(pk)
            if job is None:
                # With its song or its video, by their user.
                del self.jobs[pk]
                self._failed(row, DELETED, shown)
            elif job.is_terminal:
                del self.jobs[pk]
                self._ended(row, job, shown)
            else:
                self.jobs[pk] = (row, job)

    def _ended(self, row: Any, job: Job, shown: Progress) -> None:
        reason = _why(job)
        if reason:
            self._failed(row, reason, shown)
        else:
            self._done(row, shown)

    def _done(self, row: Any, shown: Progress) -> None:
        try:
            self.command.finish(row, self.options)
        except OSError as error:
            self._failed(row, str(error), shown)
            return
        self.journal.done(row)
        self.tally.done += 1
        shown.line(f"{self.command.name(row)}: {self.command.verb}")

    def _failed(self, row: Any, reason: str, shown: Progress) -> None:
        self.tally.failed.append((row, reason))
        shown.line(f"{self.command.name(row)}: {reason}", is_bad=True)


def _why(job: Job) -> str:
    """Why a job did not succeed; empty when it did."""
    if job.status == Job.Status.SUCCEEDED:
        return ""
    return job.error_sentence or "It was canceled."

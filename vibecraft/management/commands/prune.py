"""`manage.py prune`: remove what retention removes."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from vibecraft.control.pruning import Rules, prune
from vibecraft.management.selecting import EXIT_CODES, SomeFailed, WrongUse, positive


class Command(BaseCommand):
    help = (
        "Removes scratch older than a day, discarded files, stored objects older than a day that no "
        "song, video or picture knows, expired tokens and sessions, old sign-ins, and old events of "
        "ended jobs. Nothing that a user sees is touched. Only counts unless --yes is given. Safe "
        "beside running workers, and any number of times. " + EXIT_CODES
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count (the default).")
        parser.add_argument("--yes", action="store_true", help="Remove it.")
        parser.add_argument("--limit", type=positive, help="At most so many of each kind.")
        rules = Rules()
        parser.add_argument("--events-days", type=positive, default=rules.events_days)
        parser.add_argument("--webhooks-days", type=positive, default=rules.deliveries_days)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["yes"] and options["dry_run"]:
            raise WrongUse("Either --dry-run or --yes.")
        is_trial = not options["yes"]
        rules = Rules(options["events_days"], options["webhooks_days"])
        kept = 0
        for one in prune(rules, is_trial=is_trial, limit=options["limit"]):
            said = f"{one.found}" if is_trial else f"{one.gone} of {one.found} removed"
            self.stdout.write(f"{one.name}: {said}")
            kept += one.kept
        if is_trial:
            self.stdout.write("Nothing was removed. Say --yes to remove it.")
        if kept:
            raise SomeFailed(f"{kept} could not be removed; call it again later.")

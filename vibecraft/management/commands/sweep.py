"""`manage.py sweep`: one round of the sweeper, or a round every few seconds."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from vibecraft.jobs import sweeper
from vibecraft.management.selecting import EXIT_CODES, SomeFailed, WrongUse, positive, seconds


class Command(BaseCommand):
    help = (
        "Rings for work that nobody does, fails work that is past its deadline or died too often, "
        "and deletes discarded objects. Touches nothing else. Safe beside running workers, and any "
        "number of times. " + EXIT_CODES
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be done.")
        parser.add_argument(
            "--limit",
            type=positive,
            default=sweeper.ROWS_A_SWEEP,
            help="At most so many rows of each kind in a round (default: %(default)s).",
        )
        parser.add_argument("--loop", action="store_true", help="Go on until interrupted.")
        parser.add_argument("--seconds", type=seconds, default=15.0, help="Pause between rounds.")

    def handle(self, *args: Any, limit: int, **options: Any) -> None:
        if options["dry_run"] and options["loop"]:
            raise WrongUse("Either --dry-run or --loop.")
        if options["dry_run"]:
            self.tell(sweeper.foresee(limit), "Would be ")
            self.stdout.write("Nothing was done.")
        elif options["loop"]:
            self.go_on(limit, options["seconds"])
        else:
            self.round(limit)

    def go_on(self, limit: int, pause: float) -> None:
        """What one round has to leave, the next one tries again."""
        try:
            while True:
                self.tell(sweeper.sweep(limit))
                time.sleep(pause)
        except KeyboardInterrupt:
            return

    def round(self, limit: int) -> None:
        swept = sweeper.sweep(limit)
        self.tell(swept)
        if swept.left:
            raise SomeFailed(f"{swept.left} could not be rung for or deleted; the log says why.")

    def tell(self, swept: sweeper.Swept, would: str = "") -> None:
        done = f"rung {swept.rung}, ended {swept.ended}, discarded {swept.discarded}"
        self.stdout.write(f"{would}{done}")

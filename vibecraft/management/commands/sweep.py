"""`manage.py sweep`: one round of the sweeper, or a round every few seconds."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from vibecraft.jobs import sweeper


class Command(BaseCommand):
    help = (
        "Rings for work that nobody does, fails work that is past its deadline or died too often, "
        "and deletes discarded objects. Touches nothing else."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--loop", action="store_true", help="Go on until interrupted.")
        parser.add_argument("--seconds", type=float, default=15.0, help="Pause between rounds.")

    def handle(self, *args: Any, loop: bool, seconds: float, **options: Any) -> None:
        while True:
            swept = sweeper.sweep()
            self.stdout.write(
                f"rung {swept.rung}, ended {swept.ended}, discarded {swept.discarded}"
            )
            if not loop:
                return
            time.sleep(seconds)

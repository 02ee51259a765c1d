"""`manage.py replicate_standin`: a local Replicate, to try everything without a token."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from vibecraft.predictions.standin.__main__ import PORTS, add_arguments, wait_for_the_end
from vibecraft.predictions.standin.server import StandIn
from vibecraft.predictions.standin.world import TOKEN, Options


class Command(BaseCommand):
    help = (
        "Runs a local stand-in of the Replicate API until it is interrupted. It listens on three "
        f"ports of this machine only (by default {PORTS[0]} API, {PORTS[1]} outputs, {PORTS[2]} "
        "control), keeps everything in memory and a temporary folder, and touches neither the "
        "database nor the stored files."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        names = Options.__dataclass_fields__
        chosen = Options(**{name: value for name, value in options.items() if name in names})
        try:
            standin = StandIn(chosen)
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        with standin:
            self.greet(standin)
            wait_for_the_end()

    def greet(self, standin: StandIn) -> None:
        origins = standin.origins
        self.stdout.write(self.style.SUCCESS(f"The stand-in is ready: {origins.api}"))
        self.stdout.write(f"  outputs {origins.delivery}, control {origins.control}/_control/state")
        self.stdout.write("Start VibeCraft with:")
        self.stdout.write(f"  REPLICATE_BASE_URL={origins.api} REPLICATE_API_TOKEN={TOKEN}")

"""`manage.py report_costs`: what paid calls have cost."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from vibecraft.control import bills
from vibecraft.management.selecting import EXIT_CODES, between, moment, owners_of

WRITERS = {"table": bills.as_table, "csv": bills.as_csv, "json": bills.as_json}


class Command(BaseCommand):
    help = (
        "Reports what the paid calls that ended in some time have cost, by day, month, user, model or "
        "purpose. Reads only. " + EXIT_CODES
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--by", choices=list(bills.BY), default="day")
        parser.add_argument("--since", type=moment, metavar="DATE", help="From this day on.")
        parser.add_argument("--until", type=moment, metavar="DATE", help="Before this day.")
        parser.add_argument("--user", action="append", default=[], metavar="EMAIL")
        parser.add_argument("--format", choices=list(WRITERS), default="table")
        parser.add_argument("--output", type=Path, help="Write it to this file.")

    def handle(self, *args: Any, **options: Any) -> None:
        calls = between(bills.ended_calls(), options, "finished_at")
        if options["user"]:
            calls = calls.filter(owner__in=owners_of(options))
        text = WRITERS[options["format"]](bills.bill(calls, options["by"]), options["by"])
        if options["output"]:
            options["output"].write_text(text)
        else:
            self.stdout.write(text, ending="")

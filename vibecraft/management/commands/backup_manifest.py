"""`manage.py backup_manifest`: what a backup must hold, and whether a restore holds it."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from vibecraft import storage
from vibecraft.control import manifest
from vibecraft.management.progress import progress_on
from vibecraft.management.selecting import EXIT_CODES, SomeFailed, WrongUse, positive

TOLD = 20


class Command(BaseCommand):
    help = (
        "Lists every stored object with its size and sha256, and how many rows each table has; with "
        "--check compares a restored site with such a list. Reads only. " + EXIT_CODES
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--output", type=Path, help="Write the list to this file.")
        parser.add_argument("--check", type=Path, help="Compare with the list in this file.")
        parser.add_argument(
            "--parallel",
            type=positive,
            default=os.cpu_count() or 1,
            help="Read so many objects at once.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"] and options["output"]:
            raise WrongUse("Either --output or --check.")
        if options["check"]:
            self.check_with(options["check"], options["parallel"])
        else:
            self.write(options["output"], options["parallel"])

    def write(self, output: Path | None, threads: int) -> None:
        """To a part beside the file first: half a list must not look like one."""
        keys = storage.keys("")
        lines = manifest.lines(self.shown(manifest.objects(keys, threads), len(keys)))
        if output is None:
            for line in lines:
                self.stdout.write(line)
            return
        part = output.with_name(f"{output.name}.part")
        with part.open("w") as file:
            file.writelines(f"{line}\n" for line in lines)
        part.replace(output)
        self.stdout.write(self.style.SUCCESS(f"{output}: {len(keys)} objects."))

    def shown(self, found: Iterable[Any], total: int) -> Iterable[Any]:
        """The same, drawn as a bar on a terminal."""
        if not self.stderr.isatty():
            yield from found
            return
        with progress_on(self.stderr, total) as bar:
            for number, one in enumerate(found, 1):
                bar.look(number, "")
                yield one

    def check_with(self, path: Path, threads: int) -> None:
        if not path.is_file():
            raise WrongUse(f"There is no file {path}.")
        try:
            with path.open() as file:
                difference = manifest.compare(file, threads)
        except manifest.BadManifest as error:
            raise WrongUse(f"{path}: {error}") from error
        self.tell(difference)

    def tell(self, found: manifest.Difference) -> None:
        for name, keys in (
            ("missing", found.missing),
            ("changed", found.changed),
            ("added since", found.added),
        ):
            for key in keys[:TOLD]:
                self.stdout.write(f"{name}: {key}")
            if len(keys) > TOLD:
                self.stdout.write(f"{name}: {len(keys) - TOLD} more")
        for table, then, now in found.tables:
            self.stdout.write(f"rows of {table}: {then} then, {now} now")
        good = found.compared - len(found.missing) - len(found.changed)
        said = f"{good} of {found.compared} objects are as they were"
        if not found.is_whole:
            raise SomeFailed(f"{said}; the restore is not whole.")
        self.stdout.write(self.style.SUCCESS(f"{said}, and every table has its rows."))

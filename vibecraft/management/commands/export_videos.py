"""`manage.py export_videos`: films in another format or size, into a folder if wanted."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.db.models import QuerySet

from vibecraft import storage
from vibecraft.jobs.models import Job
from vibecraft.management.batch import BatchCommand
from vibecraft.management.selecting import WrongUse
from videos.export_requests import request_export
from videos.models import Export, Video

UNSAFE = re.compile(r"[^\w\- ]+")


class Command(BatchCommand):
    help = (
        "Exports finished films. What was exported before is not made again, so the same call goes "
        "on where it was ended. With --output the files are also written to a folder, which needs "
        "--wait or --here. Costs nothing."
    )
    verb = "exported"
    states = (Video.Status.READY,)
    usual = (Video.Status.READY,)
    has_flavor = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--format", choices=Export.Format.values, default=Export.Format.MP4)
        parser.add_argument(
            "--height", type=int, choices=Export.Height.values, default=Export.Height.FULL
        )
        parser.add_argument(
            "--lyrics",
            choices=[one for one in Export.Lyrics.values if one],
            default="",
            help="Draw the lyrics into the picture.",
        )
        parser.add_argument("--output", type=Path, help="Copy the files into this folder.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["output"] and not (options["wait"] or options["here"]):
            raise WrongUse("--output needs --wait or --here: the files must be there first.")
        super().handle(*args, **options)

    def every(self) -> QuerySet[Video]:
        return Video.objects.select_related("owner", "song")

    def possible(self) -> QuerySet[Video]:
        return self.every().exclude(film_key="")

    def begin(self, row: Video, options: dict[str, Any]) -> Job | None:
        export = request_export(row, **_choices(options))
        return None if export.is_ready else export.job

    def finish(self, row: Video, options: dict[str, Any]) -> None:
        folder: Path | None = options["output"]
        if folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        export = Export.objects.get(video=row, **_choices(options))
        title = UNSAFE.sub("", row.title).strip() or "film"
        name = f"{title} {export.height}p {str(row.pk)[:8]}.{export.format}"
        storage.fetch(export.key, folder / name)


def _choices(options: dict[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in ("format", "height", "lyrics")}

"""`manage.py prepare`: what must be there before any process of the site starts."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from vibecraft import storage
from vibecraft.away import StorageAway
from vibecraft.bucket import Bucket
from vibecraft.collecting import collect_static
from vibecraft.management.commands.warm import warm_stamp


class Command(BaseCommand):
    help = (
        "Creates or migrates the database, collects the static files, compiles what hears and draws, "
        "and creates the bucket with its rules where files are kept in one. What is done already "
        "is skipped; deletes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.migrate()
        collect_static(self.stdout.write)
        self.prepare_bucket()
        if not warm_stamp().exists():
            # A process of its own: what compiling takes of memory is given back.
            subprocess.run([sys.executable, "manage.py", "warm"], cwd=settings.BASE_DIR, check=True)

    def migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)

    def prepare_bucket(self) -> None:
        bucket = storage.store()
        if not isinstance(bucket, Bucket):
            return
        try:
            if bucket.create():
                self.stdout.write(
                    f"The bucket {settings.STORAGE_BUCKET} is made, closed to others."
                )
        except StorageAway as error:
            raise CommandError(f"The bucket cannot be reached or made: {error}") from error
        self.allow_pages(bucket)

    def allow_pages(self, bucket: Bucket) -> None:
        """Some stores have no such rules of their own; they are told in their configuration."""
        try:
            bucket.allow_origin(settings.SITE_URL)
        except StorageAway as error:
            self.stderr.write(
                f"The store does not take rules for pages of other sites ({error}). Allow "
                f"{settings.SITE_URL} to GET, HEAD and POST there in the store's own settings."
            )

"""The database of a command that works without the site: a new one is made ready, an old one is not."""

from __future__ import annotations

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from vibecraft.management.selecting import SomeFailed


def prepare_new() -> None:
    """Create the tables where there are none yet.

    SomeFailed where there are older ones: workers may be using them, so changing them is for whoever
    runs the site to begin.
    """
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting and executor.loader.applied_migrations:
        raise SomeFailed(
            "The database is of an earlier version. Stop the site if it runs, call "
            "`manage.py prepare`, then this again."
        )
    if waiting:
        call_command("migrate", interactive=False, verbosity=0)

"""The admin with very many rows: how long each list, search, filter and the control room take.

    python -m bench.admin                     100,000 rows in each large table
    python -m bench.admin --rows 10000

Fills a throw-away PostgreSQL (or, with --sqlite, a new file), asks each page three times as an
operator's browser does, and prints the best time and the queries. Exits with 1 if a mark is missed:
every page within 1 s and 20 queries.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

MAX_SECONDS, MAX_QUERIES, TRIES = 1.0, 20, 3
PAGES = (
    "",
    "room",
    "accounts/user/",
    "songs/song/",
    "songs/song/?unfinished=yes",
    "songs/section/",
    "videos/video/",
    "videos/video/?p={page}",
    "videos/video/?q=number+77777",
    "videos/video/?costly=yes",
    "videos/video/?stuck=yes",
    "videos/video/?failed_today=yes",
    "videos/clip/",
    "videos/take/",
    "videos/take/?failed_today=yes",
    "jobs/job/",
    "jobs/job/?q={job}",
    "jobs/job/?stuck=yes",
    "jobs/job/?failed_today=yes",
    "jobs/job/{job}/change/",
    "jobs/jobevent/",
    "predictions/prediction/",
    "predictions/prediction/?q={prediction}",
    "predictions/prediction/?dearer=yes",
    "predictions/prediction/?lost=yes",
    "admin/logentry/",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--sqlite", action="store_true")
    given = parser.parse_args()
    from vibecraft.testservers import postgres

    with tempfile.TemporaryDirectory(prefix="vc-") as data:
        file = f"sqlite:///{data}/bench.sqlite3"
        with nullcontext(file) if given.sqlite else postgres() as database:
            os.environ |= {
                "DJANGO_SETTINGS_MODULE": "vibecraft.settings",
                "VIBECRAFT_DATA": data,
                "DATABASE_URL": database,
                "BROKER_URL": "memory://",
                "LOG_LEVEL": "ERROR",
            }
            return measured(given.rows)


def measured(rows: int) -> int:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from bench import admin_rows

    settings.STORAGES["staticfiles"] = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
    }
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        begun = time.monotonic()
        found = admin_rows.fill(rows)
        cursor.execute("ANALYZE")
    took = time.monotonic() - begun
    print(f"{found.rows:,} rows on {connection.vendor}, written in {took:.0f} s\n")
    print(f"{'page':<48}{'ms':>6}{'queries':>9}")
    slow = [page for page in PAGES if not _is_quick(page.format(**found.ids), found.client)]
    connection.close()
    print(f"\n{len(slow)} of {len(PAGES)} pages miss {MAX_SECONDS:g} s or {MAX_QUERIES} queries")
    return 1 if slow else 0


def _is_quick(page: str, client: object) -> bool:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    seconds, queries = [], 0
    for _ in range(TRIES):
        begun = time.monotonic()
        answer = client.get(f"/admin/{page}")  # type: ignore[attr-defined]
        seconds.append(time.monotonic() - begun)
        assert answer.status_code == 200, (page, answer.status_code)
    with CaptureQueriesContext(connection) as seen:
        client.get(f"/admin/{page}")  # type: ignore[attr-defined]
    queries = len(seen)
    print(f"{page:<48.48}{1000 * min(seconds):>6.0f}{queries:>9}", flush=True)
    return min(seconds) <= MAX_SECONDS and queries <= MAX_QUERIES


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    sys.exit(main())

"""A thousand open pages: each asks every 3 s how its video stands, on a site of one process.

    python -m bench.poll                     1000 pages for 60 s
    python -m bench.poll --pages 200 --seconds 20

The site is gunicorn as `make start` runs it, on a fresh data folder (SQLite, or DATABASE_URL). Each
page is one of 50 users' and asks for the progress of one of 200 running videos. Prints the
answers, the errors, how long an answer took, the queries of one poll and the site's memory. Exits with 1
if a mark is missed: no error, 95 % within 300 ms, at most 2 queries.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import django

PERIOD_SECONDS = 3.0
USERS, VIDEOS, CLIPS = 50, 200, 12
MAX_P95_SECONDS, MAX_QUERIES = 0.3, 2
PORT = 8765


@dataclass
class Tally:
    """What all pages saw."""

    seconds: list[float] = field(default_factory=list)
    codes: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)

    def quantile(self, share: float) -> float:
        ranked = sorted(self.seconds)
        return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else 0.0


# --- the pages -----------------------------------------------------------------------------------


async def open_page(path: str, cookie: str, until: float, tally: Tally) -> None:
    """One page: ask, wait, ask again; a new connection each time, as a browser's has ended by then."""
    await asyncio.sleep(random.uniform(0, PERIOD_SECONDS))
    while time.monotonic() < until:
        begun = time.monotonic()
        try:
            tally.codes[await _ask(path, cookie)] += 1
            tally.seconds.append(time.monotonic() - begun)
        except (TimeoutError, OSError, ValueError) as error:
            tally.errors[type(error).__name__] += 1
        pause = PERIOD_SECONDS * random.uniform(0.9, 1.1) - (time.monotonic() - begun)
        await asyncio.sleep(max(0.0, pause))


async def _ask(path: str, cookie: str) -> int:
    reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", PORT), 10)
    try:
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n"
        writer.write(f"{head}HX-Request: true\r\nConnection: close\r\n\r\n".encode())
        answer = await asyncio.wait_for(reader.read(), 30)
        return int(answer.split(b" ", 2)[1])
    finally:
        writer.close()


async def open_pages(addresses: Sequence[tuple[str, str]], pages: int, seconds: float) -> Tally:
    tally = Tally()
    until = time.monotonic() + seconds
    asked = [addresses[number % len(addresses)] for number in range(pages)]
    await asyncio.gather(*(open_page(path, cookie, until, tally) for path, cookie in asked))
    return tally


# --- the site ------------------------------------------------------------------------------------


def make_site() -> list[tuple[str, str]]:
    """Users with running videos; the path of each video's progress with its owner's cookie."""
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from accounts.models import User

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    addresses = []
    for number in range(USERS):
        user = User.objects.create_user(f"page{number}@example.org")
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies['sessionid'].value}"
        addresses += [
            (f"/videos/{_running_video(user)}/progress", cookie) for _ in range(VIDEOS // USERS)
        ]
    return addresses


def _running_video(user: object) -> uuid.UUID:
    from songs.models import Section, Song
    from vibecraft.jobs.models import Job
    from videos.models import Clip, Take, Video

    song = Song.objects.create(
        owner=user, title="Song", duration_sec=60.0, frames=1440, status="ready", lyrics=[]
    )
    section = Section.objects.create(
        song=song, section_index=0, label="Verse", start_frame=0, end_frame=1440
    )
    job = Job.objects.create(
        owner=user, kind="generation", status="running", song_id=song.pk, total=CLIPS
    )
    video = Video.objects.create(
        owner=user,
        song=song,
        title="Video",
        video_type="abstract",
        model="visualizer",
        status="generating",
        job_id=job.pk,
    )
    Job.objects.filter(pk=job.pk).update(video_id=video.pk, next_run_at=None)
    for index in range(CLIPS):
        start = index * 120
        clip = Clip.objects.create(
            video=video,
            section=section,
            clip_index=index,
            start_frame=start,
            end_frame=start + 120,
            prompt="p",
            shot={"framing": "wide", "move": "slow pan", "action": "waves"},
        )
        done = index < CLIPS // 2
        Take.objects.create(
            clip=clip,
            job=job,
            number=1,
            seed=1,
            model="visualizer",
            status="succeeded" if done else "running",
            thumbnail_key="t.jpg" if done else "",
        )
    return video.pk


def queries_of(path: str, cookie: str) -> int:
    """How many queries one poll makes, counted in this process once everything is loaded."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(SERVER_NAME="127.0.0.1")
    client.cookies["sessionid"] = cookie.split("=", 1)[1]
    client.get(path, headers={"HX-Request": "true"})
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = client.get(path, headers={"HX-Request": "true"})
    assert answer.status_code == 200, answer.status_code
    if "-v" in sys.argv:
        for query in captured.captured_queries:
            print(query["sql"][:300])
    return len(captured)


def _resident_megabytes(pid: int) -> float:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    pages = sum(int(Path(f"/proc/{p}/statm").read_text().split()[1]) for p in [str(pid), *children])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


# --- the table -----------------------------------------------------------------------------------


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="bench-poll-") as folder:
        os.environ |= {
            "VIBECRAFT_DATA": folder,
            "DJANGO_SETTINGS_MODULE": "vibecraft.settings",
            "LOG_LEVEL": "WARNING",
        }
        django.setup()
        from vibecraft import supervisor

        addresses = make_site()
        queries = queries_of(*addresses[0])
        site = supervisor.Supervisor(Path(folder) / "run")
        try:
            site.start("web", supervisor.web_command("127.0.0.1", PORT))
            site.wait_for(lambda: supervisor.answers(f"http://127.0.0.1:{PORT}/health"), "The site")
            tally = asyncio.run(open_pages(addresses, options.pages, options.seconds))
            memory = _resident_megabytes(site.services["web"].child.pid)
        finally:
            site.stop()
    return _print(options, tally, queries, memory)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("-v", action="store_true", help="print the queries of one poll")
    return parser.parse_args()


def _print(options: argparse.Namespace, tally: Tally, queries: int, memory: float) -> int:
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(f"{options.pages} pages for {options.seconds:.0f} s, one poll every 3 s, {load}")
    print(f"answers {len(tally.seconds)} ({len(tally.seconds) / options.seconds:.0f} a second)")
    print(f"codes {dict(tally.codes)}, errors {dict(tally.errors)}")
    for share in (0.5, 0.95, 0.99):
        print(f"p{share * 100:.0f} {tally.quantile(share) * 1000:.0f} ms")
    print(f"queries a poll {queries}, memory of the site {memory:.0f} MB")
    marks = {
        "no error": not tally.errors and set(tally.codes) == {200},
        f"p95 <= {MAX_P95_SECONDS * 1000:.0f} ms": tally.quantile(0.95) <= MAX_P95_SECONDS,
        f"queries a poll <= {MAX_QUERIES}": queries <= MAX_QUERIES,
    }
    for mark, is_reached in marks.items():
        print(f"{'reached' if is_reached else 'MISSED '}  {mark}")
    return 0 if all(marks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

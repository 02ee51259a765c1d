"""A thousand open pages: each asks every 3 s how its video stands.

    python -m bench.poll                     1000 pages for 60 s
    python -m bench.poll --pages 200 --seconds 20
    python -m bench.poll --encoder           beside an encoder that gives way, as a worker does
    WEB_PROCESSES=2 python -m bench.poll     a site of two processes

The site is gunicorn as `make start` runs it, on a fresh data folder (SQLite, or DATABASE_URL). Each
page is one of 50 users' and asks for the progress of one of 200 running videos; meanwhile one of
these videos goes a step further every 50 ms, so that each has news every 10 s. Afterwards 64 pages ask
without a pause, which tells how much the site could answer.

Printed: answers, errors, times, queries of a poll, the site's memory, and what an answer costs in CPU time
of the site and of the asking pages, which share the machine. Exits with 1 if a mark is missed: no error,
95 % within 300 ms, at most 2 queries a poll. On a machine with other work only CPU times mean something.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django

from bench.pollers import ASKS_AT
from vibecraft.priority import give_way

PERIOD_SECONDS = 3.0
USERS, VIDEOS, CLIPS = 50, 200, 12
MAX_P95_SECONDS, MAX_QUERIES = 0.3, 2.0
FLOOD_PAGES, FLOOD_SECONDS = 64, 8.0
SETTLE_SECONDS = 9.0  # until the pages show what there is, after they were all opened at once
NEWS_SECONDS = 10.0
TICKS = os.sysconf("SC_CLK_TCK")
QUIET = 204

Address = tuple[str, str]


@dataclass(frozen=True)
class Told:
    """What all pages saw, and what it cost in CPU seconds."""

    codes: dict[str, int]
    errors: dict[str, int]
    rendered: int
    seconds: list[float]
    pages_cpu: float
    site_cpu: float
    lasted: float

    @property
    def answers(self) -> int:
        return len(self.seconds)

    @property
    def quiet(self) -> int:
        """Answers that nothing is new."""
        return self.codes.get(str(QUIET), 0)

    def quantile(self, share: float) -> float:
        ranked = sorted(self.seconds)
        return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else 0.0


# --- the pages -----------------------------------------------------------------------------------


def ask(addresses: Sequence[Address], port: int, pid: int, **plan: float) -> Told:
    """Open pages at these addresses in a process of their own."""
    asked = [addresses[number % len(addresses)] for number in range(int(plan["pages"]))]
    command = [sys.executable, "-m", "bench.pollers"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps({**plan, "port": port, "pages": asked}).encode())
        child.stdin.close()
        time.sleep(plan["settle"])
        before, begun = _cpu_seconds(pid), time.monotonic()
        printed = child.stdout.read()
    told = json.loads(printed)
    return Told(
        told["codes"],
        told["errors"],
        told["rendered"],
        told["seconds"],
        pages_cpu=told["cpu"],
        site_cpu=_cpu_seconds(pid) - before,
        lasted=time.monotonic() - begun,
    )


def _cpu_seconds(pid: int) -> float:
    return sum(_times_of(one) for one in _family(pid)) / TICKS


def _times_of(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(int(child) for child in children)]


def _resident_megabytes(pid: int) -> float:
    pages = sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in _family(pid))
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


# --- what happens meanwhile ------------------------------------------------------------------------


@contextmanager
def news(videos: Sequence[uuid.UUID]) -> Iterator[None]:
    """Let the jobs go on while the block lasts, one after the other."""
    from django.db import connection

    from vibecraft.jobs.models import Job

    over = threading.Event()

    def go_on() -> None:
        while not over.wait(NEWS_SECONDS / len(videos)):
            job = Job.objects.get(video_id=random.choice(videos))
            job.report(min(79, job.progress + 1), "clips", f"{job.progress} of {CLIPS} clips")
        connection.close()

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def encoder(*, is_wanted: bool) -> Iterator[None]:
    """An encoder beside the site that gives way to it, as the media worker's do."""
    from django.conf import settings

    if not is_wanted:
        yield
        return
    source = ["-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=24"]
    sink = ["-threads", "1", "-c:v", "libx264", "-f", "null", "-"]
    command = ["ffmpeg", "-nostdin", "-v", "error", *source, *sink]
    child = subprocess.Popen(command, start_new_session=True)
    give_way(settings.MEDIA_NICENESS, child.pid)
    try:
        yield
    finally:
        child.kill()
        child.wait()


# --- the site ------------------------------------------------------------------------------------


def make_site() -> list[Address]:
    """Users with running videos; the path of each video's progress with its owner's cookie."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    return [address for number in range(USERS) for address in _open_pages(f"page{number}")]


def _open_pages(name: str) -> list[Address]:
    """The pages of a new user: each asks at the address that its first fragment has."""
    from django.conf import settings
    from django.test import Client

    from accounts.models import User

    user = User.objects.create_user(f"{name}@example.org")
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies['sessionid'].value}"
    paths = [f"/videos/{_running_video(user)}/progress" for _ in range(VIDEOS // USERS)]
    return [(asks_at(client.get(path, headers={"HX-Request": "true"})), cookie) for path in paths]


def asks_at(answer: Any) -> str:
    found = ASKS_AT.search(answer.content)
    assert found, "a running video is asked for again"
    return html.unescape(found[1].decode())


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


def queries_of(address: Address) -> tuple[int, int]:
    """The queries of a poll without news and of one with news, counted once all is loaded."""
    from django.test import Client

    from vibecraft.jobs import statuscache

    path, cookie = address
    client = Client(SERVER_NAME="127.0.0.1")
    client.cookies["sessionid"] = cookie.split("=", 1)[1]
    statuscache.TALLY.write()
    with_news, told = _counted(client, path.partition("?")[0])
    without, told = _counted(client, asks_at(told))
    assert told.status_code == QUIET, told.status_code
    return without, with_news


def _counted(client: Any, path: str) -> tuple[int, Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        answer = client.get(path, headers={"HX-Request": "true"})
    if "-v" in sys.argv:
        print(*(query["sql"][:300] for query in captured.captured_queries), "", sep="\n")
    return len(captured), answer


# --- the table -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """Everything that was measured."""

    polls: Told
    flood: Told
    queries: tuple[int, int]
    memory: float

    @property
    def mean_queries(self) -> float:
        """Of all polls: those that were rendered anew made the queries of one with news."""
        without, with_news = self.queries
        share = self.polls.rendered / max(1, self.polls.answers)
        return without + share * (with_news - without)


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="bench-poll-") as folder:
        os.environ |= {
            "VIBECRAFT_DATA": folder,
            "DJANGO_SETTINGS_MODULE": "vibecraft.settings",
            "LOG_LEVEL": "WARNING",
        }
        django.setup()
        run = _run(options, Path(folder) / "run")
    return _print(options, run)


def _run(options: argparse.Namespace, folder: Path) -> Run:
    from django.conf import settings

    from vibecraft import supervisor
    from videos.models import Video

    addresses = make_site()
    videos = list(Video.objects.values_list("pk", flat=True))
    queries = queries_of(addresses[0])
    site = supervisor.Supervisor(folder)
    (port,) = supervisor.free_ports(1)
    try:
        command = supervisor.web_command("127.0.0.1", port, settings.WEB_PROCESSES)
        site.start("web", command)
        site.wait_for(lambda: supervisor.answers(f"http://127.0.0.1:{port}/health"), "The site")
        pid = site.services["web"].child.pid
        with news(videos), encoder(is_wanted=options.encoder):
            polls = ask(
                addresses,
                port,
                pid,
                pages=options.pages,
                seconds=options.seconds,
                settle=SETTLE_SECONDS,
                period=PERIOD_SECONDS,
            )
        flood = ask(
            addresses, port, pid, pages=FLOOD_PAGES, seconds=FLOOD_SECONDS, settle=2.0, period=0.0
        )
        return Run(polls, flood, queries, _resident_megabytes(pid))
    finally:
        site.stop()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--encoder", action="store_true", help="beside an encoder")
    parser.add_argument("-v", action="store_true", help="print the queries of a poll")
    return parser.parse_args()


def _print(options: argparse.Namespace, run: Run) -> int:
    polls, flood = run.polls, run.flood
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(f"{options.pages} pages for {options.seconds:.0f} s, one poll every 3 s each, {load}")
    print(
        f"answers {polls.answers} ({polls.answers / polls.lasted:.0f} a second), "
        f"{polls.quiet} without news, {polls.rendered} rendered; codes {polls.codes}, "
        f"errors {polls.errors}"
    )
    for share in (0.5, 0.95, 0.99):
        print(f"p{share * 100:.0f} {polls.quantile(share) * 1000:.0f} ms")
    without, with_news = run.queries
    print(f"queries: {without} without news, {with_news} with, {run.mean_queries:.2f} a poll")
    for name, told in (("polls", polls), ("without a pause", flood)):
        site, pages = (1000 * cpu / max(1, told.answers) for cpu in (told.site_cpu, told.pages_cpu))
        busy = told.site_cpu / told.lasted
        print(
            f"{name}: {told.answers / told.lasted:.0f} answers a second, CPU an answer {site:.2f} ms "
            f"of the site and {pages:.2f} ms of the pages, the site used {100 * busy:.0f} % of a core"
        )
    print(f"memory of the site {run.memory:.0f} MB")
    marks = {
        "no error": not polls.errors and set(polls.codes) <= {"200", str(QUIET)},
        f"p95 <= {MAX_P95_SECONDS * 1000:.0f} ms": polls.quantile(0.95) <= MAX_P95_SECONDS,
        f"queries a poll <= {MAX_QUERIES:.0f}": run.mean_queries <= MAX_QUERIES,
    }
    for mark, is_reached in marks.items():
        print(f"{'reached' if is_reached else 'MISSED '}  {mark}")
    return 0 if all(marks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

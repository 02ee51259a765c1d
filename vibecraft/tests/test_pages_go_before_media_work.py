"""Media work gives way to pages, also where the kernel shares the cores out by session first."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vibecraft.media import ffmpeg
from vibecraft.priority import give_way

BEGIN = """
import os, sys
from vibecraft.celery import app
from celery.signals import celeryd_init
celeryd_init.send(sender=sys.argv[1])
print(os.nice(0))
"""
TELL = "import os; print(os.getsid(0), os.getpgid(0) == os.getpid())"


@pytest.fixture
def sleeper() -> Iterator[int]:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as child:
        try:
            yield child.pid
        finally:
            child.kill()


@pytest.mark.clock
def test_a_process_and_its_session_give_way(sleeper: int) -> None:
    give_way(10, sleeper)
    assert os.getpriority(os.PRIO_PROCESS, sleeper) == 10
    weight = Path(f"/proc/{sleeper}/autogroup")
    assert not weight.exists() or weight.read_text().endswith("nice 10\n")
    assert os.nice(0) == 0


@pytest.mark.parametrize(("worker", "niceness"), [("media@one", "7"), ("io@one", "0")])
def test_the_media_worker_gives_way_as_it_begins(worker: str, niceness: str) -> None:
    # In a session of its own: the tests themselves must not become slow.
    told = subprocess.run(
        [sys.executable, "-c", BEGIN, worker],
        env=os.environ | {"MEDIA_NICENESS": "7"},
        capture_output=True,
        text=True,
        check=True,
        start_new_session=True,
    )
    assert told.stdout.splitlines()[-1] == niceness


@pytest.mark.clock
def test_a_child_is_weighed_with_its_worker(tmp_path: Path) -> None:
    """In a session of its own, its nice value would count against nobody."""
    child = ffmpeg._spawn([sys.executable, "-c", TELL], tmp_path, stdin=subprocess.DEVNULL)
    told, said = child.communicate(timeout=30)
    assert (told.decode(), said) == (f"{os.getsid(0)} True\n", b"")

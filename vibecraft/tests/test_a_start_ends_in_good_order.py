"""`manage.py start` takes its processes with it however it is ended, and nobody else is ended for it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from vibecraft.management.commands.start import Command

pytestmark = pytest.mark.clock

ROOT = Path(__file__).resolve().parent.parent.parent
WAIT_SECONDS = 60
# What runs in the background of a script has some signals ignored, and so have its children.
AS_AT_A_TERMINAL = ("env", "--default-signal=INT,HUP")
# The command as it is, with one process instead of the site's: it takes a second to end.
START = """
import sys
from pathlib import Path
import django
django.setup()
from vibecraft.management.commands import start

class OneProcess(start.Command):
    def start_all(self, services, host, port):
        services.start("slow", [sys.executable, "-c", sys.argv[1], str(services.folder)])
        services.wait_for((services.folder / "slow.pid").exists, "It")

start.call_command = lambda *_, **__: None
OneProcess().handle(host="127.0.0.1", port=8000)
"""
SLOW = """
import os, signal, sys, time
from pathlib import Path
run = Path(sys.argv[1])

def end(*_):
    (run / "told").touch()
    time.sleep(1)
    sys.exit()

signal.signal(signal.SIGTERM, end)
(run / "new").write_text(str(os.getpid()))
(run / "new").rename(run / "slow.pid")
time.sleep(60)
"""
# What `make stop` needs on a machine that has no flock.
PROGRAMS = ("make", "sh", "cat", "seq", "sleep")


class Started:
    """A start on a folder of its own, with its one process."""

    def __init__(self, data: Path, *before: str) -> None:
        self.run = data / "run"
        environment = {"PATH": os.environ["PATH"], "VIBECRAFT_DATA": str(data)}
        self.child = subprocess.Popen(
            [*AS_AT_A_TERMINAL, *before, sys.executable, "-c", START, SLOW],
            cwd=ROOT,
            env=environment | {"DJANGO_SETTINGS_MODULE": "vibecraft.settings"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        wait_until((self.run / "slow.pid").exists)
        self.slow = int((self.run / "slow.pid").read_text())

    def is_over(self) -> bool:
        """Whether it has ended by itself, with code 0, and its process with it."""
        return self.child.wait(WAIT_SECONDS) == 0 and not lives(self.slow)

    def clear_away(self) -> None:
        self.child.kill()
        self.child.communicate()
        if lives(self.slow):
            os.kill(self.slow, signal.SIGKILL)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    begun: list[Started] = []

    def begin(*before: str) -> Started:
        begun.append(Started(tmp_path, *before))
        return begun[-1]

    yield begin
    for one in begun:
        one.clear_away()


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with the site."""
    with subprocess.Popen(["sleep", "60"]) as child:
        yield child
        child.kill()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def make_stop(data: Path, path: str = os.environ["PATH"]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["make", "--no-print-directory", "stop"],
        cwd=ROOT,
        env={"PATH": path, "VIBECRAFT_DATA": str(data)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def said_by(make: subprocess.Popen[str]) -> str:
    return make.communicate(timeout=WAIT_SECONDS)[0]


def stale(data: Path, pid: int) -> Path:
    """What a start leaves that was killed: a number that another process has by now."""
    path = data / "run" / "start.pid"
    path.parent.mkdir()
    path.write_text(str(pid))
    return path


@pytest.mark.parametrize("which", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_its_processes_end_with_it(start: Callable[..., Started], which: signal.Signals) -> None:
    one = start()
    one.child.send_signal(which)
    assert one.is_over()
    assert (one.run / "start.pid").read_text() == ""


def test_whoever_is_impatient_leaves_nothing_running(start: Callable[..., Started]) -> None:
    one = start()
    one.child.send_signal(signal.SIGINT)
    wait_until((one.run / "told").exists)
    for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        one.child.send_signal(which)
    assert one.is_over()


def test_with_nohup_it_outlives_its_terminal(start: Callable[..., Started]) -> None:
    one = start("nohup")
    one.child.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        one.child.wait(0.5)
    assert not (one.run / "told").exists()
    one.child.send_signal(signal.SIGTERM)
    assert one.is_over()


def test_a_number_that_is_left_over_keeps_nobody_from_starting(
    tmp_path: Path, stranger: subprocess.Popen[bytes]
) -> None:
    path = stale(tmp_path, stranger.pid)
    with Command().claim(path):
        assert path.read_text() == str(os.getpid())


def test_a_folder_is_run_once_until_that_one_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "start.pid"
    with Command().claim(path):
        with pytest.raises(CommandError) as refused:
            Command().claim(path)
        assert str(refused.value).startswith(f"VibeCraft runs already (process {os.getpid()}).")
        assert path.read_text() == str(os.getpid())
    with Command().claim(path):
        assert path.read_text() == str(os.getpid())


def test_processes_of_the_site_do_not_hold_its_folder(start: Callable[..., Started]) -> None:
    one = start()
    one.child.kill()
    one.child.wait()
    assert lives(one.slow)
    with Command().claim(one.run / "start.pid") as pid_file:
        assert pid_file.writable()


def test_make_stop_ends_what_runs(start: Callable[..., Started], tmp_path: Path) -> None:
    one = start()
    make = make_stop(tmp_path)
    assert one.is_over()
    assert said_by(make) == "VibeCraft is stopped.\n"
    assert said_by(make_stop(tmp_path)) == "VibeCraft does not run here.\n"


def test_make_stop_ends_no_stranger(tmp_path: Path, stranger: subprocess.Popen[bytes]) -> None:
    path = stale(tmp_path, stranger.pid)
    assert said_by(make_stop(tmp_path)) == "VibeCraft does not run here.\n"
    assert stranger.poll() is None
    assert path.read_text() == str(stranger.pid)


def test_make_stop_does_without_flock(start: Callable[..., Started], tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in PROGRAMS:
        (programs / name).symlink_to(str(shutil.which(name)))
    one = start()
    make = make_stop(tmp_path, str(programs))
    assert one.is_over()
    assert said_by(make) == "VibeCraft is stopped.\n"
    assert said_by(make_stop(tmp_path, str(programs))) == "VibeCraft does not run here.\n"

"""Logs of a one-machine start: what is full is kept once, and begun anew."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from pathlib import Path

import pytest

from vibecraft import supervisor
from vibecraft.supervisor import Supervisor, begin_anew

ECHO = "import sys\nfor line in open(sys.argv[1]): print(line, end='', flush=True)"


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LOG_BYTES", 10)


def test_a_full_log_is_kept_once_and_begun_anew(tmp_path: Path) -> None:
    log, older = tmp_path / "web.log", tmp_path / "web.log.1"
    begin_anew(log)
    log.write_text("9 bytes.\n")
    begin_anew(log)
    assert (log.read_text(), older.exists()) == ("9 bytes.\n", False)
    with log.open("a") as writer:
        for text in ("and more\n", "another line\n", "the last\n"):
            writer.write(text)
            writer.flush()
            begin_anew(log)
    assert older.read_text() == "another line\n"
    assert log.read_text() == "the last\n", "what holds it open writes at its beginning"


def test_a_disk_without_room_costs_the_old_lines_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(source: Path, target: Path) -> None:
        target.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", fail)
    log = tmp_path / "web.log"
    log.write_text("more than ten bytes\n")
    begin_anew(log)
    assert log.read_text() == ""
    assert [path.name for path in tmp_path.iterdir()] == ["web.log"]


def test_running_processes_and_started_ones_have_bounded_logs(tmp_path: Path) -> None:
    """A pipe hands the process its lines, so that each is written when it is wanted."""
    (tmp_path / "said.log").write_text("left by an earlier start\n")
    services = Supervisor(tmp_path)
    log, older = tmp_path / "said.log", tmp_path / "said.log.1"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    try:
        services.start("said", [sys.executable, "-c", ECHO, str(pipe)])
        assert (log.read_text(), older.read_text()) == ("", "left by an earlier start\n")
        with pipe.open("w", buffering=1) as teller:
            teller.write("the first line\n")
            services.wait_for(lambda: log.read_text() == "the first line\n", "The first line")
            services.bound_logs()
            teller.write("the second\n")
            services.wait_for(lambda: log.read_text() == "the second\n", "The second line")
        assert older.read_text() == "the first line\n"
    finally:
        services.stop()

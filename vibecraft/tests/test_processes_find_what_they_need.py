"""`manage.py run` and `manage.py start`: with the settings, and with what lies on a machine's own disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command

from vibecraft import collecting, supervisor
from vibecraft.management.commands import run, start, warm


class Replaced(Exception):
    """Here another program takes the process's place."""


@pytest.fixture
def made(settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was made on a new disk, in order; the last is what the process became."""
    done: list[str] = []
    settings.DATA_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    (tmp_path / "static").mkdir()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba"))
    monkeypatch.setattr(warm.Command, "compile", lambda *_: done.append("kernels"))
    monkeypatch.setattr(collecting, "call_command", lambda name, **_: done.append(name))

    def replace(program: str, command: list[str], environment: dict[str, str]) -> None:
        done.append(" ".join(command[1:]))
        raise Replaced

    monkeypatch.setattr(os, "execve", replace)
    return done


def become(process: str) -> None:
    with pytest.raises(Replaced):
        call_command("run", process)


def test_a_web_server_collects_its_static_files_once(made: list[str]) -> None:
    become("web")
    become("web")
    first, *commands = made
    assert first == "collectstatic"
    assert [command.split()[1] for command in commands] == ["gunicorn", "gunicorn"]


def test_a_worker_for_media_compiles_once(made: list[str]) -> None:
    become("worker-media")
    become("worker-media")
    first, *commands = made
    assert first == "kernels"
    assert ["--queues media" in command for command in commands] == [True, True]


@pytest.mark.parametrize("process", ["worker-io", "beat", "ask-media", "ask-io"])
def test_others_need_neither(made: list[str], process: str) -> None:
    become(process)
    assert len(made) == 1
    assert "celery" in made[0]


def test_files_of_other_code_are_collected_anew(
    made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    become("web")
    monkeypatch.setattr(collecting, "fingerprint", lambda paths: "of another release")
    become("web")
    assert [one for one in made if one == "collectstatic"] == ["collectstatic"] * 2


@pytest.mark.parametrize("process", sorted(run.COMMANDS))
def test_a_process_has_the_system_checked_before(
    made: list[str], monkeypatch: pytest.MonkeyPatch, process: str
) -> None:
    monkeypatch.setattr(run.Command, "check", lambda *_: made.append("checked"))
    become(process)
    assert made[0] == "checked"


def test_processes_take_the_place_that_is_set(made: list[str], settings: LazySettings) -> None:
    settings.HOST, settings.PORT, settings.WEB_PROCESSES = "0.0.0.0", 8123, 3
    settings.MEDIA_PROCESSES, settings.IO_THREADS = 5, 7
    for process in ("web", "worker-media", "worker-io"):
        become(process)
    web, media, io = (one for one in made if one not in ("collectstatic", "kernels"))
    assert "--bind 0.0.0.0:8123 --workers 3 " in web
    assert media.endswith("--concurrency 5")
    assert io.endswith("--concurrency 7")


def test_a_start_on_one_machine_takes_the_same(settings: LazySettings) -> None:
    begun: dict[str, list[str]] = {}

    class Recorder:
        def start(self, name: str, command: list[str]) -> None:
            begun[name] = command

        def wait_for(self, *_: Any) -> None:
            """What is only recorded is there at once."""

    settings.CELERY_BROKER_URL = "redis://elsewhere:6379/0"
    settings.WEB_PROCESSES, settings.MEDIA_PROCESSES, settings.IO_THREADS = 3, 5, 7
    start.Command().start_all(Recorder(), "127.0.0.1", 8123)  # type: ignore[arg-type]
    assert list(begun) == ["web", "media", "io", "beat"]
    assert begun["media"] == supervisor.media_worker_command(5)
    assert begun["io"] == supervisor.io_worker_command(7)
    assert begun["web"][begun["web"].index("--workers") + 1] == "3"

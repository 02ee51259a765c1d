"""`manage.py run web`: one process of the site, for those who watch over processes themselves."""

from __future__ import annotations

import os
import socket
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from vibecraft import supervisor


def web() -> list[str]:
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    return supervisor.web_command(host, port, settings.WEB_PROCESSES)


COMMANDS: dict[str, Callable[[], list[str]]] = {
    "web": web,
    "worker-media": lambda: supervisor.media_worker_command(settings.MEDIA_PROCESSES),
    "worker-io": lambda: supervisor.io_worker_command(settings.IO_THREADS),
    "beat": supervisor.beat_command,
    "ask-media": lambda: supervisor.ask_command("media", socket.gethostname()),
    "ask-io": lambda: supervisor.ask_command("io", socket.gethostname()),
}


class Command(BaseCommand):
    help = (
        "Becomes one process of the site, started with its settings: the web server, the worker for "
        "media or for everything else, or the clock; or asks a worker of this machine whether it lives."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("process", choices=sorted(COMMANDS))

    def handle(self, *args: Any, process: str, **options: Any) -> None:
        Path(settings.DATA_DIR, "run").mkdir(parents=True, exist_ok=True)
        command = COMMANDS[process]()
        environment = {**os.environ, **supervisor.SINGLE_THREADED}
        # It takes this one's place: signals of whoever watches reach it.
        os.execve(command[0], command, environment)

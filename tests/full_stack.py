"""The full stack without containers: the very commands of docker-compose.yml, as processes.

PostgreSQL, Redis and the store are real servers of this machine, and all that the processes share: each
has a data folder of its own, as on machines of its own. What a container would give, such as its
address and that folder, is given by the environment.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import yaml

from vibecraft.supervisor import Supervisor, answers, free_ports, listens
from vibecraft.testservers import database_beside, execute
from vibecraft.teststore import TestStore

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = ROOT / "docker-compose.yml"
PROCESSES = ("web", "worker-media", "worker-io", "beat")
COMPILING = ("prepare", "worker-media")
VARIABLE = re.compile(r"\$\{(\w+)(?:(:-|:\?)([^${}]*))?\}")
BUCKET = "vibecraft-films"


class VariableMissing(Exception):
    """A variable that has no default is not set; the text is the file's own sentence."""


def resolved(text: str, variables: Mapping[str, str]) -> str:
    """Put variables into a text of the compose file, the innermost first, as Compose does."""

    def value(found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        if variables.get(name):
            return variables[name]
        if kind == ":?":
            raise VariableMissing(rest)
        return rest or ""

    while VARIABLE.search(text):
        text = VARIABLE.sub(value, text)
    return text.replace("$$", "$")


def services() -> dict[str, dict[str, Any]]:
    """The services of docker-compose.yml, with what they share filled in."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


@dataclass
class Stack:
    """A running stack."""

    address: str
    store: TestStore
    database: str
    broker: str
    data: Path
    environments: dict[str, dict[str, str]]
    supervisor: Supervisor

    def folder(self, service: str) -> Path:
        """The disk of a service's machine."""
        return self.data / service

    def call(self, service: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command where a service runs."""
        return subprocess.run(
            [sys.executable if command[0] == "python" else command[0], *command[1:]],
            cwd=ROOT,
            env=self.environments[service],
            capture_output=True,
            text=True,
            check=False,
        )

    def log(self, service: str) -> str:
        return (self.data / "logs" / f"{service}.log").read_text()

    def logs(self) -> list[Path]:
        return sorted((self.data / "logs").glob("*.log"))

    def rows(self) -> list[str]:
        """Every row of every table, as text."""
        listing = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        with psycopg.connect(self.database) as connection:
            names = [name for (name,) in connection.execute(listing)]
            reads = [f'SELECT t::text FROM "{name}" t'.encode() for name in names]
            return [text for read in reads for (text,) in connection.execute(read)]

    def kept_by_redis(self) -> str:
        """All that went through the broker and the cache: Redis appends it to files."""
        files = (path for path in (self.data / "redis").rglob("*") if path.is_file())
        return "\n".join(path.read_text("latin-1") for path in files)


@contextmanager
def running_stack(data: Path, store: TestStore, **settings: str) -> Iterator[Stack]:
    """Start everything as the compose file says; `settings` stand in its .env."""
    web_port, redis_port = free_ports(2)
    with ExitStack() as ending:
        database = _database(ending)
        dotenv = {
            "SECRET_KEY": secrets.token_urlsafe(60),
            "POSTGRES_PASSWORD": "unused",
            "DATABASE_URL": database,
            "BROKER_URL": f"redis://127.0.0.1:{redis_port}/0",
            "CACHE_URL": f"redis://127.0.0.1:{redis_port}/1",
            "SITE_URL": f"http://127.0.0.1:{web_port}",
            **store.environment(BUCKET),
            "STORAGE_PUBLIC_ENDPOINT": store.endpoint,
            **settings,
        }
        container = {
            "HOST": "127.0.0.1",
            "PORT": str(web_port),
        }
        environments = {
            name: _environment(name, dotenv) | container | _disk(data / name) for name in services()
        }
        for name in COMPILING:
            _keep_compiled(environments[name])
        supervisor = Supervisor(data / "logs")
        ending.callback(supervisor.stop)
        broker = dotenv["BROKER_URL"]
        stack = Stack(dotenv["SITE_URL"], store, database, broker, data, environments, supervisor)
        _start_redis(stack, redis_port)
        prepared = stack.call("prepare", *services()["prepare"]["command"])
        assert prepared.returncode == 0, prepared.stderr
        for name in PROCESSES:
            supervisor.environment = environments[name]
            supervisor.start(name, [sys.executable, *services()[name]["command"][1:]])
        supervisor.wait_for(lambda: answers(f"{stack.address}/ready"), "The stack")
        yield stack


def _environment(service: str, dotenv: Mapping[str, str]) -> dict[str, str]:
    """What the process of a service finds: of this machine only what a shell needs."""
    machine = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    listed = services()[service].get("environment", {})
    return machine | dict(dotenv) | {name: resolved(str(v), dotenv) for name, v in listed.items()}


def _disk(folder: Path) -> dict[str, str]:
    """What would be /data in a container."""
    return {"VIBECRAFT_DATA": str(folder), "NUMBA_CACHE_DIR": str(folder / "numba")}


def _keep_compiled(environment: Mapping[str, str]) -> None:
    """A copy of what tests have compiled: anew it takes minutes. What is missing is compiled."""
    kept = Path(os.environ["NUMBA_CACHE_DIR"])
    if kept.exists():
        shutil.copytree(kept, environment["NUMBA_CACHE_DIR"])


def _database(ending: ExitStack) -> str:
    """A database of the stack's own in the cluster that the tests use."""
    server, name = os.environ["DATABASE_URL"], f"stack_{uuid.uuid4().hex[:8]}"
    execute(server, f"CREATE DATABASE {name}")
    ending.callback(execute, server, f"DROP DATABASE {name} WITH (FORCE)")
    return database_beside(server, name)


def _start_redis(stack: Stack, port: int) -> None:
    program, *options = services()["redis"]["command"]
    folder = stack.data / "redis"
    folder.mkdir(parents=True)
    here = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    stack.supervisor.start("redis", [shutil.which(program) or program, *options, *here])
    stack.supervisor.wait_for(lambda: listens(port), "Redis")

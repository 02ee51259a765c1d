"""Every service that the site needs, asked one after the other; each answers with one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from vibecraft import api, storage
from vibecraft.jobs import workers
from vibecraft.jobs.models import Worker
from vibecraft.media import ffmpeg
from vibecraft.media.errors import MediaError
from vibecraft.predictions import client
from vibecraft.predictions.models import Valve
from vibecraft.predictions.ordering import is_on


@dataclass(frozen=True)
class Answer:
    """What a service says. `is_good` is None for one that is not switched on."""

    name: str
    is_good: bool | None
    text: str


def ask_all() -> Iterator[Answer]:
    for name, ask in ASKED.items():
        try:
            said = ask()
        except (api.Away, OSError, DatabaseError, MediaError) as error:
            yield Answer(name, False, str(error).strip().splitlines()[0] if str(error) else "away")
        else:
            yield said if isinstance(said, Answer) else Answer(name, True, said)


def _database() -> str:
    api.ask_database()
    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if waiting:
        raise api.Away(f"{waiting} migrations are not applied: run `manage.py migrate`")
    return f"{connection.display_name}, all migrations applied"


def _broker() -> str:
    api.ask_broker()
    return "answers"


def _storage() -> str:
    api.ask_storage()
    kind = "a folder" if storage.store().local_path("any") else "a bucket"
    return f"{kind}, written and deleted a small object"


def _workers() -> str:
    living = workers.heard_lately(Worker.objects.all())
    names = ", ".join(f"{worker.name} ({worker.queues})" for worker in living)
    if not names:
        raise api.Away("no worker was heard in the last minute")
    return names


def _ffmpeg() -> str:
    with storage.scratch("check") as folder:
        made = ffmpeg.run(["-version"], folder=folder)
    first = made.stdout.decode(errors="replace").splitlines()[0]
    return f"{' '.join(first.split()[:3])}, sandbox: {ffmpeg.sandbox_level()}"


def _provider() -> Answer:
    """Whether the token is taken, and calls may be created."""
    if not is_on():
        return Answer("provider", None, "switched off: there is no token")
    try:
        who = client.account()
    except (client.ApiProblem, client.NotSent, client.AnswerLost) as error:
        return Answer("provider", False, str(error).splitlines()[0])
    shut = Valve.objects.filter(closed_until__gt=timezone.now()).first()
    if shut is not None:
        return Answer("provider", False, f"calls are stopped: {shut.reason}")
    return Answer("provider", True, f"the account of {who.get('username', 'somebody')}")


ASKED: dict[str, Callable[[], str | Answer]] = {
    "database": _database,
    "broker": _broker,
    "storage": _storage,
    "workers": _workers,
    "ffmpeg": _ffmpeg,
    "provider": _provider,
}

"""docker-compose.yml and Dockerfile, as far as they can be judged without an engine."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.full_stack import COMPOSE, VARIABLE, VariableMissing, resolved, services
from vibecraft.management.commands.run import COMMANDS
from vibecraft.settings import CELERY_TASK_ROUTES
from vibecraft.supervisor import io_worker_command, media_worker_command, web_command

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = ROOT / "tests/vendor/compose-spec/compose-spec.json"
CHOSEN = {"SECRET_KEY": "s", "POSTGRES_PASSWORD": "p", "STORAGE_SECRET_KEY": "k"}
OURS = {"prepare", "web", "worker-media", "worker-io", "beat"}


def test_it_follows_the_schema_of_the_specification() -> None:
    whole = yaml.safe_load(resolved(COMPOSE.read_text(), CHOSEN))
    checker = jsonschema.validators.validator_for({})(json.loads(SCHEMA.read_text()))
    assert [error.message for error in checker.iter_errors(whole)] == []
    whole["services"]["web"]["comand"] = ["a slip of the pen"]
    assert len(list(checker.iter_errors(whole))) == 1


def test_every_service_is_there_and_is_watched() -> None:
    found = services()
    assert set(found) == OURS | {"postgres", "redis", "store"}
    assert [name for name, one in found.items() if "healthcheck" not in one] == ["prepare"]
    waits = {name: set(one.get("depends_on", {})) for name, one in found.items()}
    assert waits["prepare"] == {"postgres", "redis", "store"}
    for name in OURS - {"prepare"}:
        assert waits[name] == {"prepare", "postgres", "redis", "store"}
        assert found[name]["depends_on"]["prepare"] == {
            "condition": "service_completed_successfully"
        }


def test_its_commands_are_commands_of_ours() -> None:
    for name in OURS - {"prepare"}:
        assert services()[name]["command"] == ["python", "manage.py", "run", name]
        assert name in COMMANDS
    assert services()["prepare"]["command"] == ["python", "manage.py", "prepare"]


def test_every_queue_has_a_worker() -> None:
    commands = (media_worker_command(), io_worker_command())
    served = {
        queue for command in commands for queue in command[command.index("--queues") + 1].split(",")
    }
    routed = {route["queue"] for route in CELERY_TASK_ROUTES.values()} | {"default"}
    assert served == routed == {"media", "io", "default"}


def test_processes_are_as_many_as_is_said() -> None:
    words = web_command("0.0.0.0", 80, 3)
    assert words[words.index("--workers") + 1] == "3"
    media = media_worker_command(5)
    assert media[media.index("--concurrency") + 1] == "5"


def test_every_variable_is_explained() -> None:
    names = {found.group(1) for found in VARIABLE.finditer(COMPOSE.read_text())}
    names |= set(re.findall(r"\$\{(\w+)", COMPOSE.read_text()))
    example = (ROOT / ".env.example").read_text()
    explained = set(re.findall(r"^#(\w+)=", example, re.MULTILINE))
    assert names - explained == set()


@pytest.mark.parametrize("missing", sorted(CHOSEN))
def test_secrets_have_no_default(missing: str) -> None:
    rest = {name: value for name, value in CHOSEN.items() if name != missing}
    with pytest.raises(VariableMissing, match=f"Set {missing}"):
        resolved(COMPOSE.read_text(), rest)


def test_variables_go_into_each_other() -> None:
    text = "${A:-x ${B:-y} z} $$HOME ${C}"
    assert resolved(text, {}) == "x y z $HOME "
    assert resolved(text, {"B": "b", "C": "c"}) == "x b z $HOME c"


def test_the_image_runs_as_nobody_in_particular_from_the_lock() -> None:
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    stages = [line for line in lines if line.startswith("FROM ")]
    assert len(stages) == 2
    last = lines[lines.index(stages[1]) :]
    assert "USER vibecraft" in last
    assert any("--uid 10001" in line for line in last)
    assert any("--no-install-recommends ffmpeg" in line for line in last)
    assert any("--require-hashes" in line and "requirements.txt" in line for line in lines)


def test_the_image_holds_what_the_site_reads_and_nothing_else() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.M)
    sources = {source for line in copied for source in line.split()}
    let_in = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    assert sources == let_in
    assert all((ROOT / source).exists() for source in sources)
    assert not {".env", ".git", ".data", "tests"} & sources

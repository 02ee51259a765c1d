"""Settings that cannot work are refused before anything starts, all of them in one go."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vibecraft.environment import Environment, names_in, origin_of, refuse

ROOT = Path(__file__).resolve().parent.parent.parent
CERTAIN = {
    "SITE_URL": "https://films.example.org",
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOP",
    "DATABASE_URL": "postgres://vibecraft:secret@db:5432/vibecraft",
    "BROKER_URL": "redis://redis:6379/0",
    "STORAGE_BUCKET": "films",
    "STORAGE_ENDPOINT": "http://store:8333",
    "STORAGE_PUBLIC_ENDPOINT": "https://storage.example.org",
    "STORAGE_ACCESS_KEY": "key",
    "STORAGE_SECRET_KEY": "sesame",
}


def call(data: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    machine = {"PATH": os.environ["PATH"], "VIBECRAFT_DATA": str(data)}
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=machine | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def manage(data: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return call(data, "manage.py", *command, **environment)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    wrong = {
        "QUOTA_VIDEOS": "many",
        "USER_DAILY_USD": "plenty",
        "SITE_DAILY_USD": "-1",
        "LOG_LEVEL": "loud",
        "DEBUG": "yes",
        "DATABASE_URL": "mysql://root:open-sesame@db/vibecraft",
        "SITE_URL": "https://films.example.org",
        "SECRET_KEY": "short",
        "STORAGE_SECONDS": "86400",
        "STORAGE_ENDPOINT": "http://store:8333",
        "STORAGE_ACCESS_KEY": "key",
        "HEARTBEAT_SECONDS": "60",
        "PORT": "http",
        "STANDIN": "perhaps",
        "CACHE_URL": "the-same",
        "CSRF_TRUSTED_ORIGINS": "films.example.org",
        "VIDEO_MODEL": "flux-schnell",
        "CREATIONS_BURST": "0",
    }
    answer = manage(tmp_path, "run", "web", **wrong)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert not (tmp_path / "run").exists()
    assert answer.stderr.splitlines() == [
        "VibeCraft cannot start with these settings:",
        '  - PORT must be a whole number, not "http".',
        '  - STANDIN must be true or false, not "perhaps".',
        "  - DATABASE_URL must be an address such as postgres://user:password@host:5432/name,"
        " or empty for SQLite.",
        "  - STORAGE_SECONDS must be from 60 to 600, not 86400.",
        '  - QUOTA_VIDEOS must be a whole number, not "many".',
        '  - USER_DAILY_USD must be an amount in dollars, such as 25.00, not "plenty".',
        "  - SITE_DAILY_USD must be at least 0, not -1.",
        "  - CACHE_URL must be an address such as redis://redis:6379/0.",
        '  - LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR, not "loud".',
        "  - CSRF_TRUSTED_ORIGINS must be addresses such as https://films.example.org.",
        "  - DEBUG must be off where SITE_URL is public: it shows the site's inside.",
        "  - SECRET_KEY must have 50 characters or more; leave it empty to have one made and kept.",
        "  - STORAGE_ACCESS_KEY and STORAGE_SECRET_KEY belong together: set both, or none.",
        "  - STORAGE_BUCKET is missing: without it, files are kept in VIBECRAFT_DATA.",
        "  - LEASE_SECONDS must be at least twice HEARTBEAT_SECONDS,"
        " or living workers lose their work.",
        "  - VIDEO_MODEL flux-schnell is no model of its kind."
        " Choose a key of vibecraft/predictions/catalog/models/video.yaml.",
        "  - CREATIONS_BURST is below 1. Choose a larger figure, or leave it to its default.",
    ]


@pytest.mark.parametrize(
    "process",
    [
        ("manage.py", "migrate"),
        ("-m", "celery", "-A", "vibecraft.celery", "beat", "--pidfile="),
        ("-m", "gunicorn", "vibecraft.wsgi", "--preload", "--bind", "127.0.0.1:0"),
    ],
    ids=lambda words: " ".join(words[:4]),
)
def test_no_process_starts_with_a_wrong_setting(tmp_path: Path, process: tuple[str, ...]) -> None:
    answer = call(tmp_path, *process, PORT="99999", IMAGE_MODEL="nothing")
    assert answer.returncode == 1
    assert answer.stderr.endswith(
        "VibeCraft cannot start with these settings:\n"
        "  - PORT must be from 1 to 65535, not 99999.\n"
        "  - IMAGE_MODEL nothing is no model of its kind."
        " Choose a key of vibecraft/predictions/catalog/models/image.yaml.\n"
    )
    assert not (tmp_path / "vibecraft.sqlite3").exists()


def test_what_is_missing_on_the_machine_is_said_as_well(tmp_path: Path) -> None:
    """The system checks run before a process does: here none finds ffmpeg."""
    answer = manage(tmp_path, "run", "worker-io", PATH=str(tmp_path))
    assert answer.returncode == 1
    assert "ffmpeg and ffprobe cannot be found." in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    answer = manage(tmp_path / "file" / "data", "check")
    assert answer.returncode == 1
    assert answer.stderr.startswith(
        "VibeCraft cannot start with these settings:\n"
        "  - VIBECRAFT_DATA must be a folder that can be written: "
    )


def test_the_standin_stays_off_where_it_is_switched_off(tmp_path: Path) -> None:
    look = "from vibecraft import settings; print(settings.STANDIN, settings.PORT)"
    assert call(tmp_path, "-c", look, STANDIN="0", PORT="8123").stdout == "False 8123\n"


def test_the_full_configuration_is_beyond_reproach(tmp_path: Path) -> None:
    """With https, a database server, a broker, a bucket: `check --deploy` has nothing to say."""
    answer = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **CERTAIN)
    assert answer.stdout == "System check identified no issues (0 silenced).\n"
    assert (answer.returncode, answer.stderr) == (0, "")


LOOK = """
from vibecraft import settings as s
policy = s.CONTENT_SECURITY_POLICY["DIRECTIVES"]
for name in ("media-src", "img-src", "connect-src", "script-src"): print(name, *policy[name])
print(s.DATABASES["default"]["OPTIONS"]["options"])
print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS, s.SECURE_SSL_REDIRECT)
print(s.ALLOWED_HOSTS, s.CACHES["default"]["LOCATION"])
"""


def test_the_full_configuration_is_strict_where_browsers_and_the_database_look(
    tmp_path: Path,
) -> None:
    environment = CERTAIN | {"PATH": os.environ["PATH"], "VIBECRAFT_DATA": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=ROOT, env=environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        "media-src 'self' https://storage.example.org blob:",
        "img-src 'self' https://storage.example.org blob:",
        "connect-src 'self' https://storage.example.org",
        "script-src 'self'",
        "-c statement_timeout=10s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s",
        "True True 31536000 True",
        "['127.0.0.1', '[::1]', 'films.example.org', 'localhost'] redis://redis:6379/0",
    ]


DATABASE = """
import json
from vibecraft import settings as s
named = ("OPTIONS", "CONN_MAX_AGE", "CONN_HEALTH_CHECKS")
print(json.dumps({name: s.DATABASES["default"].get(name) for name in named}))
"""
LIMITS = "-c statement_timeout=10s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s"


def database(data: Path, query: str) -> dict[str, Any]:
    address = f"postgres://vibecraft:secret@db:5432/vibecraft{query}"
    read: dict[str, Any] = json.loads(call(data, "-c", DATABASE, DATABASE_URL=address).stdout)
    return read


def test_what_the_address_of_a_database_says_itself_stands(tmp_path: Path) -> None:
    query = "?sslmode=verify-full&conn_max_age=5&options=-c%20search_path%3Dfilms"
    assert database(tmp_path, query) == {
        "OPTIONS": {"sslmode": "verify-full", "options": f"-c search_path=films {LIMITS}"},
        "CONN_MAX_AGE": 5,
        "CONN_HEALTH_CHECKS": True,
    }
    given = database(tmp_path, "?conn_max_age=None&conn_health_checks=False")
    assert given == {
        "OPTIONS": {"options": LIMITS},
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": False,
    }


def test_a_database_of_which_nothing_more_is_said_has_the_usual_limits(tmp_path: Path) -> None:
    assert database(tmp_path, "") == {
        "OPTIONS": {"options": LIMITS},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def test_what_the_address_of_a_file_says_stands_too(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/films.sqlite3?timeout=60&conn_max_age=0"
    assert json.loads(call(tmp_path, "-c", DATABASE, DATABASE_URL=address).stdout) == {
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 60,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": None,
    }


def test_a_wrong_value_is_noted_and_its_default_goes_on() -> None:
    env = Environment({"A": "x", "B": "maybe", "C": "1.5", "D": "-1", "E": " ", "F": "a, b,"})
    assert env.int("A", default=3) == 3
    assert env.bool("B", default=True) is True
    assert env.float("C", default=0) == 1.5
    assert env.int("D", default=3) == -1
    assert env.str("E", default="none") == "none"
    assert env.list("F", default=[]) == ["a", "b"]
    assert env.failures == [
        'A must be a whole number, not "x".',
        'B must be true or false, not "maybe".',
        "D must be at least 0, not -1.",
    ]


def test_a_name_that_nothing_reads_is_a_mistake() -> None:
    env = Environment({})
    env.str("QUOTA_VIDEOS")
    env.demand_known(names_in("# note\nQUOTA_VIDEO=3\nexport IMAGE = x\n\nOTHER=1\n"), ".env")
    assert env.failures == [
        "QUOTA_VIDEO in .env is not a setting. Did you mean QUOTA_VIDEOS?",
        "OTHER in .env is not a setting.",
    ]
    with pytest.raises(SystemExit) as end:
        refuse(env.failures)
    assert str(end.value).startswith("VibeCraft cannot start with these settings:\n  - QUOTA_VIDEO")


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("https://films.example.org/", True),
        ("http://[::1]:8000", True),
        ("films.example.org", False),
        ("https://", False),
        ("http://host:port", False),
        ("ftp://host", False),
    ],
)
def test_an_address_has_a_scheme_and_a_host(address: str, is_one: bool) -> None:
    env = Environment({"SITE_URL": address})
    read = env.address("SITE_URL", default="http://127.0.0.1")
    assert read == (address.rstrip("/") if is_one else "http://127.0.0.1")
    assert bool(env.failures) is not is_one


@pytest.mark.parametrize(
    ("address", "engine"),
    [
        ("postgres://user:word@host:5432/name", "django.db.backends.postgresql"),
        ("sqlite:////tmp/name", "django.db.backends.sqlite3"),
        ("postgres://user:word@host:port/name", None),
        ("postgres://[host/name", None),
        ("mysql://host/name", None),
    ],
)
def test_an_address_of_a_database_has_all_its_parts(address: str, engine: str | None) -> None:
    env = Environment({"DATABASE_URL": address})
    read = env.database("DATABASE_URL", default="sqlite:////tmp/default")
    assert read["ENGINE"] == (engine or "django.db.backends.sqlite3")
    assert len(env.failures) == (engine is None)
    assert "word" not in "".join(env.failures).replace("password", "")


def test_a_broker_and_a_cache_have_addresses_of_redis() -> None:
    env = Environment({"A": "redis://[host", "B": "memory://", "C": "memory://", "D": ""})
    assert env.broker("A", default="redis://own") == "redis://own"
    assert env.broker("B", default="redis://own") == "memory://"
    assert env.cache("C", default="") == ""
    assert env.cache("D", default="") == ""
    assert env.failures == [
        "A must be an address such as redis://redis:6379/0.",
        "C must be an address such as redis://redis:6379/0.",
    ]


def test_an_origin_has_no_path() -> None:
    assert origin_of("https://s3.example.org:8443/a/b?c") == "https://s3.example.org:8443"

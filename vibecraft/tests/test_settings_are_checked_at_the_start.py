"""Settings that cannot work are refused before anything starts, all of them in one go."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vibecraft.environment import Environment, names_in, origin_of

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


def manage(data: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    machine = {"PATH": os.environ["PATH"], "VIBECRAFT_DATA": str(data)}
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=machine | environment,
        capture_output=True,
        text=True,
        check=False,
    )


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
    }
    answer = manage(tmp_path, "check", **wrong)
    assert answer.returncode == 1
    assert answer.stderr.splitlines() == [
        "VibeCraft cannot start with these settings:",
        "  - DATABASE_URL must be an address such as postgres://user:password@host:5432/name,"
        " or empty for SQLite.",
        "  - STORAGE_SECONDS must be from 60 to 600, not 86400.",
        '  - QUOTA_VIDEOS must be a whole number, not "many".',
        '  - USER_DAILY_USD must be an amount in dollars, such as 25.00, not "plenty".',
        "  - SITE_DAILY_USD must be at least 0, not -1.",
        '  - LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR, not "loud".',
        "  - DEBUG must be off where SITE_URL is public: it shows the site's inside.",
        "  - SECRET_KEY must have 50 characters or more; leave it empty to have one made and kept.",
        "  - STORAGE_ACCESS_KEY and STORAGE_SECRET_KEY belong together: set both, or none.",
        "  - STORAGE_BUCKET is missing: without it, files are kept in VIBECRAFT_DATA.",
        "  - LEASE_SECONDS must be at least twice HEARTBEAT_SECONDS,"
        " or living workers lose their work.",
    ]


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
    env.demand_known(names_in("# note\nQUOTA_VIDEO=3\nexport PORT = 80\n\nOTHER=1\n"), ".env")
    assert env.failures == [
        "QUOTA_VIDEO in .env is not a setting. Did you mean QUOTA_VIDEOS?",
        "OTHER in .env is not a setting.",
    ]
    with pytest.raises(SystemExit) as end:
        env.finish()
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


def test_an_origin_has_no_path() -> None:
    assert origin_of("https://s3.example.org:8443/a/b?c") == "https://s3.example.org:8443"

"""Trial T24's rules: what must stand in one place only, or nowhere, is looked for in the source itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from vibecraft.media.ffmpeg import run

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("vibecraft", "accounts", "songs", "videos")
# Servers for tests, and a musician for trials, are no part of the running site.
FOR_TESTS = ("vibecraft/testing.py", "vibecraft/testservers.py", "vibecraft/teststore.py")
# The oldest ffmpeg whose known holes are closed: Debian 12 with its updates.
FFMPEG_FLOOR = (5, 1, 9)

# A rule: what must not be found, and the files that may have it, each with its reason.
RULES = {
    "only the media room's one door starts programs on media": (
        r"^\s*(import subprocess|from subprocess)|os\.(system|popen|spawn\w+|exec\w+)\(",
        {
            "vibecraft/media/ffmpeg.py",  # the door
            "vibecraft/supervisor.py",  # the site's own processes
            "vibecraft/management/commands/prepare.py",  # manage.py, before the site starts
            "vibecraft/management/commands/run.py",  # becomes one process of the site
            "vibecraft/predictions/standin/remote.py",  # the stand-in, in development
        },
    ),
    "nothing else decodes media": (
        r"librosa\.load|\baudioread\b|\bpydub\b|\bmoviepy\b|\bsoundfile\b|\bavconv\b|import av\b",
        set(),
    ),
    "no shell reads what we say": (r"shell\s*=\s*True|os\.system\(", set()),
    "pictures are opened as what they may be": (r"Image\.open\((?!.*formats=)", set()),
    "one update decides, since SQLite ignores row locks": (r"select_for_update", set()),
    "what was counted is not counted again before it is made": (
        r"\.objects\.[^\n]*\.count\(\)\s*(>=|<)\s*\w*limit",
        set(),
    ),
    "states change by updates that name the old state": (
        r"\b(job|take|still|video|song|prediction|call|row)\.status = ",
        {"vibecraft/predictions/standin/lifecycle.py"},  # the stand-in has no database
    ),
    "text of others is escaped": (r"mark_safe\(|SafeString\(|format_html\(f", set()),
    "nothing that others wrote is run or unpacked": (
        r"\b(eval|exec)\(|pickle\.loads?\(|yaml\.load\((?!.*SAFE_LOADER)|marshal\.loads?\(",
        set(),
    ),
    "only one place sends what costs money": (
        r"import replicate\b|from replicate\b",
        {"vibecraft/predictions/client.py"},
    ),
}


def sources() -> Iterator[tuple[str, str]]:
    """Every module of the running site: its path and its text."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "/tests/" not in name and "/migrations/" not in name and name not in FOR_TESTS:
                yield name, path.read_text()


def hits(pattern: str) -> list[str]:
    """`path:line: text` of every line that a pattern is found in."""
    wanted = re.compile(pattern)
    return [
        f"{name}:{number}: {line.strip()}"
        for name, text in sources()
        for number, line in enumerate(text.splitlines(), 1)
        if wanted.search(line)
    ]


def test_there_is_a_source_to_look_at() -> None:
    names = [name for name, _ in sources()]
    assert len(names) > 200
    assert {"songs/pipeline.py", "vibecraft/media/ffmpeg.py"} <= set(names)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_what_must_not_be_there_is_nowhere(rule: str) -> None:
    pattern, allowed = RULES[rule]
    assert [hit for hit in hits(pattern) if hit.partition(":")[0] not in allowed] == []


@pytest.mark.parametrize("rule", sorted(RULES))
def test_what_is_allowed_is_needed(rule: str) -> None:
    """An exception that nobody needs any more is a hole."""
    pattern, allowed = RULES[rule]
    assert {hit.partition(":")[0] for hit in hits(pattern)} == allowed


def test_no_template_trusts_text() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for line in path.read_text().splitlines()
        if re.search(r"\|\s*safe\b|autoescape off", line)
    ]
    # Django's own markup around the help text of its own password fields.
    assert [one for one in found if "field.help_text|safe" not in one] == []


def test_sqlite_takes_its_lock_at_once() -> None:
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        options = settings.DATABASES["default"]["OPTIONS"]
        assert options["transaction_mode"] == "IMMEDIATE"
    text = (ROOT / "vibecraft" / "settings.py").read_text()
    assert '"transaction_mode": "IMMEDIATE"' in text
    assert "PRAGMA journal_mode=WAL" in text


def test_ffmpeg_is_not_older_than_its_last_holes(tmp_path: Path) -> None:
    said = run(["-version"], folder=tmp_path).stdout.decode()
    found = re.search(r"version n?(\d+)\.(\d+)(?:\.(\d+))?", said)
    assert found, said[:80]
    assert tuple(int(part or 0) for part in found.groups()) >= FFMPEG_FLOOR


def test_every_locked_package_has_a_hash() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text().split("\n")
        pinned = [number for number, line in enumerate(lines) if re.match(r"[A-Za-z0-9]", line)]
        assert len(pinned) > 50
        bare = [lines[number] for number in pinned if "--hash=sha256:" not in lines[number + 1]]
        assert bare == []

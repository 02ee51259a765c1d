"""What the documents say is compared with the code: settings, commands, decisions."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


def test_every_setting_is_explained_in_the_example() -> None:
    sources = [ROOT / "vibecraft/settings.py", ROOT / "vibecraft/management/commands/start.py"]
    read = {
        name
        for path in sources
        for name in re.findall(
            r"(?:env\.\w+|environ\.get)\(\s*\"([A-Z][A-Z_]+)\"", path.read_text()
        )
    }
    read |= set(re.findall(r"\$\{([A-Z][A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    example = (ROOT / ".env.example").read_text()
    explained = set(re.findall(r"^# [^\n]+\n#([A-Z][A-Z_]+)=", example, re.MULTILINE))
    listed = set(re.findall(r"^#([A-Z][A-Z_]+)=", example, re.MULTILINE))
    assert listed == read
    # HOST and PORT share a line of explanation, as do quotas and leases.
    assert listed - explained == {"PORT", "QUOTA_STORAGE_BYTES", "HEARTBEAT_SECONDS", "LOG_JSON"}


def test_every_command_is_in_the_readme() -> None:
    folder = ROOT / "vibecraft/management/commands"
    commands = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {name for name in commands if f"`manage.py {name}" not in README} == set()


def test_every_make_target_is_in_the_readme_or_explains_itself() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE)
    explained = re.findall(r"^([a-z][a-z-]*):[^\n]*##", makefile, re.MULTILINE)
    assert targets == explained


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs/decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))

"""What the documents say is compared with the code: settings, commands, decisions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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


DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def prose(document: Path) -> str:
    """A document without its examples, which may look like links."""
    return re.sub(
        r"^```.*?^```|`[^`\n]*`", "", document.read_text(), flags=re.MULTILINE | re.DOTALL
    )


def anchors(document: Path) -> set[str]:
    """The anchors of the headings, as they are made where the documents are read."""
    text = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in plain}


def dead_links(document: Path) -> list[str]:
    """The relative links that lead to no file, or to no heading of one."""
    dead = []
    for target in LINK.findall(prose(document)):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        there = (document.parent / path).resolve() if path else document
        if not there.exists() or (anchor and anchor not in anchors(there)):
            dead.append(target)
    return dead


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_between_documents_leads_somewhere(document: Path) -> None:
    assert dead_links(document) == []


def test_a_dead_link_is_seen(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# It is, truly\n")
    document = tmp_path / "one.md"
    links = "[a](there.md) [b](there.md#it-is-truly) [c](gone.md) [d](there.md#gone) [e](#here)"
    document.write_text(f"# Here\n{links} [f](https://example.org/x) `[g](gone.md)`\n")
    assert dead_links(document) == ["gone.md", "there.md#gone"]

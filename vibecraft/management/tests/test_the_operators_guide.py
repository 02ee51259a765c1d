"""What the operators' guide says of commands is true: each is in it, and each example can be called."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand, CommandError

from vibecraft.management.selecting import EXIT_CODES

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs/operators.md").read_text()
EXAMPLES = re.findall(r"^    \.venv/bin/python manage\.py (.+)$", GUIDE, re.MULTILINE)
# What runs the site, or belongs to it, is in the README alone.
NOT_FOR_OPERATORS = {"start", "warm", "replicate_standin"}


def ours() -> set[str]:
    folder = ROOT / "vibecraft/management/commands"
    return {path.stem for path in folder.glob("*.py")} - {"__init__"}


def command(name: str) -> BaseCommand:
    return load_command_class(get_commands()[name], name)


PROMISED = [
    "analyze_songs",
    "render_videos",
    "retry_failed",
    "recompose_videos",
    "export_videos",
    "make_video",
    "sweep",
    "prune",
    "report_costs",
    "check_services",
    "check_models",
    "backup_manifest",
]


def test_the_commands_that_operators_were_promised_are_there_with_an_example() -> None:
    assert set(PROMISED) <= ours() - NOT_FOR_OPERATORS
    assert set(PROMISED) - {line.split()[0] for line in EXAMPLES} == set()


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_example_can_be_called(example: str) -> None:
    name, *words = shlex.split(example)
    parser = command(name).create_parser("manage.py", name)
    assert parser.parse_args(words).verbosity == 1
    with pytest.raises(CommandError):
        parser.parse_args([*words, "--no-such-option"])


@pytest.mark.parametrize("name", PROMISED)
def test_each_command_says_how_it_ends(name: str) -> None:
    help_text = command(name).help
    assert help_text.endswith(EXIT_CODES)
    assert help_text.count(EXIT_CODES) == 1


@pytest.mark.parametrize(
    "name", [name for name in PROMISED if not name.startswith(("check_", "report_", "backup_"))]
)
def test_what_changes_something_can_be_tried_first(name: str) -> None:
    words = ["song.mp3"] if name == "make_video" else []
    parser = command(name).create_parser("manage.py", name)
    assert parser.parse_args([*words, "--dry-run"]).dry_run is True


@pytest.mark.parametrize(
    "name",
    [
        "analyze_songs",
        "render_videos",
        "retry_failed",
        "recompose_videos",
        "export_videos",
        "sweep",
        "prune",
    ],
)
def test_what_changes_many_rows_can_be_bounded(name: str) -> None:
    parser = command(name).create_parser("manage.py", name)
    assert parser.parse_args(["--limit", "3"]).limit == 3
    for wrong in ("0", "-1", "x"):
        with pytest.raises(CommandError):
            parser.parse_args(["--limit", wrong])

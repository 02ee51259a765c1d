"""What a trial counted, told by tests to the command that runs them, and its one line of JSON.

A test says `note("refunds", 3)`; nothing happens unless a command has asked for the figures.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

FILE = "TRIAL_FIGURES"
SIZE = "TRIAL_SIZE"
SEED = "TRIAL_SEED"


def size(short: int) -> int:
    """How much a trial does: what its command asks for, or the short form."""
    return int(os.environ.get(SIZE) or short)


def seed() -> int:
    """The seed of everything that is drawn by lot."""
    return int(os.environ.get(SEED) or 7)


def note(name: str, value: Any) -> None:
    """Write one figure down for the command."""
    path = os.environ.get(FILE)
    if path:
        with Path(path).open("a") as file:
            file.write(json.dumps({name: value}) + "\n")


def noted(path: Path) -> dict[str, Any]:
    """All figures of a run; of one that was noted several times, the last."""
    found: dict[str, Any] = {}
    if path.exists():
        for line in path.read_text().splitlines():
            found |= json.loads(line)
    return found


def line(trial: str, n: int, passed: bool, figures: dict[str, Any], drawn: int) -> str:
    """What every trial prints last."""
    told = {"id": trial, "n": n, "pass": passed, "figures": figures, "seed": drawn}
    return json.dumps(told)

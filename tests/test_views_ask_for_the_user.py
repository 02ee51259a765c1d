"""Views see rows only through `for_user`: what they fetch is the caller's own, or not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PATTERNS = ("*/views.py", "*/*_views.py", "*/api.py", "*/*_api.py", "vibecraft/*/api.py")
BARE = re.compile(r"\.(?:objects|_default_manager)\.(?!for_user\()\w+")
FILES = sorted({path for pattern in PATTERNS for path in ROOT.glob(pattern)})


def test_there_are_views_to_look_at() -> None:
    names = {str(path.relative_to(ROOT)) for path in FILES}
    assert names >= {"songs/api.py", "songs/views.py", "videos/api.py", "vibecraft/jobs/api.py"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_view_fetches_rows_of_everybody(path: Path) -> None:
    lines = path.read_text().splitlines()
    found = [
        f"{number}: {line.strip()}" for number, line in enumerate(lines, 1) if BARE.search(line)
    ]
    assert found == []

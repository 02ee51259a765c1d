"""The cache in a folder: shared by processes, bounded, and not counted at every write."""

from __future__ import annotations

from pathlib import Path

import pytest

from vibecraft import cache
from vibecraft.cache import FolderCache


def test_two_processes_see_the_same_entries(tmp_path: Path) -> None:
    FolderCache(str(tmp_path), {}).set("key", b"told")
    assert FolderCache(str(tmp_path), {}).get("key") == b"told"


@pytest.mark.parametrize(("drawn", "left"), [(0, 8), (1, 11)])
def test_the_folder_is_counted_once_in_a_hundred_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drawn: int, left: int
) -> None:
    kept = FolderCache(str(tmp_path), {"OPTIONS": {"MAX_ENTRIES": 10}})
    monkeypatch.setattr(cache.random, "randrange", lambda below: 1)
    for number in range(10):
        kept.set(f"key-{number}", number)
    monkeypatch.setattr(cache.random, "randrange", lambda below: drawn)
    kept.set("one-more", 10)
    assert len(list(tmp_path.iterdir())) == left

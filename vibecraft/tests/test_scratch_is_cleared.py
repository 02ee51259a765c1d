"""A private folder lives as long as its process, and goes away after a process that was killed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.conf import LazySettings

from vibecraft import storage


@pytest.fixture
def folder(settings: LazySettings, tmp_path: Path) -> Path:
    settings.SCRATCH_DIR = tmp_path
    return tmp_path


def made_long_ago(path: Path) -> Path:
    path.mkdir(exist_ok=True)
    (path / "half.mp4").write_bytes(b"half")
    os.utime(path, (0, 0))
    return path


def test_what_a_killed_process_left_is_deleted(folder: Path) -> None:
    dead = made_long_ago(folder / "take-dead")
    assert storage.clear_scratch(60) == 1
    assert not dead.exists()


def test_what_a_process_works_on_is_spared_however_old(folder: Path) -> None:
    with storage.scratch("take") as held:
        made_long_ago(held)
        assert storage.clear_scratch(60) == 0
        assert (held / "half.mp4").read_bytes() == b"half"
    assert not held.exists()


def test_a_young_one_is_spared_and_so_are_files(folder: Path) -> None:
    (folder / "take-young").mkdir()
    (folder / "some-file.upload").write_bytes(b"")
    assert storage.clear_scratch(60) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["some-file.upload", "take-young"]

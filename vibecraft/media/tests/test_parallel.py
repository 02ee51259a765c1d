"""Children side by side: results in order, all recorded by the caller, errors not lost."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from vibecraft.media.errors import MediaError
from vibecraft.media.ffmpeg import Run, recording, run
from vibecraft.media.parallel import side_by_side


def _tone(folder: Path, name: str) -> str:
    source = ["-f", "lavfi", "-i", "sine=d=0.1"]
    run([*source, "-y", str(folder / f"{name}.wav")], folder=folder)
    return name


def test_results_come_in_order_and_every_child_is_recorded_in_the_callers_thread(
    tmp_path: Path,
) -> None:
    kept: list[tuple[Run, int]] = []
    with recording(lambda made: kept.append((made, threading.get_ident()))):
        names = side_by_side(*(lambda n=n: _tone(tmp_path, n) for n in ("a", "b", "c")))
    assert names == ("a", "b", "c")
    assert sorted(path.name for path in tmp_path.glob("*.wav")) == ["a.wav", "b.wav", "c.wav"]
    assert len(kept) == 3
    assert {thread for _, thread in kept} == {threading.get_ident()}


def test_an_error_is_raised_when_all_have_ended(tmp_path: Path) -> None:
    kept: list[Run] = []

    def fail() -> None:
        run(["-i", "file:missing.wav", "-f", "null", "-"], folder=tmp_path)

    with recording(kept.append), pytest.raises(MediaError):
        side_by_side(fail, lambda: _tone(tmp_path, "kept"))
    assert (tmp_path / "kept.wav").exists()
    assert sorted(made.exit_code == 0 for made in kept) == [False, True]

"""librosa makes the filters once; every other process reads what was kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from songs.audio import filters as room
from songs.audio.filters import Filters, filters, make_filters

HEAR = "import sys; from songs.audio.filters import filters; filters(); print('librosa' in sys.modules)"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for compiled things."""
    filters.cache_clear()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "compiled"))
    return tmp_path / "compiled"


def asks_librosa(folder: Path) -> bool:
    """Whether a new process has to import it."""
    told = subprocess.run(
        [sys.executable, "-c", HEAR],
        env=os.environ | {"NUMBA_CACHE_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout == "True\n"


def assert_same(one: Filters, other: Filters) -> None:
    for name, values in vars(one).items():
        np.testing.assert_array_equal(values, getattr(other, name), strict=True)


def test_the_first_process_makes_them_and_the_next_reads_them(folder: Path) -> None:
    assert [asks_librosa(folder) for _ in range(2)] == [True, False]
    assert len(list(folder.glob("filters-*.npz"))) == 1
    assert_same(filters(), make_filters())


@pytest.mark.parametrize("size", [0, 1000], ids=["empty", "cut off"])
def test_what_is_not_whole_is_made_anew(folder: Path, size: int) -> None:
    filters()
    (kept,) = folder.glob("filters-*.npz")
    whole = kept.read_bytes()
    kept.write_bytes(whole[:size])
    filters.cache_clear()
    assert_same(filters(), make_filters())
    assert kept.stat().st_size == len(whole)


def test_where_nothing_can_be_kept_they_are_made_all_the_same(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write_text("a file where a folder should be")
    assert_same(filters(), make_filters())
    assert "the filters are not kept" in caplog.text


def test_they_are_named_by_what_makes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    before = room._mark()
    monkeypatch.setattr(room, "version", lambda name: "another")
    assert room._mark() != before


def test_bands_have_the_same_weight_and_pitch_classes_their_octaves() -> None:
    made = filters()
    assert (made.mel.shape, made.harmony.shape, made.bass.shape) == (
        (48, 513),
        (12, 2049),
        (12, 2049),
    )
    np.testing.assert_allclose(made.mel.sum(axis=1), 1.0, rtol=1e-6)
    a4 = round(440 * room.LONG_WINDOW / room.SAMPLE_RATE)
    assert (int(made.harmony[:, a4].argmax()), float(made.bass[:, a4].max())) == (9, 0.0)

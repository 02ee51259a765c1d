"""Repetition over the song and within its windows: one of them is enough, or both nearly."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from songs.audio import pulse
from songs.audio.arrays import ANALYSIS_RATE

SECONDS = 60.0


class Sixty(SimpleNamespace):
    """Onsets of which only the length is asked for."""

    def __len__(self) -> int:
        return int(SECONDS * ANALYSIS_RATE)


@pytest.mark.parametrize(
    ("whole", "local", "is_music"),
    [
        (0.14, 0.0, True),
        (0.0, 0.26, True),
        (0.135, 0.24, True),
        (0.13, 0.18, False),
        (0.10, 0.25, False),
        (0.08, 0.13, False),
    ],
)
def test_what_just_misses_both_is_still_music(
    monkeypatch: pytest.MonkeyPatch, whole: float, local: float, is_music: bool
) -> None:
    monkeypatch.setattr(pulse, "repetition", lambda onsets: whole)
    monkeypatch.setattr(pulse, "local_repetition", lambda onsets: local)
    onsets: Any = Sixty()
    if is_music:
        pulse._require_repetition(onsets)
        return
    with pytest.raises(pulse.NoTempo, match="do not repeat"):
        pulse._require_repetition(onsets)

"""The copy of a song for a speech model: small, and not a sample early or late."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vibecraft.media.audio import read_length, read_mono, write_voice
from vibecraft.media.tests.making import make


def test_a_click_stands_where_it_stood(tmp_path: Path) -> None:
    click = "aevalsrc='if(between(t,1.5,1.51),0.9,0)|0':s=44100:d=3"
    master = make(tmp_path / "master.flac", "-f", "lavfi", "-i", click)
    write_voice(master, tmp_path / "voice.flac")
    assert read_length(tmp_path / "voice.flac") == (16000, 48000)
    heard = read_mono(tmp_path / "voice.flac", 16000)
    first = int(np.argmax(np.abs(heard) > 0.2))
    assert abs(first / 16000 - 1.5) < 0.001

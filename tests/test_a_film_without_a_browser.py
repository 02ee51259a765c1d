"""`make video`: the same work without site, broker or browser, into a file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.stack import furnish
from vibecraft.media.probe import probe
from vibecraft.predictions.standin.remote import running
from vibecraft.testing import beat_samples, write_wav

pytestmark = pytest.mark.workers

ROOT = Path(__file__).resolve().parent.parent
NOT_OURS = {"DATABASE_URL", "BROKER_URL", "VIBECRAFT_DATA"}


def make_video(data: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    return subprocess.run(
        [sys.executable, "manage.py", "make_video", *arguments],
        cwd=ROOT,
        env=inherited | environment | {"VIBECRAFT_DATA": str(data)},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


def kept(data: Path) -> list[str]:
    return sorted(str(path) for path in (data / "media").rglob("*") if path.is_file())


def test_a_song_becomes_a_film_beside_it_and_nothing_else_is_kept(tmp_path: Path) -> None:
    song = write_wav(tmp_path / "My Song.wav", beat_samples(12.0, 120))
    done = make_video(tmp_path / "data", str(song), "--format", "1:1", "--seed", "7")
    assert done.returncode == 0, done.stderr[-2000:]
    assert "My Song.mp4: 288 frames" in done.stdout
    film = probe(tmp_path / "My Song.mp4")
    assert film.video is not None
    assert film.audio is not None
    assert (film.video.width, film.video.height, film.video.codec) == (1080, 1080, "h264")
    assert kept(tmp_path / "data") == []


def test_a_song_without_a_beat_is_refused_in_a_sentence(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).standard_normal(12 * 22050) * 0.1
    song = write_wav(tmp_path / "noise.wav", noise)
    done = make_video(furnish(tmp_path / "data"), str(song))
    assert done.returncode == 1
    assert "We could not find a steady beat" in done.stderr
    assert not (tmp_path / "noise.mp4").exists()


def clips_of(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the call that hears the lyrics: the analysis makes that one, not the film."""
    return [call for call in calls if call["model"] == "prunaai/p-video"]


def test_what_costs_something_is_made_only_when_that_is_agreed_to(tmp_path: Path) -> None:
    song = write_wav(tmp_path / "song.wav", beat_samples(12.0, 120))
    words = (str(song), "--model", "p-video-draft", "--seed", "7", "--format", "1:1")
    data = furnish(tmp_path / "data")
    with running("--time-scale", "50") as service:
        asked = make_video(data, *words, **service.environment)
        assert asked.returncode == 1
        price = re.search(r"by P-Video Draft: this costs \$(\d\.\d+)\.", asked.stdout)
        assert price is not None, asked.stdout + asked.stderr
        assert "No clip was ordered. Say --yes, or set a --budget, to make it." in asked.stderr
        assert clips_of(service.predictions()) == []
        too_little = make_video(data, *words, "--budget", "0.01", **service.environment)
        assert (too_little.returncode, clips_of(service.predictions())) == (1, [])
        assert "but the budget of this video is $0.01" in too_little.stderr
        done = make_video(data, *words, "--yes", **service.environment)
        assert done.returncode == 0, done.stderr[-2000:]
        assert "song.mp4: 288 frames" in done.stdout
        paid = sum(entry["amount"] for entry in clips_of(service.ledger()))
        assert abs(paid - float(price[1])) < 0.000001
    assert kept(data) == []


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = make_video(tmp_path / "data", str(tmp_path / "none.mp3"))
    assert (done.returncode, "There is no file" in done.stderr) == (1, True)

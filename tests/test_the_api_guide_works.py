"""The guide's commands, one after the other, in a shell against a running site."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.stack import running_site
from vibecraft.media.probe import probe
from vibecraft.testing import beat_samples, write_wav

pytestmark = pytest.mark.workers

GUIDE = Path(__file__).resolve().parent.parent / "docs/api-guide.md"


def commands() -> str:
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL))


def test_the_guide_makes_a_film_with_nothing_but_curl(tmp_path: Path) -> None:
    song = write_wav(tmp_path / "song.wav", beat_samples(12.0, 120))
    with running_site(tmp_path / "site") as address:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands()],
            cwd=tmp_path,
            env=os.environ | {"SITE": address, "SONG": str(song)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout.splitlines()
    assert said[0] == "15"
    assert abs(float(said[1]) - 120) < 1
    assert said[3:6] == ["sections_exist", "visualizer", "0.0"]
    assert said[7] == "ready"
    film = probe(tmp_path / "film.mp4")
    assert film.video is not None
    assert (film.video.width, film.video.height) == (1080, 1080)

"""`--here`: a command does the work of many rows by itself, on a machine without broker and workers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack import furnish
from vibecraft.testing import beat_samples, write_wav

pytestmark = pytest.mark.workers
ROOT = Path(__file__).resolve().parent.parent
NOT_OURS = {"DATABASE_URL", "BROKER_URL", "VIBECRAFT_DATA"}
BRING = """
import sys
from pathlib import Path
from django.core.files.uploadedfile import UploadedFile
from accounts.models import User
from songs.pipeline import bring_song
path = Path({path!r})
owner = User.objects.create_user("alice@example.org")
for _ in range(2):
    with path.open("rb") as file:
        bring_song(owner, UploadedFile(file, name=path.name, size=path.stat().st_size))
"""


def manage(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=inherited | {"VIBECRAFT_DATA": str(data)},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


def test_songs_are_analyzed_here_and_the_next_call_has_nothing_to_do(tmp_path: Path) -> None:
    data = furnish(tmp_path / "data")
    song = write_wav(tmp_path / "song.wav", beat_samples(12.0, 120))
    assert manage(data, "migrate", "-v0").returncode == 0
    brought = manage(data, "shell", "-v0", "-c", BRING.format(path=str(song)))
    assert brought.returncode == 0, brought.stderr[-2000:]
    words = ("analyze_songs", "--state", "analyzing", "--here", "--parallel", "1")
    done = manage(data, *words)
    assert (done.returncode, done.stdout) == (0, "2 of 2 analyzed.\n"), done.stderr[-2000:]
    told = [line for line in done.stderr.splitlines() if " of 2: " in line]
    assert told == [f"{n} of 2: song (alice@example.org): analyzed" for n in (1, 2)]
    assert manage(data, *words).stdout == "Nothing to do.\n"
    wrong = manage(data, "analyze_songs", "--state", "odd")
    assert (wrong.returncode, "invalid choice" in wrong.stderr) == (2, True)

"""`make video`: the same work without site, broker or browser, into a file."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
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
    return manage(data, "make_video", *arguments, **environment)


def manage(data: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    return subprocess.run(
        [sys.executable, "manage.py", *words],
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
    # Nobody is rung, nothing is drawn where nobody looks, and each clip has its line.
    assert not re.search(r"broker|\r|█", done.stderr)
    clips = int(done.stdout.split()[0])
    lines = done.stderr.splitlines()
    assert f"0 of {clips} clips" in lines
    assert len(lines) == len(set(lines))


def test_a_song_without_a_beat_is_refused_in_a_sentence(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).standard_normal(12 * 22050) * 0.1
    song = write_wav(tmp_path / "noise.wav", noise)
    data = furnish(tmp_path / "data")
    done = make_video(data, str(song))
    assert done.returncode == 1
    assert "We could not find a steady beat" in done.stderr
    assert "The song is removed from the library of studio@localhost." in done.stderr
    assert not (tmp_path / "noise.mp4").exists()
    assert (songs_in(data), kept(data)) == (0, [])
    stays = make_video(data, str(song), "--keep")
    assert stays.returncode == 1
    assert "The song stays in the library of studio@localhost." in stays.stderr
    assert songs_in(data) == 1


def songs_in(data: Path) -> int:
    with closing(sqlite3.connect(data / "vibecraft.sqlite3")) as database:
        return int(database.execute("SELECT count(*) FROM songs_song").fetchone()[0])


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
        assert service.predictions() == []
        too_little = make_video(data, *words, "--budget", "0.01", **service.environment)
        assert (too_little.returncode, clips_of(service.predictions())) == (1, [])
        assert "but the budget of this video is $0.01" in too_little.stderr
        done = make_video(data, *words, "--yes", **service.environment)
        assert done.returncode == 0, done.stderr[-2000:]
        assert "song.mp4: 288 frames" in done.stdout
        paid = sum(entry["amount"] for entry in clips_of(service.ledger()))
        assert abs(paid - float(price[1])) < 0.000001
    assert kept(data) == []


def test_a_film_whose_process_was_killed_is_gone_on_with_and_nothing_is_paid_twice(
    tmp_path: Path,
) -> None:
    """As the system kills for want of memory: once while clips are made, once while they are joined."""
    song = write_wav(tmp_path / "song.wav", beat_samples(12.0, 120))
    data, points = furnish(tmp_path / "data"), tmp_path / "points"
    points.mkdir()
    (points / "take-fetched").touch()
    going_on = ("render_videos", "--user", "studio@localhost", "--here", "--parallel", "2")
    going_on += ("--state", "generating", "--state", "composing")
    with running("--time-scale", "50") as service:
        quick = {"LEASE_SECONDS": "4", "HEARTBEAT_SECONDS": "1", "FAILPOINTS_DIR": str(points)}
        around = service.environment | quick
        words = (str(song), "--model", "p-video-draft", "--format", "1:1", "--yes")
        broken = make_video(data, *words, "--parallel", "2", **around)
        assert (broken.returncode, "BrokenProcessPool" in broken.stderr) == (1, True)
        assert "Something unforeseen went wrong." in broken.stderr
        clips = int(broken.stdout.split()[0])
        (points / "film-joined").touch()
        assert "BrokenProcessPool" in manage(data, *going_on, **around).stderr
        done = manage(data, *going_on, **around)
        assert (done.returncode, done.stdout) == (0, "1 of 1 rendered.\n"), done.stderr[-2000:]
        assert list(points.iterdir()) == []
        assert len(clips_of(service.predictions())) == len(clips_of(service.ledger())) == clips
        assert service.paid_twice() == []
    films = (
        "export_videos",
        "--user",
        "studio@localhost",
        "--wait",
        "--output",
        str(tmp_path / "films"),
    )
    assert manage(data, *films).stdout == "1 of 1 exported.\n"
    (film,) = (tmp_path / "films").iterdir()
    found = probe(film).video
    assert found is not None
    assert (found.width, found.height, found.codec) == (1080, 1080, "h264")


def test_a_trial_says_what_would_be_made_and_makes_nothing(tmp_path: Path) -> None:
    song = write_wav(tmp_path / "song.wav", beat_samples(12.0, 120))
    data = furnish(tmp_path / "data")
    done = make_video(data, str(song), "--dry-run", "--format", "9:16")
    assert (done.returncode, done.stdout) == (
        0,
        f"{song}: 12.0 seconds, in 9:16 by Visualizer: this costs nothing. "
        f"Would be written: {tmp_path / 'song.mp4'}. Nothing was done.\n",
    )
    words = ("--dry-run", "--yes", "--model", "visualizer")
    told = make_video(data, str(song), *words, REPLICATE_API_TOKEN="r8_" + "a" * 37)
    assert "this costs nothing. To hear its words costs about $0.0" in told.stdout
    assert (songs_in(data), kept(data), (tmp_path / "song.mp4").exists()) == (0, [], False)


def test_a_database_of_an_earlier_version_is_left_alone(tmp_path: Path) -> None:
    song = write_wav(tmp_path / "song.wav", beat_samples(12.0, 120))
    data = tmp_path / "data"
    data.mkdir()
    with closing(sqlite3.connect(data / "vibecraft.sqlite3")) as database:
        database.execute(
            "CREATE TABLE django_migrations (id integer PRIMARY KEY, app text, name text, applied text)"
        )
        database.execute(
            "INSERT INTO django_migrations VALUES (1, 'contenttypes', '0001_initial', '2026-01-01')"
        )
        database.commit()
        done = make_video(data, str(song))
        assert (done.returncode, "call `manage.py prepare`" in done.stderr) == (1, True)
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert tables == [("django_migrations",)]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("none.mp3",), "There is no file none.mp3."),
        (
            ("manage.py", "--output", "no-such-folder/film.mp4"),
            "There is no folder no-such-folder.",
        ),
        (("manage.py", "--output", "manage.py"), "The film cannot be written to manage.py"),
        (("manage.py", "--parallel", "0"), "is no whole number above zero"),
        (("manage.py", "--budget", "much"), "is no amount in dollars"),
        (("manage.py", "--model", "none"), "There is no model “none”."),
        (("manage.py", "--flavor", "none"), "invalid choice: 'none'"),
    ],
)
def test_a_wrong_call_ends_with_two_before_anything_is_done(
    tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    done = make_video(tmp_path / "data", *words)
    assert (done.returncode, sentence in done.stderr) == (2, True)
    assert not (tmp_path / "data" / "vibecraft.sqlite3").exists()

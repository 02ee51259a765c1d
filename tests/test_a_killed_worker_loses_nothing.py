"""kill -9 at every step: the film is finished all the same, and nothing is done twice."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.stack import running_site, wait_until
from vibecraft.testing import PASSWORD, beat_samples, write_wav

pytestmark = pytest.mark.workers

FILM_SECONDS = 180
# Each row is one film; at each of its points the worker that comes by is killed, once.
KILLS = [
    ("analysis-claimed", "take-claimed", "film-joined"),
    ("analysis-heard", "take-drawn", "film-stored"),
    ("analysis-stored", "take-stored", "film-verified"),
    ("take-accepted", "poster-stored"),
]


class Site:
    """Alice at the API of a running site, and a look into its data folder."""

    def __init__(self, address: str, data: Path) -> None:
        self.address, self.data = address, data
        self.session = requests.Session()
        account = {"email": f"alice-{uuid.uuid4().hex[:8]}@example.org", "password": PASSWORD}
        answer = self.call("POST", "/api/auth/register", json=account)
        self.session.headers["Authorization"] = f"Bearer {answer['token']}"
        self.user_id = answer["user"]["id"]

    def call(self, method: str, path: str, **arguments: Any) -> Any:
        answer = self.session.request(method, self.address + path, timeout=60, **arguments)
        assert answer.status_code < 300, (path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.data / "vibecraft.sqlite3") as database:
            return database.execute(query, values).fetchall()

    def arm(self, *points: str) -> None:
        for point in points:
            (self.data / "failpoints" / point).touch()

    def armed(self) -> list[str]:
        return sorted(path.name for path in (self.data / "failpoints").iterdir())

    def stored(self) -> dict[str, int]:
        root = self.data / "media" / self.user_id
        files = (path for path in root.rglob("*") if path.is_file())
        return {str(path.relative_to(root)): path.stat().st_size for path in files}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    data = tmp_path_factory.mktemp("site")
    (data / "failpoints").mkdir()
    quick = {"LEASE_SECONDS": "4", "HEARTBEAT_SECONDS": "1", "SWEEP_SECONDS": "1"}
    with running_site(data, FAILPOINTS_DIR=str(data / "failpoints"), **quick) as address:
        yield address, data


def bring_song(site: Site, folder: Path) -> dict[str, Any]:
    path = write_wav(folder / "song.wav", beat_samples(12.0, 120))
    with path.open("rb") as file:
        song: dict[str, Any] = site.call("POST", "/api/songs", files={"file": file})
    wait_until(lambda: site.call("GET", f"/api/songs/{song['id']}")["status"] == "ready", 90)
    return song


def make_film(site: Site, song: dict[str, Any], **choices: str) -> dict[str, Any]:
    sections = [
        {"label": f"Part {n}", "start_time": 4.0 * n, "end_time": 4.0 * n + 4} for n in range(3)
    ]
    site.call("POST", f"/api/songs/{song['id']}/sections", json={"sections": sections})
    video = new_video(site, song, **choices)
    site.call("POST", f"/api/videos/{video['id']}/generate")

    def is_over() -> bool:
        status = site.call("GET", f"/api/videos/{video['id']}/status")
        assert status["status"] not in ("failed", "canceled"), status
        return bool(status["status"] == "ready")

    wait_until(is_over, FILM_SECONDS, pause=0.5)
    return video


def new_video(site: Site, song: dict[str, Any], **choices: str) -> dict[str, Any]:
    asked = {"song_id": song["id"], "aspect_ratio": "1:1"} | choices
    made: dict[str, Any] = site.call("POST", "/api/videos", json=asked)
    return made


@pytest.mark.parametrize("points", KILLS, ids="+".join)
def test_the_film_is_finished_and_nothing_is_done_twice(
    running: tuple[str, Path], tmp_path: Path, points: tuple[str, ...]
) -> None:
    site = Site(*running)
    site.arm(*points)
    song = bring_song(site, tmp_path)
    video = make_film(site, song)
    assert site.armed() == [], "every point was reached, and killed"
    assert_made_once(site, video)


def assert_made_once(site: Site, video: dict[str, Any]) -> None:
    hexed = uuid.UUID(video["id"]).hex
    clips = site.call("GET", f"/api/videos/{video['id']}/clips")["clips"]
    assert [len(clip["takes"]) for clip in clips] == [1] * len(clips)
    job = site.rows(
        "select status, completed, total, progress from jobs_job where video_id = ?", hexed
    )
    assert job == [("succeeded", len(clips), len(clips), 100)]
    joined = "select count(*) from jobs_jobevent e join jobs_job j on e.job_id = j.id"
    told = site.rows(f"{joined} where j.video_id = ? and e.message = 'All clips are made.'", hexed)
    assert told == [(1,)]
    takes = [
        f"clip_{n + 1:02d}_take_1.{kind}" for n in range(len(clips)) for kind in ("jpg", "mp4")
    ]
    kept = site.stored()
    made = sorted(name.split("/")[-1] for name in kept if "/videos/" in f"/{name}")
    [(job_id,)] = site.rows("select id from jobs_job where video_id = ?", hexed)
    film = [f"film.{uuid.UUID(job_id)}.mp4", f"poster.{uuid.UUID(job_id)}.jpg"]
    assert made == sorted([*takes, *film])
    used = site.call("GET", "/api/auth/me")["quota"]
    assert used["storage_used_bytes"] == sum(kept.values())
    assert used["videos_used"] == 1

"""kill -9 at every step of a take that a model makes: the film is finished, each clip paid once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import running_site
from tests.test_a_killed_worker_loses_nothing import Site, bring_song, make_film
from vibecraft.predictions.standin.remote import Remote, running

pytestmark = pytest.mark.workers

SLUG = "prunaai/p-video"
# Each row is one film; at each of its points the worker that comes by is killed, once.
KILLS = [
    ("take-claimed", "take-fetched", "take-stored"),
    ("take-ordered", "take-normalized", "take-accepted"),
]


@pytest.fixture(scope="module")
def service() -> Iterator[Remote]:
    with running("--time-scale", "20") as remote:
        yield remote


@pytest.fixture(scope="module")
def started(
    tmp_path_factory: pytest.TempPathFactory, service: Remote
) -> Iterator[tuple[str, Path]]:
    data = tmp_path_factory.mktemp("site")
    (data / "failpoints").mkdir()
    quick = {"LEASE_SECONDS": "4", "HEARTBEAT_SECONDS": "1", "SWEEP_SECONDS": "1"}
    armed = {"FAILPOINTS_DIR": str(data / "failpoints"), "VIDEO_MODEL": "p-video-draft"}
    with running_site(data, **quick, **armed, **service.environment) as address:
        yield address, data


@pytest.mark.parametrize("points", KILLS, ids="+".join)
def test_the_film_is_finished_and_each_clip_is_paid_once(
    started: tuple[str, Path], service: Remote, tmp_path: Path, points: tuple[str, ...]
) -> None:
    service.act("reset")
    site = Site(*started)
    song = bring_song(site, tmp_path)
    site.arm(*points)
    video = make_film(site, song)
    assert site.armed() == [], "every point was reached, and killed"
    clips = site.call("GET", f"/api/videos/{video['id']}/clips")["clips"]
    told = site.call("GET", f"/api/videos/{video['id']}/metadata")["cost"]
    # Without the call that hears the lyrics: the analysis makes that one, not the film.
    paid, made = (
        [call for call in calls if call["model"] == SLUG]
        for calls in (service.ledger(), service.predictions())
    )
    assert len(paid) == len(made) == len(clips)
    assert service.paid_twice() == []
    assert round(sum(entry["amount"] for entry in paid), 6) == told["actual_usd"]
    assert (told["actual_usd"], told["reserved_usd"]) == (told["estimated_usd"], 0.0)

"""An account with five videos, two of them being made, is closed while workers are killed."""

from __future__ import annotations

import pickle
import time
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.stack import running_site, wait_until
from tests.test_a_killed_worker_loses_nothing import Site, bring_song, make_film, new_video
from vibecraft.predictions.standin.remote import Remote, running
from vibecraft.testing import PASSWORD

pytestmark = pytest.mark.workers

MODEL, SLUG = "p-video-draft", "prunaai/p-video"
CLOSING_SECONDS = 300
ORDER_SECONDS = 60
# At each of these the worker that comes by is killed, once.
KILLS = ("closing-claimed", "closing-emptied", "closing-deleted")


@pytest.fixture
def service() -> Iterator[Remote]:
    with running("--time-scale", "20") as remote:
        yield remote


@pytest.fixture
def site(tmp_path: Path, service: Remote) -> Iterator[Site]:
    data = tmp_path / "site"
    (data / "failpoints").mkdir(parents=True)
    quick = {"LEASE_SECONDS": "4", "HEARTBEAT_SECONDS": "1", "SWEEP_SECONDS": "1"}
    with running_site(
        data, FAILPOINTS_DIR=str(data / "failpoints"), **quick, **service.environment
    ) as address:
        yield Site(address, data)


def test_nothing_is_left_but_one_row_that_says_so(
    site: Site, service: Remote, tmp_path: Path
) -> None:
    browser = signed_in_browser(site)
    song = bring_song(site, tmp_path)
    film = make_film(site, song, model="visualizer")
    shared = site.call("POST", f"/api/videos/{film['id']}/share")["share_url"]
    shared = site.address + urlsplit(shared).path
    assert requests.get(shared, timeout=30).status_code == 200
    videos = [film, *(new_video(site, song, model=MODEL) for _ in range(4))]
    # So slow that what is ordered is still being made when it is canceled.
    service.settings(time_scale=0.01)
    for video in videos[1:3]:
        site.call("POST", f"/api/videos/{video['id']}/generate")
    wait_until(lambda: videos_with_calls(site) == 2, ORDER_SECONDS)
    names = [site.user_id, song["id"], *(video["id"] for video in videos)]
    assert len(rows_naming(site, names)) > 10

    site.arm(*KILLS)
    site.call("DELETE", "/api/auth/me", json={"password": PASSWORD})
    assert requests.get(shared, timeout=30).status_code == 404
    wait_until(lambda: closings(site) == [("succeeded", 5, 1)], CLOSING_SECONDS, pause=0.5)
    assert site.armed() == [], "every point was reached, and killed"

    assert rows_naming(site, names) == {"accounts_closing"}
    assert list((site.data / "media").rglob("*")) == []
    assert cached_naming(site, names) == []
    assert requests.get(shared, timeout=30).status_code == 404
    assert browser.get(f"{site.address}/account", timeout=30).url.endswith("?next=/account")
    assert_canceled_there(service)


def signed_in_browser(site: Site) -> requests.Session:
    """A session of the same user, as a page makes one."""
    browser = requests.Session()
    browser.get(f"{site.address}/sign-in", timeout=30)
    email = site.call("GET", "/api/auth/me")["email"]
    form = {"email": email, "password": PASSWORD}
    form["csrfmiddlewaretoken"] = browser.cookies["csrftoken"]
    browser.post(f"{site.address}/sign-in", form, timeout=30)
    assert browser.get(f"{site.address}/account", timeout=30).url.endswith("/account")
    return browser


def videos_with_calls(site: Site) -> int:
    """How many videos have clips that the service is making."""
    query = "select count(distinct video_id) from predictions_prediction where phase = 'waiting'"
    return int(site.rows(query)[0][0])


def closings(site: Site) -> list[tuple[Any, ...]]:
    return site.rows("select status, videos, songs from accounts_closing")


def rows_naming(site: Site, names: list[str]) -> set[str]:
    """The tables that hold a row with one of these ids anywhere."""
    tables = [name for (name,) in site.rows("select name from sqlite_master where type = 'table'")]
    wanted = [text for name in names for text in (name, uuid.UUID(name).hex)]
    return {
        table
        for table in tables
        for row in site.rows(f"select * from {table}")
        if any(text in str(value) for value in row for text in wanted)
    }


def cached_naming(site: Site, names: list[str]) -> list[str]:
    """Living entries of the cache with one of these ids inside."""
    found = []
    for path in (site.data / "cache").rglob("*.djcache"):
        with path.open("rb") as file:
            expires_at = pickle.load(file)
            content = zlib.decompress(file.read())
        is_alive = expires_at is None or expires_at > time.time()
        if is_alive and any(name.encode() in content for name in names):
            found.append(path.name)
    return found


def assert_canceled_there(service: Remote) -> None:
    made = [one for one in service.predictions() if one["model"] == SLUG]
    assert made
    assert {one["status"] for one in made} <= {"canceled", "aborted"}
    asked = [one["path"] for one in service.requests() if one["path"].endswith("/cancel")]
    assert {path.split("/")[-2] for path in asked} >= {one["id"] for one in made}

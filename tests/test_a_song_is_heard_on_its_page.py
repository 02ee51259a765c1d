"""What plays on a song's page, in a real browser: to its end, and past the end of its address."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from accounts.models import User
from songs.models import Song
from tests.browser import open_browser
from tests.stack import wait_until
from tests.test_the_timeline_is_an_instrument import (
    BPM,
    RECORD_SOUND,
    SECONDS,
    Instrument,
    playing,
    sign_in,
)
from vibecraft import storage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PART_BYTES = 32 * 1024
HEARD = "document.querySelector('[data-tl=audio]').currentTime"


@pytest.fixture
def song(alice: User, ready_song: Callable[..., Song]) -> Song:
    return ready_song(alice, seconds=SECONDS, bpm=BPM)


def test_after_its_end_a_song_with_clicks_plays_from_its_start(
    live_server: Any, alice: User, song: Song, client_of: Callable[..., Any]
) -> None:
    with playing(live_server, client_of(alice), song) as instrument:
        page = instrument.page
        page.evaluate(RECORD_SOUND)
        # A sound card that is a quarter of a second behind.
        page.evaluate(
            "Object.defineProperty(AudioContext.prototype, 'outputLatency', { get: () => 0.25 })"
        )
        page.mouse.click(instrument.x(SECONDS - 4), instrument.y)
        page.keyboard.press("c")
        expect(page.locator("[data-tl=click]")).to_have_attribute("aria-pressed", "true")
        play = page.locator("[data-does=play]")
        page.keyboard.press("Space")
        expect(play).to_have_attribute("aria-label", "Pause")
        expect(play).to_have_attribute("aria-label", "Play")
        page.keyboard.press("Space")
        expect(play).to_have_attribute("aria-label", "Pause")
        page.keyboard.press("Space")
        starts = [one for one in page.evaluate("sounds") if "Buffer" in one["kind"]]
        assert [round(one["offset"]) for one in starts] == [SECONDS - 4, 0]


class Store:
    """Where a song lies: gives it in small parts, at an address that runs out until it is asked for anew."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.has_run_out = False
        self.is_away = False

    def answer(self, route: Route) -> None:
        found = re.match(r"bytes=(\d+)-", route.request.headers.get("range", ""))
        first = int(found.group(1)) if found else 0
        self.has_run_out = self.has_run_out and first > 0
        if self.is_away or self.has_run_out:
            route.fulfill(status=403)
            return
        part = self.content[first : first + PART_BYTES]
        span = f"bytes {first}-{first + len(part) - 1}/{len(self.content)}"
        route.fulfill(
            status=206, body=part, content_type="audio/flac", headers={"Content-Range": span}
        )


def test_a_song_whose_address_has_run_out_plays_and_one_that_is_away_is_said(
    live_server: Any, alice: User, song: Song, client_of: Callable[..., Any]
) -> None:
    with storage.local(song.master_key) as master:
        store = Store(master.read_bytes())
    with open_browser() as (page, complaints):
        sign_in(page.context, live_server, client_of(alice))
        page.route("**/audio", store.answer)
        instrument = Instrument(page, song)
        instrument.open(live_server.url)
        is_read = "document.querySelector('[data-tl=audio]').readyState > 0"
        wait_until(lambda: bool(page.evaluate(is_read)), 20)
        store.has_run_out = True
        page.mouse.click(instrument.x(40.0), instrument.y)
        page.keyboard.press("Space")
        wait_until(lambda: page.evaluate(HEARD) > 40.5, 20)
        assert page.evaluate(HEARD) < 50
        assert not store.has_run_out
        page.keyboard.press("Space")
        expect(page.locator(".toast")).to_have_count(0)
        store.is_away = True
        instrument.open(live_server.url)
        page.keyboard.press("Space")
        expect(page.locator(".toast").first).to_contain_text("cannot be played just now")
        assert [one for one in complaints.said if "Failed to load resource" not in one] == []

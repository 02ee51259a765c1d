"""Scenes by a language model and lip-sync in a real browser, by keyboard, on wide and narrow pages."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from songs.models import Song
from tests.browser import axe_violations, open_browser
from vibecraft.predictions.standin.remote import Remote
from videos.models import Take, Video
from videos.tests import cast
from videos.tests.finished import finished

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
LOOKS = [(1440, "dark"), (1440, "light"), (390, "dark"), (390, "light")]
LINES = [{"start": 0.5, "end": 3.0, "text": "Say my name", "words": []}]
# After a change of colors, which glide.
SETTLE_MS = 500
TOO_WIDE = """() => [...document.querySelectorAll("#scenes, #scenes *, #lipsync, #lipsync *")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5)
  .map((one) => one.outerHTML)"""


@pytest.fixture
def owner(django_user_model: Any) -> User:
    user: User = django_user_model.objects.create_user("alice@example.org")
    return user


@pytest.fixture
def song(owner: User, ready_song: Callable[..., Song], sections_of: Callable[..., Any]) -> Song:
    made = ready_song(owner)
    made.lyrics = LINES
    made.save()
    sections_of(made)
    return made


@contextmanager
def visiting(live_server: Any, client: Any, video: Video) -> Iterator[Page]:
    with open_browser() as (page, complaints):
        cookie = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page.goto(f"{live_server.url}/videos/{video.pk}")
        yield page
        assert complaints.said == []


def look(page: Page, name: str) -> None:
    """Nothing may hang over the side, whatever the width; kept as pictures with SHOTS_DIR set."""
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.wait_for_timeout(SETTLE_MS)
        assert page.evaluate(TOO_WIDE) == []
        assert axe_violations(page, AXE) == []
        folder = os.environ.get("SHOTS_DIR")
        if folder:
            page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})


def press(page: Page, name: str) -> None:
    """Reach a button by its name and press it with the keyboard."""
    button = page.get_by_role("button", name=re.compile(name)).first
    expect(button).to_be_enabled()
    button.focus()
    page.keyboard.press("Enter")


def test_scenes_are_written_and_taken_back(
    ai: Remote,
    live_server: Any,
    owner: User,
    song: Song,
    client_of: Callable[..., Any],
    do_work: Callable[[], int],
) -> None:
    video = cast.draft_of(song, model="visualizer", idea="a red kite over the harbor")
    with visiting(live_server, client_of(owner), video) as page:
        look(page, "scenes-offered")
        press(page, "Write the scenes with AI")
        expect(page.locator("#scenes progress")).to_be_visible()
        look(page, "scenes-running")
        do_work()
        expect(page.locator("#scenes")).to_contain_text("3 of 3 clips have a scene of their own.")
        expect(page.locator(".clip-card__scene")).to_have_count(3)
        look(page, "scenes-written")
        press(page, "Back to the built-in scenes")
        expect(page.locator(".clip-card__scene")).to_have_count(0)
        expect(page.locator("#scenes")).to_contain_text("The built-in writer")


def test_a_clip_is_lip_synced_while_the_film_is_watched(
    ai: Remote,
    live_server: Any,
    owner: User,
    song: Song,
    client_of: Callable[..., Any],
    do_work: Callable[[], int],
    tmp_path: Path,
) -> None:
    video = finished(song, tmp_path)
    # The visualizer shows no lips.
    Take.objects.update(model="seedance-1-lite")
    with visiting(live_server, client_of(owner), video) as page:
        offer = page.locator("#lipsync [data-of-clip]:visible")
        expect(offer).to_have_count(1)
        expect(offer).to_contain_text("Clip 1")
        page.locator("[data-clip]").nth(1).click()
        expect(offer).to_contain_text("Clip 2")
        expect(offer).to_contain_text("No lyrics are sung in this clip.")
        look(page, "lipsync-refused")
        page.locator("[data-clip]").nth(0).click()
        press(page, "Lip-sync this clip")
        expect(page.locator("#lipsync progress")).to_be_visible()
        look(page, "lipsync-running")
        do_work()
        expect(page.locator("#lipsync")).to_contain_text("is joined again")
        film = page.locator("#film")
        expect(film).to_have_attribute("src", re.compile(r"\?made="))
        expect(page.locator("#lipsync [data-of-clip]:visible")).to_contain_text("Lip-sync again")
        look(page, "lipsync-done")

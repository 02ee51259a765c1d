"""Every page in a real browser: nothing for axe to say, nothing wider than a phone, in both themes.

And the first page by Chromium's own figures: what is sent, how soon it is seen, whether it jumps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from accounts.models import User
from songs.models import Song
from tests.browser import axe_violations, open_browser
from tests.stack import wait_until
from videos import drafts, sharing
from videos.models import Video
from videos.tests import cast
from videos.tests.finished import finished

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
THEMES = ("dark", "light")
NARROW, WIDE = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
HELP = ("first-film", "sections", "prompts", "models-and-cost", "formats")
FIRST_PAGE_BYTES = 200_000
FILM_SECONDS = 30
LONG_TITLE = "Supercalifragilistic_" * 7  # one word, nearly as long as a title may be

# Started before the page, so that nothing is missed.
WATCH = """
window.seen = { shift: 0, paint: 0, long: 0 };
const watch = (type, note) => new PerformanceObserver((list) => list.getEntries().forEach(note))
  .observe({ type, buffered: true });
watch("layout-shift", (entry) => { if (!entry.hadRecentInput) window.seen.shift += entry.value; });
watch("largest-contentful-paint", (entry) => { window.seen.paint = entry.startTime; });
watch("longtask", (entry) => { window.seen.long += entry.duration; });
"""
SENT = """() => [performance.getEntriesByType("navigation")[0], ...performance.getEntriesByType("resource")]
  .filter((entry) => !/\\.(mp4|jpg)(\\?|$)/.test(entry.name))
  .reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""

# Two frames later, the page is laid out in its new width.
TOO_WIDE = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(
  () => done(document.documentElement.scrollWidth - innerWidth))))"""


@pytest.fixture
def video(
    alice: User,
    ready_song: Callable[..., Song],
    sections_of: Callable[..., Any],
    tmp_path: Path,
) -> Video:
    song = ready_song(alice)
    sections_of(song)
    return finished(song, tmp_path)


@pytest.fixture
def at_home(settings: LazySettings, live_server: Any) -> str:
    settings.DEBUG = True  # the style guide is one of the pages
    settings.SITE_URL = live_server.url
    settings.ALLOWED_HOSTS = ["*"]
    return str(live_server.url)


def look(page: Page, address: str) -> list[str]:
    """What is wrong with a page in both themes, and in the width of a phone."""
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    found: list[str] = []
    for theme in THEMES:
        # Before the page is loaded: colors that are just changing are neither of the two.
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.goto(address)
        found += [f"{theme} {address}: {one}" for one in axe_violations(page, AXE)]
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    wider = page.evaluate(TOO_WIDE)
    return found + ([f"{address} is {wider} px too wide"] if wider > 0 else [])


def test_pages_before_one_has_an_account(at_home: str, video: Video) -> None:
    paths = ["/", "/register", "/sign-in", "/help", "/styleguide"]
    addresses = [at_home + path for path in (*paths, *(f"/help/{one}" for one in HELP))]
    addresses += [sharing.share(video)]
    with open_browser() as (page, complaints):
        assert [wrong for address in addresses for wrong in look(page, address)] == []
        assert complaints.said == []


def pages_of(alice: User, video: Video, ready_song: Callable[..., Song]) -> Iterator[str]:
    song = video.song
    draft = drafts.create_video(
        alice, song, model="visualizer", idea="the sea at dawn", title=LONG_TITLE
    )
    drafts.plan_video(draft, seed=1)
    uncut = ready_song(alice, title=LONG_TITLE)
    for name in ("songs", "song-sample", "library", "account", "account-tokens", "account-costs"):
        yield reverse(name)
    yield reverse("assets")
    for name in ("song", "song-rename", "song-delete", "song-lyrics", "video-new"):
        yield reverse(name, args=[song.pk])
    yield reverse("song", args=[uncut.pk])
    for name in ("video", "video-costs", "video-delete", "video-finalize"):
        yield reverse(name, args=[video.pk])
    yield reverse("video", args=[draft.pk])
    yield reverse("video", args=[cast.failed(song).pk])
    yield reverse("storyboard", args=[draft.pk])


def test_pages_of_somebody_who_makes_videos(
    alice: User,
    video: Video,
    ready_song: Callable[..., Song],
    client_of: Callable[[User], Client],
    at_home: str,
) -> None:
    paths = list(pages_of(alice, video, ready_song))
    cookie = client_of(alice).cookies["sessionid"].value
    with open_browser() as (page, complaints):
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": at_home}])
        assert [wrong for path in paths for wrong in look(page, at_home + path)] == []
        assert complaints.said == []


def test_an_error_page_has_the_same_look(settings: LazySettings, live_server: Any) -> None:
    with open_browser() as (page, _):
        assert look(page, f"{live_server.url}/nothing-here") == []
        assert page.locator("h1").inner_text() == "There is nothing here"


def played(page: Page) -> float:
    return float(page.evaluate("document.querySelector('video').currentTime"))


def test_the_first_page_is_light_still_and_plays_its_film_by_itself(live_server: Any) -> None:
    with open_browser() as (page, complaints):
        page.add_init_script(WATCH)
        page.goto(live_server.url)
        wait_until(lambda: played(page) > 1, FILM_SECONDS)
        seen = page.evaluate("window.seen")
        assert page.evaluate(SENT) < FIRST_PAGE_BYTES
        assert seen["shift"] == 0
        assert 0 < seen["paint"] < 2500
        assert seen["long"] < 1500
        assert (
            page.get_by_role("button", name="Play the film").get_attribute("aria-pressed") == "true"
        )
        page.get_by_role("button", name="Sound").click()
        assert page.evaluate("document.querySelector('video').muted") is False
        page.get_by_role("button", name="Play the film").click()
        assert page.evaluate("document.querySelector('video').paused") is True
        assert complaints.said == []


def test_the_film_waits_for_those_who_want_no_motion(live_server: Any) -> None:
    with open_browser(reduced_motion="reduce") as (page, _):
        page.goto(live_server.url)
        page.wait_for_load_state("networkidle")
        asked = page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
        assert not [name for name in asked if name.endswith(".mp4")]
        page.get_by_role("button", name="Play the film").press("Enter")
        wait_until(lambda: played(page) > 0.2, FILM_SECONDS)

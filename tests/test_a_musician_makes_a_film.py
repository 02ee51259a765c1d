"""The main job in a real browser: from a fresh installation to the film that plays."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe_violations, open_browser
from tests.stack import running_site, wait_until
from vibecraft.testing import PASSWORD, beat_samples, write_wav

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
ANALYSIS_SECONDS = 120
FILM_SECONDS = 300
LYRICS = "[00:00.50]First light on the water\n[00:06.00]We are driving home\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_site(tmp_path_factory.mktemp("site"), is_new=True) as address:
        yield address


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "Night Drive.wav", beat_samples(12.0, 120))


def test_from_a_song_to_the_film(site: str, song: Path, tmp_path: Path) -> None:
    with open_browser() as (page, complaints):
        register(page, site)
        bring(page, site, song)
        add_lyrics(page)
        draw_sections(page)
        direct(page)
        watch_it_being_made(page)
        play(page)
        download(page, tmp_path)
        find_in_library(page, site)
        assert complaints.said == []


def look(page: Page) -> None:
    """No page may hold anything against people who cannot see or cannot use a mouse."""
    keep_picture(page)
    assert axe_violations(page, AXE) == [], page.url


def keep_picture(page: Page) -> None:
    """With SHOTS_DIR set, every page that is looked at is kept as a picture for people."""
    folder = os.environ.get("SHOTS_DIR")
    if folder:
        taken = len(list(Path(folder).glob("*.png")))
        page.screenshot(path=Path(folder) / f"{taken:02d}.png", full_page=True, caret="initial")


def register(page: Page, site: str) -> None:
    page.goto(site + "/")
    look(page)
    page.goto(site + "/register")
    look(page)
    page.fill("input[type=email]", "alice@example.org")
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url(re.compile(r"/(songs|videos)$"))


def bring(page: Page, site: str, song: Path) -> None:
    page.goto(site + "/songs")
    look(page)
    page.set_input_files("#upload input[type=file]", song)
    page.wait_for_url(re.compile(r"/songs/[0-9a-f-]{36}"))
    expect(page.locator("[data-timeline]")).to_be_visible(timeout=ANALYSIS_SECONDS * 1000)
    page.wait_for_load_state()
    assert "120" in page.locator("main").inner_text()


def add_lyrics(page: Page) -> None:
    page.get_by_role("link", name="Add lyrics").click()
    page.fill("#song-lyrics textarea", LYRICS)
    page.get_by_role("button", name="Save the lyrics").click()
    expect(page.locator("#lyrics")).to_contain_text("We are driving home")


def draw_sections(page: Page) -> None:
    """Cut twice by double-click, name one by keyboard, undo and redo, save for good."""
    wave = page.locator("[data-tl=wave]")
    wave.scroll_into_view_if_needed()
    keep_picture(page)
    box = wave.bounding_box()
    assert box is not None
    for share in (0.335, 0.665):
        page.mouse.dblclick(box["x"] + box["width"] * share, box["y"] + box["height"] / 2)
        page.keyboard.press("Escape")
    expect(page.locator(".without-scripts:visible")).to_have_count(0)
    rows = page.locator("[data-tl=rows] > li")
    expect(rows).to_have_count(3)
    page.keyboard.press("Control+z")
    expect(rows).to_have_count(2)
    page.keyboard.press("Control+Shift+z")
    expect(rows).to_have_count(3)
    for row, label in zip(rows.all(), ("Intro", "Chorus", "Outro"), strict=True):
        row.locator("input").first.fill(label)
    look(page)
    page.locator("[data-does=ask]").click()
    expect(page.locator("dialog[open]")).to_contain_text("final")
    page.locator("[data-does=save]").click()
    expect(page.locator("main")).to_contain_text("Make the video")
    page.get_by_role("link", name="Make the video").click()


def direct(page: Page) -> None:
    page.wait_for_url(re.compile(r"/videos/"))
    if page.locator("#direction").count() == 0:
        page.locator("main form button").last.click()
    expect(page.locator("#direction")).to_be_visible()
    # Its scripts are there as well.
    page.wait_for_load_state()
    page.fill("#idea", "A calm drive along the sea at sunset")
    expect(page.locator("#understood")).to_contain_text("sea")
    expect(page.locator("#prompt")).to_have_value(re.compile("calm drive along the sea at sunset"))
    look(page)
    page.get_by_role("button", name=re.compile("Plan", re.IGNORECASE)).first.click()
    generate = page.get_by_role("button", name=re.compile("Generate", re.IGNORECASE)).last
    expect(generate).to_be_visible()
    generate.click()


def watch_it_being_made(page: Page) -> None:
    expect(page.locator("#making")).to_be_visible()
    look(page)
    page.goto(page.url)
    expect(page.locator("#making, #film").first).to_be_visible()
    expect(page.locator("#film")).to_be_visible(timeout=FILM_SECONDS * 1000)


def play(page: Page) -> None:
    """The element has the film, its time advances with sound, and it can be sought."""
    wait_for(page, "document.querySelector('#film').readyState >= 2")
    facts = page.evaluate(
        "(({duration, videoWidth, videoHeight}) => [duration, videoWidth, videoHeight])(film)"
    )
    assert facts == [pytest.approx(12.0, abs=0.05), 1920, 1080]
    page.locator("h1").click()
    page.keyboard.press("Space")
    wait_for(page, "document.querySelector('#film').currentTime > 0.7")
    expect(page.locator("#sung")).to_contain_text("First light on the water")
    page.keyboard.press("Space")
    assert page.evaluate("film.paused")
    page.locator("[data-clip]").last.click()
    last = float(page.locator("[data-clip]").last.get_attribute("data-start") or 0)
    wait_for(page, f"Math.abs(film.currentTime - {last}) < 0.2 && !film.seeking")
    expect(page.locator("[data-clip]").last).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="We are driving home").click()
    wait_for(page, "Math.abs(film.currentTime - 6.0) < 0.2 && !film.seeking")
    expect(page.locator("#place")).to_contain_text("Chorus")
    look(page)


def wait_for(page: Page, expression: str) -> None:
    """Wait until an expression is true in the page, asked from outside: the policy forbids eval."""
    wait_until(lambda: bool(page.evaluate(expression)), 20, pause=0.1)


def download(page: Page, folder: Path) -> None:
    with page.expect_download() as waiting:
        page.get_by_role("link", name=re.compile("Download")).click()
    waiting.value.save_as(folder / "film.mp4")
    assert (folder / "film.mp4").read_bytes()[4:8] == b"ftyp"


def find_in_library(page: Page, site: str) -> None:
    page.goto(site + "/videos")
    card = page.get_by_text("Night Drive").first
    expect(card).to_be_visible()
    look(page)


def test_charlie_sees_nothing_of_alices(site: str) -> None:
    with open_browser() as (page, _):
        page.goto(site + "/register")
        page.fill("input[type=email]", "charlie@example.org")
        for field in page.locator("input[type=password]").all():
            field.fill(PASSWORD)
        page.locator("main form button").first.click()
        page.wait_for_url(re.compile(r"/(songs|videos)$"))
        page.goto(site + "/videos")
        expect(page.locator("main")).not_to_contain_text("Night Drive")

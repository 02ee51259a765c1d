"""Takes in a real browser: make a clip again, compare, choose the first one again, join again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from songs.models import Song
from tests.browser import axe_violations, open_browser
from videos import takes
from videos.models import Video
from videos.tests.finished import finished
from videos.tests.test_clips_are_made_again import draw_numbers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
POLL_MS = 15_000
TOO_WIDE = """() => [...document.querySelectorAll("#again, #again *")]
  .filter((one) => !one.closest(".takes") && one.getBoundingClientRect().right > innerWidth + 0.5)
  .map((one) => one.outerHTML)"""
IS_READY = "() => document.getElementById('film').readyState >= 2"


@pytest.fixture
def owner(django_user_model: Any) -> User:
    user: User = django_user_model.objects.create_user("alice@example.org")
    return user


@pytest.fixture
def video(
    owner: User,
    ready_song: Callable[..., Song],
    sections_of: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Video:
    monkeypatch.setattr(takes, "render", draw_numbers)
    song = ready_song(owner)
    sections_of(song)
    return finished(song, tmp_path)


def check_looks(page: Page) -> None:
    """No violation and nothing too wide, on a desk and on a phone."""
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(TOO_WIDE) == []
        assert axe_violations(page, AXE) == []


def test_a_clip_is_made_again_compared_and_the_first_take_chosen_again(
    live_server: Any,
    owner: User,
    video: Video,
    client_of: Callable[..., Any],
    do_work: Callable[[], int],
) -> None:
    with open_browser() as (page, complaints):
        cookie = client_of(owner).cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page.goto(f"{live_server.url}/videos/{video.pk}")
        part = page.locator("#again [data-of-clip]:visible")
        page.locator("[data-clip]").nth(1).click()
        expect(part.locator(".take")).to_have_count(1)
        expect(part).to_contain_text("1 of 1 left")
        old = page.locator("#film").get_attribute("src")
        part.get_by_text("Change its prompt first").click()
        part.get_by_role("textbox").fill("Another rain")
        part.get_by_role("button", name="Make this clip again").press("Enter")
        expect(page.locator("#again progress")).to_be_visible()
        assert page.locator("#film").get_attribute("src") == old, "it can be watched meanwhile"
        do_work()
        expect(page.locator("#again")).to_contain_text("is joined again", timeout=POLL_MS)
        expect(page.locator("#film")).to_have_attribute("src", re.compile(r"\?made="))
        page.wait_for_function(IS_READY)
        assert page.evaluate("Math.round(document.getElementById('film').currentTime)") == 4
        expect(part.locator(".take")).to_have_count(2)
        expect(part.locator(".take").nth(1)).to_contain_text("in the film")
        expect(part.get_by_role("button", name="Make this clip again")).to_be_disabled()
        take = part.locator(".take video").nth(0)
        take.focus()
        page.wait_for_function("(take) => take.currentTime > 0", arg=take.element_handle())
        check_looks(page)
        part.get_by_role("button", name="Choose take 1").click()
        expect(part.locator(".take").nth(0)).to_contain_text("chosen")
        page.get_by_role("button", name="Join again with the chosen takes").click()
        expect(page.locator("#again progress")).to_be_visible()
        do_work()
        expect(part.locator(".take").nth(0)).to_contain_text("in the film", timeout=POLL_MS)
        assert complaints.said == []

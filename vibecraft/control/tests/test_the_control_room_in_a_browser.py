"""An operator in a real browser: by keyboard alone, in both themes, on a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.browser import axe_violations, open_browser
from vibecraft.jobs import workers
from vibecraft.jobs.models import Job
from vibecraft.testing import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AXE = Path(__file__).parents[3] / "tests" / "vendor" / "axe-core" / "axe.min.js"


@pytest.fixture(autouse=True)
def _beside_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser's driver keeps an event loop in this thread, which Django takes for its own."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture
def jobs(alice: User) -> list[Job]:
    cache.clear()
    User.objects.create_superuser("olga@example.org", PASSWORD)
    workers.say("media@one", "media")
    return [Job.objects.create(owner=alice, kind="export") for _ in range(3)]


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/admin/")
    expect(page.get_by_label("E-mail:")).to_be_focused()
    page.keyboard.type("olga@example.org")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#control-room")).to_be_visible()


def reach(page: Page, selector: str) -> None:
    """Press Tab until an element has the focus, as a person without a mouse does."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement?.matches(wanted)", selector):
            return
    raise AssertionError(f"{selector} is not reached by the keyboard")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_jobs_are_canceled_by_keyboard_alone(
    live_server: Any, jobs: list[Job], scheme: str, settings: Any
) -> None:
    with open_browser(color_scheme=scheme) as (page, complaints):
        sign_in(page, live_server.url)
        assert axe_violations(page, AXE) == []
        reach(page, "a[href*='status__exact=queued']")
        page.keyboard.press("Enter")
        expect(page.locator("#result_list")).to_be_visible()
        assert axe_violations(page, AXE) == []
        reach(page, "#action-toggle")
        page.keyboard.press("Space")
        page.locator("select[name=action]").focus()
        page.keyboard.type("Cancel")
        reach(page, "button[name=index]")
        page.keyboard.press("Enter")
        expect(page.locator(".confirm input[type=submit]")).to_be_focused()
        assert axe_violations(page, AXE) == []
        page.keyboard.press("Enter")
        expect(page.locator(".messagelist")).to_contain_text("3 of 3 canceled.")
        assert complaints.said == []
    assert set(Job.objects.values_list("status", flat=True)) == {"canceled"}


def test_the_room_looks_again_by_itself_and_fits_a_phone(
    live_server: Any, jobs: list[Job], client_of: Callable[[User], Any]
) -> None:
    with open_browser(390, 844) as (page, complaints):
        page.clock.install()
        sign_in(page, live_server.url)
        tile = page.locator(".tile", has_text="Waiting")
        expect(tile.locator(".tile__figure")).to_have_text("3")
        jobs[0].cancel()
        page.clock.fast_forward(16_000)
        expect(tile.locator(".tile__figure")).to_have_text("2")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert complaints.said == []

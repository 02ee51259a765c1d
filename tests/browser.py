"""A real browser for tests: Debian's Chromium, driven by Playwright, that reports every complaint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import ConsoleMessage as AsyncConsoleMessage
from playwright.sync_api import ConsoleMessage, Page, expect, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
# How long a page may take beside everything else that a busy machine does.
PATIENCE_MS = 60_000
# Two frames: what a change has set moving moves by the second.
DRAW_TWICE = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
# Nothing is on its way to where it ends; what moves for ever has no end.
STANDS_STILL = """() => !document.getAnimations().some(
  (one) => one.playState === "running" && one.effect.getComputedTiming().endTime < Infinity
)"""
# How busy the machine is, not what is wrong with a page.
OF_TIME = "was preloaded using link preload but not used within a few seconds"


@dataclass
class Complaints:
    """What the browser held against the pages: console errors, exceptions, policy violations."""

    said: list[str] = field(default_factory=list)

    def hear(self, message: ConsoleMessage | AsyncConsoleMessage) -> None:
        if message.type in ("error", "warning") and OF_TIME not in message.text:
            self.said.append(f"{message.type}: {message.text}")


@contextmanager
def open_browser(
    width: int = 1440, height: int = 900, **options: Any
) -> Iterator[tuple[Page, Complaints]]:
    """A page in a fresh browser, with the list of its complaints."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        page = context.new_page()
        complaints = Complaints()
        page.on("console", complaints.hear)
        page.on("pageerror", lambda error: complaints.said.append(f"exception: {error}"))
        try:
            yield page, complaints
        finally:
            context.close()
            browser.close()


def axe_violations(page: Page, axe: Path) -> list[str]:
    """Run axe-core in the page once nothing in it moves; each violation as `rule: selector`."""
    page.evaluate(DRAW_TWICE)
    page.wait_for_function(STANDS_STILL)
    page.evaluate(axe.read_text() + "\n;undefined")
    found = page.evaluate("async () => (await axe.run()).violations")
    return [
        f"{violation['id']}: {node['target']}" for violation in found for node in violation["nodes"]
    ]

"""How smooth the timeline of a five-minute song is while one zooms, scrolls, drags and listens.

    python -m bench.timeline                   every act twice for 4 s, in a real browser
    python -m bench.timeline --seconds 10

Chromium's own tracing tells when frames were shown and what each cost. Telling all that takes time
itself; so each act is done twice, once while only frames are told, once while everything is.
The browser has no graphics card here, so that all pixels are made and put together by the processor,
beside the page's own thread. Prints, for each act:

frames a second   as they were shown
late              refreshes of the screen that were missed, because no frame was ready
> 50 ms           tasks of the page that one would feel
cpu               of the page's own thread for a frame, in ms: middle, 95 % and worst
script            how much of the middle was our own code,
canvas            how much was filling canvases,
page              and how much was style, layout and painting of elements; the rest is Chromium's
others            of all other threads of the browser, in the mean

The wheel is turned without waiting for the browser's answer, as a hand does: it answers a turn of the
wheel after two frames, so that waiting for it would show 30 frames a second of any page.

CPU time grows little when other programs use the machine, late frames do. Exits with 1 if 95 % of an
act's frames do not leave a quarter of their 16.7 ms to what comes after the page, or if more than 5 %
of the refreshes were missed; the second says something of an idle machine only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import django
import numpy as np
from playwright.async_api import Browser, CDPSession, Page, async_playwright

from bench.songs import Song as Made
from bench.songs import make_song

SECONDS = 299.0
PARTS = (0.25, 0.6, 1.0, 0.55, 1.0, 0.4, 0.9, 1.0, 0.3)
LABELS = ("Intro", "Verse 1", "Chorus", "Verse 2", "Chorus", "Bridge", "Build", "Chorus", "Outro")
FRAME_MS, LONG_TASK_MS = 1000 / 60, 50.0
MAX_P95_MS, MAX_LATE = 0.75 * FRAME_MS, 0.05
# A frame begins some time after its refresh; only a longer gap means that one was left out.
MISSED = 1.5
FRAMES_ONLY = ["devtools.timeline"]
EVERYTHING = [*FRAMES_ONLY, "toplevel", "disabled-by-default-devtools.timeline", "cc"]
PARTS_OF_FRAMES = {
    "script": {"FunctionCall"},
    "canvas": {"LayerTreeHost::DoUpdateLayers"},
    "page": {"UpdateLayoutTree", "Layout", "PrePaint", "Paint", "Layerize", "HitTest"},
}
OTHER_TASKS = {"ThreadControllerImpl::RunTask", "ThreadPool_RunTask"}
CTRL, SHIFT = 2, 8
# Were it only one for each frame, some frames would have none to show, and would count as missed.
REPORTS_PER_SECOND = 120


@dataclass(frozen=True)
class Frames:
    """What was measured of one act; times in milliseconds."""

    act: str
    intervals: list[float]
    tasks: list[float]
    costs: list[float]
    parts: dict[str, float]
    others: float

    @property
    def per_second(self) -> float:
        return 1000 * len(self.intervals) / max(1.0, sum(self.intervals))

    @property
    def late(self) -> float:
        """The share of the refreshes that no frame was ready for."""
        missed = sum(round(gap / FRAME_MS) - 1 for gap in self.intervals if gap > MISSED * FRAME_MS)
        return missed / max(1, missed + len(self.intervals))

    @property
    def is_smooth(self) -> bool:
        return self.cost(0.95) <= MAX_P95_MS and self.late <= MAX_LATE

    def cost(self, share: float) -> float:
        return quantile(self.costs, share)


def quantile(values: list[float], share: float) -> float:
    return float(np.quantile(values, share)) if values else 0.0


# --- the song ------------------------------------------------------------------------------------


def shaped_song(seconds: float = SECONDS) -> Made:
    """A song with quiet and loud parts, its beats known."""
    song = make_song("house", 5, seconds=seconds)
    steps = np.repeat(PARTS, -(-len(song.samples) // len(PARTS)))[: len(song.samples)]
    song.samples[:] = song.samples / np.abs(song.samples).max() * steps
    return song


def energy_of(song: Made) -> list[dict[str, float]]:
    """Loudness of each half second, the loudest being 1."""
    size = song.sample_rate // 2
    whole = song.samples[: len(song.samples) // size * size].reshape(-1, size)
    loud = np.sqrt((whole**2).mean(axis=1))
    values = loud / loud.max()
    return [{"time": index / 2, "value": float(value)} for index, value in enumerate(values)]


def store_song(owner: Any, made: Made, folder: Path) -> Any:
    """The song as it is after its analysis, with the analysis that a perfect ear would write."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from songs import intake
    from vibecraft.testing import analyze_exactly, write_wav

    path = write_wav(folder / "song.wav", made.samples, made.sample_rate)
    upload = SimpleUploadedFile("Night Drive.wav", path.read_bytes())
    song, _ = intake.receive(owner, upload, title="Night Drive")
    analysis = analyze_exactly(song, made.bpm)
    analysis.beat_times = made.beat_times.tolist()
    analysis.downbeat_times = made.downbeat_times.tolist()
    analysis.energy_curve = energy_of(made)
    analysis.save()
    return song


def draft_for(song: Any, downbeats: np.ndarray) -> None:
    """Sections of about equal length, their borders on downbeats."""
    from django.utils import timezone

    from songs.models import SectionDraft

    ideal = np.linspace(0, song.duration_sec, len(LABELS) + 1)[1:-1]
    borders = [float(downbeats[np.abs(downbeats - time).argmin()]) for time in ideal]
    sections = [{"label": label, "note": ""} for label in LABELS]
    SectionDraft.objects.create(
        song=song, borders=borders, sections=sections, saved_at=timezone.now()
    )


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, str, str]]:
    """A site with the song of one user: its address, the song's path, the session's cookie."""
    os.environ |= {
        "VIBECRAFT_DATA": str(folder),
        "DJANGO_SETTINGS_MODULE": "vibecraft.settings",
        "LOG_LEVEL": "WARNING",
    }
    django.setup()
    from vibecraft import supervisor

    path, cookie = _furnish(folder)
    site = supervisor.Supervisor(folder / "run")
    (port,) = supervisor.free_ports(1)
    address = f"http://127.0.0.1:{port}"
    try:
        site.start("web", supervisor.web_command("127.0.0.1", port))
        site.wait_for(lambda: supervisor.answers(f"{address}/health"), "The site")
        yield address, path, cookie
    finally:
        site.stop()


def _furnish(folder: Path) -> tuple[str, str]:
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from accounts.models import User

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    owner = User.objects.create_user("alice@example.org")
    made = shaped_song()
    song = store_song(owner, made, folder)
    draft_for(song, made.downbeat_times)
    client = Client()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return f"/songs/{song.pk}", client.cookies[settings.SESSION_COOKIE_NAME].value


# --- the acts ------------------------------------------------------------------------------------


@dataclass
class Hand:
    """A mouse over the waveform that tells of itself twice a screen frame, as mice do."""

    page: Page
    wire: CDPSession
    seconds: float
    x: float = 0.0
    y: float = 0.0

    async def reach(self) -> None:
        """Lay the mouse on the waveform."""
        box = await self.page.locator("[data-tl=wave]").bounding_box()
        assert box is not None
        self.x, self.y = box["x"] + box["width"] * 0.4, box["y"] + box["height"] / 2

    def mouse(self, kind: str, x: float, **more: Any) -> Coroutine[Any, Any, Any]:
        event = {"type": kind, "x": x, "y": self.y, **more}
        return self.wire.send("Input.dispatchMouseEvent", event)

    async def steps(self) -> AsyncIterator[int]:
        """Count up, twice a screen frame, until the act is over."""
        begun, number = time.monotonic(), 0
        while (now := time.monotonic() - begun) < self.seconds:
            yield number
            number += 1
            await asyncio.sleep(max(0.0, number / REPORTS_PER_SECOND - now))

    async def wheel(self, modifiers: int, delta: Callable[[int], float]) -> None:
        turns = []
        async for number in self.steps():
            turn = {"deltaX": 0, "deltaY": delta(number), "modifiers": modifiers}
            turns.append(asyncio.create_task(self.mouse("mouseWheel", self.x, **turn)))
        await asyncio.gather(*turns)

    async def drag_border(self) -> None:
        box = await self.page.locator(".tl-border").nth(3).bounding_box()
        assert box is not None
        x = box["x"] + box["width"] / 2
        await self.mouse("mousePressed", x, button="left", clickCount=1)
        async for number in self.steps():
            await self.mouse("mouseMoved", x + 60 * np.sin(number / 40), button="left", buttons=1)
        await self.mouse("mouseReleased", x, button="left", clickCount=1)

    async def listen(self) -> None:
        player = "document.querySelector('[data-timeline]').timeline.player"
        await self.page.evaluate(f"{player}.play()")
        await asyncio.sleep(self.seconds)
        await self.page.evaluate(f"{player}.pause()")

    async def prepare(self, keys: str) -> None:
        """The whole song, and then so much nearer."""
        for key in "f" + keys:
            await self.page.keyboard.press(key)

    def acts(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            "zoom": lambda: self.wheel(CTRL, lambda step: -20 if step // 120 % 2 == 0 else 20),
            "scroll": lambda: self.wheel(SHIFT, lambda step: 15 if step // 180 % 2 == 0 else -15),
            "drag a border": self.drag_border,
            "listen": self.listen,
        }


# --- the tracing ---------------------------------------------------------------------------------


Events = list[dict[str, Any]]


async def traced(
    browser: Browser, page: Page, act: Callable[[], Awaitable[None]], categories: list[str]
) -> Events:
    """Run an act; what Chromium has to say about it."""
    await browser.start_tracing(page=page, categories=categories)
    await act()
    told = json.loads(await browser.stop_tracing())
    return list(told["traceEvents"])


def measured(name: str, shown: Events, events: Events) -> Frames:
    """Read two traces: when frames were shown, and what the page's main thread did for them."""
    main = _main_thread(events)
    own = [event for event in events if (event["pid"], event["tid"]) == main]
    beats = _frames(own)
    lasting = [event for event in own if "dur" in event]
    tasks = [event for event in lasting if event["name"] == "RunTask"]
    parts = {
        part: quantile(_costs([event for event in lasting if event["name"] in names], beats), 0.5)
        for part, names in PARTS_OF_FRAMES.items()
    }
    others = _cpu_of_others(events, main) / max(1, len(beats) - 1)
    durations = [task["dur"] / 1000 for task in tasks]
    return Frames(name, _intervals(shown), durations, _costs(tasks, beats), parts, others)


def _intervals(events: Events) -> list[float]:
    main = _main_thread(events)
    beats = _frames([event for event in events if (event["pid"], event["tid"]) == main])
    return [later - earlier for earlier, later in pairwise(beats)]


def _frames(own: Events) -> list[float]:
    """When each screen frame of the page began, in milliseconds; callbacks of one frame follow at once."""
    beats = sorted(event["ts"] / 1000 for event in own if event["name"] == "FireAnimationFrame")
    return [beat for beat, before in zip(beats, [0.0, *beats], strict=False) if beat - before > 1]


def _cpu_of_others(events: Events, main: tuple[int, int]) -> float:
    """CPU time of all other threads in milliseconds."""
    return sum(
        float(event.get("tdur", 0)) / 1000
        for event in events
        if event["name"] in OTHER_TASKS and (event["pid"], event["tid"]) != main
    )


def _main_thread(events: Events) -> tuple[int, int]:
    fired = [
        (event["pid"], event["tid"]) for event in events if event["name"] == "FireAnimationFrame"
    ]
    return max(set(fired), key=fired.count)


def _costs(tasks: Events, frames: list[float]) -> list[float]:
    """The CPU time of these from each frame to the next, in milliseconds."""
    costs = np.zeros(len(frames))
    for task in tasks:
        index = np.searchsorted(frames, (task["ts"] + task["dur"]) / 1000) - 1
        if index >= 0:
            costs[index] += float(task["tdur"] if "tdur" in task else task["dur"]) / 1000
    return [float(cost) for cost in costs[:-1]]


# --- the table -----------------------------------------------------------------------------------


def main() -> int:
    options = _options()
    with (
        tempfile.TemporaryDirectory(prefix="bench-timeline-") as folder,
        serving(Path(folder)) as (address, path, cookie),
    ):
        found = asyncio.run(watch(address, path, cookie, options.seconds))
    return _print(found)


async def watch(address: str, path: str, cookie: str, seconds: float) -> list[Frames]:
    """Do every act on the song's page; what each cost."""
    async with opened(address, cookie) as (browser, page):
        async with page.expect_response("**/peaks.json"):
            await page.goto(address + path)
        await page.locator("[data-tl=wave]").scroll_into_view_if_needed()
        hand = Hand(page, await page.context.new_cdp_session(page), seconds)
        await hand.reach()
        found = []
        for name, act in hand.acts().items():
            told = []
            for categories in (FRAMES_ONLY, EVERYTHING):
                await hand.prepare("+++" if name == "scroll" else "")
                told.append(await traced(browser, page, act, categories))
            found.append(measured(name, *told))
    return found


@asynccontextmanager
async def opened(address: str, cookie: str) -> AsyncIterator[tuple[Browser, Page]]:
    """A browser of the tests' kind, signed in; fails in the end if it complained of the page."""
    from tests.browser import CHROMIUM, FLAGS, Complaints

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        await page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": address}])
        complaints = Complaints()
        page.on("console", lambda message: complaints.hear(message))
        page.on("pageerror", lambda error: complaints.said.append(f"exception: {error}"))
        yield browser, page
        await browser.close()
        assert complaints.said == [], complaints.said


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=4.0)
    return parser.parse_args()


def _print(found: list[Frames]) -> int:
    print(
        f"{'act':<16}{'a second':>9}{'late':>7}{'>50 ms':>8}{'cpu 50%':>10}{'95%':>7}{'worst':>7}"
        f"{'script':>9}{'canvas':>8}{'page':>6}{'others':>8}"
    )
    for one in found:
        long = sum(task > LONG_TASK_MS for task in one.tasks)
        costs = "".join(f"{one.cost(share):7.1f}" for share in (0.5, 0.95, 1.0))
        script, canvas, page = (one.parts[part] for part in PARTS_OF_FRAMES)
        print(
            f"{one.act:<16}{one.per_second:>9.0f}{one.late:>7.0%}{long:>8}   {costs}"
            f"{script:>9.1f}{canvas:>8.1f}{page:>6.1f}{one.others:>8.1f}"
        )
    print(f"ms of CPU a frame; 95 % may take {MAX_P95_MS:.1f}, {MAX_LATE:.0%} may be late.")
    missed = [one.act for one in found if not one.is_smooth]
    if missed:
        print(f"Missed: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

"""The timeline in a real browser, by mouse and keyboard: what is dragged, undone, heard and kept."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from songs import sections as rules
from songs.models import SectionDraft, Song
from tests.browser import DRAW_TWICE, axe_violations, open_browser
from tests.stack import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
LOOKS = [(1440, "dark"), (390, "dark"), (1440, "light"), (390, "light")]
SECONDS, BPM = 60.0, 120.0
BEAT = 60 / BPM
CLICKS = 6
# After a change of colors, which glide.
SETTLE_MS = 300
TOO_WIDE = """() => [...document.querySelectorAll("[data-timeline] *")]
  .filter((one) => !one.closest(".tl__frame, .tl__overview, .visually-hidden"))
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5)
  .map((one) => one.outerHTML)"""
# Where each border stands on the screen at the end of the frame in which the pointer was moved.
WATCH_FRAMES = """() => addEventListener("pointermove", () => requestAnimationFrame(() => {
  window.painted = [...document.querySelectorAll(".tl-border")].map((one) => {
    const box = one.getBoundingClientRect();
    return box.left + box.width / 2;
  });
}))"""
WHERE = """() => {
  const { left, width, top, height } = document.querySelector("[data-tl=wave]").getBoundingClientRect();
  const { start, seconds } = document.querySelector("[data-timeline]").timeline.viewport;
  return [left, width, top + height / 2, start, seconds];
}"""
# What is set to sound, and when, in the clock of the sound card.
RECORD_SOUND = """() => {
  window.sounds = [];
  for (const kind of [AudioBufferSourceNode, OscillatorNode]) {
    const start = kind.prototype.start;
    kind.prototype.start = function (when, offset) {
      window.sounds.push({ kind: kind.name, when, offset, pitch: this.frequency?.value });
      return start.apply(this, arguments);
    };
  }
}"""


@pytest.fixture
def owner(django_user_model: Any) -> User:
    user: User = django_user_model.objects.create_user("alice@example.org")
    return user


@pytest.fixture
def song(owner: User, ready_song: Callable[..., Song]) -> Song:
    return ready_song(owner, seconds=SECONDS, bpm=BPM)


@dataclass
class Instrument:
    """The timeline on a page, as hands and ears know it."""

    page: Page
    song: Song

    def open(self, address: str) -> None:
        with self.page.expect_response("**/peaks.json"):
            self.page.goto(f"{address}/songs/{self.song.pk}")
        expect(self.page.locator(".tl-block").first).to_be_visible()
        self.page.locator("[data-tl=wave]").scroll_into_view_if_needed()

    @property
    def drawn(self) -> dict[str, Any]:
        """The drawing as this browser keeps it."""
        kept = self.page.evaluate(f"localStorage.getItem('vibecraft:sections:{self.song.pk}')")
        found: dict[str, Any] = json.loads(kept)["drawing"]
        return found

    @property
    def borders(self) -> list[float]:
        return [float(border) for border in self.drawn["borders"]]

    def places(self, *times: float) -> tuple[list[float], float]:
        """Where times are on the screen, and the middle of the waveform's height."""
        left, width, middle, start, seen = self.page.evaluate(WHERE)
        return [left + (time - start) / seen * width for time in times], middle

    def x(self, seconds: float) -> float:
        return self.places(seconds)[0][0]

    @property
    def y(self) -> float:
        return self.places()[1]

    def cut(self, *times: float) -> None:
        """Cut as a user does: a double-click near the time."""
        xs, y = self.places(*times)
        for x in xs:
            self.page.mouse.dblclick(x, y)

    def drag(self, start: float, to: float, *, alt: bool = False, let_go: bool = True) -> None:
        (first, half, last), y = self.places(start, (start + to) / 2, to)
        self.page.mouse.move(first, y)
        self.page.mouse.down()
        if alt:
            self.page.keyboard.down("Alt")
        self.page.mouse.move(half, y)
        self.page.mouse.move(last, y)
        if let_go:
            self.page.mouse.up()
        if alt:
            self.page.keyboard.up("Alt")


@contextmanager
def playing(live_server: Any, client: Any, song: Song) -> Iterator[Instrument]:
    with open_browser() as (page, complaints):
        sign_in(page.context, live_server, client)
        instrument = Instrument(page, song)
        instrument.open(live_server.url)
        yield instrument
        assert complaints.said == []
        # The page sends what it has not sent yet when it is left.
        page.goto(f"{live_server.url}/health")


def sign_in(context: BrowserContext, live_server: Any, client: Any) -> None:
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])


def look(page: Page, name: str) -> None:
    """Nothing hangs over the side, nothing shuts anybody out; kept as pictures with SHOTS_DIR set."""
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
    page.emulate_media(color_scheme="dark")


def test_borders_snap_let_go_come_back_and_are_kept(
    live_server: Any, owner: User, song: Song, client_of: Callable[..., Any]
) -> None:
    client = client_of(owner)
    with playing(live_server, client, song) as instrument:
        page = instrument.page
        instrument.cut(20.05, 39.96)
        assert instrument.borders == [20.0, 40.0]
        what_cannot_be_cut_is_said_at_its_place(instrument)
        a_drag_lands_on_the_beat_within_one_frame(instrument)
        a_drag_with_alt_lands_where_it_is_dropped(instrument)
        escape_puts_back_what_is_being_dragged(instrument)
        the_keyboard_does_it_all(instrument)
        look(page, "drawing")
        the_draft_goes_along(instrument, live_server, client)
        saving_warns_twice(instrument)


def what_cannot_be_cut_is_said_at_its_place(instrument: Instrument) -> None:
    instrument.cut(20.55)
    said = instrument.page.locator("[data-tl=refusal]")
    expect(said).to_have_text("Too close to a border: each section has to last at least 1 second.")
    box = said.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] / 2 == pytest.approx(instrument.x(20.5), abs=2)
    assert instrument.borders == [20.0, 40.0]


def a_drag_lands_on_the_beat_within_one_frame(instrument: Instrument) -> None:
    page = instrument.page
    before = instrument.drawn
    page.evaluate(WATCH_FRAMES)
    instrument.drag(20.0, 24.03, let_go=False)
    expect(page.locator(".tl-border").first).to_have_attribute("data-snapped", "downbeat")
    expect(page.locator("[data-tl=snapLine]")).to_have_attribute("data-place", "bar 13, beat 1")
    page.evaluate(DRAW_TWICE)
    assert page.evaluate("window.painted[0]") == pytest.approx(instrument.x(24.0), abs=0.6)
    page.mouse.up()
    assert instrument.borders == [24.0, 40.0]
    expect(page.locator("[data-tl=snapLine]")).to_be_hidden()
    page.keyboard.press("Control+z")
    assert instrument.drawn == before
    page.keyboard.press("Control+Shift+z")
    assert instrument.borders == [24.0, 40.0]


def a_drag_with_alt_lands_where_it_is_dropped(instrument: Instrument) -> None:
    page = instrument.page
    # Chromium reports presses in whole pixels.
    pixel = 1.5 * SECONDS / (instrument.x(SECONDS) - instrument.x(0))
    instrument.drag(24.0, 27.03, alt=True)
    (free, _) = instrument.borders
    assert free == pytest.approx(27.03, abs=pixel)
    assert free % BEAT != 0
    page.keyboard.press("n")
    instrument.drag(40.0, 41.97)
    assert instrument.borders[1] == pytest.approx(41.97, abs=pixel)
    assert instrument.borders[1] % BEAT != 0
    page.keyboard.press("n")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert instrument.borders == [24.0, 40.0]


def escape_puts_back_what_is_being_dragged(instrument: Instrument) -> None:
    instrument.drag(24.0, 30.0, let_go=False)
    instrument.page.keyboard.press("Escape")
    instrument.page.mouse.up()
    assert instrument.borders == [24.0, 40.0]
    expect(instrument.page.locator(".tl-border[data-held]")).to_have_count(0)


def the_keyboard_does_it_all(instrument: Instrument) -> None:
    page = instrument.page
    grid = page.get_by_role("grid", name="Sections and borders")
    cells = grid.get_by_role("gridcell")
    expect(cells).to_have_count(5)
    expect(grid.locator("[tabindex='0']")).to_have_count(1)
    cells.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Alt+ArrowLeft")
    assert instrument.borders == [24.49, 40.0]
    expect(page.locator("#announcer")).to_have_text("Border between Part 1 and Part 2, at 0:24.49")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.keyboard.type("Chorus")
    page.keyboard.press("Enter")
    expect(cells.nth(2)).to_be_focused()
    expect(cells.nth(2)).to_have_accessible_name(
        "Section 2 of 3, Chorus, 0:24.50 to 0:40.00, 15.5 s"
    )
    page.keyboard.press("Shift+ArrowLeft")
    assert instrument.borders == [24.0, 39.5]
    page.keyboard.press("End")
    page.keyboard.press("Delete")
    expect(cells).to_have_count(3)
    page.keyboard.press("Escape")
    for key in ("Control+z", "Control+z"):
        page.keyboard.press(key)
    assert instrument.borders == [24.5, 40.0]


def the_draft_goes_along(instrument: Instrument, live_server: Any, client: Any) -> None:
    """It outlives a reload, comes up in another browser, and what is drawn there comes back."""
    drawn = instrument.drawn
    wait_until(lambda: kept_borders(instrument.song) == drawn["borders"], 10)
    instrument.open(live_server.url)
    expect(instrument.page.locator(".tl-border")).to_have_count(2)
    assert instrument.drawn == drawn
    browser = instrument.page.context.browser
    assert browser is not None
    elsewhere = browser.new_context(viewport={"width": 1024, "height": 800})
    sign_in(elsewhere, live_server, client)
    other = Instrument(elsewhere.new_page(), instrument.song)
    other.open(live_server.url)
    expect(other.page.locator(".toast")).to_contain_text("from another browser, as they were at")
    expect(other.page.locator(".tl-block")).to_have_text(["Part 1", "Chorus", "Part 3"])
    other.cut(50.0)
    assert other.borders == [24.5, 40.0, 50.0]
    wait_until(lambda: kept_borders(instrument.song) == [24.5, 40.0, 50.0], 10)
    elsewhere.close()
    instrument.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(instrument.page.locator(".tl-border")).to_have_count(3)
    instrument.page.keyboard.press("Control+z")
    assert instrument.borders == [24.5, 40.0]
    wait_until(lambda: kept_borders(instrument.song) == [24.5, 40.0], 10)


def kept_borders(song: Song) -> list[float] | None:
    return SectionDraft.objects.filter(song=song).values_list("borders", flat=True).first()


def saving_warns_twice(instrument: Instrument) -> None:
    page = instrument.page
    label = page.get_by_label("Label of section 1, one or two words")
    label.fill("one two three")
    expect(page.locator("#section-0-errors")).to_have_text(
        "The label has 3 words; one or two are allowed."
    )
    page.get_by_role("button", name="Save the sections").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(label).to_be_focused()
    label.fill("Intro")
    expect(page.locator("#section-0-errors")).to_be_empty()
    page.get_by_role("button", name="Save the sections").click()
    expect(page.get_by_role("dialog")).to_contain_text("The times will be final")
    page.get_by_role("button", name="Save for good").click()
    expect(page.locator(".toast", has_text="Their times are final")).to_be_visible()
    assert [section.start_frame for section in instrument.song.sections.all()] == [0, 588, 960]
    expect(page.locator(".tl-border")).to_have_count(0)
    assert not SectionDraft.objects.exists()


def test_a_click_ends_the_naming_of_a_section_and_keeps_the_focus_it_went_for(
    live_server: Any, owner: User, song: Song, client_of: Callable[..., Any]
) -> None:
    with playing(live_server, client_of(owner), song) as instrument:
        page = instrument.page
        instrument.cut(20.0, 40.0)
        first = page.locator(".tl-block").first
        first.dblclick()
        expect(page.locator(".tl-rename")).to_be_focused()
        page.keyboard.type("Verse")
        (note := page.get_by_label("Note for section 2, up to 100 characters")).click()
        expect(first).to_have_text("Verse")
        expect(note).to_be_focused()
        # As commands they would cut, switch the snap and delete.
        page.keyboard.type("snow")
        page.keyboard.press("Backspace")
        expect(note).to_have_value("sno")
        assert instrument.borders == [20.0, 40.0]
        first.dblclick()
        page.keyboard.press("Escape")
        expect(first).to_be_focused()


def test_a_hundred_random_gestures_never_break_the_rules(
    live_server: Any, owner: User, song: Song, client_of: Callable[..., Any]
) -> None:
    with playing(live_server, client_of(owner), song) as instrument:
        hand = Hand(instrument, random.Random(5))
        instrument.cut(20.0, 40.0)
        seen = {json.dumps(hand.gesture()["borders"]) for _ in range(100)}
        assert len(seen) > 40
        steps = 0
        while instrument.page.locator("[data-tl=undo]").is_enabled():
            instrument.page.keyboard.press("Control+z")
            steps += 1
        assert instrument.borders == []
        for _ in range(steps):
            instrument.page.keyboard.press("Control+Shift+z")
        assert instrument.drawn == hand.last


@dataclass
class Hand:
    """Somebody who plays around, and the server's rules beside them."""

    instrument: Instrument
    dice: random.Random
    last: dict[str, Any] | None = None

    def gesture(self) -> dict[str, Any]:
        acts = [self.drag, self.drag, self.drag, self.slide, self.cut, self.split, self.nudge]
        self.dice.choice([*acts, self.delete, self.zoom, self.travel])()
        self.last = self.instrument.drawn
        check_by_the_servers_rules(self.last)
        return self.last

    def anywhere(self) -> float:
        return self.dice.uniform(0.0, SECONDS)

    def drag(self) -> None:
        """Any border to any place, even beyond its neighbours and the ends of the song."""
        borders = self.instrument.borders
        if borders:
            to = self.dice.uniform(-3.0, SECONDS + 3.0)
            self.instrument.drag(self.dice.choice(borders), to, alt=self.dice.random() < 0.3)

    def slide(self) -> None:
        page = self.instrument.page
        box = self.dice.choice(page.locator(".tl-block").all()).bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] * 0.5, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + self.dice.uniform(-300, 300), y)
        page.mouse.up()

    def cut(self) -> None:
        self.instrument.cut(self.anywhere())

    def split(self) -> None:
        page = self.instrument.page
        page.mouse.click(self.instrument.x(self.anywhere()), self.instrument.y)
        page.keyboard.press("s")

    def nudge(self) -> None:
        page = self.instrument.page
        self.dice.choice(page.locator("[role=gridcell]").all()).focus()
        for _ in range(self.dice.randint(1, 6)):
            key = self.dice.choice(["Shift+ArrowLeft", "Shift+ArrowRight", "Alt+ArrowRight"])
            page.keyboard.press(key)
        page.keyboard.press("Escape")

    def delete(self) -> None:
        self.dice.choice(self.instrument.page.locator("[role=gridcell]").all()).focus()
        self.instrument.page.keyboard.press("Delete")
        self.instrument.page.keyboard.press("Escape")

    def zoom(self) -> None:
        """In and out again, so that everything stays in reach of the hand."""
        page = self.instrument.page
        page.keyboard.press("+")
        page.keyboard.press("f")

    def travel(self) -> None:
        key = self.dice.choice(["Control+z", "Control+Shift+z"])
        for _ in range(self.dice.randint(1, 3)):
            self.instrument.page.keyboard.press(key)


def check_by_the_servers_rules(drawn: dict[str, Any]) -> None:
    """Nothing but the number of sections may be wrong in what can be drawn."""
    edges = [0.0, *drawn["borders"], SECONDS]
    labels = [section["label"] for section in drawn["sections"]]
    drafts = [
        rules.Draft(label, start, end)
        for label, (start, end) in zip(labels, pairwise(edges), strict=True)
    ]
    told = refusals(drafts)
    assert not any(told["sections"]), told
    assert not told["overall"] or len(labels) < rules.MIN_SECTIONS, told


def refusals(drafts: list[rules.Draft]) -> Any:
    try:
        rules.check(drafts, duration=SECONDS)
    except rules.SectionErrors as errors:
        return errors.as_dict()
    return {"sections": [], "overall": []}


def test_clicks_lie_exactly_on_the_beats(
    live_server: Any, owner: User, song: Song, client_of: Callable[..., Any]
) -> None:
    with playing(live_server, client_of(owner), song) as instrument:
        page = instrument.page
        page.evaluate(RECORD_SOUND)
        page.mouse.click(instrument.x(10.3), instrument.y)
        page.keyboard.press("c")
        expect(page.locator("[data-tl=click]")).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("Space")
        wait_until(lambda: len(clicks_of(page)) >= CLICKS, 20)
        page.keyboard.press("Space")
        song_start = next(one for one in page.evaluate("sounds") if "Buffer" in one["kind"])
        heard = [
            (song_start["offset"] + click["when"] - song_start["when"], click["pitch"])
            for click in clicks_of(page)[:CLICKS]
        ]
        first = -(-song_start["offset"] // BEAT) * BEAT
        expected = [first + BEAT * number for number in range(CLICKS)]
        assert [time for time, _ in heard] == pytest.approx(expected, abs=0.001)
        assert [pitch for _, pitch in heard] == [
            1760 if time % (4 * BEAT) == 0 else 1175 for time in expected
        ]
        a_new_grid_moves_borders_and_clicks(instrument)


def clicks_of(page: Page) -> list[dict[str, float]]:
    return [one for one in page.evaluate("sounds") if one["kind"] == "OscillatorNode"]


def a_new_grid_moves_borders_and_clicks(instrument: Instrument) -> None:
    """Another module shifts the beats: what sat on one follows, and one undo takes all of it back."""
    page = instrument.page
    instrument.cut(20.0)
    page.keyboard.down("Alt")
    instrument.cut(41.23)
    page.keyboard.up("Alt")
    before = instrument.borders
    page.evaluate(
        """() => {
          const root = document.querySelector("[data-timeline]");
          const { bpm, beats, downbeats, beatsPerBar } = root.timeline.grid;
          const later = (times) => times.map((time) => time + 0.03);
          window.told = [];
          root.dispatchEvent(new CustomEvent("timeline:grid", { detail: {
            bpm, beats: later(beats), downbeats: later(downbeats), beatsPerBar, label: "shift the beats",
            undo: async () => told.push("undo"), redo: async () => told.push("redo"),
          } }));
        }"""
    )
    assert instrument.borders == [20.03, before[1]]
    page.keyboard.press("Control+z")
    assert instrument.borders == before
    assert page.evaluate("told") == ["undo"]
    assert page.evaluate("document.querySelector('[data-timeline]').timeline.grid.beats[1]") == BEAT

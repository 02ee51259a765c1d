"""Beat repair, trimming and importing in a real browser: buttons, keys, tapping, handles, polling."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from accounts.models import User
from songs import analysis, pipeline
from songs.models import Analysis, Import, Song
from songs.tests.outside_world import Handler, count_as_public, file_of, serving
from tests.browser import open_browser
from tests.stack import wait_until
from vibecraft.jobs.models import Job

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

GRID = "document.querySelector('[data-timeline]').timeline.grid"
# The picture of the waveform, which changes when the drawn grid does.
DRAWN = "document.querySelector('[data-tl=wave] canvas').toDataURL()"


@pytest.fixture(autouse=True)
def _beside_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser's driver keeps an event loop in this thread, which Django takes for its own."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    monkeypatch.setattr(analysis, "analyze", lambda lease, job: job.succeed(progress=100))


def enter(page: Page, client: Client, address: str) -> None:
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": address}])


def beats(page: Page) -> list[float]:
    return list(page.evaluate(f"{GRID}.beats"))


def wait_for(page: Page, expression: str) -> None:
    """Asked from outside: the pages' policy allows no evaluation of text inside."""
    wait_until(lambda: bool(page.evaluate(expression)), 20, pause=0.05)


def wait_for_bpm(page: Page, bpm: float) -> None:
    wait_for(page, f"Math.abs({GRID}.bpm - {bpm}) < 0.6")


def test_the_beat_is_repaired_and_a_part_is_trimmed(
    live_server: Any, alice: User, client_of: Any, ready_song: Callable[..., Song], tmp_path: Path
) -> None:
    song = ready_song(alice, seconds=40.0)
    with open_browser() as (page, complaints):
        enter(page, client_of(alice), live_server.url)
        page.goto(f"{live_server.url}/songs/{song.pk}")
        wait_for(page, "document.querySelector('[data-timeline]').timeline !== undefined")
        page.locator("#beat > summary").click()
        repair(page, song)
        tap(page, song)
        page.screenshot(path=tmp_path / "beat.png")
        trim(page, live_server.url, song, tmp_path)
        assert complaints.said == []


def repair(page: Page, song: Song) -> None:
    heard, drawn = beats(page), page.evaluate(DRAWN)
    page.get_by_role("button", name="× 2").click()
    wait_for_bpm(page, 240)
    expect(page.locator("[data-beat-said]")).to_contain_text("240.0 BPM, set by hand; 120.0 heard")
    assert len(beats(page)) == 2 * len(heard) - 1
    wait_until(lambda: page.evaluate(DRAWN) != drawn, 10, pause=0.05)
    page.locator("[data-does=undo]").click()
    wait_for_bpm(page, 120)
    assert beats(page) == heard
    expect(page.locator("[data-beat-said]")).to_have_text("120.0 BPM, as heard, very sure")
    assert Analysis.objects.get(song=song).corrections == []
    page.locator("[data-tl=wave]").hover()
    for key in ("]", "}"):
        page.keyboard.press(key)
    wait_for(page, f"{GRID}.beats[0] > 0.014")
    wait_for(page, "document.querySelector('[data-beat-back]').hidden === false")
    assert Analysis.objects.get(song=song).corrections == [{"offset_ms": 15}]
    page.get_by_role("button", name="Back to what was heard").click()
    wait_for(page, f"{GRID}.beats[0] < 0.001")
    page.locator("[name=bpm]").fill("99")
    page.locator("[name=bpm]").press("Enter")
    wait_for_bpm(page, 99)
    page.locator("[name=bpm]").fill("9")
    page.locator("[name=bpm]").press("Enter")
    expect(page.locator("[name=bpm]")).to_have_attribute("aria-invalid", "true")
    wait_for_bpm(page, 99)
    page.locator(".toast__close").last.click()
    page.locator("#beat > summary").focus()


def tap(page: Page, song: Song) -> None:
    """Taps on the beats of the sound; a seek with each makes the clock of this machine not count."""
    page.keyboard.press("t")
    wait_for(page, "document.querySelector('[data-timeline]').timeline.player.isPlaying()")
    for moment in (2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5):
        page.evaluate(
            """moment => { const {player} = document.querySelector('[data-timeline]').timeline;
            player.seek(moment);
            const press = new KeyboardEvent("keydown", { key: "t", bubbles: true });
            document.activeElement.dispatchEvent(press); }""",
            moment,
        )
    expect(page.locator("[data-tapped]")).to_contain_text("8 taps, about 1")
    expect(page.locator("[data-beat-said]")).to_contain_text("set by hand")
    wait_for(page, f"{GRID}.bpm > 110")
    (tapped,) = Analysis.objects.get(song=song).corrections
    assert tapped["bpm"] == pytest.approx(120, abs=4)
    page.keyboard.press("Space")


def trim(page: Page, address: str, song: Song, tmp_path: Path) -> None:
    page.locator("#trim > summary").click()
    wave = page.locator("[data-tl=wave]").bounding_box()
    assert wave is not None
    middle = wave["y"] + wave["height"] / 2
    page.keyboard.down("Alt")
    page.mouse.move(wave["x"] + 3, middle)
    page.mouse.down()
    page.mouse.move(wave["x"] + wave["width"] * 0.1, middle)
    page.mouse.move(wave["x"] + wave["width"] * 0.25, middle)
    page.mouse.up()
    page.keyboard.up("Alt")
    start = page.locator("[name=start_at]")
    seconds = float(start.input_value().partition(":")[2])
    assert 9.9 < seconds < 10.1
    page.locator("[name=end_at]").fill("0:30")
    expect(page.locator("[data-trim-said]")).to_contain_text("to 0:30.00")
    page.screenshot(path=tmp_path / "trim.png")
    page.locator("[name=end_at]").fill("0:12")
    expect(page.locator("[data-trim-go]")).to_be_disabled()
    page.locator("[name=end_at]").fill("0:30")
    page.locator("[data-trim-go]").click()
    page.wait_for_url(lambda url: str(song.pk) not in url)
    trimmed = Song.objects.get(source="trim")
    assert trimmed.origin_sec == pytest.approx(seconds, abs=0.001)
    assert trimmed.duration_sec == pytest.approx(30 - seconds, abs=0.001)


def test_an_import_is_watched_and_canceled(
    live_server: Any,
    alice: User,
    client_of: Any,
    made_song_file: Callable[..., Path],
    do_work: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    go_on = threading.Event()
    data = made_song_file().read_bytes()

    def slowly(handler: Handler) -> None:
        handler.head(200, Content_Type="audio/wav", Content_Length=str(len(data)))
        handler.send(data[:200_000])
        sent = 200_000
        while not go_on.wait(0.5):
            handler.send(data[sent : sent + 100])
            sent += 100
        handler.send(data[sent:])

    with serving("127.0.0.1") as server, open_browser(width=390, height=844) as (page, complaints):
        count_as_public(monkeypatch, server.server_port)
        server.answers = {"/slow.wav": slowly, "/gone.wav": file_of(b"")}
        enter(page, client_of(alice), live_server.url)
        start_import(page, live_server.url, f"http://127.0.0.1:{server.server_port}/slow.wav")
        worker = threading.Thread(target=do_work, daemon=True)
        worker.start()
        expect(page.locator("#import-progress")).to_contain_text("0.2 of 0.5 MB")
        page.screenshot(path=tmp_path / "import.png")
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator("#import-progress")).to_contain_text("Nothing was stored.")
        go_on.set()
        worker.join(60)
        assert Song.objects.count() == 0
        assert Job.objects.get().status == "canceled"
        start_import(page, live_server.url, f"http://127.0.0.1:{server.server_port}/slow.wav?again")
        do_work()
        page.wait_for_url(lambda url: "imports" not in url)
        assert str(Song.objects.get().pk) in page.url
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert complaints.said == []
    assert Import.objects.count() == 2


@pytest.mark.parametrize(("stopped", "chosen", "kept"), [("a", "a", ["a"]), ("a", "b", ["a", "b"])])
def test_a_song_whose_sending_was_stopped_too_late_stands_in_nobodys_way(
    live_server: Any,
    alice: User,
    client_of: Any,
    made_song_file: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    stopped: str,
    chosen: str,
    kept: list[str],
) -> None:
    """The server stores it all the same; sent again it is that song, and another is another one."""
    go_on, bring = threading.Event(), pipeline.bring_song

    def bring_late(*given: Any, **options: Any) -> Song:
        assert go_on.wait(30)
        return bring(*given, **options)

    monkeypatch.setattr(pipeline, "bring_song", bring_late)
    files = {name: made_song_file(name=f"{name}.wav") for name in "ab"}
    with open_browser() as (page, complaints):
        enter(page, client_of(alice), live_server.url)
        page.goto(f"{live_server.url}/songs")
        choose = page.locator("#upload input[type=file]")
        choose.set_input_files(files[stopped])
        expect(page.locator("[data-upload-state]")).to_have_text("Checking the song")
        page.locator("[data-upload-stop]").click()
        expect(page.locator(".toast")).to_contain_text("The song may be stored already")
        expect(choose).to_have_value("")
        go_on.set()
        wait_until(Song.objects.exists, 20, pause=0.05)
        choose.set_input_files(files[chosen])
        page.wait_for_url("**/songs/*-*")
        song = Song.objects.get(original_filename=f"{chosen}.wav")
        assert str(song.pk) in page.url
        assert complaints.said == []
    names = Song.objects.order_by("original_filename").values_list("original_filename", flat=True)
    assert list(names) == [f"{name}.wav" for name in kept]


def test_a_song_that_was_stopped_before_it_was_sent_is_not_there(
    live_server: Any, alice: User, client_of: Any, made_song_file: Callable[..., Path]
) -> None:
    with open_browser() as (page, complaints):
        enter(page, client_of(alice), live_server.url)
        page.goto(f"{live_server.url}/songs")
        # Where to send it is never answered.
        page.route("**/api/uploads", lambda _: None)
        page.locator("#upload input[type=file]").set_input_files(made_song_file())
        page.locator("[data-upload-stop]").click()
        expect(page.locator(".toast")).to_contain_text("Stopped. Nothing was stored.")
        assert complaints.said == []
    assert not Song.objects.exists()


def start_import(page: Page, address: str, url: str) -> None:
    page.goto(f"{address}/songs")
    page.locator("#import > summary").click()
    page.locator("#import [name=address]").fill(url)
    page.get_by_role("button", name="Fetch the song").click()
    expect(page.locator("#import-progress")).to_contain_text("Your song is on its way")


def test_news_of_a_song_wait_while_its_card_is_in_use(
    live_server: Any, alice: User, client_of: Any, ready_song: Callable[..., Song]
) -> None:
    song = ready_song(alice)
    job = Job.objects.create(owner=alice, kind="analysis", status="running", song_id=song.pk)
    Song.objects.filter(pk=song.pk).update(status="analyzing", analysis_job_id=job.pk)
    with open_browser() as (page, complaints):
        enter(page, client_of(alice), live_server.url)
        page.goto(f"{live_server.url}/songs")
        card = page.locator(f"#song-card-{song.pk}")
        say_how_far(job, 20)
        expect(card).to_contain_text("Listening, 20 %")
        expect(page.locator(".htmx-settling, .htmx-added")).to_have_count(0)
        assert page.evaluate("document.activeElement === document.body")
        card.get_by_role("link", name="Rename").click()
        title = card.get_by_role("textbox", name="Title")
        expect(title).to_be_focused()
        title.fill("Half a ti")
        say_how_far(job, 30)
        wait_for_two_polls(page)
        expect(title).to_have_value("Half a ti")
        expect(title).to_be_focused()
        page.keyboard.press("Escape")
        expect(card).to_contain_text("Listening, 30 %")
        card.get_by_role("link", name="Delete").click()
        question = page.get_by_role("dialog")
        expect(question).to_be_visible()
        say_how_far(job, 40)
        wait_for_two_polls(page)
        expect(question).to_be_visible()
        question.get_by_role("button", name="Keep it").click()
        expect(card).to_contain_text("Listening, 40 %")
        assert complaints.said == []


def say_how_far(job: Job, percent: int) -> None:
    Job.objects.filter(pk=job.pk).update(progress=percent)


def wait_for_two_polls(page: Page) -> None:
    """When the second answer is there, the first one has been dealt with."""
    for _ in range(2):
        with page.expect_response("**/songs/running*"):
            pass

"""Word times survive: from what is sung, through a speech model and our rows, to the player's word."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from songs import pipeline
from songs.lyrics import to_vtt
from songs.models import Section, Song
from tests.browser import open_browser
from vibecraft import storage
from vibecraft.jobs.models import Job
from vibecraft.media.ffmpeg import run
from vibecraft.media.files import url
from vibecraft.predictions.standin.remote import Remote
from vibecraft.testing import analyze_exactly
from videos.models import Clip, Video

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SECONDS = 12.0
MOMENTS = 50
SUNG = (
    ("Hold me closer under burning skies", 0.6, 0.31),
    ("hold me, hold me, don't let go", 3.4, 0.27),
    ("Hold me closer under burning skies", 6.2, 0.29),
    ("till the engines die", 9.4, 0.48),
)


def spoken() -> list[dict[str, object]]:
    """Words at known times, as the speech model tells them."""
    return [
        {
            "word": word,
            "start": round(start + number * pace, 3),
            "end": round(start + (number + 0.85) * pace, 3),
        }
        for line, start, pace in SUNG
        for number, word in enumerate(line.split())
    ]


@pytest.fixture
def song(
    alice: User,
    ai: Remote,
    made_song_file: Callable[..., Path],
    upload_of: Callable[..., SimpleUploadedFile],
    do_work: Callable[[], int],
) -> Song:
    """A song whose words were heard by the service."""
    ai.act("words", {"words": spoken()})
    brought = pipeline.bring_song(alice, upload_of(made_song_file(SECONDS)))
    Job.objects.all().delete()
    analyze_exactly(brought, 120)
    pipeline.hear_lyrics(brought)
    do_work()
    brought.refresh_from_db()
    assert brought.lyrics_source == "heard"
    return brought


@pytest.fixture
def video(song: Song, sections_of: Callable[..., list[Section]], tmp_path: Path) -> Video:
    """A finished film of the song."""
    made = tmp_path / "film.mp4"
    picture = f"testsrc2=size=320x180:rate=24:duration={SECONDS}"
    words = ["-f", "lavfi", "-i", picture, "-c:v", "libx264", "-preset", "ultrafast", "-g", "24"]
    run([*words, "-pix_fmt", "yuv420p", "-movflags", "+faststart", url(made)], folder=tmp_path)
    video = Video(owner=song.owner, song=song, title="Night Drive", model="visualizer")
    video.status, video.video_type = Video.Status.READY, "abstract"
    video.film_key = storage.video_key(song.owner_id, video.pk, "film.mp4")
    video.poster_key = storage.video_key(song.owner_id, video.pk, "poster.jpg")
    video.film_size_bytes = storage.put(video.film_key, made)
    video.save()
    for index, section in enumerate(sections_of(song)):
        Clip.objects.create(
            video=video,
            section=section,
            clip_index=index,
            start_frame=section.start_frame,
            end_frame=section.end_frame,
            prompt="the sea",
            shot={"framing": "wide", "move": "slow pan", "action": "waves"},
        )
    return video


@pytest.fixture
def player(
    video: Video, live_server: LiveServer, client_of: Callable[[User], Client]
) -> Iterator[Page]:
    """The player of that film in a browser."""
    session = client_of(video.owner).cookies["sessionid"].value
    with open_browser() as (page, _):
        page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page.goto(f"{live_server.url}/videos/{video.pk}")
        page.wait_for_function("document.getElementById('film').readyState >= 1")
        yield page


LIT = """async (seconds) => {
  const film = document.getElementById("film");
  const there = new Promise((resolve) => film.addEventListener("seeked", resolve, { once: true }));
  film.currentTime = seconds;
  await there;
  await new Promise(requestAnimationFrame);
  const said = (selector) => [...document.querySelectorAll(selector)].map((one) => one.textContent);
  return { list: said("#lyrics .is-now"), sung: said("#sung .is-now") };
}"""


def test_the_word_is_right_at_fifty_moments(player: Page) -> None:
    rng = random.Random(3)
    words = spoken()
    for _ in range(MOMENTS):
        word = rng.choice(words)
        start, end = float(str(word["start"])), float(str(word["end"]))
        moment = rng.uniform(start + 0.005, end - 0.005)
        lit = player.evaluate(LIT, moment)
        assert lit == {"list": [word["word"]], "sung": [word["word"]]}, moment
        # Which of several equal words it is, only its place can say.
        index = player.evaluate(
            "[...document.querySelectorAll('#lyrics [data-word]')].findIndex((one) =>"
            " one.classList.contains('is-now'))"
        )
        assert words[index] == word


def test_before_the_first_word_and_between_the_lines_no_word_is_lit(player: Page) -> None:
    for moment in (0.2, 3.1, 11.9):
        assert player.evaluate(LIT, moment) == {"list": [], "sung": []}


def test_captions_carry_the_times_of_the_words(
    video: Video, client_of: Callable[[User], Client]
) -> None:
    captions = client_of(video.owner).get(f"/videos/{video.pk}/captions.vtt").content.decode()
    assert captions == to_vtt(video.song.lines)
    assert "Hold <00:00:00.910>me <00:00:01.220>closer" in captions

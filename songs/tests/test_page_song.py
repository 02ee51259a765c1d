"""One song's page: from its analysis through lyrics to sections."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from songs.models import Section, Song
from songs.showing import read_time
from songs.tests.test_page_songs import HTMX, a_song
from vibecraft.jobs.models import Job

ClientOf = Callable[[User], Client]
Ready = Callable[..., Song]
SectionsOf = Callable[..., list[Section]]
DRAFTS = [
    {"label": "Intro", "start_time": 0, "end_time": 4, "prompt_note": "dawn"},
    {"label": "Chorus", "start_time": 4, "end_time": 8, "prompt_note": ""},
    {"label": "Outro", "start_time": 8, "end_time": 12, "prompt_note": ""},
]
ROWS = {
    "label": ["Intro", "Chorus", "Outro", ""],
    "start": ["0:00", "0:04.0", "8", ""],
    "end": ["0:04", "0:08", "0:12", ""],
    "note": ["dawn", "", "", ""],
    "confirm": "yes",
}

pytestmark = pytest.mark.django_db


def analyzing(owner: User, **fields: object) -> Song:
    given = {"status": Job.Status.RUNNING, "progress": 50, "message": "Heard the mood."} | fields
    job = Job.objects.create(owner=owner, kind=Job.Kind.ANALYSIS, **given)
    return a_song(owner, status=Song.Status.ANALYZING, analysis_job_id=job.pk)


def draw(client: Client, song: Song, drafts: object) -> object:
    body = json.dumps({"sections": drafts})
    return client.post(f"/songs/{song.pk}/sections", body, content_type="application/json")


# --- analysis ---


def test_while_it_is_analyzed_the_page_shows_milestones_and_asks_again(
    alice: User, client_of: ClientOf
) -> None:
    song = analyzing(alice)
    page = client_of(alice).get(f"/songs/{song.pk}").content.decode()
    assert f'hx-get="/songs/{song.pk}/progress?seen=' in page
    assert page.count('hx-trigger="every 3s"') == 1
    assert page.count('data-state="done"') == 2
    assert page.count('data-state="now"') == 1
    assert "Heard the mood." in page


def test_the_page_includes_the_fragment_that_the_poll_returns(
    alice: User, client_of: ClientOf
) -> None:
    song = analyzing(alice)
    client = client_of(alice)
    fragment = client.get(f"/songs/{song.pk}/progress").content.decode()
    assert fragment.count('id="song-progress"') == 1
    assert fragment.strip() in client.get(f"/songs/{song.pk}").content.decode()


def test_polling_ends_with_the_analysis_and_the_page_is_loaded_anew(
    alice: User, client_of: ClientOf, ready_song: Ready
) -> None:
    client = client_of(alice)
    running = analyzing(alice)
    assert "HX-Refresh" not in client.get(f"/songs/{running.pk}/progress")
    ended = client.get(f"/songs/{ready_song(alice).pk}/progress")
    assert ended["HX-Refresh"] == "true"
    assert "hx-trigger" not in ended.content.decode()


def test_a_failed_analysis_says_why_and_can_be_tried_again(
    alice: User, client_of: ClientOf
) -> None:
    sentence = "We could not find a steady beat in this song."
    song = analyzing(alice, status=Job.Status.FAILED, error_sentence=sentence)
    Song.objects.update(status=Song.Status.FAILED)
    client = client_of(alice)
    page = client.get(f"/songs/{song.pk}").content.decode()
    assert sentence in page
    assert "hx-trigger" not in page
    assert client.post(f"/songs/{song.pk}/analyze")["Location"] == f"/songs/{song.pk}"
    song.refresh_from_db()
    assert song.status == Song.Status.ANALYZING


def test_a_ready_song_shows_what_was_heard(
    alice: User, client_of: ClientOf, ready_song: Ready
) -> None:
    page = client_of(alice).get(f"/songs/{ready_song(alice).pk}").content.decode()
    for words in ("120.0", "A minor", "Electronic", "or house", "Energetic", "very sure, 90 %"):
        assert words in page


# --- lyrics ---


def test_plain_lyrics_are_marked_as_estimated(
    alice: User, client_of: ClientOf, ready_song: Ready
) -> None:
    song = ready_song(alice)
    response = client_of(alice).post(
        f"/songs/{song.pk}/lyrics", {"text": "One line\nAnother <line>"}, headers=HTMX
    )
    fragment = response.content.decode()
    assert response.status_code == 200
    assert "Another &lt;line&gt;" in fragment
    assert "~ estimated" in fragment
    song.refresh_from_db()
    assert [line.text for line in song.lines] == ["One line", "Another <line>"]


def test_lyrics_with_times_come_back_with_their_times_for_editing(
    alice: User, client_of: ClientOf, ready_song: Ready
) -> None:
    client, song = client_of(alice), ready_song(alice)
    client.post(f"/songs/{song.pk}/lyrics", {"text": "[00:02.50]One\n[00:05.00]Two"})
    editing = client.get(f"/songs/{song.pk}/lyrics?edit", headers=HTMX).content.decode()
    assert "[00:02.50] One\n[00:05.00] Two" in editing


def test_empty_lyrics_remove_them(alice: User, client_of: ClientOf, ready_song: Ready) -> None:
    client, song = client_of(alice), ready_song(alice)
    client.post(f"/songs/{song.pk}/lyrics", {"text": "One line"})
    assert client.post(f"/songs/{song.pk}/lyrics", {"text": " "}).status_code == 302
    song.refresh_from_db()
    assert song.lines == ()


# --- sections ---


def test_drawn_sections_are_saved_once(alice: User, client_of: ClientOf, ready_song: Ready) -> None:
    client, song = client_of(alice), ready_song(alice)
    response = draw(client, song, DRAFTS)
    assert (response.status_code, response.json()) == (201, {"url": f"/songs/{song.pk}"})
    saved = [(one.label, one.start_time, one.end_time) for one in song.sections.all()]
    assert saved == [("Intro", 0.0, 4.0), ("Chorus", 4.0, 8.0), ("Outro", 8.0, 12.0)]
    page = client.get(f"/songs/{song.pk}").content.decode()
    assert "Their times are final" in page
    assert f'href="/songs/{song.pk}/videos/new"' in page
    assert draw(client, song, DRAFTS).status_code == 409
    assert song.sections.count() == 3


@pytest.mark.parametrize("body", [None, "no", {}, [1], ["a"]])
def test_what_is_no_list_of_sections_is_refused(
    alice: User, client_of: ClientOf, ready_song: Ready, body: object
) -> None:
    song = ready_song(alice)
    response = draw(client_of(alice), song, body)
    assert response.status_code == 400
    assert not song.sections.exists()


def test_a_refused_drawing_tells_each_section_what_is_wrong(
    alice: User, client_of: ClientOf, ready_song: Ready
) -> None:
    song = ready_song(alice)
    wrong = [*DRAFTS[:2], DRAFTS[2] | {"label": "one two three"}]
    response = draw(client_of(alice), song, wrong)
    assert response.status_code == 400
    assert response.json()["errors"]["sections"] == [
        [],
        [],
        ["The label of section 3 has 3 words; one or two are allowed."],
    ]
    assert not song.sections.exists()


def test_the_plain_form_saves_the_same(alice: User, client_of: ClientOf, ready_song: Ready) -> None:
    song = ready_song(alice)
    response = client_of(alice).post(f"/songs/{song.pk}/sections", ROWS)
    assert (response.status_code, response["Location"]) == (302, f"/songs/{song.pk}")
    saved = [(one.label, one.start_time, one.prompt_note) for one in song.sections.all()]
    assert saved == [("Intro", 0.0, "dawn"), ("Chorus", 4.0, ""), ("Outro", 8.0, "")]


def test_the_plain_form_wants_to_hear_that_times_are_final(
    alice: User, client_of: ClientOf, ready_song: Ready
) -> None:
    song = ready_song(alice)
    response = client_of(alice).post(f"/songs/{song.pk}/sections", ROWS | {"confirm": ""})
    assert response.status_code == 400
    assert "Tick the box first" in response.content.decode()
    assert not song.sections.exists()


def test_the_plain_form_comes_back_with_its_rows_and_sentences(
    alice: User, client_of: ClientOf, ready_song: Ready
) -> None:
    song = ready_song(alice)
    sent = ROWS | {"start": ["0:00", "four", "8", ""]}
    response = client_of(alice).post(f"/songs/{song.pk}/sections", sent)
    page = response.content.decode()
    assert response.status_code == 400
    assert "The start of section 2 is not a number." in page
    assert 'value="four"' in page
    assert not song.sections.exists()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("62.5", 62.5), ("1:02.5", 62.5), ("1:02,5", 62.5), (" 0:00 ", 0.0), ("300", 300.0)],
)
def test_a_time_is_read_as_people_type_it(text: str, seconds: float) -> None:
    assert read_time(text) == seconds


@pytest.mark.parametrize("text", ["", "a", "1:2:3", "-1", "1e9", "٣", "0x10", "nan"])
def test_what_is_no_time_is_not_a_number(text: str) -> None:
    assert read_time(text) != read_time(text)


def test_words_of_a_saved_section_change_in_place(
    alice: User, client_of: ClientOf, ready_song: Ready, sections_of: SectionsOf
) -> None:
    client, song = client_of(alice), ready_song(alice)
    section = sections_of(song)[0]
    address = f"/songs/{song.pk}/sections/{section.pk}"
    assert 'value="Intro"' in client.get(f"{address}?edit", headers=HTMX).content.decode()
    sent = {"label": "Opening", "prompt_note": "the sea", "start_time": "3"}
    assert "Opening" in client.post(address, sent, headers=HTMX).content.decode()
    section.refresh_from_db()
    assert (section.label, section.prompt_note, section.start_time) == ("Opening", "the sea", 0.0)


def test_refused_words_change_nothing(
    alice: User, client_of: ClientOf, ready_song: Ready, sections_of: SectionsOf
) -> None:
    client, song = client_of(alice), ready_song(alice)
    section = sections_of(song)[1]
    sent = {"label": "one two three", "prompt_note": "x" * 101}
    response = client.post(f"/songs/{song.pk}/sections/{section.pk}", sent, headers=HTMX)
    assert response.status_code == 400
    assert "has 3 words" in response.content.decode()
    assert "has 101 characters" in response.content.decode()
    section.refresh_from_db()
    assert (section.label, section.prompt_note) == ("Chorus", "")


def test_words_that_no_database_keeps_are_refused(
    alice: User, client_of: ClientOf, ready_song: Ready, sections_of: SectionsOf
) -> None:
    client, song = client_of(alice), ready_song(alice)
    section = sections_of(song)[1]
    sent = {"label": "Chorus", "prompt_note": "a\0b"}
    response = client.post(f"/songs/{song.pk}/sections/{section.pk}", sent, headers=HTMX)
    assert response.status_code == 400
    assert "has characters that cannot be stored" in response.content.decode()
    section.refresh_from_db()
    assert section.prompt_note == ""

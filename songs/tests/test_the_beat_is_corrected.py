"""Beat repair: what was detected is kept, what is set by hand holds, and all of it can be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from songs import beat_grid, pipeline
from songs.models import Analysis, Section, Song
from vibecraft.problems import Problem

pytestmark = pytest.mark.django_db


def grid_of(song: Song) -> dict[str, Any]:
    return beat_grid._stored(Analysis.objects.get(song=song))


@pytest.fixture
def song(alice: User, ready_song: Callable[..., Song]) -> Song:
    return ready_song(alice)


@pytest.fixture
def call(alice: User, api_of: Callable[[User], APIClient], song: Song) -> Callable[..., Any]:
    client = api_of(alice)
    return lambda **body: client.patch(f"/api/songs/{song.pk}/beat-grid", body)


def test_the_tempo_is_doubled_and_halved_and_comes_back(song: Song, call: Any) -> None:
    heard = grid_of(song)
    double = call(scale=2)
    assert double.status_code == 200
    body = double.json()
    assert body["bpm"] == 240
    assert body["detected_bpm"] == 120
    assert body["confidence"] == 0.9
    assert body["beats_per_bar"] == 4
    assert body["corrections"] == [{"scale": 2}]
    assert body["beat_times"] == [0.25 * k for k in range(47)]
    assert body["downbeat_times"] == [float(k) for k in range(12)]
    assert call(scale=0.5).json()["corrections"] == []
    assert grid_of(song) == heard
    half = call(scale=0.5).json()
    assert half["beat_times"] == [float(k) for k in range(12)]
    assert half["downbeat_times"] == [0, 4, 8]


def test_shift_downbeat_and_tempo_add_up_and_are_undone_one_by_one(song: Song, call: Any) -> None:
    states = [grid_of(song)]
    lists: list[Any] = [[]]
    for change in ({"offset_ms": 10}, {"downbeat_shift": 1}, {"bpm": 119.5}):
        lists.append(call(**change).json()["corrections"])
        states.append(grid_of(song))
    assert states[1]["beat_times"][:3] == [0.01, 0.51, 1.01]
    assert states[2]["downbeat_times"][:3] == [0.51, 2.51, 4.51]
    assert states[3]["bpm"] == 119.5
    assert states[3]["downbeat_times"][0] == pytest.approx(0.51, abs=1e-4)
    for position in (2, 1, 0, 3, 0):
        assert call(corrections=lists[position]).status_code == 200
        assert grid_of(song) == states[position]
    call(corrections=lists[3])
    assert call(detected=True).json()["corrections"] == []
    assert grid_of(song) == states[0]
    assert Analysis.objects.get(song=song).detected_grid == {}


def test_several_changes_may_come_at_once(song: Song, call: Any) -> None:
    body = call(scale=2, offset_ms=-20, downbeat_shift=2).json()
    assert body["corrections"] == [{"scale": 2}, {"offset_ms": -20}, {"downbeat_shift": 2}]
    assert body["beat_times"][:2] == [0.23, 0.48]
    assert body["downbeat_times"][0] == 0.48


def test_tapping_sets_tempo_and_phase(song: Song, call: Any) -> None:
    """The hand is two percent of a beat off; the sound of 120 BPM makes the tempo exact."""
    taps = [round(2.03 + 0.501 * k + (-1) ** k * 0.01, 3) for k in range(12)]
    body = call(taps=taps).json()
    assert body["bpm"] == pytest.approx(120, abs=0.15)
    first = body["corrections"][0]["at"]
    assert first == pytest.approx(2.035, abs=0.02)
    assert min(abs(beat - first) for beat in body["downbeat_times"]) < 0.001


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "scale"), ({"scale": 3}, "scale"), ({"scale": "fast"}, "scale"), ({"bpm": 5}, "bpm"),
     ({"bpm": "nan"}, "bpm"), ({"offset_ms": 99_999}, "offset_ms"), ({"taps": [1, 2]}, "taps"),
     ({"downbeat_shift": 1.5}, "downbeat_shift"), ({"corrections": [{"x": 1}]}, "corrections"),
     ({"corrections": [{"earlier": True}]}, "corrections"), ({"corrections": [1]}, "corrections"),
     ({"taps": [1, "x", 3, 4]}, "taps")],
)  # fmt: skip
def test_nonsense_is_refused_at_its_field_and_changes_nothing(
    song: Song, call: Any, body: dict[str, Any], field: str
) -> None:
    before = grid_of(song)
    answer = call(**body)
    assert answer.status_code == 400
    assert field in answer.json()["errors"]
    assert grid_of(song) == before
    assert Analysis.objects.get(song=song).corrections == []


def test_it_is_refused_before_the_analysis_is_done(song: Song, call: Any) -> None:
    Song.objects.update(status=Song.Status.ANALYZING)
    answer = call(scale=2)
    assert (answer.status_code, answer.json()["code"]) == (409, "analysis_not_ready")
    assert answer.json()["song_id"] == str(song.pk)


def test_others_do_not_even_see_it(
    song: Song, bob: User, charlie: User, api_of: Any, client_of: Any
) -> None:
    before = grid_of(song)
    for other in (bob, charlie):
        answer = api_of(other).patch(f"/api/songs/{song.pk}/beat-grid", {"scale": 2})
        assert answer.status_code == 404
        assert client_of(other).post(f"/songs/{song.pk}/beat", {"scale": 2}).status_code == 404
    assert grid_of(song) == before


def test_saved_sections_keep_their_times(
    song: Song, call: Any, sections_of: Callable[..., list[Section]]
) -> None:
    sections_of(song)
    times = list(song.sections.values_list("start_frame", "end_frame"))
    assert call(scale=2).status_code == 200
    assert list(song.sections.values_list("start_frame", "end_frame")) == times


def test_the_page_does_the_same_without_scripts(song: Song, alice: User, client_of: Any) -> None:
    client: Client = client_of(alice)
    address = f"/songs/{song.pk}/beat"
    assert client.get(f"/songs/{song.pk}").content.count(b"120.0 BPM, as heard, very sure") == 1
    # The tempo's field is sent with every button.
    assert client.post(address, {"scale": "2", "bpm": "120"})["Location"].endswith("#beat")
    assert Analysis.objects.get(song=song).corrections == [{"scale": 2}]
    page = client.get(f"/songs/{song.pk}").content.decode()
    assert "240.0 BPM, set by hand; 120.0 heard, very sure" in page
    client.post(address, {"does": "bpm", "bpm": "99.5"})
    assert Analysis.objects.get(song=song).bpm == 99.5
    client.post(address, {"undo": "1", "bpm": "99.5"})
    assert Analysis.objects.get(song=song).corrections == [{"scale": 2}]
    client.post(address, {"detected": "1", "bpm": ""})
    assert Analysis.objects.get(song=song).corrections == []
    page = client.post(address, {"does": "bpm", "bpm": "quick"}, follow=True).content.decode()
    assert "A tempo is a number, such as 128 or 92.5." in page


def test_what_was_set_by_hand_outlives_a_new_analysis(song: Song, call: Any) -> None:
    fresh = grid_of(song) | {"bpm": 121.0, "beat_times": [0.1 + 0.4959 * k for k in range(24)]}
    assert beat_grid.kept(song, fresh)["corrections"] == []
    call(bpm=60, offset_ms=100)
    by_hand = grid_of(song)
    fields = beat_grid.kept(song, fresh)
    Analysis.objects.filter(song=song).update(**fields)
    assert grid_of(song) == by_hand
    assert fields["corrections"] == [{"earlier": True}]
    assert fields["detected_grid"] == fresh
    assert call(detected=True).json()["bpm"] == 121
    assert call(corrections=[{"earlier": True}]).json()["bpm"] == 60


def test_a_copy_has_the_corrected_beat_and_its_own_list(song: Song, call: Any) -> None:
    call(scale=2)
    copy = pipeline.copy_song(song)
    assert grid_of(copy) == grid_of(song)
    beat_grid.correct(copy, beat_grid.Wish(is_detected=True))
    assert grid_of(copy)["bpm"] == 120
    assert grid_of(song)["bpm"] == 240


def test_too_many_corrections_are_refused(song: Song) -> None:
    zigzag = ({"offset_ms": 5}, {"downbeat_shift": 1}) * 51
    with pytest.raises(Problem) as refusal:
        beat_grid.correct(song, beat_grid.Wish(corrections=zigzag))
    assert refusal.value.status == 400
    assert grid_of(song)["bpm"] == 120

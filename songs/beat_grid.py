"""Beat repair: what was detected, corrected by hand, with everything that rests on it [C4].

A song keeps a short list of corrections over the grid that was detected; the grid that holds is
worked out from them. So undoing is taking one off the list, and nothing is ever lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import F

from songs.audio.correction import (
    CannotCorrect,
    Correction,
    Grid,
    checked,
    corrected,
    fit_taps,
    heard_with,
    with_one_more,
)
from songs.audio.features import FrameFeatures
from songs.models import Analysis, Song
from vibecraft import storage
from vibecraft.media.frames import FRAME_RATE
from vibecraft.problems import Problem, not_possible

MAX_CORRECTIONS = 100
FEWEST_BEATS = 8
# The first entry of a list that does not begin with what was detected.
EARLIER: Correction = {"earlier": True}
# In this order, when several come at once.
KINDS = ("scale", "bpm", "offset_ms", "downbeat_shift")
FIELDS = ("bpm", "beat_times", "downbeat_times", "beats_per_bar")
# Videos that nothing was made for yet; this app knows that videos exist, not what they are.
UNSTARTED = ("draft", "storyboard")
IN_USE = (
    "A video of this song is made, or was begun, with this beat, so the beat stays. Copy the song "
    "and correct the beat of the copy."
)
STORYBOARD = (
    "A storyboard of this song is drawn to this beat, and its pictures would be lost. Remove the "
    "storyboard first, or copy the song and correct the beat of the copy."
)

Follow = Callable[[], None]
_followers: list[Callable[[Song], Follow]] = []


def when_the_grid_changes(follower: Callable[[Song], Follow]) -> None:
    """Have `follower(song)` called before a grid changes, and what it returns afterwards.

    Both inside the transaction of the change (database work only).
    """
    _followers.append(follower)


# --- the grid that holds, and the one that was detected --------------------------------------------


@dataclass(frozen=True)
class Wish:
    """What shall be corrected. `corrections` replaces the whole list, as undoing does."""

    changes: tuple[Correction, ...] = ()
    taps: tuple[float, ...] = ()
    corrections: tuple[Correction, ...] | None = None
    is_detected: bool = False

    @classmethod
    def of(cls, sent: Mapping[str, Any]) -> Wish:
        """A wish from checked input, as the API and the page's form have it."""
        whole = sent.get("corrections")
        return cls(
            changes=tuple({kind: sent[kind]} for kind in KINDS if sent.get(kind) is not None),
            taps=tuple(sent.get("taps") or ()),
            corrections=None if whole is None else tuple(whole),
            is_detected=bool(sent.get("detected")),
        )


def detected(analysis: Analysis) -> Mapping[str, Any]:
    """The grid that was detected, whatever was corrected since."""
    return analysis.detected_grid or _stored(analysis)


def _stored(analysis: Analysis) -> dict[str, Any]:
    return {name: getattr(analysis, name) for name in FIELDS}


def _grid(fields: Mapping[str, Any]) -> Grid:
    return Grid.of(
        bpm=fields["bpm"],
        beats=fields["beat_times"],
        downbeats=fields["downbeat_times"],
        beats_per_bar=fields["beats_per_bar"],
    )


def _fields(grid: Grid) -> dict[str, Any]:
    return {
        "bpm": round(grid.bpm, 4),
        "beat_times": [round(beat, 4) for beat in grid.beats],
        "downbeat_times": [round(beat, 4) for beat in grid.downbeats],
        "beats_per_bar": grid.beats_per_bar,
    }


# --- correcting ----------------------------------------------------------------------------------


def correct(song: Song, wish: Wish) -> Analysis:
    """Correct the beat of a song; drafts that are planned on it are planned anew.

    Raises Problem, and then nothing has changed: 409 before the analysis is done, once a video of
    the song was begun, or while a storyboard is drawn to it; 400 with `errors` for what makes no
    sense.
    """
    _check(song, Analysis.objects.filter(song=song).first())
    tapped = (_pulse(song, wish.taps),) if wish.taps else ()
    with transaction.atomic():
        _hold(song)
        analysis = Analysis.objects.get(song=song)
        try:
            corrections = _list_of(analysis, wish, tapped)
            fields = _worked_out(analysis, corrections, song.duration_sec)
        except CannotCorrect as error:
            raise _refusal(error) from error
        follows = [follower(song) for follower in _followers]
        _save(analysis, corrections, fields)
        for follow in follows:
            follow()
    return analysis


def _check(song: Song, analysis: Analysis | None) -> None:
    """A look before anything is worked out; `_hold` makes sure."""
    if analysis is None or not song.is_ready:
        sentence = "This song is not analyzed yet. Please wait until it is."
        raise not_possible("analysis_not_ready", sentence, song_id=str(song.pk))
    reason = why_fixed(song)
    if reason is not None:
        raise reason


def with_last_undone(song: Song) -> Wish:
    """The wish that takes the last correction back."""
    analysis = Analysis.objects.filter(song=song).first()
    corrections = analysis.corrections if analysis else []
    return Wish(corrections=tuple(corrections[:-1]))


def why_fixed(song: Song) -> Problem | None:
    """Why the beat of this song cannot be corrected any more; None while it can."""
    states = set(song.videos.values_list("status", flat=True))
    if states - set(UNSTARTED):
        return not_possible("beat_in_use", IN_USE, song_id=str(song.pk))
    if "storyboard" in states:
        return not_possible("storyboard_exists", STORYBOARD, song_id=str(song.pk))
    return None


def _hold(song: Song) -> None:
    """Let no other correction, analysis or start of a video come between (in a transaction).

    The updates change nothing but lock the rows: who comes second waits, and then sees our result.
    The videos come first, as where a song is deleted or its words are changed.
    """
    song.videos.update(status=F("status"))
    ready = Song.objects.filter(pk=song.pk, status=Song.Status.READY)
    is_held = ready.update(status=Song.Status.READY) == 1
    song.refresh_from_db(fields=["status"])
    _check(song, Analysis.objects.filter(song=song).first() if is_held else None)


def _pulse(song: Song, taps: Sequence[float]) -> Correction:
    """The tempo and the place of the first tap; the sound makes the tempo exact."""
    try:
        pulse = fit_taps(taps)
    except CannotCorrect as error:
        raise _refusal(error) from error
    with storage.local(Analysis.objects.get(song=song).features_key) as path:
        onset = FrameFeatures.load(path).onset.astype(np.float64)
    exact = heard_with(pulse, onset, rate=float(FRAME_RATE))
    return {"bpm": round(exact.bpm, 4), "at": round(exact.at, 4)}


def _list_of(analysis: Analysis, wish: Wish, tapped: Sequence[Correction]) -> list[dict[str, Any]]:
    if wish.is_detected:
        return []
    if wish.corrections is not None:
        corrections = [_read(one, index) for index, one in enumerate(wish.corrections)]
    else:
        corrections = list(analysis.corrections)
        for one in (*tapped, *wish.changes):
            corrections = with_one_more(corrections, checked(one))
    if len(corrections) > MAX_CORRECTIONS:
        raise CannotCorrect(
            "corrections", "These are too many corrections. Set the tempo by tapping instead."
        )
    return corrections


def _read(one: Any, index: int) -> dict[str, Any]:
    """An entry of a whole list as it was sent."""
    if not isinstance(one, Mapping):
        raise CannotCorrect("corrections", "This is not a correction of the beat.")
    return dict(EARLIER) if index == 0 and dict(one) == EARLIER else checked(one)


def _worked_out(
    analysis: Analysis, corrections: Sequence[Correction], duration: float
) -> dict[str, Any]:
    begins_earlier = bool(corrections) and corrections[0] == EARLIER
    if begins_earlier and not analysis.earlier_grid:
        raise CannotCorrect("corrections", "There is no earlier beat of this song.")
    base = analysis.earlier_grid if begins_earlier else detected(analysis)
    if not corrections[begins_earlier:]:
        return dict(base)
    grid = corrected(_grid(base), corrections[begins_earlier:], duration=duration)
    if len(grid.beats) < FEWEST_BEATS:
        raise CannotCorrect("corrections", "Too few beats would be left in this song.")
    return _fields(grid)


def _save(analysis: Analysis, corrections: list[dict[str, Any]], fields: dict[str, Any]) -> None:
    analysis.detected_grid = dict(detected(analysis)) if corrections else {}
    analysis.corrections = corrections
    for name, value in fields.items():
        setattr(analysis, name, value)
    analysis.save(update_fields=["detected_grid", "corrections", *FIELDS])


def _refusal(error: CannotCorrect) -> Problem:
    return Problem("invalid", error.sentence, errors={error.field: [error.sentence]})


# --- a new analysis ------------------------------------------------------------------------------


def kept(song: Song, heard: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a new analysis: what was set by hand holds, beside what is detected now.

    A trimmed song takes over the grid of the song that it was cut from: it is the same sound, and
    the longer one tells more.
    """
    earlier = _earlier(song)
    fresh = {name: heard[name] for name in FIELDS}
    if earlier is None:
        return {**heard, "corrections": [], "detected_grid": {}, "earlier_grid": {}}
    list_of_one = {"corrections": [dict(EARLIER)], "detected_grid": fresh, "earlier_grid": earlier}
    return {**heard, **earlier, **list_of_one}


def _earlier(song: Song) -> dict[str, Any] | None:
    """The grid that goes before what is detected; None where there is none."""
    known = Analysis.objects.filter(song=song).first()
    if known is not None:
        return _stored(known) if known.corrections else None
    parent = song.parent if song.source == Song.Source.TRIM else None
    longer = Analysis.objects.filter(song=parent).first() if parent is not None else None
    if parent is None or longer is None:
        return None
    start = song.origin_sec - parent.origin_sec
    fields = _stored(longer)
    for name in ("beat_times", "downbeat_times"):
        moved = (round(time - start, 4) for time in fields[name])
        fields[name] = [time for time in moved if 0 <= time <= song.duration_sec]
    return fields if len(fields["beat_times"]) >= FEWEST_BEATS else None

"""Plays the score of the sample song: a desk with a few channels, and every player in turn."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from songs.sample import score, synth
from songs.sample.score import BARS, BEAT_SECONDS, BEATS_PER_BAR, MELODY, PARTS, Part
from songs.sample.synth import RATE, Sound

BAR_SECONDS = BEAT_SECONDS * BEATS_PER_BAR
SECONDS = BARS * BAR_SECONDS + 1.5  # the last chord rings on
PEAK = 0.89  # -1 dBFS
RIFF = (0, 2, 1, 2, 0, 2, 1, 2)  # which note of the chord the bells play on each half beat


@dataclass
class Desk:
    """Where sounds are put: straight out, into the hall, and what makes way for the kick."""

    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(96))
    straight: Sound = field(default_factory=lambda: _tape())
    hall: Sound = field(default_factory=lambda: _tape())
    soft: Sound = field(default_factory=lambda: _tape())
    kicks: list[float] = field(default_factory=list)

    def put(
        self,
        sound: Sound,
        beat: float,
        gain: float,
        *,
        pan: float = 0,
        room: float = 0,
        gives_way: bool = False,
    ) -> None:
        """Add a sound at a beat of the song; pan from -1 (left) to 1, room is what the hall gets."""
        start = round(beat * BEAT_SECONDS * RATE)
        sound = sound[: self.straight.shape[1] - start] * gain
        sides = np.array([[np.cos((pan + 1) * np.pi / 4)], [np.sin((pan + 1) * np.pi / 4)]])
        span = slice(start, start + len(sound))
        (self.soft if gives_way else self.straight)[:, span] += sides * sound
        self.hall[:, span] += sides * sound * room

    def mixed(self) -> Sound:
        """Everything together, (2, samples), at most PEAK."""
        way = self._way_for_the_kick()
        rooms = np.stack([synth.hall(side, seed) for seed, side in enumerate(self.hall, 1)])
        together = self.straight + way * self.soft + 0.5 * (0.4 + 0.6 * way) * rooms
        warm = np.tanh(0.9 * synth.filtered(together, "highpass", 28.0))
        fade = np.clip((warm.shape[1] - np.arange(warm.shape[1])) / (0.8 * RATE), 0, 1)
        faded = warm * fade
        done: Sound = faded * (PEAK / np.abs(faded).max())
        return done

    def _way_for_the_kick(self) -> Sound:
        way = np.ones(self.soft.shape[1])
        dip = 1 - 0.45 * np.exp(-synth.seconds_of(0.5) * 9)
        for beat in self.kicks:
            start = round(beat * BEAT_SECONDS * RATE)
            way[start : start + len(dip)] = dip[: len(way) - start]
        return way


def _tape() -> Sound:
    return np.zeros((2, round(SECONDS * RATE)))


def play() -> NDArray[np.float32]:
    """The whole song, (samples, 2) at RATE. The same samples each time."""
    desk = Desk()
    for part in PARTS:
        for bar in range(part.start_bar, part.end_bar):
            _play_bar(desk, part, bar)
        _join(desk, part)
    _sing(desk)
    return np.ascontiguousarray(desk.mixed().T.astype(np.float32))


def _play_bar(desk: Desk, part: Part, bar: int) -> None:
    beat = bar * BEATS_PER_BAR
    low, chord = part.chord(bar)
    _strings(desk, part, beat, chord)
    if part.label == "Outro":
        desk.put(synth.bass(low - 12 if low > 45 else low, 3.4), beat, 0.5)
        return
    _bells(desk, part, beat, chord)
    if part.label != "Intro" or bar >= part.start_bar + 2:
        _drums(desk, part, bar, beat)
        _bass(desk, part, beat, low)


def _strings(desk: Desk, part: Part, beat: int, chord: tuple[int, ...]) -> None:
    gain = {"Chorus": 0.15, "Outro": 0.16, "Break": 0.13}.get(part.label, 0.1)
    length = BAR_SECONDS * 1.12 if part.label != "Outro" else 3.8
    for index, pitch in enumerate(chord):
        sound = synth.filtered(synth.pad(pitch, length, index), "lowpass", 2600.0)
        desk.put(sound, beat, gain, pan=(index - 1) * 0.7, room=0.5, gives_way=True)


def _bells(desk: Desk, part: Part, beat: int, chord: tuple[int, ...]) -> None:
    steps = RIFF if part.label != "Verse" else RIFF[:1] + RIFF[2:3] + RIFF[5:6]
    places = np.arange(len(steps)) / 2 if part.label != "Verse" else (0, 1.5, 2.5)
    gain = 0.2 if part.label == "Chorus" else 0.25
    for index, (step, place) in enumerate(zip(steps, places, strict=True)):
        bell = synth.bell(chord[step] + 12, 1.4)
        side = 0.45 if index % 2 else -0.45
        desk.put(bell, beat + float(place), gain, pan=side, room=0.35)
        tail = synth.echo(bell, 0.75 * BEAT_SECONDS)
        desk.put(tail, beat + float(place), gain * 0.5, pan=-side, room=0.2)


def _drums(desk: Desk, part: Part, bar: int, beat: int) -> None:
    if part.label == "Break" and bar < part.start_bar + 2:
        return
    places = {"Chorus": (0, 1, 2, 3), "Break": (0, 2)}.get(part.label, (0, 1.75, 2.5))
    for place in places:
        desk.put(synth.kick(), beat + place, 0.95)
        desk.kicks.append(beat + place)
    for place in (1, 3) if part.label in ("Verse", "Chorus") else ():
        desk.put(synth.snare(desk.rng), beat + place, 0.7, room=0.25)
    _hats(desk, part, beat)


def _hats(desk: Desk, part: Part, beat: int) -> None:
    for half in range(8):
        is_open = part.label == "Chorus" and half % 2 == 1
        gain = 0.34 if half % 2 == 0 else 0.5 if is_open else 0.24
        desk.put(synth.hat(desk.rng, is_open=is_open), beat + half / 2, gain, pan=0.25)


def _bass(desk: Desk, part: Part, beat: int, low: int) -> None:
    pitch = low - 12 if low > 45 else low
    rhythm = {
        "Verse": ((0, 1.5), (1.75, 0.6), (2.5, 1.3)),
        "Chorus": tuple((half / 2, 0.42) for half in range(8)),
    }.get(part.label, ((0, 3.6),))
    for index, (place, length) in enumerate(rhythm):
        higher = 12 if part.label == "Chorus" and index % 4 == 3 else 0
        sound = synth.bass(pitch + higher, length * BEAT_SECONDS)
        desk.put(sound, beat + place, 0.46, gives_way=True)


def _join(desk: Desk, part: Part) -> None:
    """What leads from one part into the next."""
    first = part.start_bar * BEATS_PER_BAR
    if part.label in ("Chorus", "Outro"):
        desk.put(synth.cymbal(desk.rng), first, 0.24, pan=-0.2, room=0.3)
        rise = synth.riser(desk.rng, BAR_SECONDS)
        desk.put(rise, first - BEATS_PER_BAR, 0.3 if part.label == "Chorus" else 0.12, room=0.3)


def _sing(desk: Desk) -> None:
    for line in MELODY:
        before: float | None = None
        is_chorus = score.part_of(line.bar).label == "Chorus"
        for note in score.notes(line):
            length = note.length * BEAT_SECONDS
            sung = synth.voice(note.pitch, length, note.vowel, desk.rng, before=before)
            desk.put(sung, note.start, 0.4, room=0.4)
            if is_chorus:
                _sing_along(desk, note, length)
            before = note.pitch


def _sing_along(desk: Desk, note: score.Note, length: float) -> None:
    """The other voices of the chorus, in the chord and in the octave below."""
    chord = score.part_of(int(note.start) // BEATS_PER_BAR).chord(int(note.start) // BEATS_PER_BAR)[
        1
    ]
    below = max(tone for tone in _octaves(chord) if tone <= note.pitch - 3)
    for pitch, gain, pan in ((below, 0.16, -0.6), (note.pitch - 12, 0.14, 0.6)):
        sung = synth.voice(pitch, length, note.vowel, desk.rng, before=None)
        desk.put(sung, note.start, gain, pan=pan, room=0.5)


def _octaves(chord: tuple[int, ...]) -> list[int]:
    return [tone + octave for tone in chord for octave in (-12, 0, 12)]

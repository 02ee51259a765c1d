"""Made songs whose beats are known.

`make_song(kind, seed)` plays a band of numpy instruments by the patterns of `grooves`: another
seed is another tempo, key, pattern, set of sounds, mix and player. The truth is musical: a beat is
where the player means it, and a drum that is hit on the beat starts at the beat's time.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

from bench.grooves import KINDS, Kind
from bench.instruments import DRUMS, TONES, Sound

SAMPLE_RATE = 22_050
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
# Degrees of the scale, one chord for each bar (or two).
PROGRESSIONS = {
    MAJOR: ((0, 4, 5, 3), (0, 5, 3, 4), (0, 3, 4, 3), (0, 3, 0, 4), (5, 3, 0, 4), (1, 4, 0, 0)),
    MINOR: ((0, 5, 2, 6), (0, 3, 5, 4), (0, 6, 5, 4), (0, 0, 5, 6), (0, 5, 3, 4), (0, 2, 6, 5)),
}


@dataclass(frozen=True)
class Song:
    """`samples` mono float32 at `sample_rate`; beats in seconds; `key` as "A minor"."""

    kind: str
    seed: int
    samples: NDArray[np.float32]
    sample_rate: int
    bpm: float
    beat_times: NDArray[np.float64]
    downbeat_times: NDArray[np.float64]
    beats_per_bar: int
    key: str
    is_steady: bool


def make_song(
    kind: str, seed: int, *, seconds: float = 45.0, bpm: float | None = None,
    sample_rate: int = SAMPLE_RATE,
) -> Song:  # fmt: skip
    """Play a song of a kind from `grooves.KINDS`. The same arguments give the same samples."""
    rng = np.random.default_rng([seed, zlib.crc32(kind.encode())])
    band = _Band(KINDS[kind], rng, seconds, bpm, sample_rate)
    return _record(band, kind, seed)


def _record(band: _Band, kind: str, seed: int) -> Song:
    band.play()
    return Song(
        kind=kind,
        seed=seed,
        samples=_master(band, band.rng),
        sample_rate=band.rate,
        bpm=band.bpm,
        beat_times=band.beat_times,
        downbeat_times=band.beat_times[:: band.kind.beats_per_bar],
        beats_per_bar=band.kind.beats_per_bar,
        key=f"{NAMES[band.tonic % 12]} {'major' if band.scale == MAJOR else 'minor'}",
        is_steady=band.kind.is_steady,
    )


def beat_grid(rng: Generator, tempo: str, bpm: float, count: int) -> NDArray[np.float64]:
    """Times (count,) in seconds of beats whose tempo is constant, ramps, drifts or breathes."""
    place = np.linspace(0, 1, count - 1)
    if tempo == "ramp":
        factor = 1 + rng.choice([-1, 1]) * rng.uniform(0.15, 0.35) * place
    elif tempo == "drift":
        walk = np.cumsum(rng.normal(0, 0.006, count - 1))
        factor = 1 + np.clip(walk - walk.mean(), -0.06, 0.06)
    elif tempo == "rubato":
        breath = np.sin(2 * np.pi * np.arange(count - 1) / rng.uniform(12, 24) + rng.uniform(0, 6))
        factor = 1 + rng.uniform(0.06, 0.16) * breath + rng.normal(0, 0.02, count - 1)
    else:
        factor = np.ones(count - 1)
    return np.concatenate([[0.0], np.cumsum(60 / (bpm * factor))])


class _Band:
    """Everything that is decided once for a song, and the buffers it is played into."""

    def __init__(
        self, kind: Kind, rng: Generator, seconds: float, bpm: float | None, rate: int
    ) -> None:
        self.rng, self.rate = rng, rate
        drums = dict(kind.drums[rng.integers(len(kind.drums))]) if kind.drums else {}
        self.kind, self.drums = kind, drums
        self.bpm = float(bpm or rng.uniform(*kind.bpm))
        per_bar = kind.beats_per_bar
        self.bars = max(2, int(seconds * self.bpm / 60 / per_bar))
        lead_in = rng.uniform(3, 9) if kind.form == "silent intro" else rng.uniform(0, 1.2)
        grid = beat_grid(rng, kind.tempo, self.bpm, self.bars * per_bar + 1) + lead_in
        self.grid, self.beat_times = grid, grid[:-1]
        self.tonic = int(rng.integers(45, 57))
        self.scale = MAJOR if rng.random() < 0.5 else MINOR
        options = PROGRESSIONS[self.scale]
        self.progression = options[rng.integers(len(options))]
        self.bars_per_chord = int(rng.choice([1, 1, 1, 2]))
        self.swing = rng.uniform(*kind.swing)
        # Half of the bare ones are a machine's: every hit alike, in no room.
        self.is_machine = kind.form == "bare" and rng.random() < 0.5
        self.spread = 0.0 if self.is_machine else rng.uniform(*kind.humanize_ms) / 1000
        self.patterns = {"bass": _choice(rng, kind.bass), "chords": _choice(rng, kind.chords)}
        self.voices = {
            "bass": _choice(rng, kind.bass_voices),
            "chords": _choice(rng, kind.chord_voices),
            "lead": _choice(rng, kind.lead_voices),
        }
        # Not every band has everybody: now and then one of three plays no bass, chords or lead.
        if drums and rng.random() < 0.2:
            self.voices[str(rng.choice(["bass", "chords", "lead"]))] = ""
        self.kit = {lane: [DRUMS[lane](rng, rate) for _ in range(3)] for lane in DRUMS}
        length = int((grid[-1] + 1.0) * rate)
        self.dry = np.zeros(length, np.float32)
        self.wet = np.zeros(length, np.float32)
        self.gains = {
            "kick": rng.uniform(0.6, 1.0), "snare": rng.uniform(0.35, 0.8), "bass": rng.uniform(
            0.25, 0.6), "chords": rng.uniform(0.15, 0.45), "lead": rng.uniform(0.1, 0.4),
        }  # fmt: skip
        self.tones: dict[tuple[str, int, int], Sound] = {}

    # What sounds when ---------------------------------------------------------------------------

    def play(self) -> None:
        """All bars, layer by layer."""
        for bar in range(self.bars):
            layers = self._layers(bar)
            if "drums" in layers:
                self._play_drums(bar)
            if "fill" in layers:
                self._play_fill(bar)
            if "roll" in layers:
                self._play_roll(bar)
            if "bass" in layers:
                self._play_bass(bar)
            if "chords" in layers:
                self._play_chords(bar)
            if "lead" in layers:
                self._play_lead(bar)

    def _layers(self, bar: int) -> set[str]:
        """The arrangement: intros, breakdowns, build-ups and fills."""
        layers = {"drums", "bass", "chords", "lead"}
        place, rng = bar / self.bars, self.rng
        if self.kind.form == "bare":
            return layers
        if self.kind.form == "breakdown" and 0.4 < place < 0.65:
            return {"chords", "lead"}
        if self.kind.form == "build-up" and 0.3 < place < 0.5:
            return {"chords", "roll"} if bar % 8 >= 4 or place > 0.4 else {"chords", "bass"}
        if bar < 4 and self.bars > 12 and rng.random() < 0.25:
            layers -= {"lead", str(rng.choice(["drums", "bass", "chords"]))}
        if bar % 4 == 3 and self.drums and rng.random() < 0.4:
            layers = (layers - {"drums"}) | {"fill"} if rng.random() < 0.4 else layers | {"fill"}
        return layers

    def _steps(self) -> int:
        return self.kind.beats_per_bar * self.kind.steps_per_beat

    def time(self, bar: int, step: float) -> float:
        """Seconds of a step, swung."""
        per_beat = self.kind.steps_per_beat
        if self.swing > 0.5 and int(step) % 2 == 1:
            step = int(step) - 1 + 2 * self.swing
        beat = bar * self.kind.beats_per_bar + step / per_beat
        return float(np.interp(beat, np.arange(len(self.grid)), self.grid))

    def _human(self, scale: float = 1.0) -> float:
        return float(np.clip(self.rng.normal(0, self.spread * scale), -0.03, 0.03))

    def _hits(self, pattern: str) -> list[tuple[int, float]]:
        """(step, velocity) of a pattern; patterns of other lengths are fitted to the bar."""
        strength = {"X": 1.0, "x": 0.75, "o": 0.3}
        ratio = self._steps() / max(1, len(pattern))
        return [
            (int(i * ratio), strength[sign]) for i, sign in enumerate(pattern) if sign in strength
        ]

    # Drums --------------------------------------------------------------------------------------

    def _play_drums(self, bar: int) -> None:
        for lane, pattern in self.drums.items():
            late = self.kind.laid_back_ms / 1000 if lane in ("snare", "rim", "clap") else 0.0
            for step, velocity in self._hits(pattern):
                if velocity < 0.5 and self.rng.random() < 0.2:
                    continue
                self._hit(lane, self.time(bar, step) + late + self._human(), velocity)
        if bar % 8 == 0 and self.rng.random() < 0.5 and "kick" in self.drums:
            self._hit("crash", self.time(bar, 0), 0.6)

    def _play_fill(self, bar: int) -> None:
        steps = self._steps()
        for step in range(steps - max(2, steps // 4), steps):
            if self.rng.random() < 0.8:
                lane = str(self.rng.choice(["snare", "tom"]))
                self._hit(lane, self.time(bar, step) + self._human(), self.rng.uniform(0.4, 0.9))

    def _play_roll(self, bar: int) -> None:
        every = 4 if bar % 4 < 2 else 2 if bar % 4 == 2 else 1
        for step in range(0, self._steps(), every):
            self._hit("snare", self.time(bar, step), 0.3 + 0.5 * (bar % 4 + step / 16) / 4)

    def _hit(self, lane: str, time: float, velocity: float) -> None:
        gain = self.gains.get(lane, self.gains.setdefault(lane, self.rng.uniform(0.1, 0.4)))
        gain *= velocity * (1.0 if self.is_machine else self.rng.uniform(0.85, 1.15))
        sound = self.kit[lane][0 if self.is_machine else self.rng.integers(3)]
        self._add(sound, time, gain, 0.0 if lane == "kick" else 0.15)

    # Pitches ------------------------------------------------------------------------------------

    def _chord(self, bar: int) -> list[int]:
        """Three pitches (MIDI) of the bar's chord."""
        degree = self.progression[bar // self.bars_per_chord % len(self.progression)]
        return [self._pitch(degree + third) for third in (0, 2, 4)]

    def _pitch(self, degree: int) -> int:
        octave, step = divmod(degree, 7)
        return self.tonic + 12 * octave + self.scale[step]

    def _play_bass(self, bar: int) -> None:
        hits = self._hits(self.patterns["bass"])
        for i, (step, velocity) in enumerate(hits):
            end = hits[i + 1][0] if i + 1 < len(hits) else self._steps()
            start = self.time(bar, step)
            length = min(1.5, 0.9 * (self.time(bar, end) - start))
            chord = self._chord(bar)
            pitch = chord[0] if i == 0 or self.rng.random() < 0.6 else int(self.rng.choice(chord))
            pitch = 33 + (pitch - 33) % 12
            self._tone("bass", pitch, start + self._human(), length, velocity)

    def _play_chords(self, bar: int) -> None:
        hits = self._hits(self.patterns["chords"])
        for i, (step, velocity) in enumerate(hits):
            end = hits[i + 1][0] if i + 1 < len(hits) else self._steps()
            start = self.time(bar, step)
            length = min(4.0, max(0.12, 0.95 * (self.time(bar, end) - start)))
            early = self._anticipation(bar, step)
            chord = self._chord(bar + (1 if step and early else 0))
            downward = 1 if i % 2 == 0 else -1
            begin = start - early + self._human()
            if self.kind.arpeggio:
                chord = self._arpeggio(chord, i)
            for n, pitch in enumerate(chord[::downward]):
                strum = n / 2 * self.kind.strum_ms / 1000
                self._tone("chords", pitch + 12, begin + strum, length, velocity * 0.6)

    def _arpeggio(self, chord: list[int], i: int) -> list[int]:
        """The i-th note of the bar: up the chord to the octave and down again."""
        rising = [*chord, chord[0] + 12]
        return [(rising + rising[-2:0:-1])[i % 6]]

    def _anticipation(self, bar: int, step: int) -> float:
        """Sometimes the bar's first chord comes an eighth early."""
        if step or not bar or self.rng.random() >= self.kind.anticipation:
            return 0.0
        return self.time(bar, 0) - self.time(bar - 1, self._steps() - self.kind.steps_per_beat // 2)

    def _play_lead(self, bar: int) -> None:
        if not self.voices["lead"] or self.rng.random() < 0.2:
            return
        per_beat, step = self.kind.steps_per_beat, 0
        while step < self._steps():
            length = int(self.rng.choice([per_beat // 2 or 1, per_beat, 2 * per_beat]))
            if self.rng.random() < 0.75:
                degree = int(
                    self.rng.choice([0, 2, 4, 5, 7, 1, 3], p=[0.22, 0.2, 0.2, 0.1, 0.1, 0.09, 0.09])
                )
                start = self.time(bar, step) + self._human(1.5)
                end = self.time(bar, min(self._steps(), step + length))
                seconds = max(0.12, 0.9 * (end - start))
                self._tone("lead", self._pitch(degree) + 12, start, seconds, 0.8)
            step += length

    def _tone(self, part: str, pitch: int, time: float, seconds: float, velocity: float) -> None:
        if not self.voices[part]:
            return
        length = max(1, round(seconds * 20))
        key = (part, pitch, length)
        if key not in self.tones:
            frequency = 440 * 2 ** ((pitch - 69) / 12)
            tone = TONES[self.voices[part]](frequency, length / 20, self.rng, self.rate)
            self.tones[key] = tone
        gain = self.gains[part] * velocity
        if not self.is_machine:
            gain *= self.rng.uniform(0.85, 1.1)
        self._add(self.tones[key], time, gain, 0.3)

    def _add(self, sound: Sound, time: float, gain: float, wet: float) -> None:
        start = max(0, round(time * self.rate))
        part = sound[: max(0, len(self.dry) - start)] * np.float32(gain)
        self.dry[start : start + len(part)] += part
        if wet:
            self.wet[start : start + len(part)] += part * np.float32(wet)


def _choice(rng: Generator, options: tuple[str, ...]) -> str:
    return options[rng.integers(len(options))] if options else ""


# Mastering ---------------------------------------------------------------------------------------


def _master(band: _Band, rng: Generator) -> NDArray[np.float32]:
    """Room, pumping, saturation, bandwidth, hiss and level."""
    rate, mix = band.rate, band.dry
    if band.is_machine:
        dry: Sound = (0.8 * mix / (np.abs(mix).max() + 1e-9)).astype(np.float32)
        return dry
    length = rng.uniform(0.1, 0.9)
    room = rng.standard_normal(int(length * rate)) * np.exp(-np.linspace(0, 7, int(length * rate)))
    room[: int(0.008 * rate)] = 0
    reverb = fftconvolve(band.wet, room / np.sqrt((room**2).sum()))[: len(mix)]
    mix = mix + rng.uniform(0.2, 1.2) * reverb.astype(np.float32)
    if band.kind.pumping and rng.random() < 0.6:
        mix = mix * _pump(band, rng.uniform(0.2, 0.6))
    mix = mix / (np.abs(mix).max() + 1e-9)
    drive, tilt = rng.uniform(0.5, 3.5), rng.uniform(-0.4, 0.6)
    mix = np.append(mix[0], mix[1:] - np.float32(tilt) * mix[:-1])  # brighter or duller
    mix = mix / (np.abs(mix).max() + 1e-9)
    mix = np.tanh(drive * mix) / np.tanh(drive)
    if band.kind.form == "lo-fi":
        mix = sosfilt(butter(2, rng.uniform(2500, 5000), "lowpass", fs=rate, output="sos"), mix)
    hiss = 10 ** (rng.uniform(-75, -42) / 20)
    mix = mix + hiss * rng.standard_normal(len(mix))
    leveled: Sound = (mix * 10 ** (rng.uniform(-12, 0) / 20)).clip(-1, 1).astype(np.float32)
    return leveled


def _pump(band: _Band, depth: float) -> NDArray[np.float32]:
    """A compressor that ducks with every beat."""
    since = np.full(len(band.dry), 1.0)
    for beat in band.beat_times:
        start = int(beat * band.rate)
        part = since[start : start + band.rate]
        part[:] = np.arange(len(part)) / band.rate
    return (1 - depth * np.exp(-since / 0.12)).astype(np.float32)


def with_seconds(song: Song, seconds: float) -> Song:
    """The first seconds of a song."""
    return replace(
        song,
        samples=song.samples[: int(seconds * song.sample_rate)],
        beat_times=song.beat_times[song.beat_times < seconds],
        downbeat_times=song.downbeat_times[song.downbeat_times < seconds],
    )

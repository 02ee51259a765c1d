"""Lip-sync, speech and music of the stand-in."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from vibecraft.media.ffmpeg import run
from vibecraft.media.files import url
from vibecraft.media.limits import AUDIO_PROBE, VIDEO_TAKE
from vibecraft.media.probe import probe
from vibecraft.predictions.standin.labels import draw_mark
from vibecraft.predictions.standin.shapes import VideoShape, even

Word = Mapping[str, Any]
# What is heard in a recording whose words nobody has told: one word every half second.
HEARD = [
    "morning",
    "light",
    "is",
    "falling",
    "over",
    "the",
    "water",
    "and",
    "we",
    "are",
    "going",
    "home",
    "tonight",
]
WORDS_PER_SEGMENT = 6
BPM = re.compile(r"(\d{2,3})\s*bpm", re.IGNORECASE)
MODES_OF_AUDIO = ("loop", "bounce", "remap", "silence")


def sound_seconds(path: Path) -> float:
    """The length of a given recording. Raises MediaError."""
    return probe(path, guard=AUDIO_PROBE).duration or 0.0


# --- lip-sync ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Talk:
    """A video, the voice it gets, and how their lengths are reconciled (sync_mode)."""

    video: Path
    audio: Path | None
    mode: str


def talk_shape(talk: Talk) -> VideoShape:
    """Frames, rate and size of the result: the voice's length, or the shorter one for cut_off."""
    about = probe(talk.video, guard=VIDEO_TAKE)
    picture = about.video
    rate = picture.frame_rate if picture and picture.frame_rate else Fraction(24)
    size = (even(picture.width), even(picture.height)) if picture else (2, 2)
    own = about.duration or 0.0
    voice = sound_seconds(talk.audio) if talk.audio else own
    seconds = min(own, voice) if talk.mode == "cut_off" else voice
    return VideoShape(max(1, round(seconds * rate)), rate, size)


def make_talk(talk: Talk, dst: Path) -> VideoShape:
    """Write the video, repeated or cut to the voice's length, with the voice as its sound."""
    shape = talk_shape(talk)
    with tempfile.TemporaryDirectory(dir=dst.parent) as name:
        folder = Path(name)
        mark = draw_mark(folder / "mark.png", shape.size)
        words = talk_words(talk, shape, mark)
        run([*words, "-y", url(folder / "out.mp4")], folder=folder)
        shutil.move(folder / "out.mp4", dst)
    return shape


def talk_words(talk: Talk, shape: VideoShape, mark: Path) -> list[str]:
    """All of the command but its output file."""
    width, height = shape.size
    words = ["-stream_loop", "-1", *VIDEO_TAKE.options(), "-i", url(talk.video), "-i", url(mark)]
    sound = "0:a?"
    if talk.audio:
        words += [*AUDIO_PROBE.options(), "-i", url(talk.audio)]
        sound = "2:a"
    steps = f"scale={width}:{height},setsar=1,fps={shape.rate},trim=end_frame={shape.frames}"
    graph = f"[0:v]{steps}[a];[a][1:v]overlay[v]"
    words += ["-filter_complex", graph, "-map", "[v]", "-map", sound, "-map_metadata", "-1"]
    words += ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "23", "-pix_fmt", "yuv420p"]
    words += ["-af", f"apad,atrim=duration={shape.seconds:.6f}", "-c:a", "aac", "-b:a", "128k"]
    return [*words, "-movflags", "+faststart"]


# --- music ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tune:
    """A made-up piece: a drum on every beat under a chord."""

    seconds: float
    beats_per_minute: int
    sample_rate: int
    suffix: str


def tune_of(making: Mapping[str, Any], values: Mapping[str, Any]) -> Tune:
    """The piece that a music model's inputs ask for; a sung one lasts as long as its lyrics."""
    rate = making["sample_rate"]
    told = BPM.search(str(values.get("prompt", "")))
    lyrics = str(values.get(making.get("lyrics", ""), ""))
    seconds = float(values[making["seconds"]]) if "seconds" in making else 8 + len(lyrics) / 10
    return Tune(
        seconds=seconds,
        beats_per_minute=min(220, max(40, int(told.group(1)))) if told else 120,
        sample_rate=int(values[rate["input"]]) if isinstance(rate, dict) else int(rate),
        suffix=str(values.get(making.get("format", ""), making.get("default_format", "mp3"))),
    )


def make_tune(tune: Tune, dst: Path) -> Path:
    """Write the piece in the format of its suffix (mp3, wav or pcm)."""
    beat = 60 / tune.beats_per_minute
    drum = f"0.6*exp(-25*mod(t,{beat:.6f}))*sin(2*PI*70*t)"
    chord = "+".join(f"0.09*sin(2*PI*{tone}*t)" for tone in (220, 277.18, 329.63))
    both = f"{drum}+{chord}|{drum}+{chord}"
    source = f"aevalsrc='{both}':s={tune.sample_rate}:d={tune.seconds:.3f}:c=stereo"
    formats = {"pcm": ["-f", "s16le"], "wav": ["-f", "wav"], "mp3": ["-b:a", "192k", "-f", "mp3"]}
    made = dst.with_suffix(".making")
    words = ["-f", "lavfi", "-i", source, *formats[tune.suffix]]
    run([*words, "-y", url(made)], folder=dst.parent)
    return made.replace(dst)


# --- speech --------------------------------------------------------------------------------------


def heard_words(seconds: float) -> list[dict[str, Any]]:
    """One word every half second of a recording, from the fixture."""
    count = max(1, int(seconds * 2))
    return [
        {"word": HEARD[n % len(HEARD)], "start": n / 2, "end": round(n / 2 + 0.4, 3)}
        for n in range(count)
    ]


def as_segments(words: Sequence[Word], *, with_words: bool) -> dict[str, Any]:
    """WhisperX's answer."""
    segments = []
    for line in _lines(words):
        segment: dict[str, Any] = {"start": line[0]["start"], "end": line[-1]["end"]}
        segment["text"] = " " + " ".join(word["word"] for word in line)
        if with_words:
            segment["words"] = [{"score": 0.9} | dict(word) for word in line]
        segments.append(segment)
    return {"segments": segments, "detected_language": "en"}


def as_chunks(words: Sequence[Word], *, with_words: bool) -> dict[str, Any]:
    """Incredibly Fast Whisper's answer: a chunk is a word or a line."""
    lines = [[word] for word in words] if with_words else _lines(words)
    chunks: list[dict[str, Any]] = [
        {
            "text": " " + " ".join(word["word"] for word in line),
            "timestamp": [line[0]["start"], line[-1]["end"]],
        }
        for line in lines
    ]
    return {"text": "".join(chunk["text"] for chunk in chunks), "chunks": chunks}


def _lines(words: Sequence[Word]) -> list[Sequence[Word]]:
    starts = range(0, len(words), WORDS_PER_SEGMENT)
    return [words[start : start + WORDS_PER_SEGMENT] for start in starts]

"""`manage.py make_showpiece`: the sample song and the film of the first page, from their code."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand
from numpy.typing import NDArray
from scipy.io import wavfile
from tqdm import tqdm

from songs import sample
from songs.audio.hearing import Hearing, hear
from songs.sample import score, tune
from songs.sample.synth import RATE
from vibecraft.media import audio
from vibecraft.media.ffmpeg import run
from vibecraft.media.files import private_folder, url, whole
from vibecraft.media.frames import to_frames, to_seconds, total_frames
from vibecraft.media.limits import AUDIO_UPLOAD
from vibecraft.media.peaks import peaks
from videos import showpiece
from videos.showpiece import Showpiece

BITRATE = "96k"
EARS_RATE = 22_050  # what the hearing listens to
FIRST_BAR, BARS = 10, 7
POSTER_FRAME = 100
SHEET_FRAMES = (30, 150, 270, 390)
WAVE_BARS = 180


class Command(BaseCommand):
    help = (
        "Plays the sample song, films a part of it, and writes both with the film's poster and "
        "timeline into the source tree, where they are kept: nothing is stored or changed elsewhere."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--song", type=Path, default=sample.FILE, help="Where the song goes.")
        parser.add_argument(
            "--film", type=Path, default=sample.FILM, help="Where the film and its poster go."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        film: Path = options["film"]
        with private_folder() as folder:
            wave = folder / "song.wav"
            wavfile.write(wave, RATE, (tune.play() * 32767).astype("<i2"))
            write_song(wave, options["song"], folder)
            master = folder / "master.flac"
            audio.write_master(wave, master)
            piece = showpiece.film_of(BARS, to_frames(tune.BAR_SECONDS), FIRST_BAR)
            self.film(piece, listen(master), master, film)
            samples = audio.read_mono(master, EARS_RATE)
        showpiece.make_poster(film, film.with_suffix(".jpg"), frame=POSTER_FRAME)
        sheet = film.with_name(f"{film.stem}-strip.jpg")
        showpiece.make_sheet(film, sheet, frames=SHEET_FRAMES)
        film.with_suffix(".json").write_text(json.dumps(timeline(piece, samples)) + "\n")
        for path in (options["song"], film, film.with_suffix(".jpg"), sheet):
            self.stdout.write(f"{path}: {path.stat().st_size / 1000:.0f} kB")

    def film(self, piece: Showpiece, heard: Hearing, master: Path, film: Path) -> None:
        with tqdm(total=piece.frames, unit="frames") as bar:
            showpiece.make_film(piece, heard, master, film, on_frame=lambda _: bar.update())


def write_song(wave: Path, dst: Path, folder: Path) -> None:
    """The song as the small file that is brought for a user, with its title in it."""
    words = [*AUDIO_UPLOAD.options(), "-i", url(wave), "-c:a", "aac", "-b:a", BITRATE]
    words += ["-metadata", f"title={score.TITLE}", "-metadata", "artist=VibeCraft"]
    words += ["-fflags", "+bitexact", "-movflags", "+faststart", "-f", "ipod", "-y"]
    with whole(dst) as partial:
        run([*words, url(partial)], folder=folder)


def listen(master: Path) -> Hearing:
    """What is heard in the song, as its analysis hears it."""
    rate, count = audio.read_length(master)
    return hear(audio.read_mono(master, EARS_RATE), frames=total_frames(Fraction(count, rate)))


def timeline(piece: Showpiece, samples: NDArray[np.float32]) -> dict[str, Any]:
    """What is drawn under the film: its length, loudness, cuts and sections; times in seconds."""
    first, last = (
        round(to_seconds(frame) * EARS_RATE) for frame in (piece.start_frame, piece.end_frame)
    )
    drawn = peaks(samples[first:last], EARS_RATE)
    loud = np.array_split(np.abs(np.array(drawn.as_dict()["max"], float)) / 127, WAVE_BARS)
    labels = [score.part_of(FIRST_BAR + bar).label for bar in range(BARS)]
    return {
        "seconds": to_seconds(piece.frames),
        "wave": [round(float(part.max()), 3) for part in loud],
        "labels": [
            label if bar == 0 or labels[bar - 1] != label else ""
            for bar, label in enumerate(labels)
        ],
    }

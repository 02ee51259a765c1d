"""The short film of the first page: the visualizer's pictures to a part of the sample song.

It is small enough to be sent with a page, so it is encoded once, in its own size and not in the
house format; all else is made as every film is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from songs.audio.hearing import Hearing
from vibecraft.media import limits
from vibecraft.media.ffmpeg import open_writer, run
from vibecraft.media.files import private_folder, url, whole
from vibecraft.media.frames import FRAME_RATE, to_seconds
from videos.visualizer.brief import ClipBrief, Shot
from videos.visualizer.casting import Casting
from videos.visualizer.drive import Drive
from videos.visualizer.jit import Bytes
from videos.visualizer.scene import set_up

SIZE = (960, 540)
CRF = 32
AUDIO_BITRATE = "72k"
FADE_SECONDS = 0.35
POSTER_QUALITY = 9
SHEET_WIDTH = 320
COLORS = "range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"


@dataclass(frozen=True)
class Scene:
    """One clip: from which frame of the song, what is drawn, in which words and how it is shot."""

    start_frame: int
    look: str
    variant: int
    prompt: str
    shot: Shot
    section: int = 0


@dataclass(frozen=True)
class Showpiece:
    """The scenes in order; the last one ends at `end_frame`."""

    scenes: tuple[Scene, ...]
    end_frame: int

    @property
    def start_frame(self) -> int:
        return self.scenes[0].start_frame

    @property
    def frames(self) -> int:
        return self.end_frame - self.start_frame


def film_of(bars: int, bar_frames: int, first_bar: int) -> Showpiece:
    """The scenes from a bar of the sample song on: two of the verse, then one for each bar."""
    scenes = tuple(
        Scene((first_bar + bar) * bar_frames, look, variant, prompt, shot, section)
        for bar, (look, variant, prompt, shot, section) in enumerate(SCENES[:bars])
    )
    return Showpiece(scenes, (first_bar + bars) * bar_frames)


SCENES: tuple[tuple[str, int, str, Shot, int], ...] = (
    ("street", 0, "midnight blue street, amber lights, rain", Shot("wide", "push in"), 0),
    ("city", 0, "deep blue night city, amber windows", Shot("wide", "pan left"), 0),
    ("horizon", 0, "coral sunrise over a violet road", Shot("wide", "push in"), 1),
    ("silk", 0, "midnight blue silk", Shot("medium", "pan right"), 1),
    ("valley", 0, "sunset", Shot("wide", "push in"), 1),
    ("stage", 1, "concert, magenta and blue light", Shot("medium", "push in"), 1),
    ("rings", 0, "gold and coral light on black", Shot("close", "push in"), 1),
)


def make_film(
    piece: Showpiece,
    heard: Hearing,
    master: Path,
    dst: Path,
    *,
    on_frame: Callable[[int], None] | None = None,
) -> None:
    """Draw every scene and write the film with its part of the song. Raises MediaError."""
    with (
        whole(dst) as partial,
        private_folder() as folder,
        open_writer(film_arguments(piece, master, partial), folder=folder) as write,
    ):
        for done, picture in enumerate(_pictures(piece, heard), start=1):
            write(picture.data)
            if on_frame is not None:
                on_frame(done)


def film_arguments(piece: Showpiece, master: Path, dst: Path) -> list[str]:
    """Arguments that read raw frames from stdin and the sound from the song's master."""
    start, seconds = to_seconds(piece.start_frame), to_seconds(piece.frames)
    out = seconds - FADE_SECONDS
    words = ["-protocol_whitelist", "pipe,file", "-f", "rawvideo", "-pix_fmt", "yuv420p"]
    words += ["-s", f"{SIZE[0]}x{SIZE[1]}", "-framerate", str(FRAME_RATE), "-i", "pipe:0"]
    words += [*limits.OWN.options(), "-ss", f"{start:.6f}", "-t", f"{seconds:.6f}"]
    words += ["-i", url(master), "-map", "0:v:0", "-map", "1:a:0", "-map_metadata", "-1"]
    words += [
        "-vf",
        f"hqdn3d=2:1:3:3,setparams={COLORS},setsar=1",
        "-c:v",
        "libx264",
        "-preset",
        "slower",
    ]
    words += [
        "-crf",
        str(CRF),
        "-maxrate",
        "560k",
        "-bufsize",
        "1120k",
        "-threads",
        "2",
        "-pix_fmt",
        "yuv420p",
        "-profile:v",
        "high",
    ]
    words += ["-af", f"afade=t=in:d=0.05,afade=t=out:st={out:.3f}:d={FADE_SECONDS}"]
    words += ["-c:a", "aac", "-b:a", AUDIO_BITRATE, "-movflags", "+faststart"]
    return [*words, "-fflags", "+bitexact", "-flags:v", "+bitexact", "-f", "mp4", "-y", url(dst)]


def make_poster(film: Path, dst: Path, *, frame: int) -> None:
    """One frame of the film as a JPEG. Raises MediaError."""
    seconds = max(0.0, to_seconds(frame) - 0.01)
    words = [*limits.OWN.options(), "-ss", f"{seconds:.3f}", "-i", url(film), "-frames:v", "1"]
    with whole(dst) as partial, private_folder() as folder:
        run([*words, *_jpeg(partial)], folder=folder)


def make_sheet(film: Path, dst: Path, *, frames: Sequence[int]) -> None:
    """Four frames of the film on one JPEG, two by two. Raises MediaError."""
    chosen = "+".join(f"eq(n\\,{frame})" for frame in frames)
    words = [*limits.OWN.options(), "-i", url(film), "-frames:v", "1"]
    words += ["-vf", f"select={chosen},scale={SHEET_WIDTH}:-2:flags=lanczos,tile=2x2:padding=4"]
    with whole(dst) as partial, private_folder() as folder:
        run([*words, *_jpeg(partial)], folder=folder)


def _jpeg(dst: Path) -> list[str]:
    words = ["-map_metadata", "-1", "-fflags", "+bitexact", "-pix_fmt", "yuvj420p"]
    words += ["-c:v", "mjpeg", "-huffman", "optimal", "-q:v", str(POSTER_QUALITY)]
    return [*words, "-f", "image2", "-update", "1", "-y", url(dst)]


def _pictures(piece: Showpiece, heard: Hearing) -> Iterator[Bytes]:
    ends = [scene.start_frame for scene in piece.scenes[1:]] + [piece.end_frame]
    for index, (scene, end) in enumerate(zip(piece.scenes, ends, strict=True)):
        yield from _clip(piece, heard, scene, index, end)


def _clip(piece: Showpiece, heard: Hearing, scene: Scene, index: int, end: int) -> Iterator[Bytes]:
    """The frames of one scene, all of SIZE."""
    brief = ClipBrief(
        seed=7,
        size=SIZE,
        start_frame=scene.start_frame,
        end_frame=end,
        clip_index=index,
        section_index=scene.section,
        section_start_frame=piece.start_frame,
        section_end_frame=piece.end_frame,
        prompt=scene.prompt,
        overall_prompt=scene.prompt,
        mood_primary=heard.mood.primary,
        mood_vector=asdict(heard.mood.vector),
        shot=scene.shot,
    )
    look, canvas = set_up(brief, Casting(scene.look, scene.variant, seed=11))
    drive = Drive(brief, heard.features, heard.beat_times, heard.downbeat_times)
    for frame in range(len(drive)):
        look.draw(drive.moment(frame))
        yield canvas.develop(look.grade, brief.start_frame + frame)

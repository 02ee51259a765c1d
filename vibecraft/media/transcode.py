"""A film as another file: other container, other size, lyrics in the picture. Copied where it can be."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from vibecraft.media import limits
from vibecraft.media.ffmpeg import Progress, ShouldStop, run
from vibecraft.media.files import private_folder, url, whole
from vibecraft.media.frames import FRAME_RATE, to_seconds
from vibecraft.media.house import GOP_FRAMES, SIZES, TIMESCALE, Size

SUBTITLES = "lyrics.ass"
FONTS = "fonts"

# H.264 for delivery: every frame is encoded once and watched often, so it may take its time.
_H264 = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-profile:v", "high"]
_H264 += ["-level:v", "4.1"]
# The quicker modes of VP9 need a tenth of the time of the better ones, and look nearly as good
# (SSIM 0.978 to 0.980 at a size 16 % larger, measured at 1080 lines).
_VP9 = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-row-mt", "1"]
_VP9 += ["-tile-columns", "2", "-threads", "4", "-crf", "33", "-b:v", "0"]
# Opus begins 312 samples before its first. ffmpeg up to version 6 writes that time into the packets
# as well as into the head of a WebM, so that the sound would come early by as much.
_OPUS = ["-af", "aresample=48000,asetpts=PTS+312", "-c:a", "libopus", "-b:a", "160k"]


@dataclass(frozen=True)
class Shape:
    """What an export is to be: the container ("mp4", "mov" or "webm") and its picture's size."""

    container: str
    size: Size

    @property
    def codecs(self) -> tuple[str, str]:
        return ("vp9", "opus") if self.container == "webm" else ("h264", "aac")


def size_of(aspect_ratio: str, height: int) -> Size:
    """The picture's size whose shorter side has `height` pixels; both sides are even."""
    width, full = SIZES[aspect_ratio]
    return _scaled(width, height, min(width, full)), _scaled(full, height, min(width, full))


def _scaled(side: int, height: int, shorter: int) -> int:
    return 2 * round(side * height / shorter / 2)


def is_copied(shape: Shape, film_size: Size, *, has_subtitles: bool) -> bool:
    """Whether the picture can stay as it is, only in another container."""
    return shape.container != "webm" and shape.size == film_size and not has_subtitles


def transcode(
    film: Path,
    master: Path,
    dst: Path,
    *,
    shape: Shape,
    film_size: Size,
    frames: int,
    subtitles: str = "",
    fonts: Path | None = None,
    on_progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> None:
    """Write a verified film of `frames` frames in another shape.

    `subtitles` is an ASS document, drawn into the picture with the typefaces in the folder
    `fonts`. The sound of MP4 and MOV is the film's own, that of WebM is made from the song's
    master. Raises MediaError as `run` does.
    """
    with private_folder() as folder, whole(dst) as partial:
        (folder / "film").symlink_to(film.resolve())
        (folder / "master").symlink_to(master.resolve())
        _lay_out_subtitles(folder, subtitles, fonts)
        run(
            transcode_arguments(
                folder,
                partial,
                shape=shape,
                film_size=film_size,
                has_subtitles=bool(subtitles),
            ),
            folder=folder,
            limits=limits.EXPORT,
            on_progress=on_progress,
            expected_seconds=to_seconds(frames),
            should_stop=should_stop,
        )


def _lay_out_subtitles(folder: Path, subtitles: str, fonts: Path | None) -> None:
    """The text reaches ffmpeg as a file of our name beside it, never as a word of its command."""
    (folder / FONTS).mkdir()
    if not subtitles:
        return
    (folder / SUBTITLES).write_text(subtitles, encoding="utf-8")
    for font in sorted(fonts.glob("*.woff2")) if fonts else ():
        shutil.copyfile(font, folder / FONTS / font.name)


def transcode_arguments(
    folder: Path, dst: Path, *, shape: Shape, film_size: Size, has_subtitles: bool
) -> list[str]:
    """Arguments that read `film` and `master` in `folder`, which is where ffmpeg runs."""
    words = [*limits.OWN.options(), "-i", url(folder / "film")]
    if shape.container == "webm":
        words += [*limits.OWN.options(), "-i", url(folder / "master")]
    words += ["-map_metadata", "-1", "-map_chapters", "-1", "-map", "0:v:0"]
    words += ["-map", "1:a:0" if shape.container == "webm" else "0:a:0"]
    if is_copied(shape, film_size, has_subtitles=has_subtitles):
        words += ["-c:v", "copy"]
    else:
        words += _picture(shape, film_size, has_subtitles=has_subtitles)
    words += _OPUS if shape.container == "webm" else ["-c:a", "copy"]
    return [*words, *_container(shape.container), "-y", url(dst)]


def _picture(shape: Shape, film_size: Size, *, has_subtitles: bool) -> list[str]:
    words = ["-vf", picture_filter(shape.size, film_size, has_subtitles=has_subtitles)]
    # Without a limit of frames: it would end the sound as soon as the picture is through.
    words += ["-r", str(FRAME_RATE), "-pix_fmt", "yuv420p"]
    words += _VP9 if shape.container == "webm" else _H264
    words += ["-g", str(GOP_FRAMES), "-color_primaries", "bt709", "-color_trc", "bt709"]
    return [*words, "-colorspace", "bt709", "-color_range", "tv", "-flags:v", "+bitexact"]


def picture_filter(size: Size, film_size: Size, *, has_subtitles: bool) -> str:
    """Scaled first, so that the letters are drawn for the pixels that are seen."""
    steps = [f"scale={size[0]}:{size[1]}:flags=lanczos"] if size != film_size else []
    steps += [f"ass=filename={SUBTITLES}:fontsdir={FONTS}"] if has_subtitles else []
    return ",".join([*steps, "setsar=1", "format=yuv420p"])


def _container(container: str) -> list[str]:
    """A player on the web needs the index before the picture."""
    if container == "webm":
        return ["-fflags", "+bitexact", "-cues_to_front", "1", "-f", "webm"]
    words = ["-video_track_timescale", str(TIMESCALE), "-fflags", "+bitexact"]
    return [*words, "-movflags", "+faststart", "-f", container]

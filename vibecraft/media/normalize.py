"""Brings any take to the house format: exact frames, one size, whatever the model made."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

from vibecraft.media import limits
from vibecraft.media.boxes import read_index
from vibecraft.media.errors import MediaError
from vibecraft.media.ffmpeg import Progress, ShouldStop, run
from vibecraft.media.files import neutral, url, whole
from vibecraft.media.frames import FRAME_RATE, to_seconds
from vibecraft.media.house import THREADS, Size, encoder_arguments
from vibecraft.media.probe import Probe, Stream, probe

Focus: TypeAlias = tuple[float, float]

CENTER: Focus = (0.5, 0.5)
MAX_SIDE = 8192
# A take that is too short is slowed by this at most: more is seen as slow motion.
MAX_SLOWING = Fraction(115, 100)
# An edit list may hide some of what a stream claims, so only a large lack shows a damaged file.
LEAST_SHARE = 0.5
# Standard of pictures that do not say theirs: BT.709 from this many lines up, BT.601 below.
HIGH_DEFINITION_LINES = 720
_MATRICES = {
    "bt709": "bt709",
    "smpte170m": "bt601",
    "bt470bg": "bt601",
    "fcc": "fcc",
    "smpte240m": "smpte240m",
    "bt2020nc": "bt2020",
    "bt2020c": "bt2020",
}


def normalize(
    src: Path,
    dst: Path,
    *,
    size: Size,
    frames: int,
    focus: Focus | None = None,
    on_progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
    threads: int = THREADS,
) -> None:
    """Write a take as a clip of exactly `frames` frames in the house format.

    Longer takes are trimmed; shorter ones are slowed by up to 15 %, then their last frame stays.
    Takes of the same orientation are cropped to fill the picture, others stand before a blurred
    copy of themselves. With a `focus`, a point from (0, 0) to (1, 1) of the take's picture, it is
    always cropped, with that point in the middle as far as the edges allow. Raises MediaError:
    empty_file, not_media, no_picture, too_many_pixels, codec_not_allowed, truncated, or as `run`
    does.
    """
    stream = picture_of(_probe(src))
    with neutral(src) as link, whole(dst) as partial:
        span = _measured_span(link, stream, seconds=to_seconds(frames))
        _check_whole(span, stream, seconds=to_seconds(frames))
        run(
            normalize_arguments(
                link,
                partial,
                stream=stream,
                size=size,
                frames=frames,
                slow=slowing(span, frames),
                focus=focus,
                threads=threads,
            ),
            folder=link.parent,
            limits=limits.PICTURE,
            on_progress=on_progress,
            expected_seconds=to_seconds(frames),
            should_stop=should_stop,
        )
        written = read_index(partial).frames
        if written != frames:
            raise MediaError("failed", f"{written} of {frames} frames were written")


def _probe(src: Path) -> Probe:
    if src.stat().st_size == 0:
        raise MediaError("empty_file")
    try:
        return probe(src, guard=limits.VIDEO_TAKE)
    except MediaError as error:
        if "Codec" in error.detail and "not on whitelist" in error.detail:
            raise MediaError("codec_not_allowed", error.detail) from error
        raise


def picture_of(about: Probe) -> Stream:
    """The take's moving picture, if it has one of a size that may be decoded."""
    stream = about.video
    if stream is None or not (stream.width and stream.height):
        raise MediaError("no_picture", f"no moving picture in {about.format_name}")
    if max(stream.width, stream.height) > MAX_SIDE:
        raise MediaError("too_many_pixels", f"{stream.width}x{stream.height}")
    return stream


def _measured_span(link: Path, stream: Stream, *, seconds: float) -> Fraction:
    """Seconds of picture that the take really holds, as far as its slot needs them.

    Counted from its packets, since the length a container claims is often that of its sound, or
    missing.
    """
    words = [*limits.VIDEO_TAKE.options(), "-select_streams", str(stream.index)]
    # The claim of a start may lie far from the packets; so reading counts from where it begins.
    words += ["-read_intervals", f"%+{seconds + 5:.3f}"]
    words += ["-show_entries", "packet=pts_time,duration_time,flags", "-of", "csv=p=0"]
    answer = run(
        [*words, "-i", url(link)], program="ffprobe", folder=link.parent, limits=limits.PROBE
    )
    return span_of(answer.stdout.decode())


def _check_whole(span: Fraction, stream: Stream, *, seconds: float) -> None:
    """Refuse a take of which half of what is needed is missing: it would stand still for long."""
    claimed = min(stream.duration or 0.0, seconds)
    if span < LEAST_SHARE * claimed:
        raise MediaError("truncated", f"{float(span):.2f} s of {claimed:.2f} s claimed")


def span_of(lines: str) -> Fraction:
    """Seconds from the first picture to the end of the last in ffprobe's lines of packets."""
    starts: list[Fraction] = []
    ends: list[Fraction] = []
    for line in lines.splitlines():
        start, length, flags = [*line.split(","), "", ""][:3]
        # "D" marks packets that an edit list hides.
        if start in ("", "N/A") or "D" in flags:
            continue
        starts.append(Fraction(start))
        ends.append(starts[-1] + (Fraction(length) if length not in ("", "N/A") else 0))
    if not starts:
        raise MediaError("no_picture", "no packet of the picture has a time")
    return max(max(ends) - min(starts), _usual_step(starts) * len(starts))


def _usual_step(starts: list[Fraction]) -> Fraction:
    """The middle distance of neighbours: what the last picture lasts when nothing says it."""
    order = sorted(starts)
    steps = sorted(after - before for before, after in pairwise(order))
    return steps[len(steps) // 2] if steps else Fraction(0)


def slowing(span: Fraction, frames: int) -> Fraction:
    """How many times longer a take of `span` seconds plays to fill `frames`: 1 to 1.15."""
    wanted = frames / FRAME_RATE
    if span <= 0:
        return Fraction(1)
    return min(max(wanted / span, Fraction(1)), MAX_SLOWING)


def normalize_arguments(
    src: Path,
    dst: Path,
    *,
    stream: Stream,
    size: Size,
    frames: int,
    slow: Fraction,
    focus: Focus | None,
    threads: int,
) -> list[str]:
    """Arguments that decode a take and write it as a clip."""
    words = [*limits.VIDEO_TAKE.options(), "-threads", str(threads), "-i", url(src)]
    graph = filter_graph(stream, size=size, slow=slow, focus=focus)
    words += ["-filter_complex_threads", str(threads), "-filter_complex", graph, "-map", "[house]"]
    return [*words, *encoder_arguments(frames=frames, threads=threads), url(dst)]


def filter_graph(stream: Stream, *, size: Size, slow: Fraction, focus: Focus | None = None) -> str:
    """From the take's pictures to the house's: time, then shape, then no end."""
    time = f"[0:{stream.index}]setpts=(PTS-STARTPTS)*{slow},fps={FRAME_RATE}"
    is_cropped = focus is not None or _same_orientation(stream, size)
    shape = _cover(stream, size, focus or CENTER) if is_cropped else _blurred_fill(stream, size)
    tags = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
    return f"{time},{shape},tpad=stop=-1:stop_mode=clone,{tags},setsar=1[house]"


def display_aspect(stream: Stream) -> Fraction:
    """Width to height as it is meant to be seen, after pixel shape and rotation."""
    aspect = Fraction(stream.width, stream.height) * stream.sample_aspect
    return 1 / aspect if stream.rotation % 180 == 90 else aspect


def _same_orientation(stream: Stream, size: Size) -> bool:
    """Whether filling by cropping keeps most of the picture; a square goes with both."""
    take, house = display_aspect(stream), Fraction(*size)
    return (take >= 1) == (house >= 1) or house == 1 or take == 1


def _cover(stream: Stream, size: Size, focus: Focus) -> str:
    grown = _covering(display_aspect(stream), size)
    left, top = (
        crop_start(whole, part, at) for whole, part, at in zip(grown, size, focus, strict=True)
    )
    return f"{_scale(stream, grown)},crop={size[0]}:{size[1]}:{left}:{top}"


def crop_start(whole: int, part: int, at: float) -> int:
    """The first of `part` pixels of `whole` that have the place `at` (0..1) in their middle.

    Near an edge the crop stops there. Even, because chroma has half as many pixels.
    """
    first = min(max(round(at * whole - part / 2), 0), whole - part)
    return first // 2 * 2


def _blurred_fill(stream: Stream, size: Size) -> str:
    """The take in full, before itself: small and blurred first, so that blurring costs little."""
    aspect, (width, height) = display_aspect(stream), size
    small = (_even_up(Fraction(width, 8)), _even_up(Fraction(height, 8)))
    grown = _covering(aspect, small)
    return (
        f"{_scale(stream, _fitting(aspect, size))},split[front][copy];"
        f"[copy]scale={grown[0]}:{grown[1]}:flags=area,crop={small[0]}:{small[1]},gblur=sigma=6,"
        f"lutyuv=y=(val-16)*0.6+16,scale={width}:{height}:flags=bicubic[back];"
        "[back][front]overlay=(W-w)/2:(H-h)/2:format=yuv420"
    )


def _covering(aspect: Fraction, size: Size) -> Size:
    """The smallest even size of this aspect that leaves nothing of `size` bare."""
    width, height = size
    if aspect >= Fraction(width, height):
        return _even_up(height * aspect), height
    return width, _even_up(width / aspect)


def _fitting(aspect: Fraction, size: Size) -> Size:
    """The largest even size of this aspect inside `size`."""
    width, height = size
    if aspect >= Fraction(width, height):
        return width, min(_even_up(width / aspect), height)
    return min(_even_up(height * aspect), width), height


def _even_up(length: Fraction) -> int:
    """The next even number of pixels: chroma has half as many."""
    return -(-length.numerator // (length.denominator * 2)) * 2


def _scale(stream: Stream, size: Size) -> str:
    source = f"in_color_matrix={_matrix(stream)}:in_range={_range(stream)}"
    target = "out_color_matrix=bt709:out_range=tv"
    return f"scale={size[0]}:{size[1]}:flags=lanczos+accurate_rnd:{source}:{target},format=yuv420p"


def _matrix(stream: Stream) -> str:
    usual = "bt709" if stream.height >= HIGH_DEFINITION_LINES else "bt601"
    return _MATRICES.get(stream.color_space, usual)


def _range(stream: Stream) -> str:
    is_full = stream.color_range == "pc" or stream.pixel_format.startswith("yuvj")
    return "pc" if is_full else "tv"

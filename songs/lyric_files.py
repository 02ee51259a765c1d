"""A song's lyrics as a file to keep: LRC, SRT, WebVTT or plain text [C7]."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.http import Http404, HttpResponse

from songs.lyrics import Line, to_lrc, to_srt, to_text, to_vtt
from songs.models import Song
from vibecraft.ranged import disposition

PLAIN = "text/plain; charset=utf-8"
WRITERS: dict[str, tuple[Callable[[Sequence[Line]], str], str]] = {
    "lrc": (to_lrc, PLAIN),
    "srt": (to_srt, "application/x-subrip; charset=utf-8"),
    "vtt": (to_vtt, "text/vtt; charset=utf-8"),
    "txt": (to_text, PLAIN),
}


def send_lyrics(song: Song, *, title: str, ending: str) -> HttpResponse:
    """The lyrics as a download under the title; 404 where there are none, or no such file."""
    if ending not in WRITERS or not song.lyrics:
        raise Http404
    write, content_type = WRITERS[ending]
    return HttpResponse(
        write(song.lines),
        content_type=content_type,
        headers={
            "Content-Disposition": disposition(f"{title}.{ending}", download=True),
            "Cache-Control": "private, no-cache",
        },
    )

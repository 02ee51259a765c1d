"""Files made to read what they must not, to reach out, or to blow up."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from vibecraft.media.audio import write_master
from vibecraft.media.errors import SENTENCES, MediaError
from vibecraft.media.ffmpeg import run, sandbox_level
from vibecraft.media.files import url
from vibecraft.media.intake import check_audio
from vibecraft.media.limits import AUDIO_PROBE, AUDIO_UPLOAD, OWN_LIST, VIDEO_TAKE, Guard
from vibecraft.media.normalize import normalize
from vibecraft.media.tests.making import LIMITS, make_song, make_take, samples, tone_power

TONE_HERTZ = 3217.0


class Canary:
    """A listener on loopback that counts who came."""

    def __init__(self) -> None:
        self.hits = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                self.hits += 1
                connection.close()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()


@pytest.fixture
def canary() -> Iterator[Canary]:
    bird = Canary()
    yield bird
    bird.close()


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another user's song: a tone that no other test makes."""
    folder = tmp_path_factory.mktemp("bob")
    return make_song(folder / "private.mp3", source=f"sine=f={TONE_HERTZ}:d=3:r=44100")


def _playlist(*lines: str) -> str:
    return "\n".join(["#EXTM3U", "#EXT-X-TARGETDURATION:3", *lines, "#EXT-X-ENDLIST", ""])


HOSTILE = {
    "a playlist of web segments": _playlist("#EXTINF:3,", "{web}/a.ts"),
    "a playlist with a key on the web": _playlist(
        '#EXT-X-KEY:METHOD=AES-128,URI="{web}/key"', "#EXTINF:3,", "{private}"
    ),
    "a playlist of playlists": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{web}/b.m3u8\n",
    "a DASH manifest": (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT3S"><Period><AdaptationSet mimeType="audio/mp4">'
        '<Representation id="1" bandwidth="1"><BaseURL>{web}/x.mp4</BaseURL>'
        "</Representation></AdaptationSet></Period></MPD>"
    ),
    "a playlist of a neighbor": _playlist("#EXTINF:3,", "{neighbor}"),
    "a playlist of a full path": _playlist("#EXTINF:3,", "{private}"),
    "a playlist by file address": _playlist("#EXTINF:3,", "file:{private}"),
    "a playlist by concat address": _playlist("#EXTINF:3,", "concat:{private}|{private}"),
    "a concat list of a neighbor": "ffconcat version 1.0\nfile {neighbor}\n",
    "a concat list of a sibling": "ffconcat version 1.0\nfile private.mp3\n",
    "a concat list of a full path": "ffconcat version 1.0\nfile '{private}'\n",
    "a session description": "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=audio 5004 RTP/AVP 0\r\n",
    "a SMIL document": '<smil><body><audio src="{web}/a.mp3"/></body></smil>',
    "an SVG picture": '<svg xmlns="http://www.w3.org/2000/svg"><image href="{web}/a.png"/></svg>',
    "a JSON document": '{{"url": "{web}/a"}}',
    "a subtitle script": "1\n00:00:00,000 --> 00:00:03,000\n{web}\n",
}


def _hostile(tmp_path: Path, kind: str, canary: Canary, private: Path, prefix: bytes) -> Path:
    folder = tmp_path / "alice"
    folder.mkdir()
    (folder / "private.mp3").symlink_to(private)
    neighbor = os.path.relpath(private, folder)
    text = HOSTILE[kind].format(web=canary.address, private=private, neighbor=neighbor)
    upload = folder / "song.mp3"
    upload.write_bytes(prefix + text.encode())
    return upload


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_a_text_that_points_elsewhere_is_refused_at_sight(tmp_path, kind, canary, private):
    upload = _hostile(tmp_path, kind, canary, private, b"")
    with pytest.raises(MediaError) as caught:
        check_audio(upload, **LIMITS)
    assert caught.value.code in {"playlist", "text", "picture"}
    assert canary.hits == 0


# An empty ID3 tag hides the text from a glance at the first bytes, but not from ffmpeg.
ID3 = b"ID3\x03\x00\x00\x00\x00\x00\x0a" + bytes(10)


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_even_unseen_it_reads_nothing_and_reaches_nobody(tmp_path, kind, canary, private):
    upload = _hostile(tmp_path, kind, canary, private, b"")
    assert _bare_decode(upload, AUDIO_PROBE) == b""
    assert _bare_decode(upload, VIDEO_TAKE) == b""
    with pytest.raises(MediaError):
        write_master(upload, tmp_path / "m.flac")
    assert not (tmp_path / "m.flac").exists()
    assert canary.hits == 0


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_behind_a_tag_it_is_refused_by_the_decoder(tmp_path, kind, canary, private):
    upload = _hostile(tmp_path, kind, canary, private, ID3)
    with pytest.raises(MediaError):
        check_audio(upload, **LIMITS)
    assert _bare_decode(upload, AUDIO_UPLOAD) == b""
    assert canary.hits == 0


def _bare_decode(path: Path, guard: Guard) -> bytes:
    """What the guarded decoder alone brings out, with no look at the file before."""
    words = [*guard.options(), "-i", url(path), "-f", "s16le", "pipe:1"]
    return run(words, folder=path.parent, check=False).stdout


@pytest.mark.parametrize(
    "kind", ["a playlist of a neighbor", "a playlist of a full path", "a concat list of a sibling"]
)
def test_the_traps_work_without_the_guard(tmp_path, kind, canary, private):
    upload = _hostile(tmp_path, kind, canary, private, b"")
    assert tone_power(samples(upload), TONE_HERTZ) > 0.5


def test_the_network_is_off_even_for_a_plain_address(tmp_path, canary):
    with pytest.raises(MediaError):
        run(["-i", f"{canary.address}/a.mp3", "-f", "null", "-"], folder=tmp_path)
    assert canary.hits == 0 or sandbox_level() == "limited"


def test_decoders_outside_the_list_are_not_run_in_any_container(tmp_path):
    for form in ("matroska", "mov", "avi"):
        take = make_take(tmp_path / form, "-c:v", "magicyuv", "-f", form, count=3)
        with pytest.raises(MediaError) as caught:
            normalize(take, tmp_path / "out.mp4", size=(64, 36), frames=3)
        assert caught.value.code in {"codec_not_allowed", "not_media"}
        assert not (tmp_path / "out.mp4").exists()


def test_our_own_list_reads_no_playlist(tmp_path, canary, private):
    upload = _hostile(tmp_path, "a playlist of a full path", canary, private, b"")
    words = [*OWN_LIST.options(), "-i", url(upload), "-f", "null", "-"]
    assert run(words, folder=tmp_path, check=False).exit_code != 0


# --- bombs ---------------------------------------------------------------------------------------


@pytest.mark.clock
def test_hours_of_silence_in_a_small_file_are_refused_at_once(tmp_path):
    day = make_song(tmp_path / "a.m4a", "-c:a", "alac", source="anullsrc=r=8000:cl=mono:d=9000")
    begun = time.monotonic()
    with pytest.raises(MediaError) as caught:
        check_audio(day, **LIMITS)
    assert caught.value.code == "too_long"
    assert time.monotonic() - begun < 3


def test_a_long_song_that_claims_to_be_short_is_found_out(tmp_path):
    song = make_song(tmp_path / "a.wav", "-ar", "8000", seconds=400)
    content = bytearray(song.read_bytes())
    # The size of the data chunk, which is all that a WAV says of its length.
    at = content.index(b"data") + 4
    content[at : at + 4] = (8000 * 2 * 20).to_bytes(4, "little")
    song.write_bytes(content)
    facts = check_audio(song, **LIMITS)
    assert facts.duration == pytest.approx(20.0)
    headerless = make_song(
        tmp_path / "b.mp3", "-write_xing", "0", "-q:a", "9", "-ar", "8000", seconds=330
    )
    with pytest.raises(MediaError) as caught:
        check_audio(headerless, **LIMITS)
    assert caught.value.code == "too_long"


@pytest.mark.parametrize("kind", [b"free", b"moov"])
def test_a_box_that_claims_more_than_any_file_holds_is_refused(tmp_path, kind):
    upload = tmp_path / "a.m4a"
    begun = (16).to_bytes(4, "big") + b"ftypM4A " + bytes(4)
    upload.write_bytes(begun + (1).to_bytes(4, "big") + kind + b"\xff" * 8 + bytes(2000))
    with pytest.raises(MediaError) as caught:
        check_audio(upload, **LIMITS)
    assert caught.value.code == "truncated"


def test_a_picture_of_many_pixels_is_not_decoded(tmp_path):
    take = make_take(tmp_path / "a.mp4", "-vf", "scale=16:16", "-c:v", "mpeg4", count=2)
    with pytest.raises(MediaError):
        normalize(take, tmp_path / "out.mp4", size=(64, 36), frames=2)
    words = ["-f", "lavfi", "-i", "color=s=9000x16:d=0.1", "-c:v", "libx264", "-f", "mp4", "-y"]
    run([*words, str(tmp_path / "wide.mp4")], folder=tmp_path)
    with pytest.raises(MediaError) as caught:
        normalize(tmp_path / "wide.mp4", tmp_path / "out.mp4", size=(64, 36), frames=2)
    assert caught.value.code == "too_many_pixels"


@pytest.mark.clock
@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("a.mp3", ("-q:a", "5")),
        ("a.wav", ("-ar", "16000")),
        ("a.m4a", ("-c:a", "aac")),
        ("b.m4a", ("-c:a", "alac", "-ar", "16000")),
    ],
)
def test_a_damaged_song_is_accepted_or_refused_but_never_worse(tmp_path, name, args):
    content = np.frombuffer(make_song(tmp_path / name, *args, seconds=1.5).read_bytes(), np.uint8)
    chance = np.random.default_rng(len(args) * 100 + len(name))
    codes = []
    for number in range(8):
        mutant = tmp_path / f"{number}-{name}"
        mutant.write_bytes(_mutate(content, chance).tobytes())
        begun = time.monotonic()
        try:
            check_audio(mutant, **LIMITS)
            codes.append("fine")
        except MediaError as error:
            codes.append(error.code)
        assert time.monotonic() - begun < 10
    assert set(codes) <= {"fine", *SENTENCES}
    assert not {"crashed", "too_slow", "failed"} & set(codes)


def _mutate(content, chance: np.random.Generator):
    """A copy with some bytes changed, and every third one cut, doubled or holed somewhere."""
    mutant = content.copy()
    places = chance.integers(0, len(mutant), int(chance.integers(1, 60)))
    mutant[places] = chance.integers(0, 256, len(places))
    # Headers are where a decoder believes most.
    near = chance.integers(0, 200, 4)
    mutant[near] = chance.integers(0, 256, 4)
    cut = int(chance.integers(1, len(mutant)))
    how = int(chance.integers(0, 6))
    if how == 0:
        return mutant[:cut]
    if how == 1:
        return np.concatenate([mutant[:cut], mutant])
    return mutant

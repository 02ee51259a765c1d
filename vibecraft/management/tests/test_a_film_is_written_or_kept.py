"""`make_video` writes a film whole or not at all; one that cannot be written is not thrown away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from songs.models import Song
from vibecraft.management.commands import make_video
from vibecraft.management.selecting import SomeFailed, WrongUse

FILM = b"a film that was paid for"


def test_a_film_that_cannot_be_written_leaves_no_half(tmp_path: Path) -> None:
    film, output = tmp_path / "film", tmp_path / "out" / "song.mp4"
    film.write_bytes(FILM)
    output.mkdir(parents=True)
    with pytest.raises(make_video.NotWritten, match="could not be written to"):
        make_video.write_film(film, output)
    assert list(output.parent.iterdir()) == [output]


def test_a_film_replaces_the_one_before(tmp_path: Path) -> None:
    film, output = tmp_path / "film", tmp_path / "song.mp4"
    film.write_bytes(FILM)
    output.write_bytes(b"the one before, which was longer than this one")
    make_video.write_film(film, output)
    assert output.read_bytes() == FILM
    assert sorted(tmp_path.iterdir()) == [film, output]


def test_a_folder_that_takes_no_file_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    song = tmp_path / "song.wav"
    song.write_bytes(b"sound")

    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(make_video.tempfile, "TemporaryFile", refuse)
    with pytest.raises(WrongUse, match=r"Nothing can be written to .*: Permission denied"):
        make_video.check_files(song, tmp_path / "song.mp4")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "left"),
    [(make_video.NotWritten("The disk is full."), 1), (SomeFailed("It was canceled."), 0)],
)
def test_only_a_film_that_could_not_be_written_stays_in_the_library(
    made_song_file: Callable[..., Path], error: SomeFailed, left: int
) -> None:
    command = make_video.Command()
    options = {"email": "studio@localhost", "keep": False, "parallel": 1}
    with pytest.raises(SomeFailed), command.song_of(made_song_file(), options):
        raise error
    assert Song.objects.count() == left

"""Both stores keep objects alike: a folder of this machine, and a bucket behind real signatures."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings

from vibecraft import storage
from vibecraft.testing import use_bucket

BOTH = ["folder", pytest.param("bucket", marks=pytest.mark.workers)]


@pytest.fixture(params=BOTH)
def _kept(request: pytest.FixtureRequest, settings: LazySettings, tmp_path: Path) -> None:
    if request.param == "bucket":
        use_bucket(settings, request.getfixturevalue("store_server"))
        return
    folder = settings.FOLDER | {"OPTIONS": {"location": str(tmp_path / "media")}}
    settings.STORAGES = settings.STORAGES | {"default": folder}


pytestmark = pytest.mark.usefixtures("_kept")


@pytest.fixture
def keep(tmp_path: Path) -> Callable[[str, bytes], int]:
    """Store some bytes at a key; return the size that was said."""

    def put(key: str, content: bytes) -> int:
        path = tmp_path / "made"
        path.write_bytes(content)
        size = storage.put(key, path)
        assert not path.exists(), "the file was moved, not copied"
        return size

    return put


def read(key: str) -> bytes:
    with storage.local(key) as path:
        return path.read_bytes()


def test_what_is_put_is_there_and_replaces(keep: Callable[[str, bytes], int]) -> None:
    assert keep("u/songs/1/a.flac", b"first") == 5
    assert keep("u/songs/1/a.flac", b"another") == 7
    assert storage.exists("u/songs/1/a.flac")
    assert storage.size("u/songs/1/a.flac") == 7
    assert read("u/songs/1/a.flac") == b"another"
    assert storage.modified_at("u/songs/1/a.flac") == pytest.approx(time.time(), abs=60)


def test_an_object_can_be_read_from_any_place(keep: Callable[[str, bytes], int]) -> None:
    keep("u/film.mp4", bytes(range(256)))
    with storage.open_read("u/film.mp4") as file:
        file.seek(200)
        assert file.read(3) == bytes([200, 201, 202])


def test_a_fetched_object_is_the_callers_own(
    keep: Callable[[str, bytes], int], tmp_path: Path
) -> None:
    keep("u/a", b"kept")
    storage.fetch("u/a", tmp_path / "mine")
    (tmp_path / "mine").write_bytes(b"changed")
    assert read("u/a") == b"kept"


def test_a_copy_stands_beside(keep: Callable[[str, bytes], int]) -> None:
    keep("u/a", b"new")
    keep("u/deep/b", b"old, and longer")
    assert storage.copy("u/a", "u/deep/b") == 3
    assert storage.keys("u/") == ["u/a", "u/deep/b"]
    assert (read("u/a"), read("u/deep/b")) == (b"new", b"new")


def test_a_prefix_goes_with_all_below_it_and_nothing_else(
    keep: Callable[[str, bytes], int],
) -> None:
    for key in ("u/1/a", "u/1/deep/b", "u/10/c", "u/2"):
        keep(key, b"x")
    storage.delete_prefix("u/1/")
    assert storage.keys("u/") == ["u/10/c", "u/2"]
    storage.delete_prefix("u/2")
    storage.delete_prefix("u/2")
    storage.delete_prefix("u/1/")
    assert storage.keys("u/") == ["u/10/c"]


def test_what_is_missing_is_said_as_files_say_it(tmp_path: Path) -> None:
    assert not storage.exists("u/none")
    assert not storage.exists("")
    assert storage.keys("none/") == []
    for act in (lambda: storage.size("u/none"), lambda: storage.copy("u/none", "u/b")):
        with pytest.raises(FileNotFoundError):
            act()
    with pytest.raises(FileNotFoundError):
        storage.fetch("u/none", tmp_path / "a")
    assert storage.keys("u/") == []


def test_a_store_is_told_from_the_other(request: pytest.FixtureRequest) -> None:
    address = storage.address("u/a", content_type="video/mp4", disposition="inline")
    form = storage.post_form("u/a", max_bytes=10)
    is_bucket = request.node.callspec.params["_kept"] == "bucket"
    assert (address is not None, form is not None) == (is_bucket, is_bucket)

"""Where there is no room for an upload, nothing of it stays in the scratch folder, not even for a moment."""

from __future__ import annotations

import gc
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

ROOM_BYTES = 64 * 1024


@pytest.fixture
def _little_room() -> Iterator[None]:
    """No file of this process may grow further; and nothing is cleared away by chance."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    gc.disable()
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM_BYTES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        gc.enable()


# More than a buffer too much is met while the file comes, one byte too much when it is complete.
@pytest.mark.parametrize("size", [10 * ROOM_BYTES, ROOM_BYTES + 1])
@pytest.mark.usefixtures("_little_room")
def test_an_upload_without_room_leaves_nothing(
    size: int, tmp_path: Path, settings: LazySettings
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    request = RequestFactory().post("/songs", {"file": SimpleUploadedFile("a.wav", bytes(size))})
    with pytest.raises(OSError, match="File too large"):
        _ = request.FILES
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("_little_room")
def test_an_upload_with_room_is_whole(tmp_path: Path, settings: LazySettings) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    sent = bytes(range(256)) * 256
    request = RequestFactory().post("/songs", {"file": SimpleUploadedFile("a.wav", sent)})
    assert request.FILES["file"].read() == sent
    assert len(list(tmp_path.iterdir())) == 1
    request.close()
    assert list(tmp_path.iterdir()) == []

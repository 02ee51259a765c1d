"""Uploads are counted while they stream in, so that an oversized one ends early, and leave no halves."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import (
    FileUploadHandler,
    StopUpload,
    TemporaryFileUploadHandler,
)

SLACK_BYTES = 1024 * 1024


class LimitedUploadHandler(FileUploadHandler):
    """End an upload as soon as its file part passes the largest size that any form allows.

    One mebibyte of slack lets a file that is only just too large through to the form, whose
    sentence names the limit. Past that, `request.META["UPLOAD_TOO_BIG"]` tells the view.
    """

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.seen = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.seen += len(raw_data)
        if self.seen > settings.UPLOAD_MAX_BYTES + SLACK_BYTES:
            assert self.request is not None
            self.request.META["UPLOAD_TOO_BIG"] = True
            raise StopUpload(connection_reset=False)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def temporary_file(name: str, content_type: str, *about: Any) -> TemporaryUploadedFile:
    """An empty file with this name, which a disk must not be able to refuse.

    Django ends its name on the disk as the given one ends, however long that is.
    """
    file = TemporaryUploadedFile("upload", content_type, 0, *(about or (None,)))
    file.name = name
    return file


class ScratchUploadHandler(TemporaryFileUploadHandler):
    """Writes uploads into the scratch folder; one for which there is no room is removed at once.

    Django leaves such a half to the garbage collector: until then it would keep a full disk full.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        FileUploadHandler.new_file(self, *args, **kwargs)
        assert self.file_name is not None
        self.file = temporary_file(
            self.file_name, self.content_type or "", self.charset, self.content_type_extra
        )

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        with self._removed_on_error():
            super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        with self._removed_on_error():
            return super().file_complete(file_size)

    @contextlib.contextmanager
    def _removed_on_error(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            # Closing writes what is left in its buffer, fails again, and removes the file all the same.
            with contextlib.suppress(OSError):
                self.file.close()
            raise

"""Uploads are counted while they stream in, so that an oversized one ends early."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

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

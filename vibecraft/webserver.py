"""The web server's own logs: errors, and the requests where somebody switches those on."""

from __future__ import annotations

import logging
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from vibecraft.logging import MaskingFormatter


class MaskedLogs(Logger):  # type: ignore[misc]  # gunicorn says nothing of its types
    """gunicorn's logs without a secret: addresses of shared films stand in request lines."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                handler.setFormatter(_masked(handler.formatter))


def _masked(usual: logging.Formatter | None) -> MaskingFormatter:
    if usual is None:
        return MaskingFormatter()
    return MaskingFormatter(usual._fmt, usual.datefmt)

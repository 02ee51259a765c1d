"""gunicorn writes its own lines, with request lines in them."""

from __future__ import annotations

import logging
from pathlib import Path

from gunicorn.config import Config

from vibecraft import webserver
from vibecraft.supervisor import web_command
from vibecraft.webserver import MaskedLogs


def test_the_site_is_started_with_masked_logs() -> None:
    command = web_command("127.0.0.1", 8000)
    assert command[command.index("--config") + 1] == f"python:{webserver.__name__}"
    assert webserver.logger_class == f"{MaskedLogs.__module__}.{MaskedLogs.__name__}"


def test_request_lines_and_errors_are_masked(tmp_path: Path) -> None:
    config = Config()
    config.set("accesslog", str(tmp_path / "access.log"))
    config.set("errorlog", str(tmp_path / "error.log"))
    logs = MaskedLogs(config)
    try:
        logs.access_log.info('"GET /v/secret-token HTTP/1.1" 200')
        logs.error("Error handling request %s", "/v/secret-token/film.mp4")
    finally:
        for name in ("gunicorn.error", "gunicorn.access"):
            for handler in list(logging.getLogger(name).handlers):
                logging.getLogger(name).removeHandler(handler)
                handler.close()
    assert (tmp_path / "access.log").read_text() == '"GET /v/*** HTTP/1.1" 200\n'
    assert (tmp_path / "error.log").read_text().endswith("[ERROR] Error handling request /v/***\n")

"""gunicorn writes its own lines, with request lines in them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from django.conf import LazySettings
from gunicorn.config import Config

from vibecraft import webserver
from vibecraft.supervisor import web_command
from vibecraft.webserver import MaskedLogs


def test_the_site_is_started_with_masked_logs() -> None:
    command = web_command("127.0.0.1", 8000)
    assert command[command.index("--config") + 1] == f"python:{webserver.__name__}"
    assert webserver.logger_class == f"{MaskedLogs.__module__}.{MaskedLogs.__name__}"


@contextmanager
def logs_in(folder: Path) -> Iterator[MaskedLogs]:
    """gunicorn's logs as `access.log` and `error.log`."""
    config = Config()
    config.set("accesslog", str(folder / "access.log"))
    config.set("errorlog", str(folder / "error.log"))
    try:
        yield MaskedLogs(config)
    finally:
        for name in ("gunicorn.error", "gunicorn.access"):
            for handler in list(logging.getLogger(name).handlers):
                logging.getLogger(name).removeHandler(handler)
                handler.close()


def test_request_lines_and_errors_are_masked(tmp_path: Path) -> None:
    with logs_in(tmp_path) as logs:
        logs.access_log.info('"GET /v/secret-token HTTP/1.1" 200')
        logs.error("Error handling request %s", "/v/secret-token/film.mp4")
    assert (tmp_path / "access.log").read_text() == '"GET /v/*** HTTP/1.1" 200\n'
    assert (tmp_path / "error.log").read_text().endswith("[ERROR] Error handling request /v/***\n")


def test_they_are_as_all_other_lines_are(tmp_path: Path, settings: LazySettings) -> None:
    settings.LOG_JSON = True
    structlog.contextvars.clear_contextvars()
    with logs_in(tmp_path) as logs:
        logs.info("Listening at: %s", "http://127.0.0.1:8000")
        with structlog.contextvars.bound_contextvars(request_id="abc"):
            logs.access_log.info('%(h)s "%(r)s"', {"h": "10.1.2.3", "r": "GET /v/secret-token"})
            try:
                raise ValueError("r8_secret")
            except ValueError:
                logs.exception("Error handling request %s", "/v/secret-token")
    told = (tmp_path / "access.log").read_text() + (tmp_path / "error.log").read_text()
    asked, began, failed = (json.loads(line) for line in told.splitlines())
    assert [bool(one.pop("timestamp")) for one in (asked, began, failed)] == [True] * 3
    named = {"request_id": "abc"}
    access, error = ({"logger": f"gunicorn.{name}"} for name in ("access", "error"))
    assert asked == access | named | {"level": "info", "event": '10.1.2.3 "GET /v/***"'}
    assert began == error | {"level": "info", "event": "Listening at: http://127.0.0.1:8000"}
    assert failed.pop("exception").endswith("ValueError: r8_***")
    assert failed == error | named | {"level": "error", "event": "Error handling request /v/***"}

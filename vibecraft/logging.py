"""Logs: one line an event, with the request's or the job's id, and never a secret."""

from __future__ import annotations

import logging
import logging.config
import re
from collections.abc import Iterable
from typing import Any

import structlog

SECRETS = re.compile(
    r"(Bearer\s+|r8_|sessionid=|csrftoken=|Signature=|Credential="
    r"|password[\"']?\s*[:=]\s*[\"']?|/v/|%2Fv%2F|://[^\s:/@]*:(?=[^\s/@]+@))"
    r"[^\s\"'&;,@]+",
    re.IGNORECASE,
)
# Words of a few letters could stand for something else.
SECRET_LENGTH = 8
# The secrets of this site, word for word.
KNOWN: set[str] = set()


def mask_secrets(text: str) -> str:
    """Return `text` with everything that looks like a credential replaced."""
    for secret in KNOWN:
        text = text.replace(secret, "***")
    return SECRETS.sub(r"\1***", text)


TALKATIVE = ("httpx", "httpcore", "urllib3", "boto3", "botocore", "s3transfer")


class RoundsAreQuiet(logging.Filter):
    """Leaves out what Celery says of rounds that come every second, and of nothing else."""

    TASKS = frozenset({"ring_predictions", "sweep"})

    def filter(self, record: logging.LogRecord) -> bool:
        about = record.args if isinstance(record.args, dict) else {}
        is_round = about.get("name") in self.TASKS and record.name.startswith("celery.")
        return not is_round or record.levelno > logging.INFO


def _mask_event(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {key: _masked(value) for key, value in event.items()}


def _masked(value: Any) -> Any:
    """Objects as well: a request that is logged along says its address when it is written out."""
    if isinstance(value, str):
        return mask_secrets(value)
    written = repr(value)
    masked = mask_secrets(written)
    return value if masked == written else masked


class MaskingFormatter(logging.Formatter):
    """A formatter for logs that are not ours, such as the web server's."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_secrets(super().format(record))


def _processors() -> list[structlog.typing.Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _mask_event,
    ]


def line_formatter(*, as_json: bool) -> structlog.stdlib.ProcessorFormatter:
    """Makes one line of what is logged, by whomever; `as_json` one JSON object."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        )
    )
    return structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        foreign_pre_chain=_processors(),
    )


def logging_config(*, level: str, as_json: bool, secrets: Iterable[str] = ()) -> None:
    """Configure the standard library's logging; `as_json` writes one JSON object a line.

    None of the `secrets` is ever written.
    """
    KNOWN.update(secret for secret in secrets if len(secret) >= SECRET_LENGTH)
    # Python's warnings have several lines otherwise.
    logging.captureWarnings(as_json)
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": lambda: line_formatter(as_json=as_json)}},
            "filters": {"rounds": {"()": RoundsAreQuiet}},
            "handlers": {
                "stderr": {
                    "class": "logging.StreamHandler",
                    "formatter": "line",
                    "filters": ["rounds"],
                }
            },
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                "django.server": {"level": "WARNING"},
                "numba": {"level": "WARNING"},
                "axes": {"level": "ERROR"},
                # They would write whole addresses and headers, and some carry signatures.
                **{name: {"level": "WARNING"} for name in TALKATIVE},
            },
        }
    )

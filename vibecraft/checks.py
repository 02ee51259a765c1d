"""Numbered system checks: each names what is wrong and what to do about it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import ERROR, CheckMessage, Error, Tags, Warning, register, run_checks

from vibecraft.environment import refuse

# The tag of checks that look at nothing but settings: every process starts with them.
SETTINGS = "settings"
SOCKET_PATH_LIMIT = 107


def refuse_wrong_settings() -> None:
    """End the process if settings are wrong, with a sentence for each of them.

    Django keeps its checks in a set: without an order of ours, each start would have another.
    """
    found = [one for one in run_checks(tags=[SETTINGS]) if one.level >= ERROR]
    found.sort(key=lambda one: (one.id, one.msg))
    refuse([*settings.WRONG_SETTINGS, *(f"{one.msg} {one.hint}" for one in found)])


@register(Tags.compatibility)
def check_programs(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """The programs that the media room starts."""
    missing = [name for name in ("ffmpeg", "ffprobe") if shutil.which(name) is None]
    if not missing:
        return []
    hint = "On Debian: apt-get install ffmpeg"
    return [Error(f"{' and '.join(missing)} cannot be found.", hint=hint, id="vibecraft.E001")]


@register(Tags.compatibility)
def check_python(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """The libraries that hear music exist for these versions only."""
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return []
    found = ".".join(str(part) for part in sys.version_info[:2])
    return [
        Error(f"Python {found} is not supported.", hint="Use 3.11 to 3.13.", id="vibecraft.E002")
    ]


@register(SETTINGS)
def check_socket_path(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """The embedded broker listens on a Unix socket, whose path has a limit."""
    url = settings.CELERY_BROKER_URL
    path = url.removeprefix("redis+socket://")
    if path == url or len(path) <= SOCKET_PATH_LIMIT:
        return []
    hint = f"Set VIBECRAFT_DATA to a folder with a shorter path than {settings.DATA_DIR}."
    return [Error("The path of the broker's socket is too long.", hint=hint, id="vibecraft.E003")]


@register(Tags.compatibility)
def check_yt_dlp(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Imports from pages need a program that is not ours."""
    if not settings.IMPORT_WITH_YT_DLP or shutil.which("yt-dlp"):
        return []
    hint = "Install yt-dlp, or take IMPORT_WITH_YT_DLP out of the settings."
    return [Warning("yt-dlp cannot be found.", hint=hint, id="vibecraft.W002")]


@register(Tags.security, deploy=True)
def check_site_url(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Cookies and redirects are only safe when the site knows that it is served over https."""
    if settings.HTTPS:
        return []
    hint = "Set SITE_URL to the address that people open, such as https://films.example.org."
    return [Warning("SITE_URL does not begin with https://.", hint=hint, id="vibecraft.W001")]

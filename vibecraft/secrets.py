"""A secret that is made once and kept beside the data, so that nothing has to be set on one machine."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def stored_secret(path: Path) -> str:
    """Return the secret kept in `path`, making it on first use.

    Two processes may start at once: the file is created exclusively, the loser reads the winner's.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(handle, "w") as file:
        secret = secrets.token_urlsafe(64)
        file.write(secret)
    return secret

"""The site's settings, with a hasher that tells in a file whenever a password has reached it."""

from __future__ import annotations

import os
import time

from django.contrib.auth.hashers import Argon2PasswordHasher

from vibecraft.settings import *  # noqa: F403

COUNT = "HASHES_COUNTED_IN"
PASSWORD_HASHERS = ["tests.trials.counted_hashes.Counted"]


class Counted(Argon2PasswordHasher):
    """Argon2 as the site uses it; a line of seconds for each password, whoever asks."""

    def verify(self, password: str, encoded: str) -> bool:
        began = time.monotonic()
        is_right = super().verify(password, encoded)
        _tell(time.monotonic() - began)
        return is_right

    def encode(self, password: str, salt: str) -> str:
        began = time.monotonic()
        encoded = super().encode(password, salt)
        _tell(time.monotonic() - began)
        return encoded


def _tell(seconds: float) -> None:
    """One short write at the end of the file is whole, whoever else writes."""
    with open(os.environ[COUNT], "a") as file:
        file.write(f"{seconds:.6f}\n")

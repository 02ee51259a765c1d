"""Fingerprints of files: what was prepared from them once need not be prepared again."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path


def fingerprint(paths: Iterable[Path]) -> str:
    """Change with the interpreter and with the name or content of any file at or below `paths`."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(found for root in paths for found in _files(root)):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:20]


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return [found for found in path.rglob("*") if found.is_file() and found.suffix != ".pyc"]

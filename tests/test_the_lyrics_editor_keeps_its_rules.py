"""The logic of the lyrics editor and of cropping is tested where it runs: in JavaScript."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_the_modules_without_a_page_pass_their_own_tests() -> None:
    done = subprocess.run(
        ["node", "--test", "tests/lyrics.test.mjs"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "# pass 12\n" in done.stdout

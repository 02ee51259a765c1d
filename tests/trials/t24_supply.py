"""Trial T24: what we build on has no known hole, and the source keeps its rules.

    python -m tests.trials.t24_supply            rules of the source, ffmpeg's version, and the audit
    python -m tests.trials.t24_supply --short    without the audit, which asks pypi.org

The audit is pip-audit over the locked packages, run by uv, so that it is no part of what is installed.
A package that it could not ask about counts as not audited, and then the trial has not passed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.trials.by_pytest import Trial, measure, options, tell

ROOT = Path(__file__).resolve().parents[2]
UVX = Path(sys.executable).with_name("uvx")
TRIAL = Trial(
    "T24", ("tests/trials/test_rules_of_the_source.py", "tests/test_views_ask_for_the_user.py")
)
AUDIT = "pip-audit==2.10.1"
AUDIT_SECONDS = 300


def audit(lock: Path) -> dict[str, Any]:
    """How many locked packages there are, how many were asked about, and what is known of them."""
    with tempfile.TemporaryDirectory() as name:
        report = Path(name) / "audit.json"
        words = ["-r", str(lock), "--require-hashes", "--disable-pip", "-f", "json"]
        subprocess.run(
            [str(UVX), "--quiet", AUDIT, *words, "--progress-spinner", "off", "-o", str(report)],
            timeout=AUDIT_SECONDS,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        return counted(json.loads(report.read_text()) if report.exists() else {})


def counted(report: dict[str, Any]) -> dict[str, Any]:
    """The figures of a report of pip-audit; an empty one has asked about nothing."""
    packages = report.get("dependencies", [])
    asked = [one for one in packages if "skip_reason" not in one]
    holes = sorted(f"{one['name']} {hole['id']}" for one in asked for hole in one.get("vulns", []))
    return {"packages": len(packages), "audited": len(asked), "holes": holes}


def main(arguments: list[str]) -> int:
    chosen = options(TRIAL, arguments)
    told = measure(TRIAL, size=0, seed=chosen.seed)
    if not chosen.is_short:
        found = audit(ROOT / "requirements.txt")
        is_whole = 0 < found["packages"] == found["audited"]
        told.passed = told.passed and is_whole and not found["holes"]
        told.figures |= found
    return tell(TRIAL, told, chosen.seed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Trial T24: what we build on has no known hole, and the source keeps its rules.

    python -m tests.trials.t24_supply            rules of the source, ffmpeg's version, and the audit
    python -m tests.trials.t24_supply --short    without the audit, which asks pypi.org

The audit is pip-audit over the locked packages, run by uv, so that it is no part of what is installed.
It asks for a page of each release. Where such a page is not to be had, as behind a mirror, the page
of the project is asked, which tells what is known of its newest release, and no other. A package that
neither has answered for counts as not audited, and then the trial has not passed.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from tests.trials.by_pytest import Trial, measure, options, tell

ROOT = Path(__file__).resolve().parents[2]
UVX = Path(sys.executable).with_name("uvx")
TRIAL = Trial(
    "T24", ("tests/trials/test_rules_of_the_source.py", "tests/test_views_ask_for_the_user.py")
)
AUDIT = "pip-audit==2.10.1"
AUDIT_SECONDS = 300
PROJECT = "https://pypi.org/pypi/{name}/json"
ASK_SECONDS = 30


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
        packages = json.loads(report.read_text())["dependencies"] if report.exists() else []
    versions = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", lock.read_text(), re.MULTILINE))
    with httpx.Client(timeout=ASK_SECONDS) as client, ThreadPoolExecutor(8) as pool:
        return counted(list(pool.map(lambda one: asked_again(client, one, versions), packages)))


def asked_again(
    client: httpx.Client, one: dict[str, Any], versions: dict[str, str]
) -> dict[str, Any]:
    """A package of pip-audit's report, asked about by its project's page where it was skipped."""
    if "skip_reason" not in one:
        return one
    try:
        page = client.get(PROJECT.format(name=one["name"])).raise_for_status().json()
    except httpx.HTTPError as error:
        return {**one, "skip_reason": f"{one['skip_reason']}; {error}"}
    if page["info"]["version"] != versions[one["name"]]:
        return {**one, "skip_reason": f"{page['info']['version']} is newer"}
    return {
        "name": one["name"],
        "vulns": [hole for hole in page["vulnerabilities"] if not hole.get("withdrawn")],
    }


def counted(packages: list[dict[str, Any]]) -> dict[str, Any]:
    """How many packages were asked about, which were not, and the holes of those that were."""
    skipped = sorted(one["name"] for one in packages if "skip_reason" in one)
    holes = sorted(
        f"{one['name']} {hole['id']}" for one in packages for hole in one.get("vulns", [])
    )
    return {
        "packages": len(packages),
        "audited": len(packages) - len(skipped),
        "not_audited": skipped,
        "holes": holes,
    }


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

"""The monitor's files name figures that exist, and every alert says what to do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from vibecraft import metrics

ROOT = Path(__file__).resolve().parent.parent
GUIDE = (ROOT / "docs/monitoring.md").read_text()
ALERTS = (ROOT / "docs/ops/alerts.yml").read_text()
DASHBOARD = (ROOT / "docs/ops/grafana.json").read_text()
SOURCE = Path(metrics.__file__).read_text()
# What Prometheus adds to the name of a counter and of a histogram.
ADDED = re.compile(r"_(total|bucket|count|sum|max)$")


def figures() -> set[str]:
    return {name.removesuffix("_") for name in re.findall(r"\"(vibecraft_\w+)", SOURCE)}


@pytest.mark.parametrize("text", [ALERTS, DASHBOARD, GUIDE], ids=["alerts", "dashboard", "guide"])
def test_figures_that_are_named_are_counted(text: str) -> None:
    named = {ADDED.sub("", name) for name in re.findall(r"vibecraft_\w+", text)}
    assert named - figures() == set()


def test_every_figure_is_explained_and_drawn() -> None:
    for text in (GUIDE, DASHBOARD):
        named = {ADDED.sub("", name) for name in re.findall(r"vibecraft_\w+", text)}
        assert figures() - named == set()


def test_every_alert_says_what_to_do() -> None:
    rules = [rule for group in yaml.safe_load(ALERTS)["groups"] for rule in group["rules"]]
    explained = re.findall(r"^### (\w+)\n(?=\S)", GUIDE, re.MULTILINE)
    assert [rule["alert"] for rule in rules] == explained
    assert {rule["labels"]["severity"] for rule in rules} == {"page", "ticket"}
    assert all(rule["annotations"]["summary"].endswith(".") for rule in rules)


def test_the_dashboard_can_be_read() -> None:
    panels = json.loads(DASHBOARD)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) == 18
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len(panels)

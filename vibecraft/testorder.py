"""Which tests run where and when; and a failure is shown as soon as it happens.

Files are dealt out whole to the processes of a run, so that what a file has started serves all its
tests. Those with a browser or with real workers wait most of their time: they are spread among the
others, which use the machine meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, TypeAlias

import pytest
from xdist.scheduler import LoadScopeScheduling

WAITING = ("browser", "workers")
# The last files are short ones, so that all processes end at about the same time.
SPREAD_OVER = 0.85
# Each of these tests starts servers of its own, and is as long as a file.
ALONE = frozenset({"tests/trials/test_short_trials.py"})
# These share a store, which takes long to start.
TOGETHER = dict.fromkeys(
    (
        "vibecraft/tests/test_objects_are_kept_alike.py",
        "vibecraft/tests/test_browsers_meet_the_store.py",
        "tests/test_the_full_stack.py",
    ),
    "the store",
)

# Fixtures of services that go on by themselves while a test asks them.
SERVICES = frozenset({"standin"})

Items: TypeAlias = list[pytest.Item]


def unit_of(nodeid: str) -> str:
    """What a test is dealt out with: its file, as a rule."""
    file = nodeid.split("::", 1)[0]
    return nodeid if file in ALONE else TOGETHER.get(file, file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Deal out units, in the order of the tests, unless `--dist` says something else."""
    if config.getoption("dist") != "load":
        return None
    config.option.loadscopereorder = False
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = unit_of
    return scheduler


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    if SERVICES.intersection(getattr(item, "fixturenames", ())):
        item.add_marker(pytest.mark.clock)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: Items) -> None:
    units: dict[str, Items] = {}
    for item in items:
        units.setdefault(unit_of(item.nodeid), []).append(item)
    items[:] = [item for unit in spread(list(units.values())) for item in unit]


def spread(units: list[Items]) -> Iterator[Items]:
    """The units that wait, evenly among the others; the longest, which are the last, first."""
    waiting = [unit for unit in units if waits(unit)]
    others = [unit for unit in units if not waits(unit)]
    step = int(SPREAD_OVER * len(others) / max(1, len(waiting)))
    rest = iter(others)
    for unit in reversed(waiting):
        yield unit
        yield from islice(rest, step)
    yield from rest


def waits(unit: Items) -> bool:
    return any(item.get_closest_marker(name) for item in unit for name in WAITING)


class FailuresAtOnce:
    """Names each test that fails as soon as it has; what it said stands at the end of the run."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self.terminal = terminal

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            said = crash.message.splitlines()[0] if crash and crash.message else report.when
            self.terminal.write_line(f"\nFAILED {report.nodeid}: {said}", red=True)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    # A process of a parallel run has none that anybody sees.
    if terminal is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(FailuresAtOnce(terminal))

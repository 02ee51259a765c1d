"""The pytest fixture `standin`: a clean stand-in for each test, and its rules checked at the end.

A package's tests take it with `from vibecraft.predictions.standin.fixture import *` in their
conftest, or by naming this module in `pytest_plugins`. A test that breaks a rule on purpose says so:
`standin.allowed.add("fast_poll")`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vibecraft.predictions.standin.remote import Remote, running

__all__ = ["standin", "standin_process"]

# One real second plays 200, so that a run of a minute takes a third of a second.
TIME_SCALE = 200.0


@pytest.fixture(scope="session")
def standin_process() -> Iterator[Remote]:
    """One process for all tests of a session (of a worker, where tests run side by side)."""
    with running("--time-scale", str(TIME_SCALE)) as remote:
        yield remote


@pytest.fixture
def standin(standin_process: Remote) -> Iterator[Remote]:
    """A stand-in that has seen nothing. Afterwards: nothing was done that must never be done."""
    standin_process.reset()
    yield standin_process
    found = standin_process.breaches()
    if found:
        pytest.fail(f"what must never be done was done: {found}")

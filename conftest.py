"""Test set-up that every package shares: fixtures, and the order in which tests run."""

from __future__ import annotations

import os

# Playwright's event loop makes Django believe that it is called from asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

pytest_plugins = ["vibecraft.testing", "vibecraft.testorder"]

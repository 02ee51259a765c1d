"""The short form of trial T13: whatever is sent to the API and to forms, nothing breaks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.alices_world import build_world
from tests.route_rules import RULES
from tests.test_authorisation_matrix import routes
from tests.trials import figures
from tests.trials.fuzzing import Sender, operations_of

pytestmark = pytest.mark.django_db

SHORT = 300


@pytest.fixture
def description(db: None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Client().get("/api/schema/?format=json").content)
    return found


def test_whatever_is_sent_is_answered(alice: User, description: dict[str, Any]) -> None:
    sender = Sender(build_world(alice), figures.seed())
    operations = operations_of(description)
    forms = [
        pattern
        for name, pattern in sorted(routes().items())
        if "POST" in RULES[name].methods and not pattern.startswith("/api/")
    ]
    each = max(2, figures.size(SHORT) // (len(operations) + len(forms)))
    sender.fuzz_api(operations, each)
    called = sender.sent
    sender.fuzz_forms(forms, each)
    figures.note("requests", sender.sent)
    figures.note("to the API", called)
    figures.note("answers", {str(code): n for code, n in sorted(sender.codes.items())})
    figures.note("broken", len(sender.bad))
    assert sender.bad == []
    assert sender.sent >= 0.9 * each * (len(operations) + len(forms))

"""Operators look up sign-ins and programs' tokens; the lists stay as fast as all others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts.models import User
from accounts.tokens import make_token
from vibecraft.jobs.lists import BoundedPaginator
from vibecraft.testing import PASSWORD

LOGS = (AccessAttempt, AccessFailureLog, AccessLog)

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client_of: Callable[[User], Client]) -> Client:
    return client_of(User.objects.create_superuser("olga@example.org", PASSWORD))


def sign_in(model: Any, number: int) -> Any:
    counted = {"failures_since_start": 1} if model is AccessAttempt else {}
    name, address = f"user{number}@example.org", f"10.0.0.{number}"
    return model.objects.create(username=name, ip_address=address, **counted)


def listed(client: Client, model: Any, query: str) -> list[Any]:
    address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/?{query}"
    return list(client.get(address).context["cl"].result_list)


@pytest.mark.parametrize("model", LOGS)
def test_sign_ins_are_found_by_address_newest_first(operator: Client, model: Any) -> None:
    rows = [sign_in(model, number) for number in (1, 2)]
    assert listed(operator, model, "q=10.0.0.") == rows[::-1]
    assert listed(operator, model, "q=10.0.0.2") == [rows[1]]
    assert listed(operator, model, "q=user1@example.org") == [rows[0]]


@pytest.mark.databases
def test_tokens_are_found_by_their_user(operator: Client, alice: User, bob: User) -> None:
    make_token(alice)
    make_token(bob)
    (token,) = listed(operator, OutstandingToken, f"q={alice.pk}")
    assert token.user == alice
    assert listed(operator, OutstandingToken, f"q={alice.email}") == [token]
    refused = BlacklistedToken.objects.create(token=token)
    assert listed(operator, BlacklistedToken, f"q={alice.pk}") == [refused]


@pytest.mark.parametrize("model", [*LOGS, OutstandingToken, BlacklistedToken])
def test_nothing_is_looked_through_whole(model: Any) -> None:
    shown = admin.site._registry[model]
    assert shown.paginator is BoundedPaginator
    assert (shown.date_hierarchy, shown.show_full_result_count) == (None, False)
    assert "path_info" not in shown.list_filter
    assert tuple(shown.ordering or ()) == ("-id",)


@pytest.mark.parametrize("model", LOGS)
def test_a_list_costs_the_same_queries_for_many(
    operator: Client, model: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(6):
        sign_in(model, number)
    listed(operator, model, "")
    with django_assert_num_queries(3):
        listed(operator, model, "")

"""The description of the API is complete, valid, and can be read in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
NOT_DESCRIBED = {"/api/schema/", "/api/docs/"}


def api_routes() -> dict[str, Any]:
    """Every address under /api/ with its view class."""
    return {
        f"/{prefix}{pattern.pattern}": pattern.callback
        for prefix, pattern in _patterns(get_resolver().url_patterns)
        if f"{prefix}{pattern.pattern}".startswith("api/")
    }


def _patterns(patterns: list[Any], prefix: str = "") -> list[tuple[str, URLPattern]]:
    found = []
    for one in patterns:
        if isinstance(one, URLResolver):
            found += _patterns(one.url_patterns, f"{prefix}{one.pattern}")
        else:
            found.append((prefix, one))
    return found


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    response = Client().get("/api/schema/?format=json")
    body: dict[str, Any] = response.json()
    return body


def test_the_description_is_valid_and_leaves_nothing_open(tmp_path: Any) -> None:
    written = tmp_path / "schema.yml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", written)
    described = yaml.safe_load(written.read_text())
    assert described["openapi"].startswith("3.")
    assert {"/api/songs", "/api/videos"} <= set(described["paths"])


def test_every_address_and_method_is_described(schema: dict[str, Any]) -> None:
    described = {
        (path, method.upper())
        for path, methods in schema["paths"].items()
        for method in methods
        if method in ("get", "post", "put", "patch", "delete")
    }
    built = {
        (_as_schema(path), method)
        for path, view in api_routes().items()
        if path not in NOT_DESCRIBED
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if hasattr(view.cls, method.lower())
    }
    assert described == built


def _as_schema(path: str) -> str:
    return (
        path.replace("<uuid:", "{").replace("<str:", "{").replace(">", "}").replace("{pk}", "{id}")
    )


def test_every_call_has_a_summary_and_an_id_of_its_own(schema: dict[str, Any]) -> None:
    calls = [call for methods in schema["paths"].values() for call in methods.values()]
    assert all(call["summary"] for call in calls)
    ids = [call["operationId"] for call in calls]
    assert len(ids) == len(set(ids))


def test_no_address_ends_with_a_slash() -> None:
    assert [path for path in api_routes() if path.endswith("/")] == sorted(NOT_DESCRIBED)[::-1]


def test_the_documentation_runs_only_our_own_scripts() -> None:
    response = Client().get("/api/docs/")
    assert response.status_code == 200
    assert b"<script src=" in response.content
    assert b"<script>" not in response.content
    policy = response["Content-Security-Policy"]
    assert "script-src 'self';" in policy + ";"
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "unsafe-eval" not in policy
    script = Client().get("/api/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")
    assert b"/api/schema/" in script.content


def test_other_pages_keep_the_strict_policy() -> None:
    assert "unsafe" not in Client().get("/api/schema/")["Content-Security-Policy"]


def test_the_copy_among_the_documents_is_what_is_served() -> None:
    """When it differs: `manage.py spectacular --file docs/openapi.yaml`."""
    served = yaml.safe_load(Client().get("/api/schema/").content)
    copy = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())
    assert served == copy

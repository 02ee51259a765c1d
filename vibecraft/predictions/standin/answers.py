"""The bodies of errors and of models, as the service words them; and answers that are broken."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import formatdate
from typing import Any

from vibecraft.predictions.standin import schema
from vibecraft.predictions.standin.catalog import Model
from vibecraft.predictions.standin.faults import Plan
from vibecraft.predictions.standin.money import throttled
from vibecraft.predictions.standin.web import Answer, as_json

# Faults that need no proper answer, and so can come before the request has had its effect.
BLIND = ("hang", "reset", "500", "502", "503", "504")
HANG_SECONDS = 60.0
RETRY_SECONDS = 7

HARDWARE = [
    {"sku": "cpu", "name": "CPU"},
    {"sku": "gpu-t4", "name": "Nvidia T4 GPU"},
    {"sku": "gpu-a40-large", "name": "Nvidia A40 (Large) GPU"},
    {"sku": "gpu-a100-large", "name": "Nvidia A100 (80GB) GPU"},
]

HTML_502 = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway"
    "</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"
)


def unauthenticated() -> Answer:
    detail = "You did not pass a valid authentication token"
    return _problem(401, detail, title="Unauthenticated")


def no_credit() -> Answer:
    detail = (
        "You have insufficient credit to run this model. Go to "
        "https://replicate.com/account/billing#billing to purchase credit. Once you purchase "
        "credit, please wait a few minutes before trying again."
    )
    return _problem(402, detail, title="Insufficient credit")


def forbidden() -> Answer:
    return _problem(403, "You do not have permission to perform this action.", title="Forbidden")


def not_found() -> Answer:
    return _problem(404, "The requested resource could not be found.")


def file_not_found() -> Answer:
    return as_json(404, {"detail": "File not found"})


def file_too_big() -> Answer:
    return as_json(413, {"detail": "Files must be less than 100MB in size"})


def bad_json() -> Answer:
    return _problem(400, "The request body is not valid JSON.", title="Bad Request")


def bad_version() -> Answer:
    detail = (
        "The specified version does not exist (or perhaps you don't have permission to use it?)"
    )
    return _problem(422, detail, title="Invalid version or not permitted")


def bad_duration() -> Answer:
    detail = "Cancel-After must be a duration of at least 5 seconds."
    return _problem(422, detail, title="Invalid Cancel-After header")


def too_many(reason: str | None, seconds: int, told: str) -> Answer:
    """A 429; `told` says where it tells how long: body, header, both, date or neither."""
    body: dict[str, Any] = {"detail": throttled(reason, seconds), "status": 429}
    if told in ("header", "date", "neither"):
        body["detail"] = "Request was throttled."
    if told in ("body", "both"):
        body["retry_after"] = seconds
    headers = {}
    if told in ("header", "both"):
        headers["retry-after"] = str(seconds)
    elif told == "date":
        headers["retry-after"] = formatdate(time.time() + seconds, usegmt=True)
    return as_json(429, body, **headers)


def refused(plan: Plan) -> Answer:
    """The refusal that a plan asks for."""
    reason = plan.get("reason", "plain")
    seconds = int(plan.get("retry_after", RETRY_SECONDS))
    makers: Mapping[str, Callable[[], Answer]] = {
        "401": unauthenticated,
        "402": no_credit,
        "403": forbidden,
        "404": not_found,
        "413": file_too_big,
        "422": lambda: as_json(422, schema.problem([schema.Fault("required", "input", "refused")])),
        "429": lambda: too_many(reason, seconds, plan.get("told", "body")),
    }
    return makers[plan["refuse"]]()


def broken(plan: Plan, proper: Answer | None) -> Answer:
    """What a transport fault makes of the proper answer (None: there is none)."""
    fault = plan["answer"]
    if fault in ("hang", "reset"):
        return Answer(0, wire=fault, wire_seconds=plan.get("hang_seconds", HANG_SECONDS))
    if fault == "502":
        return Answer(502, HTML_502.encode(), {"content-type": "text/html"})
    if fault in BLIND:
        return _problem(int(fault), "Internal server error", title="Server error")
    if proper is None:
        raise ValueError(f"{fault} bends a proper answer")
    if fault == "truncated":
        return replace(proper, body=proper.body[: len(proper.body) // 2])
    if fault == "list":
        return replace(proper, body=b"[" + proper.body + b"]")
    if fault == "plain":
        return replace(proper, headers={"content-type": "text/plain"}, body=b"created\n")
    return replace(proper, wire="slow")


def _problem(status: int, detail: str, *, title: str | None = None) -> Answer:
    body: dict[str, Any] = {"title": title} if title else {}
    return as_json(status, body | {"detail": detail, "status": status})


# --- models --------------------------------------------------------------------------------------


def model(one: Model) -> dict[str, Any]:
    """A model as the API shows it."""
    owner, _, name = one.slug.partition("/")
    return {
        "url": f"https://replicate.com/{one.slug}",
        "owner": owner,
        "name": name,
        "description": one.description,
        "visibility": "public",
        "github_url": None,
        "paper_url": None,
        "license_url": None,
        "run_count": 1000,
        "cover_image_url": None,
        "default_example": None,
        "is_official": one.is_official,
        "latest_version": version(one),
    }


def version(one: Model) -> dict[str, Any]:
    """A model's only version."""
    return {
        "id": one.version,
        "created_at": "2026-01-01T00:00:00.000000Z",
        "cog_version": "0.16.0",
        "openapi_schema": json.loads(json.dumps(schema.openapi(one))),
    }

"""All components together, for those who build pages; there is no such page in production."""

from __future__ import annotations

import math
import re
import uuid
from decimal import Decimal

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.forms import SignInForm
from vibecraft.jobs.progress import Cost, Counts, Milestone, Progress

SHEET = settings.BASE_DIR / "static" / "css" / "app.css"
# What a token is, by how its name begins; all others are colors.
KINDS = {
    "space": "Space",
    "size": "Type",
    "font": "Type",
    "radius": "Radius",
    "quick": "Motion",
    "calm": "Motion",
    "ease": "Motion",
    "shadow": "Depth",
}
COLORS = "Color"


@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """Tokens and components; 404 unless DEBUG is on."""
    if not settings.DEBUG:
        raise Http404
    context = {
        "form": _still(SignInForm()),
        "refused": _refused_form(),
        "tokens": tokens(SHEET.read_text()),
        "shown": _progress(),
        "curve": [0.3 + 0.3 * (1 + math.sin(i / 3)) * (i % 4 + 1) / 4 for i in range(64)],
    }
    return render(request, "styleguide.html", context)


def tokens(sheet: str) -> dict[str, list[str]]:
    """The names of all tokens of a style sheet by kind, in the order in which they are declared."""
    kinds: dict[str, list[str]] = {}
    for name in dict.fromkeys(re.findall(r"^  --([\w-]+):", sheet, re.MULTILINE)):
        kind = KINDS.get(name.split("-")[0], COLORS)
        kinds.setdefault(kind, []).append(name)
    return kinds


def _progress() -> Progress:
    steps = (("Tempo and beats", "done"), ("Genre, mood and key", "now"), ("Lyrics", "later"))
    return Progress(
        job_id=uuid.UUID(int=0),
        name="Analysis",
        unit="Clips",
        status="running",
        step="heard",
        message="Heard the genre, the mood and the key.",
        percent=52,
        milestones=tuple(Milestone(sentence, state) for sentence, state in steps),
        counts=Counts(total=12, completed=4, retrying=1),
        seconds_left=140,
        cost=Cost(spent_usd=Decimal("0.38")),
    )


def _refused_form() -> SignInForm:
    form = SignInForm({"email": "not an address", "password": ""}, prefix="refused")
    form.is_valid()
    return _still(form)


def _still(form: SignInForm) -> SignInForm:
    """The form without what would scroll the page to it."""
    form.fields["email"].widget.attrs.pop("autofocus", None)
    return form

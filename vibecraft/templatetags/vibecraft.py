"""Tags and filters that every template has: icons, moments, percentages and small pictures.

{% icon "play" %}                  an icon of static/img/icons.svg, hidden from screen readers
{{ song.duration_sec|moment }}     3:07
{{ 0.734|percent }}                73
{{ video.actual_usd|usd }}         $1.90
{% wave values %}                  a little waveform as SVG from numbers between 0 and 1
{% area values %}                  the same as a filled curve
{{ job|told }} {{ job|told_briefly }}  how far a job is, for components/progress.html
{% polls address watch %}          the attributes of a fragment that asks for itself every 3 seconds
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from vibecraft.jobs.models import Job
from vibecraft.jobs.progress import Progress, brief, progress_of
from vibecraft.money import usd_text

register = template.Library()

WAVE_BARS = 64
WAVE_HEIGHT = 40
AREA_WIDTH = 600
AREA_HEIGHT = 80
# What is shown of a song that has not been heard yet.
RESTING = (0.04,)


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """One symbol of the sprite; the words beside it say what it means."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        css_class,
        static("img/icons.svg"),
        name,
    )


@register.filter
def moment(seconds: float | None) -> str:
    """A time or a length as people say it: `3:07`."""
    minutes, rest = divmod(round(seconds or 0), 60)
    return f"{minutes}:{rest:02d}"


@register.filter
def exact_moment(seconds: float | None) -> str:
    """A time with its hundredths: `3:07.25`."""
    minutes, hundredths = divmod(round((seconds or 0) * 100), 6000)
    return f"{minutes}:{hundredths // 100:02d}.{hundredths % 100:02d}"


@register.filter
def waited(seconds: float | None) -> str:
    """How long something has lasted, in the unit that says it best: `42 s`, `3 min`, `5 h`, `2 d`."""
    left = max(0.0, seconds or 0.0)
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if left >= 2 * size:
            return f"{left / size:.0f} {unit}"
    return f"{left:.0f} s"


@register.filter
def percent(share: float | None) -> int:
    """A share between 0 and 1 as a whole number between 0 and 100."""
    return round(100 * min(1.0, max(0.0, share or 0.0)))


@register.filter
def usd(amount: Decimal | float | None) -> str:
    """Money: `$1.90`, `$0.003`."""
    return usd_text(amount)


@register.filter
def usd_change(amount: Decimal | float | None) -> str:
    """Money that is added or taken away: `+$0.38`, `−$0.05`."""
    change = Decimal(str(amount or 0))
    return f"{'−' if change < 0 else '+'}{usd_text(abs(change))}"


@register.filter
def sized(size: int | None) -> str:
    """Bytes as people say them: `4.2 GB`, `38 MB`."""
    amount = float(size or 0)
    for unit in ("bytes", "KB", "MB"):
        if amount < 1024:
            return (
                f"{amount:.0f} {unit}"
                if amount >= 10 or unit == "bytes"
                else f"{amount:.1f} {unit}"
            )
        amount /= 1024
    return f"{amount:.1f} GB"


@register.simple_tag
def wave(
    values: Sequence[float] = (), css_class: str = "", bars_count: int = WAVE_BARS
) -> SafeString:
    """A little waveform: bars as high as the loudest moment that each stands for."""
    heights = _loudest_of_each(values or RESTING, bars_count)
    bars = format_html_join(
        "", "M{} {}v{}", ((4 * i + 2, *_bar(height)) for i, height in enumerate(heights))
    )
    return format_html(
        '<svg class="wave {}" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">'
        '<path d="{}"></path></svg>',
        css_class,
        4 * bars_count,
        WAVE_HEIGHT,
        bars,
    )


@register.simple_tag
def area(values: Sequence[float], css_class: str = "") -> SafeString:
    """A curve with its area filled, over the whole width."""
    values = values or RESTING
    step = AREA_WIDTH / max(1, len(values) - 1)
    line = format_html_join(
        "", "L{} {}", ((round(i * step, 1), _height(value)) for i, value in enumerate(values))
    )
    return format_html(
        '<svg class="area {}" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">'
        '<path class="area__fill" d="M0 {}{}L{} {}Z"></path>'
        '<path class="area__line" d="M{}"></path></svg>',
        css_class,
        AREA_WIDTH,
        AREA_HEIGHT,
        AREA_HEIGHT,
        line,
        AREA_WIDTH,
        AREA_HEIGHT,
        line[1:],
    )


def _height(value: float) -> float:
    return round((AREA_HEIGHT - 2) * (1 - min(1.0, max(0.0, value))) + 1, 1)


def _loudest_of_each(values: Sequence[float], count: int) -> list[float]:
    """Divide `values` into `count` equal parts and take the largest of each."""
    size = len(values)
    edges = [round(i * size / count) for i in range(count + 1)]
    return [
        max(values[min(a, size - 1) : max(b, min(a, size - 1) + 1)]) for a, b in pairwise(edges)
    ]


def _bar(height: float) -> tuple[float, float]:
    """The upper end and the length of a bar around the middle line."""
    length = round(2 + (WAVE_HEIGHT - 4) * min(1.0, max(0.0, height)), 1)
    return round((WAVE_HEIGHT - length) / 2, 1), length


@register.simple_tag
def polls(address: str, watch: object | None = None) -> SafeString:
    """Ask for this fragment every 3 seconds; `watch` says what the page has seen of it by now."""
    asked = address
    if watch is not None:
        asked += f"{'&' if '?' in address else '?'}seen={watch}"
    return format_html('hx-get="{}" hx-trigger="every 3s" hx-swap="outerHTML"', asked)


@register.filter
def told(job: Job | None) -> Progress | None:
    """How far a job is, with time left and cost."""
    return progress_of(job) if job else None


@register.filter
def told_briefly(job: Job | None) -> Progress | None:
    """How far a job is, from its row alone: for lists."""
    return brief(job) if job else None

"""The first page and the guide: open to all, true to the catalog, and light."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from songs import sample
from vibecraft.media.probe import probe
from vibecraft.predictions.catalog import get_model, models_of
from vibecraft.predictions.models import Price
from videos.front_views import GUIDES

pytestmark = pytest.mark.django_db
STATIC = settings.BASE_DIR / "static"


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.slug)
def test_every_guide_is_open_and_leads_to_the_others(client: Client, guide: object) -> None:
    slug = guide.slug  # type: ignore[attr-defined]
    page = client.get(f"/help/{slug}").content.decode()
    links = set(re.findall(r'href="/help/([\w-]+)"', page))
    assert links >= {one.slug for one in GUIDES}
    assert page.count('aria-current="page"') == 1
    assert f'href="/help/{slug}"' in client.get("/help").content.decode()


def test_there_is_no_other_guide(client: Client) -> None:
    assert client.get("/help/magic").status_code == 404


def test_all_models_and_todays_prices_stand_in_the_guide(client: Client) -> None:
    page = client.get("/help/models-and-cost").content.decode()
    assert all(model.name in page for model in models_of("video").values())
    assert "$0.025 a second" in page
    Price.objects.create(
        model="seedance-1-pro-fast", variant="720p", usd=Decimal("0.5"), valid_from=timezone.now()
    )
    page = client.get("/help/models-and-cost").content.decode()
    assert "$0.50 a second" in page


def test_the_first_page_tells_the_price_of_the_usual_model(client: Client) -> None:
    name = get_model(settings.VIDEO_MODEL).name
    page = client.get("/").content.decode()
    row = re.search(rf"<dt>{re.escape(name)}<small>.*?</small></dt><dd>.*?</dd>", page)
    assert row is not None
    # 4320 frames at 0.025 a second, by the length that wastes least: 289 frames for 12 s.
    assert "$4.50" in row[0]


def test_no_price_is_typed_in_a_template() -> None:
    pages = [*(settings.BASE_DIR / "templates/help").glob("*.html")]
    pages.append(settings.BASE_DIR / "templates/home.html")
    typed = [
        found
        for page in pages
        for found in re.findall(r"\$\d[\d.]*", page.read_text())
        if found != "$0.00"
    ]
    assert (len(pages), typed) == (8, [])


def test_the_film_is_real_small_and_waits_to_be_asked_for(client: Client) -> None:
    about = probe(sample.FILM)
    assert about.video is not None
    assert about.audio is not None
    assert (about.video.width, about.video.height) == (960, 540)
    assert float(about.duration) == pytest.approx(17.5, abs=0.05)
    assert sample.FILM.stat().st_size <= 1_500_000
    assert sample.FILM.with_suffix(".jpg").stat().st_size <= 40_000
    page = client.get("/").content.decode()
    video = re.search(r"<video[^>]*>", page)
    assert video is not None
    assert 'preload="none"' in video[0]
    assert 'width="960" height="540"' in video[0]
    assert "autoplay" not in video[0]


def test_its_timeline_has_a_clip_for_each_bar() -> None:
    timeline = sample.film_timeline()
    assert timeline.labels == ("Verse", "", "Chorus", "", "", "", "")
    assert (timeline.seconds, len(timeline.wave)) == (17.5, 180)
    assert 0 < min(timeline.wave) < max(timeline.wave) <= 1

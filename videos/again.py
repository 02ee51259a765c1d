"""How the work for a video, a clip, a picture or an export is begun once more."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from vibecraft.jobs.again import gone, replaced
from vibecraft.jobs.models import Job
from vibecraft.predictions.ordering import check_on, is_on
from videos import (
    assets,
    drafts,
    export_requests,
    lipsync,
    pipeline,
    remaking,
    scenes,
    storyboard,
)
from videos.models import Asset, Export, Still, Take, Video
from videos.stills import price_of_still


def _video(job: Job) -> Video:
    video = Video.objects.of_job(job).select_related("owner", "song").first()
    if video is None:
        raise gone("video")
    return video


def _check_newest(job: Job, model: type[Take] | type[Still], parts: Sequence[Take | Still]) -> None:
    """Problem 409 once a clip of this work was worked on anew: it is not paid for twice."""
    clips = [part.clip_id for part in parts]
    newer = model.objects.filter(clip__in=clips, job__created_at__gt=job.created_at)
    if newer.filter(job__kind=job.kind).exists():
        raise replaced()


def generation(job: Job) -> Job:
    return pipeline.start_generation(_video(job))


def composition(job: Job) -> Job:
    return pipeline.start_composition(_video(job))


def regeneration(job: Job) -> Job:
    """The same clips, with the same words: one clip, all of a section, or the whole film."""
    video = _video(job)
    takes = list(Take.objects.of_job(job.pk).select_related("clip__section", "clip__chosen_still"))
    if not takes:
        raise gone("clip")
    _check_newest(job, Take, takes)
    said = {take.prompt for take in takes} - {take.clip.prompt for take in takes}
    prompt = said.pop() if len(said) == 1 else ""
    if len(takes) == 1:
        return remaking.remake_clip(video, takes[0].clip, prompt=prompt)
    if len({take.clip.section_id for take in takes}) > 1:
        return remaking.remake_film(video)
    return remaking.remake_section(video, takes[0].clip.section, prompt=prompt)


def lip_sync(job: Job) -> Job:
    video = _video(job)
    take = Take.objects.of_job(job.pk).select_related("clip__chosen_take").first()
    if take is None:
        raise gone("clip")
    _check_newest(job, Take, [take])
    return lipsync.start_lipsync(video, take.clip)


def stills(job: Job) -> Job:
    """The stills that are missing; or the one that was to be made again."""
    video = _video(job)
    if job.step != storyboard.AGAIN:
        return storyboard.start_storyboard(video)
    still = Still.objects.of_job(job.pk).select_related("clip__video__owner").first()
    if still is None:
        raise gone("still")
    _check_newest(job, Still, [still])
    return storyboard.refine(still.clip, prompt=still.prompt)


def scene_writing(job: Job) -> Job:
    return scenes.start_scenes(_video(job))


def character(job: Job) -> Job:
    asset = Asset.objects.of_job(job).select_related("owner").first()
    if asset is None:
        raise gone("picture")
    return assets.make_again(asset)


def export(job: Job) -> Job:
    video = _video(job)
    wanted = Export.objects.filter(job=job).first()
    if wanted is None:
        raise gone("export")
    made = export_requests.request_export(
        video, format=wanted.format, height=wanted.height, lyrics=wanted.lyrics
    )
    if made.job is None:
        raise gone("job")
    return made.job


# --- what that will cost -----------------------------------------------------------------------------


def free_of_charge(job: Job) -> Decimal:
    """Joining and exporting pay nobody."""
    _video(job)
    return Decimal(0)


def price_of_generation(job: Job) -> Decimal:
    video = _video(job)
    return drafts.price_of(video) if video.is_startable else Decimal(0)


def price_of_regeneration(job: Job) -> Decimal:
    video = _video(job)
    takes = list(Take.objects.of_job(job.pk).select_related("clip"))
    _check_newest(job, Take, takes)
    return sum(remaking.prices_of(video, [take.clip for take in takes]).values(), Decimal(0))


def price_of_lip_sync(job: Job) -> Decimal:
    model = lipsync.check_video(_video(job))
    takes = list(Take.objects.of_job(job.pk).select_related("clip"))
    _check_newest(job, Take, takes)
    return sum(lipsync.prices_of(model, [take.clip for take in takes]), Decimal(0))


def price_of_stills(job: Job) -> Decimal:
    video = _video(job)
    if job.step != storyboard.AGAIN:
        return storyboard.price(video)
    _check_newest(job, Still, list(Still.objects.of_job(job.pk)))
    return price_of_still(video)


def price_of_scene_writing(job: Job) -> Decimal:
    return scenes.price_of_scenes(_video(job)) if is_on() else Decimal(0)


def price_of_character(_job: Job) -> Decimal:
    check_on()
    return assets.price_of_character()

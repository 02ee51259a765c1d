"""Videos: direction, plan, generation, film, player and library."""

from __future__ import annotations

from django.apps import AppConfig


class VideosConfig(AppConfig):
    name = "videos"

    def ready(self) -> None:
        # Models exist only now, and the endings name them.
        from vibecraft.jobs.models import Job, when_it_ends
        from vibecraft.predictions import models as predictions
        from videos import (
            assets,
            exports,
            filming,
            generation,
            lipsync,
            remaking,
            scenes,
            stills,
            storyboard,
        )

        when_it_ends(Job.Kind.GENERATION, generation.generation_ended)
        predictions.when_it_ends(predictions.Purpose.CLIP, filming.call_ended)
        when_it_ends(Job.Kind.SCENES, scenes.scenes_ended)
        predictions.when_it_ends(predictions.Purpose.SCENES, scenes.call_ended)
        when_it_ends(Job.Kind.REGENERATION, remaking.remaking_ended)
        when_it_ends(Job.Kind.LIPSYNC, lipsync.lipsync_ended)
        predictions.when_it_ends(predictions.Purpose.LIPSYNC, lipsync.call_ended)
        when_it_ends(Job.Kind.STORYBOARD, storyboard.storyboard_ended)
        predictions.when_it_ends(predictions.Purpose.STILL, stills.call_ended)
        when_it_ends(Job.Kind.CHARACTER, assets.character_ended)
        predictions.when_it_ends(predictions.Purpose.CHARACTER, assets.call_ended)
        when_it_ends(Job.Kind.EXPORT, exports.export_ended)

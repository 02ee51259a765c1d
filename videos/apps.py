"""Videos: direction, plan, generation, film, player and library."""

from __future__ import annotations

from django.apps import AppConfig


class VideosConfig(AppConfig):
    name = "videos"

    def ready(self) -> None:
        # Models exist only now, and the endings name them.
        from songs.beat_grid import when_the_grid_changes
        from songs.words import when_the_words_change
        from vibecraft.jobs.again import when_tried_again
        from vibecraft.jobs.models import Job, when_it_ends
        from vibecraft.predictions import days
        from vibecraft.predictions import models as predictions
        from videos import (
            again,
            assets,
            exports,
            film,
            filming,
            following,
            generation,
            lipsync,
            reframing,
            remaking,
            scenes,
            stages,
            stills,
            storyboard,
        )

        stages.tell_all()
        when_it_ends(Job.Kind.GENERATION, generation.generation_ended)
        days.count_promises(generation.promised_usd)
        predictions.when_it_ends(predictions.Purpose.CLIP, filming.call_ended)
        when_it_ends(Job.Kind.COMPOSITION, film.composing_ended)
        when_it_ends(Job.Kind.SCENES, scenes.scenes_ended)
        predictions.when_it_ends(predictions.Purpose.SCENES, scenes.call_ended)
        when_it_ends(Job.Kind.REGENERATION, remaking.remaking_ended)
        when_it_ends(Job.Kind.REFRAMING, reframing.reframing_ended)
        when_it_ends(Job.Kind.LIPSYNC, lipsync.lipsync_ended)
        predictions.when_it_ends(predictions.Purpose.LIPSYNC, filming.call_ended)
        when_it_ends(Job.Kind.STORYBOARD, storyboard.storyboard_ended)
        predictions.when_it_ends(predictions.Purpose.STILL, stills.call_ended)
        when_it_ends(Job.Kind.CHARACTER, assets.character_ended)
        predictions.when_it_ends(predictions.Purpose.CHARACTER, assets.call_ended)
        when_it_ends(Job.Kind.EXPORT, exports.export_ended)

        when_tried_again(Job.Kind.GENERATION, again.generation, again.price_of_generation)
        when_tried_again(Job.Kind.COMPOSITION, again.composition, again.free_of_charge)
        when_tried_again(Job.Kind.REGENERATION, again.regeneration, again.price_of_regeneration)
        when_tried_again(Job.Kind.LIPSYNC, again.lip_sync, again.price_of_lip_sync)
        when_tried_again(Job.Kind.STORYBOARD, again.stills, again.price_of_stills)
        when_tried_again(Job.Kind.SCENES, again.scene_writing, again.price_of_scene_writing)
        when_tried_again(Job.Kind.CHARACTER, again.character, again.price_of_character)
        when_tried_again(Job.Kind.EXPORT, again.export, again.free_of_charge)
        when_the_grid_changes(following.follow_the_grid)
        when_the_words_change(following.follow_the_words)

"""Songs: bringing them, hearing them, their lyrics and their sections."""

from __future__ import annotations

from django.apps import AppConfig


class SongsConfig(AppConfig):
    name = "songs"

    def ready(self) -> None:
        # Models exist only now, and the endings name them.
        from songs import again, analysis, importing, listening, making, stages
        from vibecraft.jobs.again import when_tried_again
        from vibecraft.jobs.models import Job, when_it_ends
        from vibecraft.predictions.models import Purpose
        from vibecraft.predictions.models import when_it_ends as when_a_call_ends

        stages.tell_all()
        when_it_ends(Job.Kind.ANALYSIS, analysis.analysis_ended)
        when_it_ends(Job.Kind.LYRICS, listening.hearing_ended)
        when_it_ends(Job.Kind.IMPORT, importing.import_ended)
        when_it_ends(Job.Kind.MUSIC, making.making_ended)
        when_a_call_ends(Purpose.LYRICS, listening.call_ended)
        when_a_call_ends(Purpose.MUSIC, making.call_ended)
        when_tried_again(Job.Kind.ANALYSIS, again.analysis, again.price_of_analysis)
        when_tried_again(Job.Kind.LYRICS, again.lyrics, again.price_of_lyrics)
        when_tried_again(Job.Kind.MUSIC, again.music, again.price_of_music)

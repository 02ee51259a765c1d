"""The words that the prompts of a song's videos are written from: its sections' and its lyrics.

Whoever changes them does it in `changing_words`, so that what was written from them follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models import F

from songs.beat_grid import Follow
from songs.models import Song

_followers: list[Callable[[Song], Follow]] = []


def when_the_words_change(follower: Callable[[Song], Follow]) -> None:
    """Have `follower(song)` called before words change, and what it returns afterwards.

    Both inside the transaction of the change (database work only).
    """
    _followers.append(follower)


@contextmanager
def changing_words(song: Song) -> Iterator[None]:
    """A transaction for a change of a song's words, with all that follows them."""
    with transaction.atomic():
        follows = [follower(song) for follower in _followers]
        # The update changes nothing but locks the song, after its drafts as where it is deleted: who
        # comes second waits, and then sees our words.
        Song.objects.filter(pk=song.pk).update(status=F("status"))
        yield
        for follow in follows:
            follow()

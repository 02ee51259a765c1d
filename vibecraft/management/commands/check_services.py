"""`manage.py check_services`: does everything answer that the site needs?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from vibecraft.control.services import Answer, ask_all
from vibecraft.management.selecting import EXIT_CODES, SomeFailed


class Command(BaseCommand):
    help = (
        "Asks the database, the broker, the storage, the workers, ffmpeg and the paid service, and "
        "writes one line for each. Stores and deletes one small object; orders nothing. "
        + EXIT_CODES
    )

    def handle(self, *args: Any, **options: Any) -> None:
        answers = list(map(self.tell, ask_all()))
        away = [answer.name for answer in answers if answer.is_good is False]
        if away:
            raise SomeFailed(f"Not in order: {', '.join(away)}.")

    def tell(self, answer: Answer) -> Answer:
        word = {True: "ok", False: "BAD", None: "off"}[answer.is_good]
        line = f"{answer.name:<9} {word:<3} {answer.text}"
        self.stdout.write(self.style.ERROR(line) if answer.is_good is False else line)
        return answer

"""The forms of the direction page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from videos.direction import VIDEO_TYPES, VideoTypeError, check_video_type
from videos.models import Video

OWN = "own"
TITLE_CHARS = 150
IDEA_CHARS = 2000
PROMPT_CHARS = 4000
NEGATIVE_CHARS = 1000
FLAVOR_CHARS = 60


class BudgetForm(forms.Form):
    """The limit of what a video may cost; empty is none."""

    budget_usd = forms.DecimalField(
        required=False,
        min_value=0,
        max_digits=10,
        decimal_places=2,
        error_messages={
            "invalid": "A budget is a number of dollars, like 12.50.",
            "min_value": "A budget cannot be below zero.",
            "max_decimal_places": "A budget is counted in whole cents.",
        },
    )


class DirectionForm(BudgetForm):
    """Everything that is chosen about a draft. What is not sent stays as it is."""

    title = forms.CharField(
        max_length=TITLE_CHARS, error_messages={"required": "A video needs a title."}
    )
    type_choice = forms.CharField(required=False)
    own_type = forms.CharField(required=False)
    idea = forms.CharField(required=False, max_length=IDEA_CHARS)
    overall_prompt = forms.CharField(
        max_length=PROMPT_CHARS,
        error_messages={"required": "The prompt is empty. Write something, or let it be written."},
    )
    negative_prompt = forms.CharField(required=False, max_length=NEGATIVE_CHARS)
    model = forms.CharField(required=False)
    flavor = forms.CharField(required=False, max_length=FLAVOR_CHARS)
    aspect_ratio = forms.CharField(required=False)
    continuity = forms.CharField(required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(data, **options)
        for name, field in self.fields.items():
            field.required = field.required and (data is None or name in data)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("type_choice"):
            self._read_type(data)
        return data

    def _read_type(self, data: dict[str, Any]) -> None:
        """One of the five, or own words, which then stand in a field of their own."""
        is_own = data["type_choice"] == OWN
        try:
            data["video_type"] = check_video_type(
                data.get("own_type", "") if is_own else data["type_choice"]
            )
        except VideoTypeError as error:
            self.add_error("own_type", str(error))

    @property
    def choices(self) -> dict[str, Any]:
        """What was sent and is right, as `drafts.change_video` takes it."""
        sent = {name: value for name, value in self.cleaned_data.items() if name in self.data}
        if "video_type" in self.cleaned_data:
            sent["video_type"] = self.cleaned_data["video_type"]
        for name in ("type_choice", "own_type"):
            sent.pop(name, None)
        for name in ("model", "flavor", "aspect_ratio", "continuity"):
            if not sent.get(name, "kept"):
                del sent[name]
        return sent

    @classmethod
    def of(cls, video: Video) -> DirectionForm:
        """The form as the video stands."""
        is_own = video.video_type not in VIDEO_TYPES
        return cls(
            initial={
                "title": video.title,
                "type_choice": OWN if is_own else video.video_type,
                "own_type": video.video_type if is_own else "",
                "idea": video.idea,
                "overall_prompt": video.overall_prompt,
                "negative_prompt": video.negative_prompt,
                "model": video.model,
                "flavor": video.flavor,
                "aspect_ratio": video.aspect_ratio,
                "continuity": video.continuity,
                "budget_usd": video.budget_usd,
            }
        )

"""Videos, clips, takes, estimates and choices as the API shows and takes them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from vibecraft.jobs.claims import Status
from vibecraft.jobs.serializers import JobErrorSerializer
from vibecraft.media.frames import to_seconds
from vibecraft.rest import Text
from videos.costs import video_costs
from videos.direction.types import MAX_OWN_TYPE_CHARS, VideoTypeError, check_video_type
from videos.models import Clip, Take, Video
from videos.sharing import share_url

HIGHEST_SEED = 2**31 - 1  # what all models take
CLIP_STATUSES = ("planned", "generating", "completed", "failed")


class CostSerializer(serializers.Serializer[Video]):
    estimated_usd = serializers.FloatField(help_text="What the plan costs.")
    actual_usd = serializers.FloatField(help_text="What was spent.")
    reserved_usd = serializers.FloatField(help_text="What is set aside for calls under way.")
    is_far_from_estimate = serializers.BooleanField(
        help_text="True when more than a fifth lies between the two."
    )


class VideoSerializer(serializers.ModelSerializer[Video]):
    """One music video for a song."""

    status = serializers.ChoiceField(Video.Status.choices, read_only=True)
    song_id = serializers.UUIDField(read_only=True)
    duration_sec = serializers.FloatField(source="song.duration_sec", read_only=True)
    file_size_bytes = serializers.SerializerMethodField(help_text="Null before there is a film.")
    share_url = serializers.SerializerMethodField(help_text="Null while it is not shared.")
    poster_url = serializers.SerializerMethodField(help_text="Null before there is a film.")
    cost = CostSerializer(source="*", read_only=True)
    error = JobErrorSerializer(read_only=True, allow_null=True, help_text="Null unless it failed.")

    format_of_id = serializers.UUIDField(
        read_only=True, allow_null=True, help_text="The video that this is another format of."
    )

    class Meta:
        model = Video
        fields = (
            "id",
            "song_id",
            "title",
            "status",
            "video_type",
            "idea",
            "overall_prompt",
            "negative_prompt",
            "model",
            "flavor",
            "aspect_ratio",
            "continuity",
            "character_id",
            "is_storyboard_approved",
            "refinements_left",
            "seed",
            "budget_usd",
            "format_of_id",
            "duration_sec",
            "file_size_bytes",
            "is_finalized",
            "finalized_at",
            "share_url",
            "poster_url",
            "cost",
            "error",
            "job_id",
            "created_at",
        )
        read_only_fields = fields
        extra_kwargs = {"job_id": {"help_text": "The newest generation."}}

    budget_usd = serializers.FloatField(
        read_only=True, allow_null=True, help_text="A hard limit; null for none."
    )

    def get_file_size_bytes(self, video: Video) -> int | None:
        return video.film_size_bytes if video.has_film else None

    @extend_schema_field(OpenApiTypes.URI)
    def get_share_url(self, video: Video) -> str | None:
        return share_url(video) or None

    @extend_schema_field(OpenApiTypes.URI)
    def get_poster_url(self, video: Video) -> str | None:
        if not video.poster_key:
            return None
        return reverse("api-video-poster", [video.pk], request=self.context["request"])


class TakeSerializer(serializers.ModelSerializer[Take]):
    """One attempt to fill a clip."""

    kind = serializers.ChoiceField(Take.Kind.choices, read_only=True)
    status = serializers.CharField(read_only=True, help_text=", ".join(Status.values))
    cost_usd = serializers.FloatField(read_only=True)
    url = serializers.SerializerMethodField(help_text="Its file; null before there is one.")
    thumbnail_url = serializers.SerializerMethodField(help_text="A still of it, or null.")

    class Meta:
        model = Take
        fields = (
            "id",
            "number",
            "kind",
            "status",
            "model",
            "seed",
            "cost_usd",
            "focus_x",
            "focus_y",
            "url",
            "thumbnail_url",
            "created_at",
        )
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, take: Take) -> str | None:
        return self._url("api-take-file", take) if take.key else None

    @extend_schema_field(OpenApiTypes.URI)
    def get_thumbnail_url(self, take: Take) -> str | None:
        return self._url("api-take-thumbnail", take) if take.thumbnail_key else None

    def _url(self, name: str, take: Take) -> str:
        where = [take.clip.video_id, take.pk]
        return reverse(name, where, request=self.context["request"])


class ClipSerializer(serializers.ModelSerializer[Clip]):
    """A slot on the timeline. Times count from the start of the song."""

    section_id = serializers.UUIDField(read_only=True)
    start_time = serializers.FloatField(read_only=True)
    end_time = serializers.FloatField(read_only=True)
    duration_sec = serializers.SerializerMethodField()
    status = serializers.ChoiceField(CLIP_STATUSES, read_only=True)
    still_url = serializers.SerializerMethodField(help_text="Null without a storyboard.")
    chosen_take_id = serializers.UUIDField(
        read_only=True, allow_null=True, help_text="The take that is in the film."
    )
    takes = TakeSerializer(many=True, read_only=True)

    class Meta:
        model = Clip
        fields = (
            "id",
            "section_id",
            "clip_index",
            "start_frame",
            "end_frame",
            "start_time",
            "end_time",
            "duration_sec",
            "prompt",
            "status",
            "still_url",
            "chosen_take_id",
            "takes",
            "regenerations_left",
        )
        read_only_fields = fields

    def get_duration_sec(self, clip: Clip) -> float:
        return to_seconds(clip.frames)

    @extend_schema_field(OpenApiTypes.URI)
    def get_still_url(self, clip: Clip) -> str | None:
        if clip.chosen_still_id is None:
            return None
        where = [clip.video_id, clip.chosen_still_id]
        return reverse("api-still-file", where, request=self.context["request"])


class ClipListSerializer(serializers.Serializer[Any]):
    clips = ClipSerializer(many=True)


class EstimateSerializer(serializers.Serializer[Any]):
    """What a plan needs and costs, before anything is spent."""

    clips = serializers.IntegerField()
    seconds_used = serializers.FloatField(help_text="What is seen in the film.")
    seconds_made = serializers.FloatField(help_text="What is made and paid for.")
    usd = serializers.FloatField(help_text="Of the clips and of the stills they begin with.")
    stills_usd = serializers.FloatField(help_text="The part of it that is paid for stills.")
    usd_with_25_percent_again = serializers.FloatField()
    usd_with_50_percent_again = serializers.FloatField()
    model = serializers.CharField()
    budget_usd = serializers.FloatField(allow_null=True)


class PlanSerializer(ClipListSerializer):
    estimate = EstimateSerializer()


class VideoStatusSerializer(serializers.Serializer[Any]):
    """How a video stands; progress never goes back."""

    status = serializers.CharField(help_text="As of the video.")
    step = serializers.CharField(help_text="Where it is, for programs.")
    message = serializers.CharField(help_text="Where it is, for a person.")
    progress = serializers.IntegerField(help_text="Percent.")
    total = serializers.IntegerField(help_text="Clips.")
    completed = serializers.IntegerField()
    failed = serializers.IntegerField()
    retrying = serializers.IntegerField()
    in_progress = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="Calls that the service works on.")
    seconds_left = serializers.IntegerField(allow_null=True)
    cost_usd = serializers.FloatField(help_text="Paid so far.")
    reserved_usd = serializers.FloatField(help_text="Set aside for calls under way.")
    job_id = serializers.UUIDField(allow_null=True)
    error = JobErrorSerializer(allow_null=True)


class CallSerializer(serializers.Serializer[Any]):
    """One paid call."""

    name = serializers.CharField(help_text="What it is for.")
    model = serializers.CharField()
    attempt = serializers.IntegerField()
    outcome = serializers.CharField(help_text="made, failed, stopped or under way.")
    estimated_usd = serializers.FloatField(source="estimated")
    actual_usd = serializers.FloatField(source="actual", allow_null=True)
    why = serializers.CharField(help_text="A sentence for a person.")


class FullCostSerializer(CostSerializer):
    """The cost of a video with each of its calls."""

    calls = serializers.SerializerMethodField()

    @extend_schema_field(CallSerializer(many=True))
    def get_calls(self, video: Video) -> Any:
        groups = video_costs(video).groups
        return CallSerializer([call for group in groups for call in group.calls], many=True).data


class MetadataSerializer(serializers.Serializer[Video]):
    """Facts of the film as decoded, how well it sits on the beats, and what it cost."""

    film = serializers.DictField(
        source="film_facts", help_text="Size, frame rate, frames, codecs; empty before a film."
    )
    sync = serializers.DictField(
        source="sync_report", help_text="Cuts on beats, worst distance, offset of the sound."
    )
    cost = FullCostSerializer(source="*")
    downloads = serializers.IntegerField()


class PartsSerializer(serializers.Serializer[Any]):
    """What was understood of an idea; empty where it says nothing."""

    subject = serializers.CharField()
    style = serializers.CharField()  # type: ignore[assignment]  # the contract's name
    palette = serializers.CharField()
    setting = serializers.CharField()
    motion = serializers.CharField()
    mood = serializers.CharField()


class WrittenPromptSerializer(serializers.Serializer[Any]):
    overall_prompt = serializers.CharField()
    parts = PartsSerializer()


class SectionPromptSerializer(serializers.Serializer[Any]):
    section_id = serializers.UUIDField()
    prompt = serializers.CharField()


class SectionPromptsSerializer(serializers.Serializer[Any]):
    sections = SectionPromptSerializer(many=True)


class VideoTypeText(Text):
    """One of the five types by key or name, or the user's own words."""

    def __init__(self, **options: Any) -> None:
        usual = {"required": False, "help_text": f"{self.__doc__} Else the suggested one."}
        super().__init__(**{**usual, "max_length": MAX_OWN_TYPE_CHARS, **options})

    def to_internal_value(self, data: Any) -> str:
        try:
            return check_video_type(super().to_internal_value(data))
        except VideoTypeError as error:
            raise serializers.ValidationError(str(error)) from error


class DirectionSerializer(serializers.Serializer[Any]):
    """What may be chosen for a draft; whatever is left out is suggested, or stays as it is."""

    title = Text(required=False, max_length=150, help_text="Else the title of the song.")
    video_type = VideoTypeText()
    idea = Text(
        required=False, allow_blank=True, max_length=2000, help_text="What to show, in own words."
    )
    prompt = Text(
        required=False, max_length=4000, help_text="The whole prompt; else it is written for you."
    )
    negative_prompt = Text(required=False, allow_blank=True, max_length=1000)
    model = Text(required=False, max_length=60, help_text="See GET /api/models.")
    flavor = Text(required=False, max_length=60, help_text="See GET /api/flavors.")
    aspect_ratio = serializers.ChoiceField(Video.AspectRatio.choices, required=False)
    continuity = serializers.ChoiceField(Video.Continuity.choices, required=False)
    character_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="A ready image of the user; null takes it away."
    )
    seed = serializers.IntegerField(required=False, min_value=0, max_value=HIGHEST_SEED)
    budget_usd = serializers.DecimalField(
        required=False,
        allow_null=True,
        max_digits=10,
        decimal_places=2,
        min_value=0,
        help_text="A hard limit; null takes it away.",
    )


class NewVideoSerializer(DirectionSerializer):
    song_id = serializers.UUIDField()


class IdeaSerializer(serializers.Serializer[Any]):
    idea = Text(required=False, allow_blank=True, max_length=2000)
    video_type = VideoTypeText(help_text="Else it stays as it is.")


class CustomPromptSerializer(serializers.Serializer[Any]):
    custom_prompt = Text(
        required=False, allow_blank=True, max_length=2000, help_text="The idea, in own words."
    )


class SeedSerializer(serializers.Serializer[Any]):
    seed = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=HIGHEST_SEED,
        help_text="The same seed gives the same plan; else a new one is drawn.",
    )


class ClipChangeSerializer(serializers.Serializer[Any]):
    """Exactly one of the two."""

    prompt = Text(required=False, max_length=6000, help_text="While the video is a draft.")
    chosen_take_id = serializers.UUIDField(required=False, help_text="A finished take of the clip.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError("Send either prompt or chosen_take_id.")
        return attrs


class VideoTypeSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="What to send as `video_type`.")
    name = serializers.CharField()
    description = serializers.CharField()


class TypeChoiceSerializer(VideoTypeSerializer):
    score = serializers.FloatField(help_text="How well it suits; all together are 1.")


class SuggestionSerializer(serializers.Serializer[Any]):
    video_type = serializers.CharField()
    reason = serializers.CharField(help_text="A sentence for a person.")
    choices = TypeChoiceSerializer(many=True)


class FlavorSerializer(serializers.Serializer[Any]):
    """A named set of prompts, shots and parameters."""

    name = serializers.CharField(help_text="What to send as `flavor`.")
    title = serializers.CharField()
    description = serializers.CharField()
    negative_prompt = serializers.CharField(help_text="What should not be seen.")
    is_default = serializers.BooleanField()


class LengthsSerializer(serializers.Serializer[Any]):
    """Either `choices`, or any length from `min` to `max` (null: no maximum)."""

    choices = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    min = serializers.FloatField(allow_null=True)
    max = serializers.FloatField(allow_null=True)


class PriceTierSerializer(serializers.Serializer[Any]):
    seconds = serializers.FloatField()
    usd = serializers.FloatField()


class PriceSerializer(serializers.Serializer[Any]):
    """`usd` for each unit, of clips for the cheapest; and what a clip of each length costs."""

    unit = serializers.CharField(
        help_text="free, second (of what is made), video or hardware (second of the run)."
    )
    usd = serializers.FloatField()
    by_seconds = PriceTierSerializer(many=True)


class ModelSerializer(serializers.Serializer[Any]):
    """A generative model of the catalog."""

    key = serializers.CharField(help_text="What to send as `model`.")
    name = serializers.CharField()
    description = serializers.CharField()
    provider = serializers.CharField(help_text="builtin: made on this machine.")
    abilities = serializers.ListField(child=serializers.CharField())
    needs_first_frame = serializers.BooleanField(
        help_text="Makes nothing from words alone: a still is made first where there is none."
    )
    aspect_ratios = serializers.ListField(child=serializers.CharField())
    frame_rate = serializers.FloatField(help_text="Of what it makes; films have 24.")
    lengths_seconds = LengthsSerializer()
    price = PriceSerializer()
    is_default = serializers.BooleanField()
    is_available = serializers.BooleanField(help_text="False for AI models without a token.")

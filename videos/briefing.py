"""What the visualizer is told about a clip: the song's facts, the clip's place, the words."""

from __future__ import annotations

from songs.models import Analysis
from vibecraft.media import house
from videos.models import Still, Take
from videos.visualizer import ClipBrief, Shot


def brief_for(take: Take | Still, analysis: Analysis) -> ClipBrief:
    clip, section, video = take.clip, take.clip.section, take.clip.video
    return ClipBrief(
        seed=take.seed,
        size=house.SIZES[video.aspect_ratio],
        start_frame=clip.start_frame,
        end_frame=clip.end_frame,
        clip_index=clip.clip_index,
        section_index=section.section_index,
        section_start_frame=section.start_frame,
        section_end_frame=section.end_frame,
        video_type=video.video_type,
        prompt=take.prompt,
        overall_prompt=video.overall_prompt,
        mood_primary=analysis.mood_primary,
        mood_vector=analysis.mood_vector,
        shot=Shot(framing=clip.shot["framing"], move=clip.shot["move"]),
    )

"""copy_timeline: when the last operation worked on an image: asked, in the cloud, at its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from markupsafe import Markup

from imageferry.console.languages import Language
from imageferry.console.pictures import drawing_words
from imageferry.console.statuses import drawn_of, look_of
from imageferry.control.copy_stories import CopyStory, MomentKind, StoryMoment
from imageferry.drawing.palette import StatusClass
from imageferry.drawing.timelines import TimelineRow, TimelineSpan, draw_timeline

WIDTH: Final = 900.0


def copy_timeline(story: CopyStory, t: Language, now: float) -> Markup | None:
    """The timeline of the last operation that worked on it; None where no journal tells of one."""
    told = [one for one in story.timeline if one.kind in _STEPS]
    begun = [one for one in told if one.kind is MomentKind.INTENDED]
    if not begun:
        return None
    steps = [one for one in told if one.operation_id == begun[-1].operation_id]
    origin = steps[0].at
    rows = list(_rows(steps, story, t, origin))
    ends = [span.end for row in rows for span in row.spans]
    is_over = None not in ends
    last = max((end for end in ends if end is not None), default=0.0)
    picture = draw_timeline(
        rows,
        now=last if is_over else max(now - origin, last),
        title=t("Timeline of {name}", name=story.cell.address),
        width=WIDTH,
        words=drawing_words(t),
    )
    # Everything in a drawing was escaped when it was drawn.
    return Markup(picture.svg)  # noqa: S704


_STEPS: Final = frozenset({MomentKind.INTENDED, MomentKind.CALLED, MomentKind.ENDED})


def _rows(
    steps: list[StoryMoment], story: CopyStory, t: Language, origin: float
) -> Iterator[TimelineRow]:
    """A row for each stretch: until the cloud has begun, and from there to the end."""
    labels = {
        MomentKind.INTENDED: t("asking the cloud"),
        MomentKind.CALLED: t("in the cloud"),
    }
    for place, one in enumerate(steps):
        if one.kind is MomentKind.ENDED:
            continue
        after = steps[place + 1] if place + 1 < len(steps) else None
        is_last = after is None or after.kind is MomentKind.ENDED
        end = None if after is None else after.at - origin
        if after is not None and after.is_failure:
            status = StatusClass.FAILED
        elif after is not None:
            status = StatusClass.DONE
        else:
            status = drawn_of(look_of(story.cell.status))
        label = t("at work") if is_last and one.kind is MomentKind.INTENDED else labels[one.kind]
        yield TimelineRow(
            f"{place}", label, (TimelineSpan(one.at - origin, end, status, "", t(one.says)),)
        )

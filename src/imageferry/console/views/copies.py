"""copy: one image of a stack: source, ids, its story, requests, what a verification found; verify it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

from starlette.responses import RedirectResponse, Response

from imageferry.console.cells import cell_path, cell_words, note_of, region_names
from imageferry.console.languages import Language
from imageferry.console.statuses import look_of, sign_of, word_of
from imageferry.console.views.copy_timelines import copy_timeline
from imageferry.console.views.frames import frame
from imageferry.console.visits import Visit, stack_path
from imageferry.control.copy_stories import CopyStory, MomentKind, StoryMoment, read_story
from imageferry.model.matrix import CellStatus
from imageferry.model.statuses import WAYS, StackStatus, Verb
from imageferry.model.verifications import VerificationStatus

_VERDICT_LOOKS: Final[Mapping[VerificationStatus, str]] = {
    VerificationStatus.VERIFIED: "there",
    VerificationStatus.DIFFERS: "drifted",
    VerificationStatus.MISSING: "missing",
    VerificationStatus.UNKNOWN: "unknown",
    VerificationStatus.NOT_VERIFIED: "waiting",
}


class Line(NamedTuple):
    """A line of the story; `status` is a word of the stack's language, or what has happened."""

    moment: StoryMoment
    look: str
    sign: str
    status: str


async def copy(visit: Visit) -> Mapping[str, object]:
    """Everything that is known of one resource; no cloud is asked."""
    t, desk = visit.language, visit.core
    stack = await visit.stack()
    story = await read_story(desk, stack, visit.parameters["address"], visit.desk.live)
    stack, cell, resource = story.stack, story.cell, story.view.resource
    look, words = look_of(cell.status), cell_words(t)
    return {
        **await frame(visit, "resources", stack),
        "title": f"{cell.address} · {stack.name}",
        "story": story,
        "cell": cell,
        "resource": resource,
        "look": look,
        "word": words[cell.status],
        "said": word_of(resource.status, stack.dialect),
        "note": "" if cell.cause else note_of(cell, t),
        "cause": resource.status_reason if cell.status is CellStatus.FAILED else cell.cause,
        "remedies": _remedies(story, t),
        "retry": _retry_path(visit, story),
        "can_verify": visit.may_write and _is_still(story) and resource.status.is_whole,
        "verify_path": f"{cell_path(cell)}/verify",
        "names": region_names(desk.regions, t),
        "labels": _labels(t),
        "lines": [_line(one, story, t) for one in reversed(story.timeline) if _is_kept(one)],
        "picture": copy_timeline(story, t, visit.now),
        "verdict": _verdict(story, t),
    }


async def verify(visit: Visit) -> Response:
    """Compare the image with what was asked for, and show what was found."""
    stack, address = await visit.stack(), visit.parameters["address"]
    await visit.plane.verify(stack, [address])
    path = stack_path(stack.stack_id, "copies", quote(address, safe=""))
    return RedirectResponse(f"{path}#verification", 303)


def _is_still(story: CopyStory) -> bool:
    return story.stack.status.is_final and story.stack.status is not StackStatus.DELETED


def _is_kept(moment: StoryMoment) -> bool:
    # How far it is just now stands above, and would be another line each second.
    return moment.kind is not MomentKind.PROGRESS


def _retry_path(visit: Visit, story: CopyStory) -> str:
    """Where this one alone is tried again; empty where that cannot be."""
    wanting = story.cell.status in {CellStatus.FAILED, CellStatus.MISSING}
    if not (visit.may_write and wanting and Verb.RETRY in WAYS[story.stack.status]):
        return ""
    query = urlencode({"part": story.cell.address})
    return f"{stack_path(story.stack.stack_id, 'retry')}?{query}"


def _remedies(story: CopyStory, t: Language) -> list[str]:
    """What to do about it, in sentences."""
    can_retry = Verb.RETRY in WAYS[story.stack.status]
    match story.cell.status:
        case CellStatus.FAILED if can_retry:
            return [
                t("Mend what the cloud complains about: that is the text above, as it says it."),
                t("Then retry this one alone. What has arrived in other regions stays."),
            ]
        case CellStatus.FAILED:
            return [t("Mend the cause; it can be tried again once nothing runs on the stack.")]
        case CellStatus.MISSING if can_retry:
            return [t("Retry it: nothing else is made anew.")]
        case CellStatus.MISSING:
            return [
                t("Somebody has deleted it in the cloud. An update with refresh makes it anew.")
            ]
        case CellStatus.DRIFTED:
            return [
                t("Somebody has changed it in the cloud; the tab Drift has each difference."),
                t("An update with refresh brings it back to what was asked for."),
            ]
        case _:
            return []


def _labels(t: Language) -> Mapping[str, str]:
    """What the ids of a story are called."""
    return {
        "image": t("Image id"),
        "physical id": t("Physical id"),
        "source image": t("Source image"),
        "client token": t("Client token"),
        "made by operation": t("Made by operation"),
        "stack": t("Stack id"),
    }


def _line(moment: StoryMoment, story: CopyStory, t: Language) -> Line:
    look = _look_of_moment(moment, story)
    happened = {
        MomentKind.EVENT: t("event"),
        MomentKind.INTENDED: t("written down"),
        MomentKind.CALLED: t("begun in the cloud"),
        MomentKind.PROGRESS: t("under way"),
        MomentKind.ENDED: t("ended"),
        MomentKind.DRIFT: t("compared with the record"),
        MomentKind.VERIFIED: t("verified"),
    }
    return Line(moment, look, sign_of(look), moment.status or happened[moment.kind])


# The ends that the words of both dialects share.
_EVENT_LOOKS: Final[Mapping[str, str]] = {
    "_IN_PROGRESS": "copying", "_COMPLETE": "there", "_FAILED": "failed",
}  # fmt: skip


def _look_of_moment(moment: StoryMoment, story: CopyStory) -> str:
    match moment.kind:
        case MomentKind.EVENT:
            ends = _EVENT_LOOKS.items()
            return next((look for end, look in ends if moment.status.endswith(end)), "unknown")
        case MomentKind.INTENDED:
            return "waiting"
        case MomentKind.CALLED | MomentKind.PROGRESS:
            return "copying"
        case MomentKind.ENDED:
            return "failed" if moment.is_failure else "there"
        case MomentKind.DRIFT:
            return "drifted" if moment.is_failure else "there"
        case MomentKind.VERIFIED:
            kept = story.verification
            return "unknown" if kept is None else _VERDICT_LOOKS[kept.found.status]


def _verdict(story: CopyStory, t: Language) -> Mapping[str, object] | None:
    """What the last verification found, for the page; None where there was none."""
    kept = story.verification
    if kept is None:
        return None
    words = {
        VerificationStatus.VERIFIED: t("verified"),
        VerificationStatus.DIFFERS: t("differs"),
        VerificationStatus.MISSING: t("missing"),
        VerificationStatus.UNKNOWN: t("could not be looked at"),
        VerificationStatus.NOT_VERIFIED: t("there is nothing to compare"),
    }
    found = kept.found
    look = _VERDICT_LOOKS[found.status]
    return {
        "at": kept.verified_at,
        "look": look,
        "word": words[found.status],
        "reason": found.reason,
        "is_of_another": found.physical_id != story.view.resource.physical_id,
        "comparisons": [] if found.verdict is None else found.verdict.comparisons,
        "remarks": [] if found.verdict is None else found.verdict.remarks,
        "against": {
            "asked": t("asked for"),
            "source": t("in the source"),
            "health": t("as it should be"),
        },
    }

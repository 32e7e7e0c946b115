"""drawing_words: what drawings say themselves, in the language of a page."""

from __future__ import annotations

from imageferry.console.languages import Language
from imageferry.drawing.palette import StatusClass
from imageferry.drawing.pictures import Words


def drawing_words(t: Language) -> Words:
    """The words of maps, graphs and timelines."""
    return Words(
        more=t("… and {} more"),
        elsewhere=t("not on the map:"),
        now=t("now"),
        nothing=t("there is nothing to draw"),
        statuses={
            StatusClass.DONE: t("there"),
            StatusClass.RUNNING: t("under way"),
            StatusClass.QUEUED: t("queued"),
            StatusClass.WAITING: t("waiting"),
            StatusClass.FAILED: t("failed"),
            StatusClass.MISSING: t("missing"),
            StatusClass.DRIFTED: t("drifted"),
            StatusClass.ORPHAN: t("orphan"),
            StatusClass.DELETED: t("deleted"),
            StatusClass.UNKNOWN: t("unknown"),
            StatusClass.CANCELLED: t("cancelled"),
        },
    )

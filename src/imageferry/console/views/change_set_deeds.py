"""What may be done with a change set: asked about, approved, rejected, planned again, deleted."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import RedirectResponse, Response

from imageferry.console.guards import only_name
from imageferry.console.notices import told_path
from imageferry.console.rendering import render
from imageferry.console.views.change_sets import (
    change_set_shown,
    named_meant,
    path_of,
    planned_of,
)
from imageferry.console.visits import PageRefused, Visit, stack_path
from imageferry.control.foresight import look_ahead
from imageferry.control.named_changes import drop_named
from imageferry.control.reviews import LONGEST_COMMENT, approve, propose_again, reject
from imageferry.model.operations import OnFailure

_SEE_OTHER = 303


def review_target(visit: Visit) -> str:
    """What is written into the audit of a decision: which change set, and the comment."""
    named = visit.parameters
    where = only_name(f"{named['stack']}/change-sets/{named['change_set']}")
    comment = " ".join(visit.form.text("comment").split())
    return f"{where}: {comment}" if comment else where


async def ask_cloud(visit: Visit) -> Response:
    """The page with what the cloud says of the change set as things stand."""
    _, named = await named_meant(visit)
    kept = await planned_of(visit, named)
    if kept is None:
        raise PageRefused(404, visit.language("what it would do is not kept any more"))
    # The links of the page are those of the page itself, wherever the form was sent to.
    shown = replace(visit, path=path_of(named))
    ahead = await look_ahead(visit.core, kept, deletes_remains=named.waiting.deletes_remains)
    values = await change_set_shown(shown, ahead)
    return render(shown, "change_set", values)


async def approve_change_set(visit: Visit) -> Response:
    """Execute it; the events show what becomes of that."""
    _, named = await named_meant(visit)
    asked = visit.form.text("on_failure")
    on_failure = next((one for one in OnFailure if one.value == asked), None)
    if asked and on_failure is None:
        raise PageRefused(400, visit.language("that is no way to go on after a failure"))
    await approve(visit.core, named, visit.session.key_id, _comment(visit), on_failure)
    return _to(told_path(visit, stack_path(named.stack_id, "events"), "approved"))


async def reject_change_set(visit: Visit) -> Response:
    """Let nobody execute it any more; the comment stays with it."""
    _, named = await named_meant(visit)
    comment = _comment(visit)
    if not comment:
        raise PageRefused(
            400,
            visit.language("a rejection needs a comment"),
            visit.language("say why, so that whoever made the change set can mend it"),
        )
    await reject(visit.core, named, visit.session.key_id, comment)
    return _to(path_of(named))


async def plan_change_set_again(visit: Visit) -> Response:
    """Plan the same for the stack as it is now, and show that."""
    _, named = await named_meant(visit)
    replaces = visit.form.text("replace") == "yes"
    again = await propose_again(visit.core, named, visit.session.key_id, replaces=replaces)
    return _to(path_of(again))


async def delete_change_set(visit: Visit) -> Response:
    """Forget it."""
    stack, named = await named_meant(visit)
    await drop_named(visit.core, named)
    return _to(told_path(visit, stack_path(stack.stack_id, "change-sets"), "dropped"))


def _comment(visit: Visit) -> str:
    comment = visit.form.text("comment").strip()
    if len(comment) > LONGEST_COMMENT:
        raise PageRefused(
            400,
            visit.language(
                "the comment is longer than {most} characters", most=f"{LONGEST_COMMENT:,}"
            ),
        )
    return comment


def _to(path: str) -> Response:
    return RedirectResponse(path, _SEE_OTHER)

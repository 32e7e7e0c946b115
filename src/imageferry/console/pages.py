"""Page, Deed and the two tables of them: everything that there is to look at, and to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from imageferry.console.guards import only_name
from imageferry.console.views.adoptions import adopt, adopting
from imageferry.console.views.audit import audit
from imageferry.console.views.cancellation import cancel, cancelling
from imageferry.console.views.change_set_deeds import (
    approve_change_set,
    ask_cloud,
    delete_change_set,
    plan_change_set_again,
    reject_change_set,
    review_target,
)
from imageferry.console.views.change_sets import (
    change_set,
    change_set_document,
    change_set_template,
    change_sets,
)
from imageferry.console.views.copies import copy, verify
from imageferry.console.views.creation import create, creating
from imageferry.console.views.deletion import delete, deleting
from imageferry.console.views.distribution import distribute, distributing
from imageferry.console.views.drift import detect, drift
from imageferry.console.views.events import events
from imageferry.console.views.home import home
from imageferry.console.views.orphans import look, orphans, remove
from imageferry.console.views.outputs import outputs
from imageferry.console.views.overview import overview
from imageferry.console.views.parameters import parameters
from imageferry.console.views.protection import protect, protecting
from imageferry.console.views.resources import resources
from imageferry.console.views.retries import retry, retrying
from imageferry.console.views.rollbacks import rollback, rolling_back
from imageferry.console.views.stacks import stacks
from imageferry.console.views.template import template
from imageferry.console.views.updates import update, updating
from imageferry.console.views.verification import begin, verification
from imageferry.console.visits import Visit
from imageferry.model.access import Role

Gather = Callable[[Visit], Awaitable[Mapping[str, object] | Response]]
"""What a page shows, for its template; or a whole reply, such as a redirection."""


@dataclass(frozen=True, slots=True)
class Page:
    """Something to look at: `path` below the console's, and the template of that `name`.

    `live` are the blocks of the template that are sent again as they change; each stands in the
    page in an element with the block's name as its `data-live`. A path that has `{stack}` (a UUID)
    is about that stack alone.
    """

    path: str
    name: str
    gather: Gather
    live: tuple[str, ...] = ()
    needs: Role = Role.READER


def stack_of_path(visit: Visit) -> str:
    """The id of the stack that a deed is about, as its path says it."""
    return only_name(visit.parameters.get("stack", ""))


@dataclass(frozen=True, slots=True)
class Deed:
    """Something to do, by a form that is sent to a path; it answers with a redirection or a page.

    `action` is its name in the audit, `target` what it is about there; the stack of the path where
    it says nothing.
    """

    path: str
    action: str
    perform: Callable[[Visit], Awaitable[Response]]
    needs: Role = Role.OPERATOR
    target: Callable[[Visit], str] = stack_of_path


_FRAME: Final = ("stack_status", "deeds_offered")
"""What moves on every page about a stack."""

PAGES: Final[tuple[Page, ...]] = (
    Page("/", "home", home, live=("totals", "map", "news", "matrix")),
    Page("/audit", "audit", audit, needs=Role.ADMIN),
    Page("/create", "create", creating, needs=Role.OPERATOR),
    Page("/distribute", "distribute", distributing, needs=Role.OPERATOR),
    Page("/orphans", "orphans", orphans),
    Page("/stacks", "stacks", stacks, live=("chips", "rows")),
    Page("/stacks/{stack}", "overview", overview, live=(*_FRAME, "running", "facts")),
    Page("/stacks/{stack}/adopt", "adopt", adopting, live=_FRAME, needs=Role.OPERATOR),
    Page("/stacks/{stack}/cancel", "cancel", cancelling, live=_FRAME, needs=Role.OPERATOR),
    Page("/stacks/{stack}/change-sets", "change_sets", change_sets, live=(*_FRAME, "change_sets")),
    Page(
        "/stacks/{stack}/change-sets/{change_set}",
        "change_set",
        change_set,
        live=(*_FRAME, "standing", "deeds"),
    ),
    Page(
        "/stacks/{stack}/change-sets/{change_set}/json",
        "change_set_json",
        change_set_document,
        live=(*_FRAME, "standing"),
    ),
    Page(
        "/stacks/{stack}/change-sets/{change_set}/template",
        "change_set_template",
        change_set_template,
        live=(*_FRAME, "standing"),
    ),
    Page(
        "/stacks/{stack}/copies/{address:path}",
        "copy",
        copy,
        live=(*_FRAME, "copy", "deeds", "record"),
    ),
    Page("/stacks/{stack}/delete", "delete", deleting, live=_FRAME, needs=Role.OPERATOR),
    Page("/stacks/{stack}/drift", "drift", drift, live=(*_FRAME, "standing", "deeds", "drifts")),
    Page("/stacks/{stack}/events", "events", events, live=(*_FRAME, "root_cause", "rows")),
    Page("/stacks/{stack}/outputs", "outputs", outputs, live=(*_FRAME, "outputs_shown")),
    Page(
        "/stacks/{stack}/parameters",
        "parameters",
        parameters,
        live=(*_FRAME, "parameters_shown"),
    ),
    Page("/stacks/{stack}/protect", "protect", protecting, live=_FRAME, needs=Role.OPERATOR),
    Page(
        "/stacks/{stack}/resources",
        "resources",
        resources,
        live=(*_FRAME, "resource_tally", "resources_shown"),
    ),
    Page("/stacks/{stack}/retry", "retry", retrying, live=_FRAME, needs=Role.OPERATOR),
    Page("/stacks/{stack}/rollback", "rollback", rolling_back, live=_FRAME, needs=Role.OPERATOR),
    Page("/stacks/{stack}/template", "template", template, live=(*_FRAME, "found")),
    Page(
        "/stacks/{stack}/verify",
        "verification",
        verification,
        live=(*_FRAME, "standing", "deeds", "verdicts"),
    ),
    Page("/stacks/{stack}/update", "update", updating, live=_FRAME, needs=Role.OPERATOR),
)


def _name_asked(visit: Visit) -> str:
    """The name that is wanted for a stack that there is not yet."""
    return only_name(visit.form.text("name"))


def _image_asked(visit: Visit) -> str:
    """The image that is to be distributed."""
    return only_name(visit.form.text("image"))


DEEDS: Final[tuple[Deed, ...]] = (
    Deed("/create", "ProposeStack", create, target=_name_asked),
    Deed("/distribute", "ProposeDistribution", distribute, target=_image_asked),
    Deed("/stacks/{stack}/adopt", "ProposeAdoption", adopt),
    Deed("/stacks/{stack}/cancel", "CancelOperation", cancel),
    Deed("/stacks/{stack}/delete", "DeleteStack", delete),
    Deed("/stacks/{stack}/protect", "ProtectStack", protect),
    Deed("/stacks/{stack}/retry", "RetryOperation", retry),
    Deed("/stacks/{stack}/rollback", "RollBack", rollback),
    Deed("/stacks/{stack}/update", "ProposeUpdate", update),
    Deed("/orphans", "RemoveOrphans", remove),
    Deed("/orphans/look", "LookForOrphans", look),
    Deed(
        "/stacks/{stack}/change-sets/{change_set}/again",
        "PlanChangeSetAgain",
        plan_change_set_again,
        target=review_target,
    ),
    Deed(
        "/stacks/{stack}/change-sets/{change_set}/approve",
        "ApproveChangeSet",
        approve_change_set,
        target=review_target,
    ),
    Deed(
        "/stacks/{stack}/change-sets/{change_set}/delete",
        "DeleteChangeSet",
        delete_change_set,
        target=review_target,
    ),
    Deed(
        "/stacks/{stack}/change-sets/{change_set}/look",
        "LookAhead",
        ask_cloud,
        target=review_target,
    ),
    Deed(
        "/stacks/{stack}/change-sets/{change_set}/reject",
        "RejectChangeSet",
        reject_change_set,
        target=review_target,
    ),
    Deed("/stacks/{stack}/copies/{address:path}/verify", "VerifyCopy", verify),
    Deed("/stacks/{stack}/drift", "DetectDrift", detect),
    Deed("/stacks/{stack}/verify", "Verify", begin),
)

"""Stack policies that the user names: read and examined before anything else is done."""

from __future__ import annotations

from imageferry.cli.exits import ExitCode
from imageferry.cli.refusals import CommandRefused
from imageferry.cli.sources import SourceUnreadable, read_source, source_name
from imageferry.model.diagnostics import Span, TemplateError, error
from imageferry.planning.policies import parse_policy


def read_policy(path: str | None) -> str | None:
    """The text of a policy's file; raises CommandRefused with all that is wrong with it."""
    if path is None:
        return None
    span = Span(source_name(path), 1, 1)
    try:
        text = read_source(path, "stack policy").decode("utf-8")
        parse_policy(text, source_name(path))
    except SourceUnreadable as unreadable:
        raise CommandRefused(ExitCode.WRONG_USAGE, [unreadable.diagnostic]) from None
    except UnicodeDecodeError:
        fault = error("IF832", "the stack policy is no text in UTF-8", span=span)
        raise CommandRefused(ExitCode.WRONG_USAGE, [fault]) from None
    except TemplateError as refused:
        raise CommandRefused(ExitCode.WRONG_USAGE, refused.diagnostics) from None
    return text

"""template_source: the template that a request gives, fetches, or means by an id."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

from imageferry.api.ros.asked import Asked
from imageferry.api.ros.errors import exclusive, invalid, missing, not_supported
from imageferry.api.ros.kept_templates import found_template, found_version
from imageferry.api.ros.parameters import Field, text
from imageferry.control.papers import papers_of
from imageferry.ports.fetching import FetchRefused

BODY: Final = text("TemplateBody")
URL: Final = text("TemplateURL", longest=1_024)
SOURCES: Final[tuple[Field, ...]] = (
    BODY,
    URL,
    text("TemplateId", longest=64),
    text("TemplateVersion", longest=16),
    text("TemplateScratchId", longest=64),
    text("TemplateScratchRegionId", longest=64),
)
"""The parameters by which a template is given."""

LARGEST: Final = 524_288
"""The most bytes of a template (ROS reference, limits)."""

_NAMES: Final = ("TemplateBody", "TemplateURL", "TemplateId", "TemplateScratchId")


class Source(NamedTuple):
    """A template's text, what to call it, and where it was taken from: `details` are shown again."""

    body: bytes
    name: str
    details: dict[str, str]


async def template_source(asked: Asked) -> Source:
    """The one template of a request; raises RosError where there is none, or more than one."""
    given = [name for name in _NAMES if asked.given.text(name)]
    if not given:
        raise missing("TemplateBody", "TemplateURL", "TemplateId")
    if len(given) > 1:
        raise exclusive(*given)
    match given[0]:
        case "TemplateBody":
            return Source(asked.given.text("TemplateBody").encode(), "TemplateBody", {})
        case "TemplateURL":
            url = asked.given.text("TemplateURL")
            body = await fetched(asked, url, LARGEST)
            return Source(body, "TemplateURL", {"template_url": shown_url(url)})
        case "TemplateId":
            return await _kept(asked)
        case _:
            raise not_supported("TemplateScratchId")


async def fetched(asked: Asked, url: str, most: int) -> bytes:
    """What stands at an address that a request gives; raises FetchRefused."""
    return await asked.api.fetch(whole_url(url, asked.region), most)


def whole_url(url: str, region: str) -> str:
    """An address with its region: a bucket is in that of the request unless its address says otherwise.

    ROS reference, CreateStack, TemplateURL.
    """
    if not region or not url.lower().startswith("oss://"):
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        # Who fetches says what is wrong with it.
        return url
    if "RegionId" in parse_qs(parts.query):
        return url
    query = "&".join(filter(None, (parts.query, f"RegionId={region}")))
    return parts._replace(query=query).geturl()


def shown_url(url: str) -> str:
    """An address as others may read it: a query may hold the signature that gives access."""
    parts = urlsplit(url)
    if parts.scheme == "oss":
        # Its query is a region.
        return url
    return parts._replace(query="", fragment="").geturl()


async def _kept(asked: Asked) -> Source:
    """A version of a template that is kept, the latest where none is named."""
    papers, account_id = papers_of(asked.desk), asked.plane.place.account_id
    kept = await found_template(papers, account_id, asked.given.text("TemplateId"))
    version = await found_version(papers, kept, asked.given.text("TemplateVersion"))
    details = {"template_id": kept.template_id, "template_version": version.word}
    return Source(version.body.encode(), kept.name, details)


async def text_given(asked: Asked, body: str, url: str, most: int) -> str | None:
    """The text of a document that comes in a parameter or from an address; None where neither is given."""
    if asked.given.text(body) and asked.given.text(url):
        raise exclusive(body, url)
    if asked.given.text(url):
        try:
            return (await fetched(asked, asked.given.text(url), most)).decode()
        except FetchRefused as fault:
            raise invalid(url, fault.message) from fault
        except UnicodeDecodeError:
            raise invalid(url, "what stands there is not UTF-8") from None
    return asked.given.text(body) or None

"""Every built-in type as the contract suite tries it, by its name."""

from __future__ import annotations

from collections.abc import Mapping

from imageferry.testing import Subject
from tests.contract.subjects import copies

SUBJECTS: Mapping[str, Subject] = {
    one.type_name: one for one in (copies.ROS_COPY, copies.TRACKED_COPY)
}

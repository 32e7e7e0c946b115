"""Voyages that once ended badly, each drawn by hand from what a random one had met."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from imageferry.model.operations import OnFailure
from tests.worlds.sailing import MEMORY, sail
from tests.worlds.ships import Fate
from tests.worlds.voyages import Leg, Voyage
from tests.worlds.wishes import Wishes

ROLLBACK = OnFailure.ROLLBACK


def fan(*regions: str, named: str = "same", **more: Any) -> Leg:
    """A ROS stack that copies to these regions, under one name or (`indexed`) several."""
    return Leg("deploy", Wishes(tuple({"region": region} for region in regions), named), **more)


def single(one: Mapping[str, Any], **more: Any) -> Leg:
    """A CloudFormation stack of one copy."""
    return Leg("deploy", Wishes(singles={"One": {"name": "web", **one}}), **more)


def fault(kind: str, action: str = "CopyImage", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "action": action, **more}


AFTER_THE_CALL = Fate("call", 1, after=True)

WRECKS = {
    "the time limit passes while a call is under way": [
        fan("cn-shanghai", timeout=5.0, faults=(fault("slow", seconds=20.0),)),
    ],
    "asked to stop while a call is under way": [
        fan("cn-shanghai", stop_at=1.0, faults=(fault("slow", seconds=20.0),)),
    ],
    "asked to stop while lost calls are asked after": [
        fan(
            "cn-shanghai",
            fates=(AFTER_THE_CALL,),
            absences=(700.0,),
            cancel_at=1.0,
            stop_at=710.0,
            faults=(fault("hidden", seconds=900.0),),
        ),
    ],
    "a rotation with a new region in the middle is turned back": [
        fan("cn-beijing", "cn-shanghai"),
        fan("cn-shanghai", "eu-central-1", "cn-beijing", cancel_at=60.0),
        fan("us-west-1", "cn-shanghai", "eu-central-1", "cn-beijing", on_failure=ROLLBACK),
    ],
    "the time limit passes over a copy that nobody recorded": [
        fan("cn-shanghai", timeout=2.0, fates=(AFTER_THE_CALL,), absences=(700.0,)),
        fan("cn-shanghai", "cn-beijing"),
    ],
    "a lost copy is given another address before it goes": [
        fan(
            "cn-beijing",
            "cn-shanghai",
            timeout=2.0,
            fates=(Fate("call", 2, after=True),),
            absences=(700.0,),
        ),
        fan("us-west-1", "cn-beijing", "eu-central-1"),
        fan("eu-central-1", cancel_at=30.0),
    ],
    "delete on failure, with something kept by an earlier try": [
        fan("cn-shanghai", "cn-beijing", faults=(fault("quota", skip=1),)),
        fan("cn-shanghai", "cn-beijing", on_failure=OnFailure.DELETE, faults=(fault("quota"),)),
    ],
    "turned back while what an earlier try had left is being deleted": [
        fan("cn-shanghai", timeout=60.0),
        fan(
            "cn-shanghai",
            on_failure=ROLLBACK,
            cancel_at=10.0,
            faults=(fault("slow", "CancelCopyImage", seconds=45.0),),
        ),
    ],
    "refused by a cloud that had said nothing at first": [
        fan(
            "cn-shanghai",
            on_failure=ROLLBACK,
            fates=(AFTER_THE_CALL,),
            absences=(2.0,),
            faults=(fault("quota", skip=1),),
        ),
    ],
    "refused after a reply was lost within one call": [
        fan("cn-shanghai", on_failure=ROLLBACK, faults=(fault("lost_reply"), fault("quota"))),
    ],
    "Available and not usable for minutes": [
        fan("cn-shanghai", faults=(fault("unusable", seconds=280.0),)),
        fan("cn-shanghai", "us-west-1"),
    ],
    "a copy that never got its tag, and whose id nobody has recorded, is cancelled": [
        fan(
            "cn-shanghai",
            fates=(AFTER_THE_CALL,),
            absences=(2.0,),
            cancel_at=1.0,
            faults=(fault("tagless", count=1),),
        ),
    ],
    "the time limit of a copy passes while it is Available and not usable": [
        single({"create_limit": "5m"}, faults=(fault("unusable", seconds=280.0),)),
    ],
    "a process that comes late learns nothing of how long a copy takes": [
        fan(*["cn-shanghai"] * 4, named="indexed", fates=(Fate("call", 6),), absences=(600.0,)),
    ],
    "what could not be taken back is remembered": [
        single({}),
        single(
            {"encrypted": True},
            on_failure=ROLLBACK,
            timeout=2.0,
            faults=(
                fault("error", "DescribeImages", code="Forbidden.RAM", status=403, skip=1, count=9),
            ),
        ),
    ],
    "clearing away is itself cut short": [
        single({}),
        single({"encrypted": True}, cancel_at=60.0, faults=(fault("lost_reply", count=6),)),
        single({"golden": 1}, cancel_at=90.0, faults=(fault("hidden", seconds=250.0),)),
        single({"encrypted": True}, on_failure=ROLLBACK),
    ],
}


WRECKS["an adoption that is turned back had a name and tags set already"] = [
    Leg(
        "adopt",
        Wishes(singles={"Own": {"name": "renamed", "tags": {"team": "a"}}}),
        on_failure=ROLLBACK,
        timeout=20.0,
        faults=(fault("slow", "ModifyImageAttribute", seconds=60.0),),
    )
]


@pytest.mark.parametrize("kept", ["in memory", "in a file"])
@pytest.mark.parametrize("legs", WRECKS.values(), ids=WRECKS.keys())
def test_it_ends_well_now(tmp_path: Path, legs: list[Leg], kept: str) -> None:
    is_ros = not legs[0].wishes.singles
    region = "cn-hangzhou" if is_ros else "cn-shanghai"
    settings = {"speed": 10.0, "running_copies": 1}
    database = MEMORY if kept == "in memory" else f"sqlite:///{tmp_path / 'imageferry.db'}"
    neighbours = ((region, "found"),) if legs[0].deed == "adopt" else ()
    passage = sail(Voyage(1, is_ros, region, settings, neighbours, tuple(legs)), database)
    assert not passage.wrongs, "\n".join([*passage.wrongs, *passage.lines])

"""What plans of snapshots ask the cloud: whether their disks are there. CreateSnapshot has no dry run."""

from __future__ import annotations

from imageferry.cloud.client import Client
from imageferry.model.forecasts import Objection
from imageferry.resource_types.rehearsing.lookups import Named
from imageferry.resource_types.rehearsing.rehearsals import Attempt, Intended, Rehearsal
from imageferry.resource_types.snapshots.wanted import read_wanted


def foresight(client: Client) -> Rehearsal:
    """The `Foresight` of snapshots: one page of disks for up to a hundred of them."""

    async def attempt(intended: Intended) -> Attempt | Objection | None:
        wanted, region = read_wanted(intended.known), intended.proposal.region
        disk = Named("disk", region, wanted.disk_id, "DiskId")
        return Attempt("", region, {}, {}, secrets=wanted.secrets, named=(disk,))

    return Rehearsal(client, attempt, ("DiskId",), calls=10)

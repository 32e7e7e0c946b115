"""What plans of snapshots ask the cloud: whether their disks are there. CreateSnapshot has no dry run."""

from __future__ import annotations

from imageferry.cloud.client import Client
from imageferry.model.forecasts import Objection
from imageferry.resource_types.rehearsing.lookups import Named
from imageferry.resource_types.rehearsing.rehearsals import Prospect, Rehearsal, Trial
from imageferry.resource_types.snapshots.wanted import read_wanted


def foresight(client: Client) -> Rehearsal:
    """The `Foresight` of snapshots: one page of disks for up to a hundred of them."""

    async def trial(prospect: Prospect) -> Trial | Objection | None:
        wanted, region = read_wanted(prospect.known), prospect.proposal.region
        disk = Named("disk", region, wanted.disk_id, "DiskId")
        return Trial("", region, {}, {}, secrets=wanted.secrets, named=(disk,))

    return Rehearsal(client, trial, ("DiskId",), calls=10)

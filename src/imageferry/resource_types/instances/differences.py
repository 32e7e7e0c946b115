"""What has to be called, and in which order, to bring an instance to what is wanted; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imageferry.cloud.instances import Instance
from imageferry.resource_types.handling.lineages import LINEAGE_KEY, MOST_TAGS
from imageferry.resource_types.instances.launch_images import fits
from imageferry.resource_types.instances.wanted import WantedInstance


@dataclass(frozen=True, slots=True)
class Change:
    """One step that brings an instance from `before` to `wanted`.

    `image` is the image that it shall have, once that is settled. `mends`: what was changed outside
    is set back, so that all has to be compared, not only what differs between the two wishes.
    `touched` are the calls of an unfinished step before this one, which may have been made, and
    `tagged` the keys of tags that it, or this step, may have set.
    """

    wanted: WantedInstance
    before: WantedInstance
    mends: bool = False
    image: str | None = None
    touched: tuple[str, ...] = ()
    tagged: tuple[str, ...] = ()

    @property
    def changes_image(self) -> bool:
        """Whether the instance may need another system disk."""
        image = self.wanted.image
        is_other = self.mends or "image" in self.touched or image != self.before.image
        return image is not None and is_other

    @property
    def looks_at_disk(self) -> bool:
        """Whether the size of the system disk has to be known."""
        size = self.wanted.disk_size
        return size is not None and (self.mends or size != self.before.disk_size)

    @property
    def looks_at_user_data(self) -> bool:
        """Whether the user data have to be known."""
        user_data = self.wanted.user_data
        is_other = self.mends or "user_data" in self.touched or user_data != self.before.user_data
        return user_data is not None and is_other


def needed_calls(
    change: Change,
    instance: Instance,
    disk_size: int | None,
    *,
    is_other_data: bool,
    done: Sequence[str],
    was_stopped: bool,
) -> list[str]:
    """The calls that are still to be made, in order; `wait`: the instance is on its way somewhere.

    What needs a stopped instance comes between `stop` and `start`; one that was stopped before is
    left so.
    """
    wanted, before = change.wanted, change.before
    needed: list[str] = []
    if superfluous_tags(change, instance):
        needed.append("untag")
    if missing_tags(change, instance):
        needed.append("tag")
    if (
        new_name(change, instance)
        or new_description(change, instance)
        or new_protection(change, instance) is not None
    ):
        needed.append("modify")
    if _detaches(change, instance):
        needed.append("detach")
    replaces_disk = _replaces_disk(change, instance)
    if wanted.key_pair not in {None, instance.key_pair} and not replaces_disk:
        needed.append("attach")
    is_other = "password" in change.touched or wanted.password != before.password
    new_password = wanted.password is not None and is_other
    if new_password and not replaces_disk and "image" not in done:
        needed.append("password")
    size = wanted.disk_size
    if size is not None and disk_size is not None and size > disk_size and not replaces_disk:
        needed.append("resize")
    still = ["user_data"] if is_other_data else []
    if replaces_disk:
        still.append("image")
    # A call that was answered for is not made again, though the cloud may take a while to show it.
    needed = [name for name in needed if name not in done]
    still = [name for name in still if name not in done]
    if not still and not (was_stopped and instance.status == "Stopped"):
        return needed
    match instance.status:
        case "Stopped" if "start" in done:
            return [*needed, "wait"]
        case "Running" if still and "stop" not in done:
            return [*needed, "stop"]
        case "Stopped":
            return [*needed, *still, *(["start"] if was_stopped else [])]
        case _:
            return [*needed, "wait"]


def superfluous_tags(change: Change, instance: Instance) -> list[str]:
    """Keys to take off: those of the former wish, and all that is not ours where drift is mended."""
    wanted = dict(change.wanted.tags)
    known = [*(key for key, _ in change.before.tags), *change.tagged]
    candidates = instance.tags if change.mends else known
    keys = [
        key
        for key in dict.fromkeys(candidates)
        if key in instance.tags
        and key not in wanted
        and not key.startswith(("acs:", "aliyun", "imageferry:"))
    ]
    if len(wanted) >= MOST_TAGS and LINEAGE_KEY in instance.tags:
        keys.append(LINEAGE_KEY)
    return keys


def missing_tags(change: Change, instance: Instance) -> list[tuple[str, str]]:
    """Tags to set: those that are not there with their value."""
    return [(key, value) for key, value in change.wanted.tags if instance.tags.get(key) != value]


def new_name(change: Change, instance: Instance) -> str | None:
    """The name to set back; another wish for a name makes another instance."""
    wanted = change.wanted.name
    return wanted if change.mends and wanted not in {None, instance.name} else None


def new_description(change: Change, instance: Instance) -> str | None:
    """The description to set."""
    wanted = change.wanted.description
    return wanted if wanted not in {None, instance.description} else None


def new_protection(change: Change, instance: Instance) -> bool | None:
    """The protection to put on or take off; one that was asked for and no longer is goes."""
    wanted, before = change.wanted.is_protected, change.before.is_protected
    if wanted is None and before:
        wanted = False
    is_other = change.mends or "modify" in change.touched or wanted is not before
    return wanted if is_other and wanted is not instance.is_protected else None


def _detaches(change: Change, instance: Instance) -> bool:
    if change.wanted.key_pair is not None or not instance.key_pair:
        return False
    former = change.before.key_pair
    is_ours = former is not None and (change.mends or former == instance.key_pair)
    return is_ours or "attach" in change.touched


def _replaces_disk(change: Change, instance: Instance) -> bool:
    if not change.changes_image or change.image is None or change.image == instance.image_id:
        return False
    # A pattern that the image still fits has not drifted, whatever is the newest one by now.
    return not (change.mends and fits(change.wanted.image or "", instance.image_id))

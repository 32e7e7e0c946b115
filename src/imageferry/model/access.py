"""Role, AccessKey, AuditRecord: who may call the APIs, and what was written by whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Role(Enum):
    """What a key may do: look; change stacks; and also what concerns all of an account."""

    READER = "reader"
    OPERATOR = "operator"
    ADMIN = "admin"

    def covers(self, needed: Role) -> bool:
        """True where whoever has this role may do what takes `needed`."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(needed)


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key that may sign requests to the APIs, for stacks of one account.

    Times are seconds since 1970; `revoked_at` is None while it counts. The secret is never shown
    again after the key was made, and is needed in clear to verify signatures.
    """

    key_id: str
    account_id: str
    role: Role
    secret: str = field(repr=False)
    created_at: float
    note: str = ""
    revoked_at: float | None = None


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One request that was to change something, from the moment it was admitted.

    `api` is `ros`, `cloudformation` or `console`; `target` names what it was about, such as a
    stack. `outcome` is empty while it is carried out, `ok`, or the code it was refused with.
    `number` counts from 1; 0 before it is kept.
    """

    at: float
    account_id: str
    key_id: str
    role: Role
    api: str
    action: str
    target: str
    region: str
    request_id: str
    source: str
    outcome: str = ""
    number: int = 0

"""Callers: who may call, as options name them: what each role may do, and what is an account."""

from __future__ import annotations

from typing import Final

from imageferry.cli.display.rendering import clean
from imageferry.cli.refusals import misuse
from imageferry.model.access import Role

_LONGEST: Final = 32

MAY: Final = {
    Role.READER: "may look at stacks and templates",
    Role.OPERATOR: "may look, and make, change and delete stacks",
    Role.ADMIN: "may do everything in its account",
}


def check_account(account: str | None) -> None:
    """Raises CommandRefused for what is no id of an account; None is fine."""
    if account is None or (account.isascii() and account.isdigit() and len(account) <= _LONGEST):
        return
    raise misuse(
        "IF980",
        f'"{clean(account[:_LONGEST])}" is no account',
        why=f"the id of an account is made of digits alone, {_LONGEST} at most",
        remedy='"imageferry doctor" shows the account of this home',
    )

"""Which role each action takes: whoever may only look changes nothing."""

from __future__ import annotations

import pytest

from imageferry.api.ros.actions import ACTIONS
from imageferry.api.ros.documented import NOT_CARRIED_OUT
from imageferry.model.access import Role

LOOKS = ("Get", "List", "Describe", "Preview", "Validate")


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_looking_takes_a_reader_and_changing_an_operator(action: str) -> None:
    wanted = Role.READER if action.startswith(LOOKS) else Role.OPERATOR
    assert ACTIONS[action].needs is wanted


def test_what_is_served_is_not_said_to_be_missing() -> None:
    assert not NOT_CARRIED_OUT & set(ACTIONS)


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_a_repeated_request_counts_once_only_where_something_changes(action: str) -> None:
    row = ACTIONS[action]
    names = [field.name for field in row.fields]
    assert len(names) == len(set(names))
    if row.is_once:
        assert row.needs is Role.OPERATOR
        assert "ClientToken" in names

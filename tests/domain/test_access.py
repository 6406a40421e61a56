"""How far commands may go."""

from __future__ import annotations

from terminal.domain.access import Access


def test_only_full_access_has_no_reason_to_send_nothing() -> None:
    """Each other access says why, in a sentence of its own."""
    assert Access.FULL.reason == ""
    reasons = {access.reason for access in Access if access is not Access.FULL}
    assert len(reasons) == len(Access) - 1
    assert all(reason.endswith(".") for reason in reasons)

"""How far commands may go."""

from __future__ import annotations

from terminal.domain.access import Access


def test_only_full_access_has_no_reason_to_send_nothing() -> None:
    """Each other access says why, in a sentence of its own."""
    assert Access.FULL.reason == ""
    reasons = {access.reason for access in Access if access is not Access.FULL}
    assert len(reasons) == len(Access) - 1
    assert all(reason.endswith(".") for reason in reasons)


def test_whatever_is_off_says_so_in_words_of_its_own() -> None:
    """Orders, money and settings: on with full access, and else off with three sentences."""
    for access in Access:
        words = (access.reason, access.no_transfers, access.no_changes)
        if access is Access.FULL:
            assert words == ("", "", "")
        else:
            assert len(set(words)) == 3
            assert all(one.endswith(".") for one in words)

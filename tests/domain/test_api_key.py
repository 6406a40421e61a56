"""What a key may do, and what is said about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from terminal.domain.api_key import (
    LONGEST_PART,
    ApiKeyFacts,
    Permission,
    part_problem,
    read_permissions,
)
from terminal.domain.secret import Secret

GOOD = ApiKeyFacts(
    version=3,
    permissions=frozenset({Permission.GENERAL, Permission.FUTURES}),
    unknown=(),
    has_ip_list=True,
    is_unified=False,
    clock_offset_ms=0,
)


def test_a_careful_key_is_not_talked_about() -> None:
    """General, Futures, an address list: nothing to say."""
    assert GOOD.problems == ()
    assert GOOD.warnings == ()
    assert GOOD.permission_words == "General, Futures"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"permissions": frozenset({Permission.FUTURES})}, "lacks the General"),
        ({"permissions": frozenset({Permission.GENERAL})}, "lacks the Futures"),
        ({"version": 1}, "version 1"),
        ({"is_unified": True}, "unified account"),
    ],
)
def test_what_cannot_work_is_a_problem(change: dict[str, object], words: str) -> None:
    """Each problem is one sentence of its own."""
    (problem,) = replace(GOOD, **change).problems  # type: ignore[arg-type]
    assert words in problem


def test_withdrawing_and_open_addresses_are_warned_about() -> None:
    """The most dangerous permission is named first."""
    dangerous = GOOD.permissions | {Permission.TRANSFER, Permission.WITHDRAW}
    facts = replace(GOOD, permissions=dangerous, has_ip_list=False)
    withdraw, transfer, addresses = facts.warnings
    assert "can withdraw" in withdraw
    assert "between your accounts" in transfer
    assert "every address" in addresses
    assert facts.problems == ()


@pytest.mark.parametrize(
    ("text", "permissions", "unknown"),
    [
        ("General,Futures", {Permission.GENERAL, Permission.FUTURES}, ()),
        (" general , InnerTransfer", {Permission.GENERAL, Permission.TRANSFER}, ()),
        ("Flex Transfers,Withdrawal", {Permission.TRANSFER, Permission.WITHDRAW}, ()),
        ("Transfer", {Permission.WITHDRAW}, ()),
        ("General,AffiliateRead,", {Permission.GENERAL}, ("AffiliateRead",)),
        ("", set(), ()),
    ],
)
def test_the_words_of_the_exchange(
    text: str, permissions: set[Permission], unknown: tuple[str, ...]
) -> None:
    """Spellings differ by case and spaces; what is not known is kept in its own words."""
    assert read_permissions(text) == (frozenset(permissions), unknown)


def test_unknown_permissions_are_shown_after_the_known() -> None:
    """Nothing that a key may do is hidden because its word is new."""
    facts = replace(GOOD, unknown=("Options",))
    assert facts.permission_words == "General, Futures, Options"
    assert replace(GOOD, permissions=frozenset()).permission_words == "none"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("key", "", "Enter the key."),
        ("key", "x" * (LONGEST_PART + 1), "too long for the key"),
        ("secret", "line\n", "letters here that cannot be in the secret"),
        ("secret", "s\u00e9cret", "letters here that cannot be in the secret"),
        ("key", "two words", "a space in the key"),
        ("passphrase", " outside ", "a space in the passphrase"),
        ("passphrase", "two words", ""),
        ("key", "x" * LONGEST_PART, ""),
    ],
)
def test_what_can_be_part_of_a_key(name: str, text: str, words: str) -> None:
    """What passes can stand in a header of a request; what does not is said in one sentence."""
    problem = part_problem(Secret(text), name)
    assert words in problem
    assert bool(problem) is bool(words)

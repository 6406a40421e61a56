"""What keeps a transfer from being sent, and what balances say about one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.transfer import (
    STEP,
    AccountKind,
    Evidence,
    Funds,
    TransferField,
    TransferTicket,
    check,
    evidence,
)
from terminal.domain.units import Money
from tests.support.builders import a_transfer, some_funds

MAIN, TRADE, FUTURES = AccountKind.MAIN, AccountKind.TRADE, AccountKind.FUTURES
steps = st.integers(0, 10**14).map(lambda n: n * STEP)


@pytest.mark.parametrize(
    ("amount", "field", "reason"),
    [
        (None, TransferField.AMOUNT, "Enter an amount."),
        ("0", TransferField.AMOUNT, "The amount must be above zero."),
        ("-1", TransferField.AMOUNT, "The amount must be above zero."),
        ("NaN", TransferField.AMOUNT, "The amount must be above zero."),
        ("Infinity", TransferField.AMOUNT, "The amount must be above zero."),
        ("0.000000001", TransferField.AMOUNT, "USDT is moved in steps of 0.00000001."),
        ("1.123456789", TransferField.AMOUNT, "USDT is moved in steps of 0.00000001."),
        (
            "1000.00000001",
            TransferField.AMOUNT,
            "1000 USDT is all that is transferable from main.",
        ),
    ],
)
def test_amounts_that_cannot_be_moved(
    amount: str | None, field: TransferField, reason: str
) -> None:
    """Each amount that cannot be moved is answered with one sentence about the amount."""
    blocks = check(a_transfer(amount), some_funds(MAIN, "1000"))
    assert [(block.field, block.reason) for block in blocks] == [(field, reason)]


@pytest.mark.parametrize("amount", ["1000", "0.00000001", "999.99999999"])
def test_amounts_that_can_be_moved(amount: str) -> None:
    """The smallest step and all there is are both fine."""
    assert check(a_transfer(amount), some_funds(MAIN, "1000")) == ()


def test_an_empty_account_says_so() -> None:
    """With nothing to move the sentence does not name an amount of zero."""
    blocks = check(a_transfer("1"), some_funds(MAIN, "1000", transferable="0"))
    assert [block.reason for block in blocks] == ["Nothing is transferable from main."]


def test_the_same_account_twice_and_unknown_funds_are_about_the_accounts() -> None:
    """One cannot move money to where it is, nor from where it is not known what there is."""
    same = check(a_transfer("1", target=MAIN), some_funds(MAIN, "1000"))
    unknown = check(a_transfer("1"), None)
    assert [block.field for block in same + unknown] == [TransferField.ACCOUNTS] * 2
    assert unknown[0].reason == "What is transferable from main is not known yet."


@given(steps, steps)
def test_nothing_passes_that_is_more_than_the_exchange_lets_leave(
    amount: Decimal, left: Decimal
) -> None:
    """A transfer passes exactly when it is above zero and not above what is transferable."""
    blocks = check(a_transfer(str(amount)), some_funds(MAIN, str(left)))
    assert (blocks == ()) == (0 < amount <= left)


def test_what_may_leave_is_rounded_down_to_whole_steps() -> None:
    """Floating dust of the futures account is never offered, and a debt is nothing."""
    assert some_funds(FUTURES, "0.1234567899").whole == Decimal("0.12345678")
    assert some_funds(FUTURES, "-5").whole == 0


@pytest.mark.parametrize(
    ("source", "target", "change"), [(MAIN, FUTURES, 5), (FUTURES, TRADE, -5), (MAIN, TRADE, 0)]
)
def test_what_the_futures_account_gains(
    source: AccountKind, target: AccountKind, change: int
) -> None:
    """The futures account grows, shrinks or is not concerned."""
    ticket = a_transfer("5", source=source, target=target)
    assert ticket.futures_change == Money(Decimal(change), "USDT")


def changed(ticket: TransferTicket, left: str, came: str) -> Evidence:
    before = {kind: some_funds(kind, "1000") for kind in (ticket.source, ticket.target)}
    after: dict[AccountKind, Funds] = {
        ticket.source: some_funds(ticket.source, str(1000 + Decimal(left))),
        ticket.target: some_funds(ticket.target, str(1000 + Decimal(came))),
    }
    return evidence(ticket, before, after)


@pytest.mark.parametrize(
    ("left", "came", "seen"),
    [
        ("-5", "5", Evidence.ARRIVED),
        ("-5", "0", Evidence.ON_ITS_WAY),
        ("0", "0", Evidence.NOT_MOVED),
        ("-5", "5.01", Evidence.UNCLEAR),
        ("0", "5", Evidence.UNCLEAR),
        ("-10", "10", Evidence.UNCLEAR),
        ("-5.000000000001", "5.000000000001", Evidence.ARRIVED),
    ],
)
def test_what_balances_say(left: str, came: str, seen: Evidence) -> None:
    """Only the exact amount on both sides is an arrival; anything else changed is unclear."""
    assert changed(a_transfer("5"), left, came) is seen


def test_balances_that_are_not_known_prove_nothing() -> None:
    """A missing balance, before or after, makes the comparison unclear."""
    ticket = a_transfer("5")
    both = {MAIN: some_funds(MAIN, "1"), FUTURES: some_funds(FUTURES, "1")}
    assert evidence(ticket, {}, both) is Evidence.UNCLEAR
    assert evidence(ticket, both, {MAIN: some_funds(MAIN, "1")}) is Evidence.UNCLEAR

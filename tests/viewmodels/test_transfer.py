"""What the transfer dialog shows and does, on a desk with fakes."""

from __future__ import annotations

import asyncio
import contextlib
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import pytest

from terminal.viewmodels.text import EMPTY, THIN_SPACE, Role
from terminal.viewmodels.transfer import NO_AMOUNT, TransferViewModel
from tests.support.desktop import OTHER, Desktop
from tests.support.transfers import (
    FUTURES,
    MAIN,
    NO_ANSWER,
    REFUSED,
    TRADE,
    Answer,
    TransferBench,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from terminal.domain.transfer import AccountKind

pytestmark = pytest.mark.usefixtures("qapp")
THOUSAND = f"1{THIN_SPACE}000.00"
LOST = Answer(moves=True, outcome=NO_ANSWER)


class Stage:
    """The dialog's view-model on a whole desktop; ``settle`` ends with a frame."""

    def __init__(self, refusal: str = "") -> None:
        self.desktop = Desktop()
        self.bench = TransferBench(refusal, self.desktop.bench)
        self.vm = TransferViewModel(
            self.desktop.workspace,
            self.bench.desk,
            self.desktop.bench.contracts,
            self.desktop.frame,
        )

    @property
    def sentence(self) -> str:
        return "" if self.vm.view.note is None else self.vm.view.note.sentence

    @property
    def detail(self) -> str:
        return "" if self.vm.view.note is None else self.vm.view.note.detail

    def type(self, amount: str) -> None:
        self.vm.set_amount_text(amount)
        self.desktop.frame.tick()

    async def settle(self, seconds: float = 0.0) -> None:
        await self.bench.clock.advance(seconds)
        self.desktop.frame.tick()


@contextlib.asynccontextmanager
async def staged(refusal: str = "") -> AsyncIterator[Stage]:
    stage = Stage(refusal)
    await stage.desktop.start()
    stage.vm.begin()
    await stage.settle()
    try:
        yield stage
    finally:
        stage.vm.stop()
        await stage.bench.desk.stop()
        await stage.desktop.stop()


async def test_it_begins_with_what_there_is() -> None:
    """The contract's settle currency, main to futures, three balances, and no amount."""
    async with staged() as stage:
        view = stage.vm.view
        assert (view.source, view.target, view.currency) == (MAIN, FUTURES, "USDT")
        assert view.currencies == ("USDT", "XBT")
        assert [(row.name, row.mark, row.balance, row.transferable) for row in view.rows] == [
            ("Main", "from", THOUSAND, THOUSAND),
            ("Trade", "", "500.00", "500.00"),
            ("Futures", "to", THOUSAND, "850.00"),
        ]
        assert {row.after for row in view.rows} == {EMPTY}
        assert (view.amount_problem, view.accounts_problem, view.note) == ("", "", None)
        assert (view.can_send, view.why_not) == (False, "Enter an amount.")


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("250", ""),
        ("1,000", ""),
        ("0.00000001", ""),
        ("1000.00000001", "1000 USDT is all that is transferable from main."),
        ("0.000000001", "USDT is moved in steps of 0.00000001."),
        ("0", "The amount must be above zero."),
        ("-5", NO_AMOUNT),
        ("2,5", NO_AMOUNT),
        ("1e2", NO_AMOUNT),
        ("all", NO_AMOUNT),
    ],
)
async def test_amounts_are_judged_while_they_are_typed(typed: str, problem: str) -> None:
    """Each problem is a sentence at the field, and Send is on exactly when there is none."""
    async with staged() as stage:
        stage.type(typed)
        view = stage.vm.view
        assert view.amount_problem == problem
        assert view.can_send is not bool(problem)
        assert view.why_not == problem


async def test_after_shows_both_sides_and_loses_no_digit() -> None:
    """What one account loses the other gains, to the last digit; the third is not concerned."""
    async with staged() as stage:
        stage.type("0.00000001")
        rows = stage.vm.view.rows
        assert [row.after for row in rows] == [
            "999.99999999",
            EMPTY,
            f"1{THIN_SPACE}000.00000001",
        ]
        assert [row.role for row in rows] == [Role.TEXT, Role.TEXT_DIM, Role.TEXT]
        assert stage.vm.view.send_text == "Send 0.00000001 USDT to futures"


async def test_all_is_what_the_exchange_lets_leave() -> None:
    """From futures that is less than the balance; it is exactly valid."""
    async with staged() as stage:
        stage.vm.swap()
        stage.vm.set_all()
        stage.desktop.frame.tick()
        view = stage.vm.view
        assert (view.amount_text, view.can_send) == ("850", True)
        stage.bench.gateway.purses[TRADE, "USDT"] = Decimal("1.23456789123")
        stage.vm.set_source(TRADE)
        stage.vm.read_again()
        await stage.settle()
        stage.vm.set_all()
        stage.desktop.frame.tick()
        assert (stage.vm.view.amount_text, stage.vm.view.can_send) == ("1.23456789", True)


async def test_all_of_what_is_not_known_is_nothing() -> None:
    """Without a reading All does nothing, and the reason is said at the accounts."""
    stage = Stage()
    await stage.desktop.start()
    stage.bench.gateway.unreadable = {MAIN}
    stage.vm.begin()
    assert stage.vm.view.accounts_problem == "", "still being read"
    await stage.settle()
    stage.vm.set_all()
    stage.type("5")
    view = stage.vm.view
    assert view.accounts_problem == "Main could not be read. The exchange did not answer."
    assert view.why_not == "What is transferable from main is not known yet."
    assert view.rows[0].balance == EMPTY
    stage.bench.gateway.unreadable = set()
    stage.vm.read_again()
    await stage.settle()
    assert (stage.vm.view.accounts_problem, stage.vm.view.can_send) == ("", True)
    stage.vm.stop()
    await stage.bench.desk.stop()
    await stage.desktop.stop()


async def test_the_two_accounts_are_never_the_same() -> None:
    """Taking the other side's account swaps the two; taking the third replaces one."""
    async with staged() as stage:
        vm = stage.vm
        changes: tuple[tuple[Callable[[], None], tuple[AccountKind, AccountKind]], ...] = (
            (partial(vm.set_source, FUTURES), (FUTURES, MAIN)),
            (partial(vm.set_target, FUTURES), (MAIN, FUTURES)),
            (partial(vm.set_target, TRADE), (MAIN, TRADE)),
            (vm.swap, (TRADE, MAIN)),
            (partial(vm.set_source, FUTURES), (FUTURES, MAIN)),
        )
        for change, expected in changes:
            change()
            stage.desktop.frame.tick()
            assert (vm.view.source, vm.view.target) == expected


async def test_another_currency_is_read_and_the_amount_goes() -> None:
    """250 USDT are not 250 bitcoin."""
    async with staged() as stage:
        stage.type("250")
        stage.vm.set_currency("XBT")
        await stage.settle()
        view = stage.vm.view
        assert (view.currency, view.amount_text) == ("XBT", "")
        assert view.rows[0].balance == "0.500000"
        stage.type("0.1")
        stage.vm.set_currency("XBT")
        stage.desktop.frame.tick()
        assert stage.vm.view.amount_text == "0.1", "choosing the same again changes nothing"


async def test_it_begins_with_the_currency_of_the_contract() -> None:
    """An inverse contract is settled in its coin."""
    async with staged() as stage:
        stage.desktop.workspace.choose(OTHER)
        stage.vm.begin()
        await stage.settle()
        assert stage.vm.view.currency == "XBT"


async def test_a_transfer_is_sent_once_and_the_new_balances_are_told() -> None:
    """The amount is gone as soon as it was taken: Enter once more sends nothing."""
    async with staged() as stage:
        stage.type("250")
        stage.vm.send()
        stage.vm.send()
        stage.desktop.frame.tick()
        assert stage.sentence == "Sending 250 USDT from main to futures."
        assert not stage.vm.view.can_edit
        assert stage.vm.view.why_not == "A transfer is on its way."
        await stage.settle(10)
        stage.vm.send()
        await stage.settle(10)
        assert stage.bench.oids == ["t1"]
        assert stage.sentence == "Moved 250 USDT from main to futures."
        assert stage.detail == (
            f"Main has 750.00 USDT now. Futures has 1{THIN_SPACE}250.00 USDT now."
        )
        view = stage.vm.view
        assert (view.amount_text, view.can_edit, view.can_send) == ("", True, False)
        stage.vm.begin()
        assert stage.vm.view.note is None, "what is over is not told again"


async def test_a_refusal_keeps_the_amount_and_says_why() -> None:
    """The user can mend it and send again, under a new id."""
    async with staged() as stage:
        stage.bench.gateway.answers.append(Answer(moves=False, outcome=REFUSED))
        stage.type("250")
        stage.vm.send()
        await stage.settle(10)
        note = stage.vm.view.note
        assert note is not None
        assert note.sentence == f"Refused, nothing was moved. {REFUSED.sentence}"
        assert (note.detail, note.role) == (REFUSED.remedy, Role.DANGER)
        assert (stage.vm.view.amount_text, stage.vm.view.can_send) == ("250", True)


async def test_a_lost_answer_is_said_and_only_the_user_asks_again() -> None:
    """The balances are looked at first; asking again uses the same id and settles it."""
    async with staged() as stage:
        gateway = stage.bench.gateway
        gateway.holds_credit = True
        gateway.answers.append(LOST)
        stage.type("250")
        stage.vm.send()
        await stage.settle()
        assert stage.sentence.startswith("The answer was lost: it is not known whether 250 USDT")
        assert stage.detail == "The balances are being looked at."
        assert (stage.vm.view.is_unsettled, stage.vm.view.can_ask_again) == (True, False)
        await stage.settle(600)
        assert stage.detail.startswith("The balances show that it left and has not arrived so far.")
        assert stage.vm.view.can_ask_again
        assert (stage.vm.view.can_edit, stage.vm.view.can_send) == (False, False)
        assert stage.bench.oids == ["t1"], "nothing is sent again by itself"
        stage.vm.ask_again()
        stage.desktop.frame.tick()
        assert stage.sentence == "Sending 250 USDT from main to futures."
        await stage.settle()
        gateway.credit()
        await stage.settle(10)
        assert stage.bench.oids == ["t1", "t1"]
        assert stage.sentence == "Moved 250 USDT from main to futures."
        assert not stage.vm.view.is_unsettled
        assert gateway.balances() == {MAIN: 750, TRADE: 500, FUTURES: 1250}


async def test_what_is_open_is_never_without_a_word() -> None:
    """Even where the desk has said nothing of it, the note is there, and so are the ways out."""
    async with staged() as stage:
        stage.bench.gateway.answers.append(Answer(moves=False, outcome=NO_ANSWER))
        stage.type("250")
        stage.vm.send()
        await stage.settle(10)
        stage.bench.desk.last = None
        stage.bench.desk.on_changed.notify()
        stage.desktop.frame.tick()
        words = "It is not known whether 250 USDT from main to futures arrived."
        assert stage.sentence == words
        assert (stage.vm.view.is_unsettled, stage.vm.view.can_ask_again) == (True, True)


async def test_an_open_transfer_is_still_there_when_the_dialog_comes_back() -> None:
    """Closing the dialog settles nothing: it comes back with its accounts and its currency."""
    async with staged() as stage:
        stage.bench.gateway.answers.append(Answer(moves=False, outcome=NO_ANSWER))
        stage.vm.set_target(TRADE)
        stage.type("250")
        stage.vm.send()
        await stage.settle(10)
        stage.vm.set_paused(paused=True)
        stage.desktop.workspace.choose(OTHER)
        stage.vm.begin()
        await stage.settle()
        view = stage.vm.view
        assert (view.source, view.target, view.currency) == (MAIN, TRADE, "USDT")
        assert stage.sentence.startswith("The answer was lost")
        assert view.can_ask_again
        stage.vm.say_not_moved()
        await stage.settle()
        assert (stage.vm.view.note, stage.vm.view.can_edit) == (None, True)


async def test_where_transfers_are_off_the_reason_is_shown() -> None:
    """Everything is off, the balances can still be read, and nothing is sent."""
    async with staged("Watch only: transfers are off.") as stage:
        stage.type("250")
        view = stage.vm.view
        assert stage.sentence == view.why_not == "Watch only: transfers are off."
        assert (view.can_edit, view.can_send) == (False, False)
        assert view.rows[0].balance == THOUSAND
        stage.vm.send()
        await stage.settle(10)
        assert stage.bench.oids == []


async def test_a_hidden_dialog_still_forgets_what_was_taken() -> None:
    """The amount of a transfer that ends while the dialog is closed does not come back."""
    async with staged() as stage:
        stage.bench.gateway.hold = asyncio.Event()
        stage.type("250")
        stage.vm.send()
        await stage.settle()
        stage.vm.set_paused(paused=True)
        stage.bench.gateway.hold.set()
        await stage.settle(10)
        stage.vm.set_paused(paused=False)
        stage.desktop.frame.tick()
        assert stage.vm.view.amount_text == ""
        assert stage.bench.oids == ["t1"]

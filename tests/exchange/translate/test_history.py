"""The past: net results, running rows, signs."""

from __future__ import annotations

from decimal import Decimal

from terminal.domain.account_facts import CloseKind, LedgerKind
from terminal.domain.events import PositionSide
from terminal.domain.words import UnknownWord
from terminal.exchange import translate
from terminal.wire.codec import decode
from terminal.wire.history import ClosedPositionPayload, FundingPaymentPayload, LedgerPayload
from terminal.wire.pages import MorePayload, PagePayload
from tests.support.payloads import load, raw, read


def test_a_running_row_of_the_ledger_is_not_final() -> None:
    (done,) = decode(raw("ledger"), MorePayload[LedgerPayload]).dataList or []
    (running,) = decode(raw("ledger_pending"), MorePayload[LedgerPayload]).dataList or []
    assert translate.ledger_entry(done).is_final
    assert not translate.ledger_entry(running).is_final
    assert translate.ledger_entry(running).fee is None


def test_kinds_of_the_ledger_in_any_case_and_new_ones() -> None:
    row = load("ledger")["dataList"][0]
    told = translate.ledger_entry(read(LedgerPayload, **{**row, "type": "Transferin"}))
    assert told.kind is LedgerKind.TRANSFER_IN
    new = translate.ledger_entry(read(LedgerPayload, **{**row, "type": "Airdrop"}))
    assert new.kind == UnknownWord("Airdrop")


def test_a_closed_position_is_net() -> None:
    (row,) = decode(raw("closed_positions"), PagePayload[ClosedPositionPayload]).items or []
    closed = translate.closed_position(row)
    assert closed.fee is not None
    assert closed.funding is not None
    # The check of the reference (3.8): the gross cost has its sign reversed.
    assert closed.profit.amount == Decimal("0.50") - closed.fee.amount + closed.funding.amount
    assert (closed.kind, closed.side) == (CloseKind.CLOSE_LONG, PositionSide.LONG)
    assert closed.return_rate is None


def test_a_funding_payment_is_negative_when_paid() -> None:
    answer = decode(raw("funding_history"), MorePayload[FundingPaymentPayload])
    (row,) = answer.dataList or []
    payment = translate.funding_payment(row)
    assert payment.funding.amount == Decimal("-0.0142071")
    assert (payment.payment_id, payment.lots) == ("1472000000000001", 2)

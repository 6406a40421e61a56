"""The funding side: bitcoin has one name here, words survive."""

from __future__ import annotations

import pytest

from terminal.domain.funds_facts import AccountType, TransferState
from terminal.domain.words import UnknownWord
from terminal.exchange import translate
from terminal.exchange.errors import ProtocolError
from terminal.wire.codec import decode
from terminal.wire.funds import (
    AccountPayload,
    OldTransferPayload,
    SubBalancesPayload,
    SubUserPayload,
)
from terminal.wire.pages import PagePayload
from terminal.wire.settings import UserInfoPayload
from tests.support.payloads import load, raw, read


def test_accounts_of_all_kinds() -> None:
    row = load("accounts")[0]
    assert translate.account_funds(read(AccountPayload, **row)).kind is AccountType.MAIN
    margin = translate.account_funds(
        read(AccountPayload, **{**row, "type": "margin_v2", "currency": "BTC"})
    )
    assert (margin.kind, margin.balance.currency) == (AccountType.MARGIN, "XBT")
    by_id = translate.account_funds(decode(raw("account_detail"), AccountPayload))
    assert by_id.kind == UnknownWord("")


def test_sub_accounts_and_what_they_hold() -> None:
    (row,) = decode(raw("sub_users"), PagePayload[SubUserPayload]).items or []
    assert translate.sub_account(row).is_enabled is True
    row.status = 9
    assert translate.sub_account(row).is_enabled is None
    held = translate.sub_account_funds(decode(raw("sub_account_balance"), SubBalancesPayload))
    assert [(one.kind, str(one.balance.amount)) for one in held.funds] == [(AccountType.MAIN, "1")]


def test_old_transfers_as_answer_and_as_row() -> None:
    asked = translate.past_transfer(decode(raw("transfer_out"), OldTransferPayload))
    (row,) = decode(raw("transfer_list"), PagePayload[OldTransferPayload]).items or []
    listed = translate.past_transfer(row)
    assert asked.transfer_id == listed.transfer_id
    assert (asked.state, listed.state) == (TransferState.PROCESSING, TransferState.SUCCESS)
    row.amount *= -1
    with pytest.raises(ProtocolError, match="amount"):
        translate.past_transfer(row)


def test_the_level_of_a_user() -> None:
    level = translate.user_level(decode(raw("user_info"), UserInfoPayload))
    assert (level.vip_level, level.sub_accounts) == (0, 0)

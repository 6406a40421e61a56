"""Transfers of the old kind: numbers go out exactly, both forms of success, nothing twice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest

from terminal.domain.funds_facts import TransferState
from terminal.domain.transfer import AccountKind
from terminal.domain.units import Money
from terminal.exchange.old_transfers import OldTransfers
from terminal.exchange.outcome import Accepted, NotSent, Rejected, Unknown
from tests.support.answers import Answers, refusing, saying
from tests.support.payloads import load

AMOUNT = Money(Decimal("0.123456789012345678"), "XBT")


async def test_money_goes_out_as_an_exact_number() -> None:
    answers = saying(load("transfer_out"))
    outcome = await OldTransfers(answers.http).transfer_out(AMOUNT, AccountKind.MAIN)
    assert isinstance(outcome, Accepted)
    assert outcome.order_ids == ("670b00000000000000000002",)
    assert answers.asked[0].content == (
        b'{"currency":"XBT","amount":0.123456789012345678,"recAccountType":"MAIN"}'
    )


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"code": "200", "msg": "", "retry": True, "success": True}, Accepted),
        ({"code": "200000", "data": None}, Accepted),
        ({"code": "200000"}, Accepted),
        ({"code": "200", "success": False, "msg": "no"}, Rejected),
        ({"code": "300003", "msg": "no"}, Rejected),
    ],
)
async def test_both_forms_of_the_answer_to_a_transfer_in(body: Any, kind: type) -> None:
    answers = Answers(lambda _: httpx.Response(200, json=body))
    outcome = await OldTransfers(answers.http).transfer_in(AMOUNT, AccountKind.TRADE)
    assert isinstance(outcome, kind)
    assert answers.body()["payAccountType"] == "TRADE"
    assert len(answers.asked) == 1


async def test_a_transfer_that_the_answer_calls_rejected_is_rejected() -> None:
    answers = saying({**load("transfer_out"), "status": "REJECTED", "reason": "frozen"})
    outcome = await OldTransfers(answers.http).transfer_out(AMOUNT, AccountKind.MAIN)
    assert isinstance(outcome, Rejected)
    assert "frozen" in outcome.sentence


async def test_lost_answers_leave_a_transfer_unknown() -> None:
    lost = refusing("500000", status=500)
    assert isinstance(await OldTransfers(lost.http).transfer_in(AMOUNT, AccountKind.MAIN), Unknown)
    assert len(lost.asked) == 1


@pytest.mark.parametrize(
    ("amount", "other", "refusal"),
    [("1", AccountKind.FUTURES, ""), ("0", AccountKind.MAIN, ""), ("1", AccountKind.MAIN, "Off.")],
)
async def test_what_makes_no_sense_is_not_sent(
    amount: str, other: AccountKind, refusal: str
) -> None:
    answers = saying(None)
    client = OldTransfers(answers.http, refusal)
    money = Money(Decimal(amount), "USDT")
    assert isinstance(await client.transfer_out(money, other), NotSent)
    assert isinstance(await client.transfer_in(money, other), NotSent)
    assert not answers.asked


async def test_the_list_of_old_transfers() -> None:
    (one,) = await OldTransfers(saying(load("transfer_list")).http).past_transfers("USDT").collect()
    assert one.state is TransferState.SUCCESS

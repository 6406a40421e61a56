"""What is asked of an account, and what its untidy answers mean."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from terminal.domain.units import ExactPrice, Symbol
from terminal.exchange.account_client import AccountClient
from terminal.exchange.errors import ProtocolError, RejectedError
from tests.support.answers import Answers, refusing, saying
from tests.support.builders import XBT
from tests.support.payloads import known_scales, load

if TYPE_CHECKING:
    from collections.abc import Callable


def a_client(answers: Answers) -> AccountClient:
    return AccountClient(answers.http, known_scales())


@pytest.mark.parametrize(
    "data", [load("position_v2"), [load("position_v2")], load("position"), load("position_v2_full")]
)
async def test_a_position_as_an_object_and_as_a_list(data: Any) -> None:
    told = await a_client(saying(data)).position(XBT)
    assert told is not None
    assert told.lots == 2


@pytest.mark.parametrize("data", [None, [], {"symbol": XBT, "isOpen": False, "currentQty": 0}])
async def test_flat_in_three_shapes(data: Any) -> None:
    assert await a_client(saying(data)).position(XBT) is None


async def test_success_without_data_but_with_a_message_is_flat() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        body = {"code": "200000", "msg": "Position does not exist"}
        return httpx.Response(200, json=body)

    assert await a_client(Answers(answer)).position(XBT) is None


async def test_one_position_that_cannot_be_read_is_not_taken_for_flat() -> None:
    with pytest.raises(ProtocolError):
        await a_client(saying([{"symbol": XBT, "isOpen": True}])).positions()


async def test_two_legs_of_hedge_mode_are_not_taken_for_one_position() -> None:
    """The list has both; one contract's position would hide one of them."""
    legs = [{**load("position_v2"), "positionSide": side} for side in ("LONG", "SHORT")]
    assert len(await a_client(saying(legs)).positions()) == 2
    with pytest.raises(ProtocolError, match="2 positions of one contract"):
        await a_client(saying(legs)).position(XBT)


async def test_a_wallet_of_another_currency_is_refused() -> None:
    assert (await a_client(saying(load("overview"))).wallet("USDT")).risk_rate == Decimal("0.0123")
    with pytest.raises(ProtocolError, match="XBT"):
        await a_client(saying(load("overview"))).wallet("XBT")


@pytest.mark.parametrize(
    ("name", "ask", "line"),
    [
        ("overview_all", lambda c: c.account_totals("USDT"), "/api/v1/account-overview-all"),
        ("margin_mode", lambda c: c.margin_mode(XBT), "/api/v2/position/getMarginMode"),
        ("cross_leverage", lambda c: c.cross_leverage(XBT), "/api/v2/getCrossUserLeverage"),
        ("position_mode", lambda c: c.position_mode(), "/api/v2/position/getPositionMode"),
        ("trade_fees", lambda c: c.fee_rates(XBT), "/api/v1/trade-fees"),
        (
            "max_withdraw_margin",
            lambda c: c.max_withdrawable_margin(XBT),
            "/api/v1/margin/maxWithdrawMargin",
        ),
        (
            "max_open_size",
            lambda c: c.max_open_size(XBT, ExactPrice(Decimal(100)), Decimal(5)),
            "/api/v2/getMaxOpenSize",
        ),
        (
            "cross_order_limits",
            lambda c: c.cross_order_limits((XBT,), leverage=Decimal(5)),
            "/api/v2/batchGetCrossOrderLimit",
        ),
        (
            "cross_requirement",
            lambda c: c.cross_requirement(XBT, Decimal(2000)),
            "/api/v2/getCrossModeMarginRequirement",
        ),
    ],
)
async def test_every_call_reads_the_references_example(
    name: str, ask: Callable[[AccountClient], Any], line: str
) -> None:
    answers = saying(load(name))
    assert await ask(a_client(answers)) is not None
    assert answers.line() == f"GET {line}"
    assert "KC-API-SIGN" in answers.asked[0].headers


async def test_the_old_envelope_is_success_too() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        body = {"success": True, "code": "200", "msg": "success", "retry": False}
        return httpx.Response(200, json={**body, "data": load("max_open_size")})

    size = await a_client(Answers(answer)).max_open_size(XBT, ExactPrice(Decimal(1)), Decimal(1))
    assert size.buy_lots == 480


async def test_up_to_fifty_contracts_go_out_in_one_comma_list() -> None:
    answers = saying([])
    names = tuple(Symbol(f"A{at}USDTM") for at in range(50))
    await a_client(answers).cross_order_limits(names, total_margin=Decimal("1E+4"))
    assert answers.query() == {"symbol": ",".join(names), "totalMargin": "10000"}
    for wrong in ((), (*names, XBT)):
        with pytest.raises(ValueError, match="50"):
            await a_client(answers).cross_order_limits(wrong)


async def test_a_call_of_unknown_verb_is_tried_with_the_other_one() -> None:
    def answer(request: httpx.Request) -> Any:
        if request.method == "GET":
            return httpx.Response(404, json={"code": "404000", "msg": "not found"})
        return [load("cross_requirement")]

    answers = Answers(answer)
    needs = await a_client(answers).cross_requirement(XBT, Decimal(2000), Decimal(3))
    assert needs.initial_rate == Decimal("0.008")
    assert answers.body() == {"symbol": XBT, "positionValue": "2000", "leverage": "3"}
    with pytest.raises(RejectedError):
        await a_client(refusing("400007")).cross_requirement(XBT, Decimal(1))
    with pytest.raises(ProtocolError, match="names no"):
        await a_client(saying([])).cross_requirement(XBT, Decimal(1))

"""What requests for transfers ask for, and what is wrong with them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from terminal.simexchange.errors import Refused
from terminal.simexchange.fields import Fields
from terminal.simexchange.trading.move_requests import futures, inner, sub, universal
from tests.support.caller import Caller
from tests.support.moves import a_body

if TYPE_CHECKING:
    from terminal.simexchange.trading.transfers import Funding


def a_family(caller: Caller) -> tuple[Funding, Funding, Funding]:
    """A master, its sub-account, and another master."""
    keys = caller.new_key("sub@main/desk1"), caller.new_key("other@other")
    funding = caller.engine.accounts.funding
    return caller.exchange.funding, funding[keys[0].uid], funding[keys[1].uid]


@pytest.fixture(scope="module")
def family() -> tuple[Funding, Funding, Funding]:
    return a_family(Caller())


def an_inner(**changes: Any) -> Fields:
    body = {"clientOid": "i", "currency": "USDT", "amount": "5", "from": "main", "to": "trade"}
    return Fields({**body, **changes})


def a_sub(uid: str, **changes: Any) -> Fields:
    body = {"clientOid": "s", "currency": "USDT", "amount": "5", "direction": "OUT"}
    return Fields({**body, "subUserId": uid, **changes})


def refusal(ask: Any, *given: Any, **more: Any) -> str:
    with pytest.raises(Refused) as caught:
        ask(*given, **more)
    assert (caught.value.code, caught.value.status) == ("400100", 400)
    return caught.value.text


def test_a_master_pays_its_sub_account_and_is_paid_by_it(
    family: tuple[Funding, Funding, Funding],
) -> None:
    """The same type of account on both sides is two accounts."""
    main, desk, _ = family
    to_sub = {"type": "PARENT_TO_SUB", "toUserId": desk.account.uid, "toAccountType": "MAIN"}
    move = universal(Fields(a_body(**to_sub)), main)
    assert (move.payer, move.payee, move.source, move.target) == (main, desk, "MAIN", "MAIN")
    back = {"type": "SUB_TO_PARENT", "fromUserId": desk.account.uid}
    move = universal(Fields(a_body(**back, fromAccountType="CONTRACT")), main)
    assert (move.payer, move.payee, move.source, move.target) == (
        desk,
        main,
        "CONTRACT",
        "CONTRACT",
    )


@pytest.mark.parametrize(
    ("way", "name"), [("PARENT_TO_SUB", "toUserId"), ("SUB_TO_PARENT", "fromUserId")]
)
def test_only_a_master_names_its_own_sub_accounts(
    family: tuple[Funding, Funding, Funding], way: str, name: str
) -> None:
    main, desk, other = family
    assert refusal(universal, Fields(a_body(type=way)), main) == f"{name} is required"
    for uid in ("nobody", main.account.uid, other.account.uid):
        text = refusal(universal, Fields(a_body(type=way, **{name: uid})), main)
        assert text == f"{name} is invalid"
    text = refusal(universal, Fields(a_body(type=way, **{name: main.account.uid})), desk)
    assert text.startswith("Only a master account")


def test_an_internal_transfer_is_nobody_elses(family: tuple[Funding, Funding, Funding]) -> None:
    """The user may be named, but only the one who asks."""
    main, desk, _ = family
    own = {"fromUserId": main.account.uid, "toUserId": main.account.uid}
    assert universal(Fields(a_body(**own)), main).payee is main
    for name in own:
        text = refusal(universal, Fields(a_body(**{name: desk.account.uid})), main)
        assert text == f"{name} is invalid"


def test_an_inner_transfer_ends_in_the_futures_account_where_old_documents_hold(
    family: tuple[Funding, Funding, Funding],
) -> None:
    main, _, _ = family
    move = inner(an_inner(to="contract"), main, may_end_in_futures=True)
    assert (move.source, move.target, move.amount) == ("MAIN", "CONTRACT", Decimal(5))
    assert refusal(inner, an_inner(to="contract"), main, may_end_in_futures=False)


@pytest.mark.parametrize(
    "changes",
    [
        {"from": "contract"},
        {"from": "MAIN"},
        {"to": "TRADE"},
        {"to": "main"},
        {"to": "margin"},
        {"from": None},
        {"clientOid": ""},
        {"currency": "XBT"},
        {"currency": None},
        {"amount": "0"},
        {"amount": None},
        {"amount": "-5"},
        {"amount": "0.000000001"},
    ],
)
def test_inner_transfers_that_are_wrong(
    family: tuple[Funding, Funding, Funding], changes: dict[str, Any]
) -> None:
    assert refusal(inner, an_inner(**changes), family[0], may_end_in_futures=True)


def test_a_sub_transfer_has_two_directions(family: tuple[Funding, Funding, Funding]) -> None:
    """Main accounts on both sides unless others are named."""
    main, desk, _ = family
    uid = desk.account.uid
    move = sub(a_sub(uid), main)
    assert (move.payer, move.payee, move.source, move.target) == (main, desk, "MAIN", "MAIN")
    move = sub(a_sub(uid, subAccountType="CONTRACT", accountType="TRADE"), main)
    assert (move.source, move.target) == ("TRADE", "CONTRACT")
    move = sub(a_sub(uid, direction="IN", subAccountType="TRADE", accountType="CONTRACT"), main)
    assert (move.payer, move.payee, move.source, move.target) == (
        desk,
        main,
        "TRADE",
        "CONTRACT",
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"direction": "out"},
        {"direction": None},
        {"accountType": "CONTRACT"},
        {"direction": "IN", "subAccountType": "CONTRACT"},
        {"accountType": "MARGIN"},
        {"subAccountType": "main"},
        {"subUserId": ""},
        {"subUserId": "nobody"},
    ],
)
def test_sub_transfers_that_are_wrong(
    family: tuple[Funding, Funding, Funding], changes: dict[str, Any]
) -> None:
    main, desk, _ = family
    assert refusal(sub, a_sub(desk.account.uid, **changes), main)


def test_a_sub_account_sends_nothing_by_sub_transfer(
    family: tuple[Funding, Funding, Funding],
) -> None:
    main, desk, _ = family
    assert "master" in refusal(sub, a_sub(main.account.uid), desk)


def test_futures_transfers_name_bitcoin_as_the_futures_account_does(
    family: tuple[Funding, Funding, Funding],
) -> None:
    """Amounts are numbers, up to a thousand million."""
    body = {"currency": "XBT", "amount": 0.1, "recAccountType": "MAIN"}
    asked = futures(Fields(body), family[0], "recAccountType")
    assert asked == ("XBT", Decimal("0.1"), "MAIN")
    limit = futures(Fields({**body, "amount": 1e9}), family[0], "recAccountType")
    assert limit[1] == 10**9
    for changes in (
        {"currency": "BTC"},
        {"currency": ""},
        {"amount": 1_000_000_000.5},
        {"amount": 0},
        {"amount": -1},
        {"amount": 1e-9},
        {"amount": None},
        {"amount": True},
        {"recAccountType": "CONTRACT"},
        {"recAccountType": "main"},
        {"recAccountType": None},
    ):
        assert refusal(futures, Fields({**body, **changes}), family[0], "recAccountType"), changes

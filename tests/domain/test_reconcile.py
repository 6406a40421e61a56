"""What the exchange has, held against what the program knows."""

from __future__ import annotations

from typing import Any

import pytest

from terminal.domain.clock import TimestampMs
from terminal.domain.intention import Procedure, ProcedureId, ProcedureStep, Purpose, Source
from terminal.domain.order import Order, from_update
from terminal.domain.reconcile import (
    Heard,
    Origin,
    ReconcileReport,
    findings,
    origin_of,
    unfinished,
)
from terminal.domain.units import ClientOid, Lots, Symbol
from tests.support.builders import XBT, an_order_update

NOW = TimestampMs(5)


def an_order(oid: str = "tern-1", **changes: Any) -> Order:
    return from_update(an_order_update(client_oid=ClientOid(oid), **changes))


def a_report(*orders: Order, lots: int = 0, origin: Origin = Origin.OURS) -> ReconcileReport:
    found = findings(orders, lambda _symbol: Lots(lots), lambda _order: origin, {})
    return ReconcileReport(NOW, True, found, (), (), (), ())


@pytest.mark.parametrize(
    ("oid", "is_known", "has_record", "origin"),
    [
        ("tern-1", True, True, Origin.OURS),
        ("bot-1", True, True, Origin.ELSEWHERE),
        ("tern-1", False, True, Origin.ORPHAN),
        ("tern-1", False, False, Origin.OURS),
        ("id:4711", False, True, Origin.ELSEWHERE),
        ("bot-1", False, False, Origin.ELSEWHERE),
    ],
)
def test_where_an_order_comes_from(
    oid: str, *, is_known: bool, has_record: bool, origin: Origin
) -> None:
    found = origin_of(an_order(oid), "tern-", lambda _oid: is_known, has_record=has_record)
    assert found is origin


@pytest.mark.parametrize(
    ("lots", "changes", "is_bare"),
    [
        (0, {"untriggered": True, "is_reduce_only": True}, True),
        (0, {"untriggered": True, "is_close_order": True}, True),
        (5, {"untriggered": True, "is_reduce_only": True}, False),
        (0, {"untriggered": True}, False),
        (0, {"is_reduce_only": True}, False),
    ],
)
def test_an_exit_with_nothing_to_exit_is_bare(
    lots: int, changes: dict[str, Any], *, is_bare: bool
) -> None:
    """A stop that enters is not; a plain reducing order is taken away by the exchange itself."""
    report = a_report(an_order(**changes), lots=lots)
    assert [one.is_bare for one in report.orders] == [is_bare]
    assert len(report.orphans) == len(report.attention) == int(is_bare)


def test_it_is_told_who_said_so_and_when() -> None:
    orders = (an_order("tern-1"), an_order("tern-2"))
    heard = {ClientOid("tern-1"): (Source.STREAM, NOW)}
    found = findings(orders, lambda _symbol: Lots(0), lambda _order: Origin.OURS, heard)
    assert [one.heard for one in found] == [Heard(Source.STREAM, NOW), Heard()]


def test_orphans_ask_for_attention_and_orders_from_elsewhere_do_not() -> None:
    assert a_report(an_order(), origin=Origin.ORPHAN).attention == (
        "One order of ours without a record of having sent it.",
    )
    assert a_report(an_order(), origin=Origin.ELSEWHERE).attention == ()
    assert a_report().attention == ()


def test_what_was_under_way_is_told_with_what_there_is_now() -> None:
    procedure = Procedure(
        ProcedureId("p"), Purpose.MOVE, XBT, "Moving a buy of 2 to 100.1.", NOW,
        steps=(ProcedureStep("cancel", NOW),),
    )  # fmt: skip
    assert unfinished(procedure, (Lots(-3),), 1).sentence == (
        "XBTUSDTM: Moving a buy of 2 to 100.1 was under way when the program ended. It had come "
        "to: cancel. Now there is a position of -3 lots and one order. Nothing was continued."
    )
    assert "no position and no orders" in unfinished(procedure, (), 0).sentence


def test_what_was_about_all_contracts_counts_the_orders_of_all() -> None:
    procedure = Procedure(
        ProcedureId("p"), Purpose.CANCEL, Symbol(""), "Canceling the orders everywhere.", NOW
    )
    assert unfinished(procedure, (), 2).sentence == (
        "Canceling the orders everywhere was under way when the program ended. On all contracts "
        "together there is now: 2 orders. Nothing was continued."
    )

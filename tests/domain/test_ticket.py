"""Tickets that contradict themselves cannot be made."""

from __future__ import annotations

import pytest

from terminal.domain.errors import UnitError
from terminal.domain.events import MarginMode, OrderType
from terminal.domain.ticket import close_ticket
from terminal.domain.units import Lots
from tests.support.builders import XBT, a_ticket


@pytest.mark.parametrize(
    "changes",
    [
        {"price": None},
        {"order_type": OrderType.MARKET},
        {"side": None},
        {"lots": None},
        {"lots": Lots(0)},
        {"is_close_order": True},
    ],
)
def test_contradictions(changes: dict[str, object]) -> None:
    with pytest.raises(UnitError):
        a_ticket(**changes)


def test_closing_only_reduces() -> None:
    ticket = close_ticket(XBT, MarginMode.CROSS)
    assert ticket.reduces_only
    assert ticket.lots is None
    assert a_ticket(is_reduce_only=True).reduces_only
    assert not a_ticket().reduces_only

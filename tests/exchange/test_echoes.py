"""A reply that is about something else is no evidence of anything."""

from __future__ import annotations

import pytest

from terminal.domain.units import ClientOid, OrderId
from terminal.exchange.echoes import canceled_ids, canceled_ids_by_name, placed_ids
from terminal.exchange.errors import ProtocolError
from terminal.wire.trading import CancelledPayload, PlacedPayload

OURS, ONE = ClientOid("ours"), OrderId("1")


def test_a_placed_order_carries_our_id_or_none() -> None:
    for told in ("ours", "", None):
        assert placed_ids(PlacedPayload("1", told), OURS) == (ONE,)
    with pytest.raises(ProtocolError, match="clientOid: theirs instead of ours"):
        placed_ids(PlacedPayload("1", "theirs"), OURS)


def test_a_cancel_by_the_exchanges_id_names_it() -> None:
    assert canceled_ids(CancelledPayload(["2", "1"]), ONE) == ("2", "1")
    with pytest.raises(ProtocolError, match="cancelledOrderIds: 2 instead of 1"):
        canceled_ids(CancelledPayload(["2"]), ONE)
    with pytest.raises(ProtocolError, match="cancelledOrderIds: none instead of 1"):
        canceled_ids(CancelledPayload(), ONE)


def test_a_cancel_by_our_id_names_it_or_an_order() -> None:
    assert canceled_ids_by_name(CancelledPayload(clientOid="ours"), OURS) == ()
    assert canceled_ids_by_name(CancelledPayload(["1"]), OURS) == (ONE,)
    with pytest.raises(ProtocolError, match="clientOid: theirs instead of ours"):
        canceled_ids_by_name(CancelledPayload(["1"], "theirs"), OURS)
    with pytest.raises(ProtocolError, match="clientOid: none instead of ours"):
        canceled_ids_by_name(CancelledPayload(), OURS)


def test_what_is_named_is_clipped_in_the_error() -> None:
    with pytest.raises(ProtocolError) as caught:
        canceled_ids(CancelledPayload(["2" * 5000]), ONE)
    assert len(str(caught.value)) < 500

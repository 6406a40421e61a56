"""Items of batches: both success codes, both nestings, and what cannot be read."""

from __future__ import annotations

import pytest

from terminal.wire.batches import CancelIds, batch_items
from terminal.wire.codec import DecodeError, encode
from tests.contract.test_fixtures import load


@pytest.mark.parametrize("name", ["multi_order_reply", "multi_cancel_reply"])
def test_the_replies_of_the_reference_are_read(name: str) -> None:
    data = load(name)["data"]
    items = batch_items(data)
    assert [item.orderId for item in items if item is not None] == [row["orderId"] for row in data]
    assert [item.is_success for item in items if item is not None] == [
        row["code"] in ("200", "200000") for row in data
    ]


def test_one_more_level_of_data_is_taken_off() -> None:
    data = load("multi_order_reply")["data"]
    assert batch_items({"data": data}) == batch_items(data)


def test_codes_may_be_numbers_and_one_bad_item_leaves_the_others() -> None:
    first, second, third = batch_items([{"code": 200000}, "nonsense", {"code": 300003}])
    assert first is not None
    assert third is not None
    assert (first.is_success, second, third.is_success) == (True, None, False)


@pytest.mark.parametrize("value", [None, 5, "text", {}, {"data": None}, {"data": {"data": []}}])
def test_without_a_list_there_is_nothing_to_read(value: object) -> None:
    with pytest.raises(DecodeError):
        batch_items(value)


def test_requests_are_written_as_in_the_reference() -> None:
    assert encode(CancelIds(["1", "2"])) == b'{"orderIdsList":["1","2"]}'

"""Requests and replies about several orders at once, by REST and by the order socket alike.

Source: API reference 3.3, 3.4 and 6.2.
"""

from __future__ import annotations

from typing import cast

import msgspec

from terminal.wire.codec import DecodeError, excerpt
from terminal.wire.envelope import SUCCESS

MOST_ITEMS = 20
"""Orders of one batch."""


class OrderName(msgspec.Struct):
    """An order by our own id."""

    symbol: str
    clientOid: str


class CancelById(msgspec.Struct):
    """Cancel one order by the exchange's id."""

    orderId: str


class CancelIds(msgspec.Struct):
    """Cancel several orders by the exchange's ids."""

    orderIdsList: list[str]


class BatchItemPayload(msgspec.Struct):
    """How one item of a batch ended."""

    orderId: str | None = None
    clientOid: str | None = None
    code: str | int = ""
    msg: str | None = None

    @property
    def is_success(self) -> bool:
        """True for ``200000`` and for ``200``: items carry either."""
        return str(self.code) in SUCCESS


def batch_items(value: object) -> list[BatchItemPayload | None]:
    """Read the items of a batch from decoded JSON, with or without one more level of ``data``.

    An item that cannot be read is None: the others stand. Raises ``DecodeError`` when there is no
    list of items at all.
    """
    if isinstance(value, dict):
        value = cast("dict[str, object]", value).get("data")
    if not isinstance(value, list):
        raise DecodeError(f"no list of items in {excerpt(str(value))}")
    return [_item(one) for one in cast("list[object]", value)]


def _item(value: object) -> BatchItemPayload | None:
    try:
        return msgspec.convert(value, BatchItemPayload, strict=False)
    except msgspec.ValidationError:
        return None

"""What every fact must be, whatever was sent: whole, exact, of these decades."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

EARLIEST_MS, LATEST_MS = 1_262_304_000_000, 4_102_444_800_000
SIGNED = {"PositionUpdate", "FundingPayment", "PositionSettlement"}
UNTIMED = {"PositionUpdate", "PositionPatch"}
"""A position may lack its time, which is zero then."""


def assert_whole(fact: Any) -> None:
    """Nothing in a fact is a float, endless, negative where it cannot be, or of another age."""
    if fact is None or isinstance(fact, (str, bool, Enum, frozenset)):
        return
    if isinstance(fact, Decimal):
        assert fact.is_finite()
        assert not fact or abs(fact.adjusted()) < 100
    elif is_dataclass(fact):
        for field in fields(fact):
            _assert_field(fact, field.name, getattr(fact, field.name))
    elif hasattr(fact, "_fields"):
        for name in fact._fields:
            _assert_field(fact, name, getattr(fact, name))
    elif isinstance(fact, tuple):
        for part in fact:
            assert_whole(part)
    else:
        assert type(fact) is int, f"{fact!r} is neither text nor an exact number"


def _assert_field(fact: Any, name: str, value: Any) -> None:
    kind = type(fact).__name__
    if name.endswith("_at") and value is not None and not (kind in UNTIMED and value == 0):
        unit = 10**6 if value >= LATEST_MS else 1
        assert EARLIEST_MS * unit <= value < LATEST_MS * unit, f"{kind}.{name}: {value}"
    if name.endswith(("lots", "filled", "canceled", "remaining")) and value is not None:
        assert type(value) is int
        assert value >= 0 or kind in SIGNED, f"{kind}.{name}: {value}"
    if name in {"symbol", "order_id", "trade_id", "currency", "close_id"}:
        assert value, f"{kind}.{name} is empty"
    assert_whole(value)

"""One user's order on the simulated exchange, and the reading of a request to place one.

Source: reference 3.3 (parameters) and 1.6 (codes).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.market.matching import BUY, SELL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.simexchange.market.contracts import ContractSpec

_CLIENT_OID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_STOP_PRICE_TYPES = ("TP", "MP", "IP")
UNSUPPORTED = ("qty", "valueQty", "hidden", "iceberg", "visibleSize", "stp", "forceHold")


@final
@dataclass(slots=True)
class UserOrder:
    """An order of the account ``uid``. Prices are ticks (None: market), sizes lots, times ms or ns.

    ``number`` grows with each order of the exchange.
    """

    id: str
    number: int
    uid: str
    client_oid: str
    symbol: str
    side: str
    type: str
    price: int | None
    size: int
    leverage: Decimal
    margin_mode: str
    created_ms: int
    time_ns: int
    is_post_only: bool = False
    is_reduce_only: bool = False
    is_close_order: bool = False
    is_immediate: bool = False
    is_hidden: bool = False
    is_iceberg: bool = False
    visible_size: int | None = None
    stp: str = ""
    holds_margin: bool = False
    position_side: str = "BOTH"
    trade_type: str = "trade"
    remark: str = ""
    stop: str = ""
    stop_price_type: str = ""
    stop_price: Decimal | None = None
    is_triggered: bool = False
    filled: int = 0
    canceled: int = 0
    deal_value: Decimal = Decimal(0)
    deal_base: Decimal = Decimal(0)
    updated_ms: int = 0
    ended_ms: int | None = None

    @property
    def is_active(self) -> bool:
        """True until the order has ended."""
        return self.ended_ms is None

    @property
    def remaining(self) -> int:
        """Lots that may still fill."""
        return max(0, self.size - self.filled - self.canceled) if self.is_active else 0

    @property
    def waits(self) -> bool:
        """True for a stop that was not triggered."""
        return bool(self.stop) and not self.is_triggered and self.is_active

    @property
    def only_reduces(self) -> bool:
        """True when it must not open or enlarge a position."""
        return self.is_reduce_only or self.is_close_order


@final
@dataclass(frozen=True, slots=True)
class PlaceRequest:
    """A request to place an order, checked for form."""

    client_oid: str
    side: str | None
    type: str
    price: int | None
    size: int | None
    leverage: Decimal | None
    margin_mode: str
    position_side: str
    is_post_only: bool
    is_reduce_only: bool
    is_close_order: bool
    is_immediate: bool
    remark: str
    stop: str
    stop_price_type: str
    stop_price: Decimal | None


def read_request(body: Mapping[str, Any], spec: ContractSpec) -> PlaceRequest:
    """Check the form of a place request. Raises ``Refused``."""
    _refuse_unsupported(body)
    client_oid = body.get("clientOid")
    if not isinstance(client_oid, str) or not _CLIENT_OID.fullmatch(client_oid):
        raise Refused("400100", "clientOid: 1 to 40 letters, digits, - and _")
    kind = _one_of(body, "type", ("limit", "market"), "limit")
    is_close = body.get("closeOrder") is True
    side = body.get("side")
    if side not in (BUY, SELL) and not (is_close and side is None):
        raise Refused("400100", "side is invalid")
    time_in_force = _one_of(body, "timeInForce", ("GTC", "IOC"), "GTC")
    is_post_only = body.get("postOnly") is True
    if is_post_only and (kind == "market" or time_in_force == "IOC"):
        raise Refused("300000", "postOnly is for resting limit orders")
    return PlaceRequest(
        client_oid=client_oid,
        side=side,
        type=kind,
        price=_price(body, spec) if kind == "limit" else None,
        size=_size(body, spec, kind=kind, is_close=is_close),
        leverage=_leverage(body, spec),
        margin_mode=_one_of(body, "marginMode", ("ISOLATED", "CROSS"), "ISOLATED"),
        position_side=_one_of(body, "positionSide", ("BOTH", "LONG", "SHORT"), "BOTH"),
        is_post_only=is_post_only,
        is_reduce_only=body.get("reduceOnly") is True,
        is_close_order=is_close,
        is_immediate=kind == "market" or time_in_force == "IOC",
        remark=str(body.get("remark") or ""),
        **_stop(body),
    )


def _refuse_unsupported(body: Mapping[str, Any]) -> None:
    """Say no to what is not simulated; nothing is accepted and then left out."""
    for name in UNSUPPORTED:
        if body.get(name):
            raise Refused("400100", f"{name} is not offered by the simulated exchange")
    if len(str(body.get("remark") or "")) > 100:
        raise Refused("400100", "remark is longer than 100 characters")


def _one_of(body: Mapping[str, Any], name: str, allowed: tuple[str, ...], default: str) -> str:
    value = body.get(name, default)
    if value not in allowed:
        raise Refused("400100", f"{name} is invalid")
    return str(value)


def _number(body: Mapping[str, Any], name: str) -> Decimal | None:
    value = body.get(name)
    if value is None:
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise Refused("400100", f"{name} is no number") from None
    if not number.is_finite():
        raise Refused("400100", f"{name} is no number")
    return number


def _price(body: Mapping[str, Any], spec: ContractSpec) -> int:
    number = _number(body, "price")
    if number is None or number <= 0:
        raise Refused("400100", "price is required and above zero")
    ticks = spec.ticks(number)
    if ticks is None:
        raise Refused("300000", f"The price must be a multiple of {spec.tick}")
    if number > spec.max_price:
        raise Refused("300000", f"The price must not be above {spec.max_price}")
    return ticks


def _size(body: Mapping[str, Any], spec: ContractSpec, *, kind: str, is_close: bool) -> int | None:
    if is_close:
        return None
    number = _number(body, "size")
    if number is None or number != int(number) or number <= 0:
        raise Refused("400100", "size is a whole number of lots above zero")
    limit = spec.max_lots
    if number > limit:
        raise Refused("300000", f"A {kind} order must not be above {limit} lots")
    return int(number)


def _leverage(body: Mapping[str, Any], spec: ContractSpec) -> Decimal | None:
    number = _number(body, "leverage")
    if number is None:
        return None
    if number <= 0:
        raise Refused("400100", "leverage is invalid")
    if number > spec.max_leverage:
        raise Refused("300016", f"The leverage must not be above {spec.max_leverage}")
    return number


def _stop(body: Mapping[str, Any]) -> dict[str, Any]:
    stop = body.get("stop") or ""
    if not stop:
        return {"stop": "", "stop_price_type": "", "stop_price": None}
    price = _number(body, "stopPrice")
    if stop not in ("up", "down") or price is None or price <= 0:
        raise Refused("400100", "stop and stopPrice are invalid")
    if body.get("stopPriceType") not in _STOP_PRICE_TYPES:
        raise Refused("400100", "stopPriceType is TP, MP or IP")
    return {"stop": stop, "stop_price_type": body["stopPriceType"], "stop_price": price}

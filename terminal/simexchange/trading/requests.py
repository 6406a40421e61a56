"""Reading a request to place an order: what its parameters say, checked for form.

Whether the account may do it is another matter (``engine/checks``). Source: reference 3.3
(parameters), 7.11 (rounding) and 1.6 (codes): a value that cannot be read is 400100, values that
contradict each other or the contract are 300000.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.trading.sides import POSITION_SIDES, closes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.simexchange.market.contracts import ContractSpec

LIMIT, MARKET = "limit", "market"
GOOD_TILL_CANCELED, IMMEDIATE, RETAIL = "GTC", "IOC", "RPI"
STOP_PRICE_TYPES = ("TP", "MP", "IP")
ICEBERG_PARTS = 20
"""An iceberg shows at least this part of its size."""
_LONGEST_REMARK = 100
_CLIENT_OID = re.compile(r"[A-Za-z0-9_-]{1,40}")
# Bounded, so that no text makes a number of a million digits.
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,30}\.?[0-9]{0,30}|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,2})?")


@final
@dataclass(frozen=True, slots=True)
class PlaceRequest:
    """A request to place an order, checked for form. ``price`` in ticks, ``size`` in lots."""

    client_oid: str
    side: str | None
    type: str
    price: int | None
    size: int | None
    leverage: Decimal | None
    margin_mode: str
    position_side: str
    time_in_force: str
    is_post_only: bool
    is_reduce_only: bool
    is_close_order: bool
    is_hidden: bool
    is_iceberg: bool
    visible_size: int | None
    holds_margin: bool
    stp: str
    remark: str
    stop: str
    stop_price_type: str
    stop_price: Decimal | None

    @property
    def only_reduces(self) -> bool:
        """True when it must not open or enlarge a position; who closes a leg never does."""
        if self.is_reduce_only or self.is_close_order:
            return True
        return closes(self.position_side, self.side)

    @property
    def never_takes(self) -> bool:
        """True when it must rest or not be at all."""
        return self.is_post_only or self.time_in_force == RETAIL


def bad(text: str) -> Refused:
    """A parameter that cannot be read."""
    return Refused("400100", text, 400)


def read_request(
    body: Mapping[str, Any], spec: ContractSpec, last: Decimal, *, takes_retail: bool
) -> PlaceRequest:
    """Check the form of a place request. ``last`` values a market order's ``valueQty``.

    Raises ``Refused``.
    """
    client_oid = body.get("clientOid")
    if not isinstance(client_oid, str) or not _CLIENT_OID.fullmatch(client_oid):
        raise bad("clientOid: 1 to 40 letters, digits, - and _")
    kind = _one_of(body, "type", (LIMIT, MARKET), LIMIT)
    is_close = flag(body, "closeOrder")
    is_iceberg = flag(body, "iceberg")
    price = _price(body, spec) if kind == LIMIT else None
    value_price = last if price is None else spec.price(price)
    size = None if is_close else _size(body, spec, value_price)
    request = PlaceRequest(
        client_oid=client_oid,
        side=_side(body, is_close=is_close),
        type=kind,
        price=price,
        size=size,
        leverage=_leverage(body),
        margin_mode=_one_of(body, "marginMode", ("ISOLATED", "CROSS"), "ISOLATED"),
        position_side=_one_of(body, "positionSide", POSITION_SIDES, "BOTH"),
        time_in_force=_time_in_force(body, kind, takes_retail=takes_retail),
        is_post_only=flag(body, "postOnly"),
        is_reduce_only=flag(body, "reduceOnly"),
        is_close_order=is_close,
        is_hidden=flag(body, "hidden") and not is_iceberg,
        is_iceberg=is_iceberg,
        visible_size=_visible_size(body) if is_iceberg else None,
        holds_margin=flag(body, "forceHold"),
        stp=_one_of(body, "stp", ("", "CN", "CO", "CB"), ""),
        remark=_remark(body),
        **_stop(body),
    )
    _check_together(request, spec)
    return request


def _check_together(request: PlaceRequest, spec: ContractSpec) -> None:
    """What each value allows of the others. Raises ``Refused``."""
    is_secret = request.is_hidden or request.is_iceberg
    if request.type == MARKET and (request.is_post_only or is_secret):
        raise Refused("300000", "postOnly, hidden and iceberg are for limit orders")
    if request.never_takes and is_secret:
        raise Refused("300000", "An order that never takes is neither hidden nor an iceberg")
    if request.is_post_only and request.time_in_force == IMMEDIATE:
        raise Refused("300000", "postOnly is for orders that rest")
    if request.size is None:
        return
    if request.size > spec.max_lots:
        raise Refused("300000", f"A {request.type} order must not be above {spec.max_lots} lots")
    if request.visible_size is not None and request.visible_size * ICEBERG_PARTS < request.size:
        raise Refused("300000", f"visibleSize must not be below size/{ICEBERG_PARTS}")


# Words and flags -------------------------------------------------------------------------------


def flag(body: Mapping[str, Any], name: str) -> bool:
    """``true`` or ``false``, also as text; absent is false. Raises ``Refused``."""
    value = body.get(name)
    if value is None or value is False or value == "":
        return False
    if value is True:
        return True
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise bad(f"{name} is true or false")


def _one_of(body: Mapping[str, Any], name: str, allowed: tuple[str, ...], default: str) -> str:
    value = body.get(name)
    if value is None or value == "":
        return default
    if not isinstance(value, str) or value not in allowed:
        raise bad(f"{name} is invalid")
    return value


def _side(body: Mapping[str, Any], *, is_close: bool) -> str | None:
    side = _one_of(body, "side", (BUY, SELL), "")
    if not side and not is_close:
        raise bad("side is required")
    return side or None


def _time_in_force(body: Mapping[str, Any], kind: str, *, takes_retail: bool) -> str:
    allowed = (GOOD_TILL_CANCELED, IMMEDIATE, RETAIL)[: 3 if takes_retail else 2]
    found = _one_of(body, "timeInForce", allowed, GOOD_TILL_CANCELED)
    return IMMEDIATE if kind == MARKET else found


def _remark(body: Mapping[str, Any]) -> str:
    remark = body.get("remark")
    if remark is None:
        return ""
    if not isinstance(remark, str):
        raise bad("remark is text")
    if len(remark) > _LONGEST_REMARK:
        raise bad(f"remark is longer than {_LONGEST_REMARK} characters")
    return remark


# Numbers ---------------------------------------------------------------------------------------


def number(body: Mapping[str, Any], name: str) -> Decimal | None:
    """A number or the text of one, None when absent. Raises ``Refused``."""
    value = body.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise bad(f"{name} is no number")
    if isinstance(value, int) and abs(value) >= 10**30:
        raise bad(f"{name} is no number")
    text = value if isinstance(value, str) else repr(value)
    if not _NUMBER.fullmatch(text):
        raise bad(f"{name} is no number")
    return Decimal(text)


def _whole(found: Decimal | None, name: str) -> int:
    if found is None or found != found.to_integral_value() or found <= 0:
        raise bad(f"{name} is a whole number of lots above zero")
    return int(found)


def _price(body: Mapping[str, Any], spec: ContractSpec) -> int:
    found = number(body, "price")
    if found is None or found <= 0:
        raise bad("price is required and above zero")
    if found > spec.max_price:
        raise Refused("300000", f"The price must not be above {spec.max_price}")
    ticks = spec.ticks(found)
    if ticks is None:
        raise Refused("300000", f"The price must be a multiple of {spec.tick}")
    return ticks


def _size(body: Mapping[str, Any], spec: ContractSpec, price: Decimal) -> int:
    given = [name for name in ("size", "qty", "valueQty") if body.get(name) not in (None, "")]
    if len(given) != 1:
        raise bad("One of size, qty and valueQty is required")
    found = number(body, given[0])
    if given[0] == "size":
        return _whole(found, "size")
    if spec.is_inverse:
        raise bad(f"{given[0]} is for linear contracts")
    if found is None or found <= 0:
        raise bad(f"{given[0]} is above zero")
    if given[0] == "qty":
        lots, rest = divmod(found, spec.multiplier)
        if rest:
            raise bad(f"qty must be a multiple of {spec.multiplier}")
        return int(lots)
    lots = found // (price * spec.multiplier)
    if not lots:
        raise bad("valueQty is below the value of one lot")
    return int(lots)


def _visible_size(body: Mapping[str, Any]) -> int:
    return _whole(number(body, "visibleSize"), "visibleSize")


def _leverage(body: Mapping[str, Any]) -> Decimal | None:
    found = number(body, "leverage")
    if found is not None and (found < 1 or found != found.to_integral_value()):
        raise bad("leverage is a whole number above zero")
    return found


def _stop(body: Mapping[str, Any]) -> dict[str, Any]:
    stop = _one_of(body, "stop", ("", "up", "down"), "")
    if not stop and body.get("stopPrice") in (None, ""):
        return {"stop": "", "stop_price_type": "", "stop_price": None}
    if not stop:
        # Without it the order would be a live one, which nobody means who names a stop's price.
        raise bad("stop is required beside stopPrice")
    price = number(body, "stopPrice")
    if price is None or price <= 0:
        raise bad("stopPrice is required and above zero")
    return {"stop": stop, "stop_price_type": stop_price_type(body), "stop_price": price}


def stop_price_type(body: Mapping[str, Any]) -> str:
    """Which price a stop looks at. Raises ``Refused``."""
    found = _one_of(body, "stopPriceType", STOP_PRICE_TYPES, "")
    if not found:
        raise bad("stopPriceType is TP, MP or IP")
    return found

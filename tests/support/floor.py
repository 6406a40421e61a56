"""An engine whose crowd stands still, with a publisher that remembers, for tests of the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from terminal.simexchange.auth import ApiKey, demo_key
from terminal.simexchange.clock import SimClock
from terminal.simexchange.engine.engine import Engine
from terminal.simexchange.engine.reports import ORDERS, STOPS
from terminal.simexchange.errors import Refused
from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.market.risk_limits import ladder
from terminal.simexchange.switches import Switches

if TYPE_CHECKING:
    from terminal.simexchange.trading.account import Account
    from terminal.simexchange.trading.orders import UserOrder

SYMBOL = "XBTUSDTM"
INVERSE = "XBTUSDM"


class FakePublisher:
    """Keeps every frame; somebody listens to everything."""

    def __init__(self) -> None:
        self.private: list[tuple[str, dict[str, Any]]] = []
        self.public: list[tuple[str, dict[str, Any]]] = []

    def is_wanted(self, topic: str) -> bool:
        return True

    def publish(self, topic: str, subject: str, data: Any, sn: int | None = None) -> None:
        self.public.append((topic, data))

    def publish_private(self, uid: str, topic: str, subject: str, data: Any) -> None:
        self.private.append((topic, data))

    def orders(self, order: UserOrder | None = None) -> list[tuple[str, str]]:
        """Type and status of order frames: of all orders or of one."""
        return [(d["type"], d["status"]) for d in self.frames(ORDERS, order)]

    def stops(self, order: UserOrder | None = None) -> list[str]:
        """Types of the frames of stops."""
        return [d["type"] for d in self.frames(STOPS, order)]

    def frames(self, topic: str, order: UserOrder | None = None) -> list[dict[str, Any]]:
        return [
            data
            for name, data in self.private
            if name == topic and (order is None or data["orderId"] == order.id)
        ]


class Floor:
    """One engine, the first account, and a second one when it is asked for."""

    def __init__(
        self, symbol: str = SYMBOL, clock: SimClock | None = None, /, **switches: str
    ) -> None:
        self.clock = clock or SimClock(speed=0)
        self.publisher = FakePublisher()
        self.switches = Switches()
        self.switches.set_all(switches)
        self.engine = Engine(7, demo_key(7), self.clock, self.publisher, self.switches)
        self.symbol = symbol
        self.market = self.engine.markets[symbol]
        self.account = self.engine.account
        self.count = 0

    def another_account(self) -> Account:
        key = demo_key(8)
        other = ApiKey(key.key, key.secret, key.passphrase, uid="other")
        return self.engine.accounts.add(other)

    @property
    def bid(self) -> int:
        best = self.market.book.best(BUY)
        assert best is not None
        return best

    @property
    def ask(self) -> int:
        best = self.market.book.best(SELL)
        assert best is not None
        return best

    def text(self, ticks: int) -> str:
        return self.market.spec.text(ticks)

    def body(self, side: str | None, ticks: int | None, size: int | None = 1, **more: Any) -> Any:
        """A place request; a change of None takes a parameter out."""
        self.count += 1
        body: dict[str, Any] = {
            "clientOid": f"t-{self.count}",
            "symbol": self.symbol,
            "side": side,
            "type": "market" if ticks is None else "limit",
            "size": size,
            "leverage": 5,
        }
        if ticks is not None:
            body["price"] = self.text(ticks)
        body.update(more)
        return {name: value for name, value in body.items() if value is not None}

    def place(
        self,
        side: str | None,
        ticks: int | None,
        size: int | None = 1,
        account: Account | None = None,
        **more: Any,
    ) -> UserOrder:
        return self.engine.place(account or self.account, self.body(side, ticks, size, **more))

    def stop(self, side: str | None, direction: str, ticks: int, **more: Any) -> UserOrder:
        """A stop on the last trade's price, a market order when it fires."""
        stop = {"stop": direction, "stopPrice": self.text(ticks), "stopPriceType": "TP"}
        return self.place(side, more.pop("limit", None), **{**stop, **more})

    def refused(self, body: dict[str, Any]) -> str:
        """The code that a place request is refused with."""
        return self.refusal(body).code

    def refusal(self, body: dict[str, Any]) -> Refused:
        with pytest.raises(Refused) as caught:
            self.engine.place(self.account, body)
        return caught.value

    def clear(self, side: str) -> None:
        """Take away everything that the crowd has on one side."""
        book = self.market.book
        taker = SELL if side == BUY else BUY
        while book.front(side) is not None:
            self.market.take(taker, None, 10_000_000)

    def trade_at(self, ticks: int) -> None:
        """The last trade was at a price."""
        self.market.last = ticks
        self.engine.check_stops(self.symbol)

    def at_level(self, number: int) -> None:
        """The contract has this risk limit level, for orders that are larger than usual."""
        self.account.positions[self.symbol].level = ladder(self.market.spec)[number - 1]

    @property
    def held(self) -> int:
        return self.account.positions[self.symbol].lots

    @property
    def free(self) -> Any:
        return self.account.wallet_state(self.market.spec.settle).available

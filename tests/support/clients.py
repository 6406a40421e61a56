"""All clients of the exchange on one table of answers, and facts in plain words for comparing."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, final

import httpx

from terminal.domain.units import ExactPrice, Money, plain
from terminal.domain.words import UnknownWord
from terminal.exchange.account_client import AccountClient
from terminal.exchange.funds_client import FundsClient
from terminal.exchange.history_client import HistoryClient
from terminal.exchange.market_client import MarketClient
from terminal.exchange.old_transfers import OldTransfers
from terminal.exchange.routes import OrderRoutes
from terminal.exchange.settings_client import SettingsClient
from terminal.exchange.trading_client import TradingClient
from terminal.exchange.transfer_client import TransferClient
from tests.support.answers import Answers
from tests.support.fake_clock import FakeClock
from tests.support.payloads import known_scales

if TYPE_CHECKING:
    from collections.abc import Callable


@final
class Clients:
    """Every client, each with the same answers."""

    def __init__(self, answer: Callable[[httpx.Request], Any]) -> None:
        self.answers = Answers(answer)
        self.http = self.answers.http
        http, scales = self.http, known_scales()
        self.market = MarketClient(http, scales, http)
        self.account = AccountClient(http, scales)
        self.history = HistoryClient(http, scales)
        self.trading = TradingClient(http, scales, OrderRoutes(http, FakeClock()))
        self.settings = SettingsClient(http)
        self.funds = FundsClient(http)
        self.transfers = TransferClient(http)
        self.old_transfers = OldTransfers(http)


def always(body: bytes, status: int = 200) -> Clients:
    """Clients whose exchange answers everything with these bytes, as JSON labeled as text."""
    headers = {"content-type": "text/plain;charset=UTF-8"}
    return Clients(lambda _: httpx.Response(status, content=body, headers=headers))


def found(fact: Any, path: str) -> Any:
    """A part of a fact by its path, ``0.trade.price``, in plain words."""
    for part in path.split(".") if path else ():
        fact = fact[int(part)] if part.lstrip("-").isdigit() else getattr(fact, part)
    return said(fact)


def said(value: Any) -> Any:
    """A value in plain words: money with its currency, exact numbers as text, enums by name."""
    if isinstance(value, Money):
        return f"{plain(value.amount)} {value.currency}"
    if isinstance(value, ExactPrice):
        return plain(value.value)
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, UnknownWord):
        return f"?{value.text}"
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, tuple):
        return [said(part) for part in value]
    return value

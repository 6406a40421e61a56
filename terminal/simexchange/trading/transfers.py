"""The funding side of the account: main and trade balances, and transfers between all three.

Bitcoin is BTC on this side and XBT in the futures account. What the reference leaves open is a
switch of ``Rules``, so that a client can be tried against both readings. Source: reference 4, 4.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, final

from terminal.simexchange.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from terminal.simexchange.trading.account import Account

TRANSFER_PATH = "/api/v3/accounts/universal-transfer"
MAIN, TRADE, CONTRACT = "MAIN", "TRADE", "CONTRACT"
_NAMES = {MAIN: "Funding", TRADE: "Trading"}
COIN, FUTURES_COIN = "BTC", "XBT"
_ZERO = Decimal(0)
_AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,18})?")
_CLIENT_OID = re.compile(r"[A-Za-z0-9_-]{1,36}")
FIRST_TRANSFER = 0x6705 << 80
_START = (
    (MAIN, "USDT", Decimal(50_000), _ZERO),
    (MAIN, "USDC", Decimal(5_000), _ZERO),
    (MAIN, COIN, Decimal("0.5"), _ZERO),
    (TRADE, "USDT", Decimal(10_000), Decimal(1_250)),
    (TRADE, "USDC", _ZERO, _ZERO),
    (TRADE, COIN, Decimal("0.25"), _ZERO),
)


@final
@dataclass(slots=True)
class Rules:
    """What the reference does not establish about transfers. The defaults are our reading.

    ``coin_names`` are the names of bitcoin that a transfer to or from the futures account takes
    (4, "unsure"); ``is_repeat_refused`` answers a repeated clientOid with a refusal instead of the
    first transfer's id, and ``is_balance_first`` looks at the balance before it looks at the
    clientOid (4.1 names the field an idempotency id and no more); ``is_credit_held`` lets the money
    arrive only when ``Funding.credit`` is called (4.2 has such states, 4.1 is silent);
    ``decimals`` is the precision of each currency (4.1 names the rule, no figures).
    """

    coin_names: frozenset[str] = frozenset({COIN})
    is_repeat_refused: bool = False
    is_balance_first: bool = False
    is_credit_held: bool = False
    decimals: int = 8


@final
@dataclass(slots=True)
class Purse:
    """One currency of the main or the trade account; ``holds`` is bound by spot orders."""

    balance: Decimal
    holds: Decimal = _ZERO

    @property
    def available(self) -> Decimal:
        """What can leave."""
        return self.balance - self.holds


@final
@dataclass(frozen=True, slots=True)
class Move:
    """A transfer that was asked for, read and found well-formed."""

    client_oid: str
    currency: str
    amount: Decimal
    source: str
    target: str


@final
class Funding:
    """Main and trade balances beside the futures wallets, and every transfer between them.

    ``on_wallet`` is told the settle currency whose futures wallet a transfer changed.
    """

    def __init__(
        self, account: Account, numbers: Iterator[int], on_wallet: Callable[[str], None]
    ) -> None:
        self._account = account
        self._on_wallet = on_wallet
        self.rules = Rules()
        self.purses = {
            (kind, currency): Purse(balance, holds) for kind, currency, balance, holds in _START
        }
        self.moved: dict[str, str] = {}
        self.on_its_way: list[Move] = []
        self._numbers = numbers

    # Looking ---------------------------------------------------------------------------------

    def purse(self, kind: str, currency: str) -> Purse:
        """A balance by account type as the exchange writes it. Raises ``Refused``."""
        if kind not in (MAIN, TRADE):
            raise Refused("400100", f"type {kind} is invalid")
        found = self.purses.get((kind, currency))
        if found is None:
            raise Refused("400100", f"currency {currency} is invalid")
        return found

    def total(self, currency: str) -> Decimal:
        """All there is of a currency (funding name), what is on its way included."""
        own = sum((p.balance for (_, name), p in self.purses.items() if name == currency), _ZERO)
        moving = sum((m.amount for m in self.on_its_way if _plain(m.currency) == currency), _ZERO)
        return own + moving + self._account.wallets[_settle(currency)].cash

    # Moving ----------------------------------------------------------------------------------

    def transfer(self, body: Mapping[str, Any]) -> str:
        """Move money; returns the transfer's id. Raises ``Refused``, and then nothing moved."""
        move = self._read(body)
        if self.rules.is_balance_first:
            self._check_balance(move)
        known = self.moved.get(move.client_oid)
        if known is not None:
            if self.rules.is_repeat_refused:
                raise Refused("400100", "clientOid is repeated")
            return known
        self._check_balance(move)
        number = f"{next(self._numbers):024x}"
        self.moved[move.client_oid] = number
        self._add(move.source, move.currency, -move.amount, move.target)
        self.on_its_way.append(move)
        if not self.rules.is_credit_held:
            self.credit()
        return number

    def credit(self) -> None:
        """Let arrive what is on its way."""
        while self.on_its_way:
            move = self.on_its_way.pop(0)
            self._add(move.target, move.currency, move.amount, move.source)

    def _add(self, kind: str, currency: str, amount: Decimal, other: str) -> None:
        if kind == CONTRACT:
            way = "from" if amount > 0 else "to"
            remark = f"Transferred {way} {_NAMES[other]} Account"
            self._account.move(_settle(currency), amount, remark)
            self._on_wallet(_settle(currency))
        else:
            self.purses[kind, _plain(currency)].balance += amount

    def _check_balance(self, move: Move) -> None:
        if move.source == CONTRACT:
            left = self._account.wallet_state(_settle(move.currency)).withdrawable
        else:
            left = self.purses[move.source, _plain(move.currency)].available
        if move.amount > left:
            raise Refused("230003", "Balance insufficient.")

    def _read(self, body: Mapping[str, Any]) -> Move:
        client_oid, kind = str(body.get("clientOid", "")), body.get("type")
        if not _CLIENT_OID.fullmatch(client_oid):
            raise Refused("400100", "clientOid is invalid")
        if kind != "INTERNAL":
            raise Refused("400100", "type is invalid")  # the demo account has no sub-accounts
        source, target = str(body.get("fromAccountType")), str(body.get("toAccountType"))
        for name, value in (("fromAccountType", source), ("toAccountType", target)):
            if value not in (MAIN, TRADE, CONTRACT):
                raise Refused("400100", f"{name} is invalid")
        if source == target:
            raise Refused("400100", "fromAccountType and toAccountType are the same")
        currency = str(body.get("currency", ""))
        if currency not in self._names(touches_futures=CONTRACT in (source, target)):
            raise Refused("400100", f"currency {currency} is invalid")
        return Move(client_oid, currency, self._amount(body.get("amount")), source, target)

    def _names(self, *, touches_futures: bool) -> frozenset[str]:
        coins = self.rules.coin_names if touches_futures else frozenset({COIN})
        return frozenset({"USDT", "USDC"}) | coins

    def _amount(self, value: object) -> Decimal:
        # Text by the spec; old examples show numbers, which are taken, too (reference 8, row 53).
        text = value if isinstance(value, str) else str(value)
        if isinstance(value, bool) or not _AMOUNT.fullmatch(text):
            raise Refused("400100", "amount is invalid")
        amount = Decimal(text)
        if amount <= 0 or amount % Decimal(1).scaleb(-self.rules.decimals):
            raise Refused("400100", "amount is no multiple of the currency's precision")
        return amount


def _plain(currency: str) -> str:
    """A currency's name on the funding side."""
    return COIN if currency == FUTURES_COIN else currency


def _settle(currency: str) -> str:
    """A currency's name in the futures account."""
    return FUTURES_COIN if currency == COIN else currency

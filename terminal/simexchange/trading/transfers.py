"""The funding side of the account: main and trade balances, and transfers between all three.

Bitcoin is BTC on this side and XBT in the futures account. What a request asks for is read in
``move_requests``; here it is done. What the reference leaves open is a switch, so that a client can
be tried against both readings. Source: reference 4, 4.1.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, final

from terminal.simexchange.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.switches import Switches
    from terminal.simexchange.trading.account import Account

TRANSFER_PATH = "/api/v3/accounts/universal-transfer"
MAIN, TRADE, CONTRACT = "MAIN", "TRADE", "CONTRACT"
_NAMES = {MAIN: "Funding", TRADE: "Trading", CONTRACT: "Futures"}
COIN, FUTURES_COIN = "BTC", "XBT"
MASTER = "main"
"""What the exchange calls a master account among its sub-accounts (4, account-overview-all)."""
ARRIVES_S = 1.0
"""How long money is under way that does not arrive at once; our choice."""
DECIMALS = 8
"""The precision of every currency; 4.1 names the rule, no figures."""
KEPT_IDS = 10_000
"""So many transfers later a clientOid may be used again; our choice."""
_ZERO = Decimal(0)
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
class Rules:
    """What the reference does not establish about transfers, as the switches stand.

    ``is_credit_held`` is the one that is no switch: money arrives only when ``Funding.credit`` is
    called, for whoever has to look at the time between.
    """

    _COIN_NAMES = (("BTC", {COIN}), ("XBT", {FUTURES_COIN}), ("both", {COIN, FUTURES_COIN}))

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self.is_credit_held = False

    @property
    def coin_names(self) -> frozenset[str]:
        """The names of bitcoin that a transfer to or from the futures account takes."""
        return frozenset(dict(self._COIN_NAMES)[self._switches.transfer_coin])

    @coin_names.setter
    def coin_names(self, names: frozenset[str]) -> None:
        value = next(word for word, known in self._COIN_NAMES if known == names)
        self._switches.set("transfer_coin", value)

    @property
    def is_repeat_refused(self) -> bool:
        """A repeated clientOid is refused; else it is answered with the first transfer's id."""
        return self._switches.transfer_repeat == "refused"

    @is_repeat_refused.setter
    def is_repeat_refused(self, value: bool) -> None:
        self._switches.set("transfer_repeat", "refused" if value else "answered")

    @property
    def is_balance_first(self) -> bool:
        """The balance is looked at before the clientOid is."""
        return self._switches.transfer_order == "balance"

    @is_balance_first.setter
    def is_balance_first(self, value: bool) -> None:
        self._switches.set("transfer_order", "balance" if value else "client_oid")

    @property
    def takes_sub_to_sub(self) -> bool:
        """A master may move money from one sub-account to another."""
        return self._switches.sub_to_sub == "taken"

    @property
    def is_late(self) -> bool:
        """Money leaves at once and arrives later."""
        return self._switches.transfer_credit == "later"


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
@dataclass(frozen=True, slots=True, eq=False)
class Move:
    """A transfer that was asked for, read and found well-formed.

    ``payer`` and ``payee`` are the same but between a master and a sub-account.
    """

    client_oid: str
    currency: str
    amount: Decimal
    source: str
    target: str
    payer: Funding
    payee: Funding


@final
class Register:
    """What all transfers of the exchange share: ids, the clock and the switches."""

    def __init__(self, clock: SimClock, switches: Switches) -> None:
        self.clock = clock
        self.switches = switches
        # Ids go on where the clock is, so that a restarted exchange never gives one out twice.
        now_ms = clock.now_ms()
        self._ids = itertools.count(FIRST_TRANSFER + now_ms * 1_000_000 + 1)
        self._numbers = itertools.count(now_ms * 1_000 + 1)

    def id(self) -> str:
        """A new id: 24 hexadecimal digits."""
        return f"{next(self._ids):024x}"

    def number(self) -> int:
        """A new number, greater than all before it and exact in a double."""
        return next(self._numbers)


@final
class Funding:
    """Main and trade balances beside the futures wallets, and every transfer that is asked for.

    ``on_wallet`` is told the settle currency whose futures wallet a transfer changed. ``name`` is
    that of a sub-account; it belongs to a ``master`` and begins with nothing. ``subs`` are a
    master's sub-accounts by uid, in the order in which they were opened.
    """

    def __init__(
        self,
        account: Account,
        register: Register,
        on_wallet: Callable[[str], None],
        *,
        name: str = MASTER,
        master: Funding | None = None,
    ) -> None:
        self.account = account
        self.name = name
        self.master = master
        self.subs: dict[str, Funding] = {}
        self.rules = Rules(register.switches)
        self.purses = {
            (kind, currency): Purse(balance, holds) if master is None else Purse(_ZERO)
            for kind, currency, balance, holds in _START
        }
        self.is_frozen = False
        """It may do nothing, and no money goes to it or comes from it."""
        self.moved: dict[str, str] = {}
        """Ids of the transfers that were asked for from here, by clientOid; the latest 10,000."""
        self.on_its_way: dict[str, Move] = {}
        """Those of them whose money has not arrived, by id."""
        self._register = register
        self._on_wallet = on_wallet
        if master is not None:
            master.subs[account.uid] = self

    # Looking ---------------------------------------------------------------------------------

    def purse(self, kind: str, currency: str) -> Purse:
        """A balance by account type as the exchange writes it. Raises ``Refused``."""
        if kind not in (MAIN, TRADE):
            raise Refused("400100", f"type {kind} is invalid", 400)
        found = self.purses.get((kind, currency))
        if found is None:
            raise Refused("400100", f"currency {currency} is invalid", 400)
        return found

    def total(self, currency: str) -> Decimal:
        """All there is of a currency (funding name), what is on its way included."""
        own = sum((p.balance for (_, name), p in self.purses.items() if name == currency), _ZERO)
        under_way = self.on_its_way.values()
        moving = sum((m.amount for m in under_way if plain_name(m.currency) == currency), _ZERO)
        return own + moving + self.account.wallets[settle_name(currency)].cash

    def left(self, kind: str, currency: str) -> Decimal:
        """What can leave an account of a kind; either name of bitcoin will do."""
        if kind == CONTRACT:
            return self.account.wallet_state(settle_name(currency)).withdrawable
        return self.purses[kind, plain_name(currency)].available

    # Moving ----------------------------------------------------------------------------------

    def transfer(self, move: Move, late_s: float = 0.0) -> str:
        """Move money; returns the transfer's id. Raises ``Refused``, and then nothing moved.

        ``late_s`` is how much later than usual money arrives that does not arrive at once.
        """
        if self.rules.is_balance_first:
            _check_balance(move)
        known = self.moved.get(move.client_oid)
        if known is not None:
            if self.rules.is_repeat_refused:
                raise Refused("400100", "clientOid is repeated", 400)
            return known
        _check_balance(move)
        number = self.moved[move.client_oid] = self._register.id()
        if len(self.moved) > KEPT_IDS:
            del self.moved[next(iter(self.moved))]
        move.payer.add(move.source, move.currency, -move.amount, move.target)
        self.on_its_way[number] = move
        if self.rules.is_late:
            self._register.clock.after(ARRIVES_S + late_s, partial(self._arrived, number))
        elif not self.rules.is_credit_held:
            self._arrived(number)
        return number

    def credit(self) -> None:
        """Let arrive what is on its way."""
        for number in list(self.on_its_way):
            self._arrived(number)

    def _arrived(self, number: str) -> None:
        move = self.on_its_way.pop(number, None)
        if move is not None:
            move.payee.add(move.target, move.currency, move.amount, move.source)

    def add(self, kind: str, currency: str, amount: Decimal, other: str) -> None:
        """Book an amount, below zero when it leaves; ``other`` is the kind at its other end."""
        if kind == CONTRACT:
            way = "from" if amount > 0 else "to"
            remark = f"Transferred {way} {_NAMES[other]} Account"
            self.account.move(settle_name(currency), amount, remark)
            self.tell(currency)
        else:
            self.purses[kind, plain_name(currency)].balance += amount

    def tell(self, currency: str) -> None:
        """The futures wallet of a currency has changed."""
        self._on_wallet(settle_name(currency))


def _check_balance(move: Move) -> None:
    if move.amount > move.payer.left(move.source, move.currency):
        raise Refused("230003", "Balance insufficient.")


def plain_name(currency: str) -> str:
    """A currency's name on the funding side."""
    return COIN if currency == FUTURES_COIN else currency


def settle_name(currency: str) -> str:
    """A currency's name in the futures account."""
    return FUTURES_COIN if currency == COIN else currency

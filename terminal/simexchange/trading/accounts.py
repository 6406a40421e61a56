"""All accounts and the keys that open them."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.trading.account import Account
from terminal.simexchange.trading.departures import Departures
from terminal.simexchange.trading.ledger import DEPOSIT, WITHDRAWAL, Ledger
from terminal.simexchange.trading.transfers import (
    CONTRACT,
    MASTER,
    Funding,
    Purse,
    Register,
    settle_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terminal.simexchange.auth import ApiKey
    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.market.market import Market
    from terminal.simexchange.switches import Switches

FIRST_NUMBER = 60_000_000


@final
class Accounts:
    """Accounts by uid; each begins with the same balances. Several keys may open one account.

    A sub-account begins empty, as on the exchange: its master gives it what it has. ``on_wallet``
    is told the account and the settle currency whose wallet a transfer changed.
    """

    def __init__(
        self,
        markets: Mapping[str, Market],
        clock: SimClock,
        on_wallet: Callable[[Account, str], None],
        switches: Switches,
    ) -> None:
        self._markets = markets
        self._now_ms = clock.now_ms
        self._switches = switches
        self._on_wallet = on_wallet
        self._register = Register(clock, switches)
        self.keys: dict[str, ApiKey] = {}
        self.by_uid: dict[str, Account] = {}
        self.funding: dict[str, Funding] = {}
        """The funding side of each account, by uid."""
        self.departures: dict[str, Departures] = {}
        """What leaves each account by transfer-out, by uid."""

    def add(self, key: ApiKey) -> Account:
        """Let a key in; its account, and its master's, are opened when there are none yet."""
        self.keys[key.key] = key
        return self.open(key.uid, key.master_uid, key.sub_name)

    def forget(self, key: ApiKey) -> None:
        """A key was deleted; its account stays."""
        self.keys.pop(key.key, None)

    def open(self, uid: str, master_uid: str = "", sub_name: str = "") -> Account:
        """The account with this uid; it and its master are opened when there are none yet."""
        if uid not in self.by_uid:
            master = None
            if master_uid:
                if master_uid not in self.by_uid:
                    self._open(master_uid, MASTER, None)
                master = self.funding[master_uid]
            self._open(uid, sub_name or MASTER, master)
        return self.by_uid[uid]

    def is_frozen(self, uid: str) -> bool:
        """True for an account that may do nothing (411100)."""
        return self.funding[uid].is_frozen

    def check_open(self, key: ApiKey, now_ms: int) -> None:
        """Raises ``Refused`` when a key that was let in may do no more what it might."""
        if key.key not in self.keys or not key.is_known(now_ms):
            raise Refused("400003", "KC-API-KEY not exists.", 401)
        if self.is_frozen(key.uid):
            raise Refused("411100", "The user is frozen, please contact support center", 403)

    def begin_with(self, uid: str, balances: Mapping[tuple[str, str], Decimal]) -> None:
        """Give an account that nobody used yet other balances than the usual ones.

        They are named by kind and currency (of the funding side); what is not named is nothing.
        """
        account, funding = self.by_uid[uid], self.funding[uid]
        account.ledger = Ledger()
        for kind, currency in funding.purses:
            funding.purses[kind, currency] = Purse(balances.get((kind, currency), Decimal(0)))
        for name, wallet in account.wallets.items():
            wallet.cash = Decimal(0)
            for (kind, currency), amount in balances.items():
                if kind == CONTRACT and settle_name(currency) == name and amount:
                    self.change(uid, kind, currency, amount)

    def change(self, uid: str, kind: str, currency: str, amount: Decimal) -> None:
        """Let money come from outside (above zero) or leave for there.

        Raises ``ValueError`` with a sentence, and nothing has changed, when it is not there.
        """
        funding = self.funding[uid]
        if amount < 0 and -amount > funding.left(kind, currency):
            raise ValueError(f"There is not so much {currency} to take out of {kind.lower()}.")
        if kind != CONTRACT:
            funding.add(kind, currency, amount, "")
            return
        name, account = settle_name(currency), self.by_uid[uid]
        word = DEPOSIT if amount > 0 else WITHDRAWAL
        account.wallets[name].add(amount)
        equity = account.wallet_state(name).equity
        account.ledger.moved(word, name, amount, equity, word, self._now_ms())
        funding.tell(currency)

    def _open(self, uid: str, name: str, master: Funding | None) -> None:
        number = FIRST_NUMBER + len(self.by_uid)
        account = Account(
            uid,
            number,
            self._markets,
            self._now_ms,
            self._switches,
            is_empty=master is not None,
        )
        tell = partial(self._on_wallet, account)
        funding = Funding(account, self._register, tell, name=name, master=master)
        self.by_uid[uid] = account
        self.funding[uid] = funding
        self.departures[uid] = Departures(funding, self._register)

    def of(self, key: ApiKey) -> Account:
        """The account that a key opens."""
        return self.by_uid[key.uid]

    def family(self, account: Account) -> list[Funding]:
        """An account and its sub-accounts, the master first."""
        own = self.funding[account.uid]
        return [own, *own.subs.values()]

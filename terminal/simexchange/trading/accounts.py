"""All accounts and the keys that open them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, final

from terminal.simexchange.trading.account import Account
from terminal.simexchange.trading.departures import Departures
from terminal.simexchange.trading.transfers import MASTER, Funding, Register

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
        if key.uid not in self.by_uid:
            master = None
            if key.master_uid:
                if key.master_uid not in self.by_uid:
                    self._open(key.master_uid, MASTER, None)
                master = self.funding[key.master_uid]
            self._open(key.uid, key.sub_name or MASTER, master)
        return self.by_uid[key.uid]

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

"""All accounts and the keys that open them."""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING, final

from terminal.simexchange.trading.account import Account
from terminal.simexchange.trading.transfers import FIRST_TRANSFER, Funding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terminal.simexchange.auth import ApiKey
    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.market.market import Market

FIRST_NUMBER = 60_000_000


@final
class Accounts:
    """Accounts by uid; each begins with the same balances. Several keys may open one account.

    ``on_wallet`` is told the account and the settle currency whose wallet a transfer changed.
    """

    def __init__(
        self,
        markets: Mapping[str, Market],
        clock: SimClock,
        on_wallet: Callable[[Account, str], None],
    ) -> None:
        self._markets = markets
        self._now_ms = clock.now_ms
        self._on_wallet = on_wallet
        # Ids go on where the clock is, so that a restarted exchange never gives one out twice.
        self._transfers = itertools.count(FIRST_TRANSFER + clock.now_ms() * 1_000_000 + 1)
        self.keys: dict[str, ApiKey] = {}
        self.names: dict[str, str] = {}
        """What their owners call the keys, by key."""
        self.by_uid: dict[str, Account] = {}
        self.funding: dict[str, Funding] = {}
        """The funding side of each account, by uid."""

    def add(self, key: ApiKey, name: str = "") -> Account:
        """Let a key in; its account is opened when there is none yet."""
        self.keys[key.key] = key
        self.names[key.key] = name
        account = self.by_uid.get(key.uid)
        if account is None:
            number = FIRST_NUMBER + len(self.by_uid)
            account = Account(key.uid, number, self._markets, self._now_ms)
            tell = partial(self._on_wallet, account)
            self.by_uid[key.uid] = account
            self.funding[key.uid] = Funding(account, self._transfers, tell)
        return account

    def of(self, key: ApiKey) -> Account:
        """The account that a key opens."""
        return self.by_uid[key.uid]

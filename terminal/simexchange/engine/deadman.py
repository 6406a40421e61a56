"""The dead-man switch: orders are canceled when a program does not say in time that it lives.

Source: reference 3.14, 11. The setting of an account is replaced by the next one and is gone when
it was triggered. It has a time of its own: what else the program does has no part in it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, final

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.simexchange.clock import SimClock, Timer
    from terminal.simexchange.engine.checks import Halts
    from terminal.simexchange.switches import Switches
    from terminal.simexchange.trading.account import Account
    from terminal.simexchange.trading.orders import UserOrder


@final
class DeadManSetting(NamedTuple):
    """What an account asked for: seconds, and the contracts it is for (empty: all)."""

    timeout_s: int
    symbols: tuple[str, ...]
    set_ms: int
    timer: Timer

    @property
    def trigger_ms(self) -> int:
        """When orders will be canceled, epoch ms."""
        return self.set_ms + self.timeout_s * 1000


@final
class DeadMan:
    """The settings of all accounts by uid. ``cancel`` takes an order out."""

    def __init__(
        self,
        clock: SimClock,
        switches: Switches,
        halts: Halts,
        cancel: Callable[[UserOrder], None],
    ) -> None:
        self._clock = clock
        self._switches = switches
        self._halts = halts
        self._cancel = cancel
        self.settings: dict[str, DeadManSetting] = {}

    def set(self, account: Account, timeout_s: int, symbols: tuple[str, ...]) -> DeadManSetting:
        """Cancel the orders so many seconds from now, unless it is set or taken off before."""
        self.clear(account)
        timer = self._clock.after(timeout_s, partial(self._trigger, account))
        setting = DeadManSetting(timeout_s, symbols, self._clock.now_ms(), timer)
        self.settings[account.uid] = setting
        return setting

    def clear(self, account: Account) -> None:
        """Take it off; nothing happens when there is none."""
        setting = self.settings.pop(account.uid, None)
        if setting is not None:
            setting.timer.cancel()

    def _trigger(self, account: Account) -> None:
        setting = self.settings.pop(account.uid)
        for order in account.active():
            # Canceling one may end another. Positions in liquidation are left alone.
            if (
                order.is_active
                and (not setting.symbols or order.symbol in setting.symbols)
                and (account.uid, order.symbol) not in self._halts.liquidating
                and (not order.waits or self._switches.dcp_stops == "canceled")
            ):
                self._cancel(order)

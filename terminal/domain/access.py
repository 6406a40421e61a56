"""What this program may do with the account it is connected to, and why not more."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, final

if TYPE_CHECKING:
    from terminal.domain.clock import TimestampMs

WATCH_ONLY_REASON = "Watch only: nothing is sent to this account."
REDUCING_REASON = "Live trading is off: only cancels and orders that reduce are sent."
NO_REAL_TRANSFERS = "Moving money is off until a later version does it on real accounts."
NO_REAL_CHANGES = "Changing settings is off until a later version does it on real accounts."
SECOND_REASON = "Watch only: another Tern trades this account."
NO_ACCOUNT_REASON = "No account is connected, so no order can be sent."


class Access(Enum):
    """How far commands may go.

    FULL sends orders. REDUCING sends what makes a position smaller, and cancels. WATCH_ONLY reads
    the account and asks for tests of orders, nothing that changes it, and so does SECOND while
    another program trades the account. MARKET_DATA has no account at all.
    """

    FULL = "full"
    REDUCING = "reducing only"
    WATCH_ONLY = "watch only"
    SECOND = "second program"
    MARKET_DATA = "market data"

    @property
    def is_watching(self) -> bool:
        """True when an account is read and nothing of it is changed."""
        return self in {Access.WATCH_ONLY, Access.SECOND}

    @property
    def reason(self) -> str:
        """Why no order that opens is sent, one sentence; empty when all orders are sent."""
        return _REASONS[self]

    @property
    def silence(self) -> str:
        """Why nothing at all is sent, not even a cancel, one sentence; empty when something is."""
        return "" if self is Access.REDUCING else _REASONS[self]

    def reason_for(self, *, reduces: bool) -> str:
        """Why an order is not sent, by whether the exchange keeps it from opening anything."""
        return self.silence if reduces else self.reason

    @property
    def no_transfers(self) -> str:
        """Why no money is moved, one sentence; empty when it is."""
        return _NO_TRANSFERS[self]

    @property
    def no_changes(self) -> str:
        """Why no setting of the account is changed, one sentence; empty when it is."""
        return _NO_CHANGES[self]


_REASONS = {
    Access.FULL: "",
    Access.REDUCING: REDUCING_REASON,
    Access.WATCH_ONLY: WATCH_ONLY_REASON,
    Access.SECOND: SECOND_REASON,
    Access.MARKET_DATA: NO_ACCOUNT_REASON,
}
_NO_TRANSFERS = {
    Access.FULL: "",
    Access.REDUCING: NO_REAL_TRANSFERS,
    Access.WATCH_ONLY: NO_REAL_TRANSFERS,
    Access.SECOND: "No money is moved: another Tern trades this account.",
    Access.MARKET_DATA: "No account is connected, so no money can be moved.",
}
_NO_CHANGES = {
    Access.FULL: "",
    Access.REDUCING: NO_REAL_CHANGES,
    Access.WATCH_ONLY: NO_REAL_CHANGES,
    Access.SECOND: "No setting is changed: another Tern trades this account.",
    Access.MARKET_DATA: "No account is connected, so no setting can be changed.",
}


@final
class StopRecord(NamedTuple):
    """That the user stopped trading, kept until he lifts it.

    ``is_finished`` says that everything that was to be canceled then was. ``problem`` is a sentence
    when the record itself could not be read, empty otherwise.
    """

    since: TimestampMs
    is_finished: bool = False
    problem: str = ""

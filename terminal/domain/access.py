"""What this program may do with the account it is connected to, and why not more."""

from __future__ import annotations

from enum import Enum

WATCH_ONLY_REASON = "Watch only: sending orders is off until a later version trades real accounts."
WATCH_ONLY_NO_TRANSFERS = (
    "Watch only: moving money is off until a later version trades real accounts."
)
WATCH_ONLY_NO_CHANGES = (
    "Watch only: changing settings is off until a later version trades real accounts."
)
SECOND_REASON = "Watch only: another Tern trades this account."
NO_ACCOUNT_REASON = "No account is connected, so no order can be sent."


class Access(Enum):
    """How far commands may go.

    FULL sends orders. WATCH_ONLY reads the account and asks for tests of orders, nothing that
    changes it, and so does SECOND while another program trades the account. MARKET_DATA has no
    account at all.
    """

    FULL = "full"
    WATCH_ONLY = "watch only"
    SECOND = "second program"
    MARKET_DATA = "market data"

    @property
    def is_watching(self) -> bool:
        """True when an account is read and nothing of it is changed."""
        return self in {Access.WATCH_ONLY, Access.SECOND}

    @property
    def reason(self) -> str:
        """Why no order is sent, one sentence; empty when orders are sent."""
        return _REASONS[self]

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
    Access.WATCH_ONLY: WATCH_ONLY_REASON,
    Access.SECOND: SECOND_REASON,
    Access.MARKET_DATA: NO_ACCOUNT_REASON,
}
_NO_TRANSFERS = {
    Access.FULL: "",
    Access.WATCH_ONLY: WATCH_ONLY_NO_TRANSFERS,
    Access.SECOND: SECOND_REASON,
    Access.MARKET_DATA: "No account is connected, so no money can be moved.",
}
_NO_CHANGES = {
    Access.FULL: "",
    Access.WATCH_ONLY: WATCH_ONLY_NO_CHANGES,
    Access.SECOND: SECOND_REASON,
    Access.MARKET_DATA: "No account is connected, so no setting can be changed.",
}

"""The account becomes hedge or one-way: sides mean other things then, so hands begin anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from terminal.session.account import AccountSession


@final
class ModeChange:
    """Notices for one surface that the position mode is another than when it was asked last.

    A mode that is not known yet counts as one-way: so the sides are read until it is.
    """

    def __init__(self, account: AccountSession) -> None:
        self._account = account
        self._was_hedged = account.is_hedged

    def words(self) -> str:
        """What the mode became since it was asked last, as an end of a sentence; else empty."""
        is_hedged = self._account.is_hedged
        if is_hedged == self._was_hedged:
            return ""
        self._was_hedged = is_hedged
        mode = "in hedge mode" if is_hedged else "in one-way mode"
        return f"the account is {mode} now, where buy and sell mean something else."

"""Watches whose account the key in use belongs to: its files must be those of that account.

Limits, stop, journal and lock were opened under what was known at the start. Where the exchange
tells that it is another account, nothing is sent to it in this run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.app.accounts import OwnerWord
from terminal.domain.access import Access
from terminal.session.conditions import standing_condition
from terminal.session.notices import NoticeLevel

if TYPE_CHECKING:
    from terminal.app.accounts import Accounts
    from terminal.session.conditions import Condition
    from terminal.session.key_watch import KeyWatch
    from terminal.session.live_switch import LiveSwitch
    from terminal.session.notices import NoticeBoard


@final
class OwnerWatch:
    """Lives as long as the switch and the key watch that it listens to."""

    def __init__(
        self, accounts: Accounts, name: str, key: KeyWatch, live: LiveSwitch, notices: NoticeBoard
    ) -> None:
        self._accounts = accounts
        self._name = name
        self._key = key
        self._live = live
        self._notices = notices
        self._word = OwnerWord()
        key.on_changed.add(self._look)
        live.on_changed.add(self._hold)
        live.add_check(self._condition)

    def _condition(self) -> Condition:
        words = "The key belongs to the account that this name stands for."
        return standing_condition("Account", self._word.words, words, self._word.remedy)

    def _look(self) -> None:
        facts = self._key.state.facts
        if facts is None or self._word.is_other:
            return  # once it is another one, the files of this run stay the wrong ones
        self._word = self._accounts.learn_owner(self._name, facts.owner)
        if self._word.is_other:
            words = f"{self._word.words} It is only watched: nothing is sent. {self._word.remedy}"
            self._notices.post(NoticeLevel.ERROR, "app", words)
            self._hold()

    def _hold(self) -> None:
        if self._word.is_other and self._live.access is not Access.WATCH_ONLY:
            self._live.watch_only()

"""The funding side over REST, on the account host: accounts, sub-accounts, level, dead-man switch.

Source: API reference 3.14, 3.15 and 4. Reads only, but for the switch.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, final

from terminal.domain.account_facts import AccountMode
from terminal.exchange import translate
from terminal.exchange.commands import ended
from terminal.exchange.errors import ProtocolError
from terminal.exchange.outcome import NotSent, Renewal
from terminal.exchange.paging import Walk, by_pages
from terminal.exchange.rows import most_rows_of, page_of, readable, reader, rows_of
from terminal.exchange.translate import read
from terminal.exchange.translate.settings import SWITCH_OFF
from terminal.wire import enums
from terminal.wire.account import AccountModePayload
from terminal.wire.codec import Raw
from terminal.wire.funds import AccountPayload, SubBalancesPayload, SubUserPayload
from terminal.wire.settings import SwitchPayload, SwitchSetPayload, UserInfoPayload

if TYPE_CHECKING:
    from terminal.domain.account_facts import DeadManSwitch, SwitchTimes
    from terminal.domain.funds_facts import (
        AccountFunds,
        AccountType,
        SubAccount,
        SubAccountFunds,
        UserLevel,
    )
    from terminal.domain.units import OrderId, Symbol
    from terminal.domain.words import UnknownWord
    from terminal.exchange.http import HttpClient
    from terminal.exchange.outcome import Outcome
    from terminal.exchange.permit import Permit
    from terminal.wire.pages import PagePayload

SUB_PAGE_SIZE = 100

_log = logging.getLogger("app")


@final
class FundsClient:
    """``FundsQueries`` over HTTP. The switch is set and taken back as far as a ``permit`` allows.

    Set it is where orders may be sent; renewed and switched off wherever a cancel may be. Looked at
    anew for each command; without a permit everything is sent.
    """

    def __init__(self, http: HttpClient, permit: Permit | None = None) -> None:
        self._http = http
        self._permit = permit

    @property
    def refusal(self) -> str:
        """Why the switch is not set here; empty when it is."""
        return self._refusal(is_kept=False)

    def _refusal(self, *, is_kept: bool) -> str:
        """``is_kept`` is what takes back or keeps alive, and sets nothing that was not set."""
        return "" if self._permit is None else self._permit.access.reason_for(reduces=is_kept)

    # Accounts --------------------------------------------------------------------------------

    async def accounts(
        self, currency: str | None = None, kind: AccountType | None = None
    ) -> tuple[AccountFunds, ...]:
        """The accounts outside futures, in one currency or in all, of one kind or of all."""
        query: dict[str, str | int] = {}
        if currency is not None:
            query["currency"] = translate.funding_coin(currency)
        if kind is not None:
            query["type"] = enums.AccountType[kind.name].value
        raw = await self._http.get("/api/v1/accounts", Raw, query, signed=True)
        return readable(
            translate.account_funds, most_rows_of(raw, AccountPayload, "an account"), "an account"
        )

    async def account(self, account_id: str) -> AccountFunds:
        """One account by its id; the answer does not tell its kind."""
        path = f"/api/v1/accounts/{account_id}"
        return translate.account_funds(await self._http.get(path, AccountPayload, signed=True))

    async def account_mode(self) -> AccountMode | UnknownWord:
        """Classic or unified (3.15)."""
        path = "/api/ua/v1/account/mode"
        payload = await self._http.get(path, AccountModePayload, signed=True)
        return read.meaning(AccountMode, enums.AccountMode, payload.selfAccountMode)

    async def user_level(self) -> UserLevel:
        """The VIP level, which decides the quota, and the sub-accounts (4)."""
        path = "/api/v2/user-info"
        return translate.user_level(await self._http.get(path, UserInfoPayload, signed=True))

    # Sub-accounts ----------------------------------------------------------------------------

    def sub_accounts(self) -> Walk[SubAccount]:
        """All sub-accounts (4)."""

        async def ask(page: int) -> PagePayload[SubUserPayload]:
            raw = await self._http.get(
                "/api/v2/sub/user",
                Raw,
                {"currentPage": page, "pageSize": SUB_PAGE_SIZE},
                signed=True,
            )
            return page_of(raw, SubUserPayload, "a sub-account")

        rows = reader(translate.sub_account, "a sub-account")
        return by_pages(ask, lambda row: row.userId, rows)

    async def funds_of_sub_account(self, user_id: str) -> SubAccountFunds:
        """What one sub-account holds outside futures; its ``user_id``, not its ``uid``."""
        path = f"/api/v1/sub-accounts/{user_id}"
        query: dict[str, str | int] = {"includeBaseAmount": "false"}
        payload = await self._http.get(path, SubBalancesPayload, query, signed=True)
        return translate.sub_account_funds(payload)

    def funds_of_sub_accounts(self) -> Walk[SubAccountFunds]:
        """What all sub-accounts hold outside futures (4)."""

        async def ask(page: int) -> PagePayload[SubBalancesPayload]:
            raw = await self._http.get(
                "/api/v2/sub-accounts",
                Raw,
                {"currentPage": page, "pageSize": SUB_PAGE_SIZE},
                signed=True,
            )
            return page_of(raw, SubBalancesPayload, "a sub-account")

        rows = reader(translate.sub_account_funds, "a sub-account")
        return by_pages(ask, lambda row: row.subUserId, rows)

    # Dead-man switch -------------------------------------------------------------------------

    async def dead_man_switch(self) -> DeadManSwitch:
        """How the switch is set (3.14; optional: not every account has it)."""
        raw = await self._http.get(
            "/api/ua/v1/dcp/query", Raw, {"tradeType": "FUTURES"}, signed=True
        )
        rows = rows_of(raw, SwitchPayload)
        return translate.dead_man_switch(rows[0] if rows else SwitchPayload())

    async def set_dead_man_switch(
        self, timeout_s: int | None, symbols: tuple[Symbol, ...] = ()
    ) -> Outcome:
        """Cancel orders when nothing is heard of us for so long; None switches it off.

        Whether untriggered stops and attached exits go too is not established (part 11).
        """
        return (await self._set(timeout_s, symbols, is_kept=timeout_s is None)).outcome

    async def renew_dead_man_switch(
        self, timeout_s: int, symbols: tuple[Symbol, ...] = ()
    ) -> Renewal:
        """Set it, or set it anew, and say by the exchange's clock when it would act.

        Sent wherever a cancel may be: whoever sets it for the first time looks at ``refusal``.
        """
        return await self._set(timeout_s, symbols, is_kept=True)

    async def _set(
        self, timeout_s: int | None, symbols: tuple[Symbol, ...], *, is_kept: bool
    ) -> Renewal:
        refusal = self._refusal(is_kept=is_kept)
        if refusal:
            return Renewal(NotSent(refusal), None)
        if timeout_s is not None and timeout_s <= 0:
            return Renewal(NotSent("The time must be above zero."), None)
        body: dict[str, object] = {
            "tradeType": "FUTURES",
            "timeout": SWITCH_OFF if timeout_s is None else timeout_s,
        }
        if symbols:
            body["symbol"] = ",".join(symbols)
        answers: list[Raw] = []

        async def change() -> tuple[OrderId, ...]:
            answers.append(await self._http.post("/api/ua/v1/dcp/set", Raw, body))
            return ()

        outcome = await ended(change())
        return Renewal(outcome, _times_in(answers[0]) if answers else None)


def _times_in(answer: Raw) -> SwitchTimes | None:
    """The times of an answer. That it was accepted stands, whatever else it says."""
    try:
        rows = rows_of(answer, SwitchSetPayload)
    except ProtocolError as error:
        _log.warning("the dead-man switch was set, with times that cannot be read: %s", error)
        return None
    return translate.switch_times(rows[0]) if rows else None

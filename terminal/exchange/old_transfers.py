"""Transfers of the old kind, on the futures host: deprecated, still answering. Never resent.

The calls have no id of ours: an answer that is lost can only be cleared up by the balances and by
the list. The client for them is ``transfer_client``; this is for accounts that it fails for.
Source: API reference 4, 4.2 and 4.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.funds_facts import TransferState
from terminal.domain.transfer import AccountKind
from terminal.domain.units import OrderId
from terminal.exchange import translate
from terminal.exchange.commands import ended
from terminal.exchange.errors import RejectedError
from terminal.exchange.outcome import NotSent
from terminal.exchange.paging import Walk, by_pages
from terminal.exchange.rows import page_of, reader
from terminal.wire.codec import Raw, excerpt, number
from terminal.wire.funds import OldTransferPayload

if TYPE_CHECKING:
    from terminal.domain.clock import TimestampMs
    from terminal.domain.funds_facts import PastTransfer
    from terminal.domain.units import Money
    from terminal.exchange.http import HttpClient
    from terminal.exchange.outcome import Outcome
    from terminal.wire.pages import PagePayload

_TYPES = {AccountKind.MAIN: "MAIN", AccountKind.TRADE: "TRADE"}
_REFUSED = frozenset({TransferState.REJECTED, TransferState.CANCEL, TransferState.FAILURE})
PAGE_SIZE = 100


@final
class OldTransfers:
    """``OldTransferGateway`` over HTTP. With a ``refusal`` it only reads."""

    def __init__(self, http: HttpClient, refusal: str = "") -> None:
        self._http = http
        self._refusal = refusal

    @property
    def refusal(self) -> str:
        """Why nothing is moved here; empty when transfers are on."""
        return self._refusal

    async def transfer_out(self, amount: Money, target: AccountKind) -> Outcome:
        """Move money out of the futures account. Accepted means asked: it may be on its way."""

        async def send() -> tuple[OrderId, ...]:
            body = {**_amount(amount), "recAccountType": _TYPES[target]}
            payload = await self._http.post("/api/v3/transfer-out", OldTransferPayload, body)
            moved = translate.past_transfer(payload)
            if moved.state in _REFUSED:
                said = excerpt(moved.reason or moved.state.value)
                raise RejectedError("", said, sentence=f"The transfer was refused: {said}")
            return (OrderId(moved.transfer_id),)

        wrong = self._wrong(amount, target)
        return NotSent(wrong) if wrong else await ended(send())

    async def transfer_in(self, amount: Money, source: AccountKind) -> Outcome:
        """Move money into the futures account.

        The answer has two forms, of which one says code 200 and retry; both are success (4.3).
        """

        async def send() -> tuple[OrderId, ...]:
            body = {**_amount(amount), "payAccountType": _TYPES[source]}
            await self._http.post("/api/v1/transfer-in", Raw, body)
            return ()

        wrong = self._wrong(amount, source)
        return NotSent(wrong) if wrong else await ended(send())

    def _wrong(self, amount: Money, other: AccountKind) -> str:
        if self._refusal:
            return self._refusal
        if other not in _TYPES:
            return "Choose the main or the trade account."
        if not amount.amount.is_finite() or amount.amount <= 0:
            return "The amount must be above zero."
        return ""

    def past_transfers(
        self,
        currency: str | None = None,
        *,
        start_at: TimestampMs | None = None,
        end_at: TimestampMs | None = None,
    ) -> Walk[PastTransfer]:
        """Transfers out of the futures account as the old list tells them."""
        chosen: dict[str, str | int] = {} if currency is None else {"currency": currency}
        if start_at is not None:
            chosen["startAt"] = start_at
        if end_at is not None:
            chosen["endAt"] = end_at

        async def ask(page: int) -> PagePayload[OldTransferPayload]:
            query = {**chosen, "currentPage": page, "pageSize": PAGE_SIZE}
            raw = await self._http.get("/api/v1/transfer-list", Raw, query, signed=True)
            return page_of(raw, OldTransferPayload, "a transfer")

        rows = reader(translate.past_transfer, "a transfer")
        return by_pages(ask, lambda row: row.applyId, rows)


def _amount(amount: Money) -> dict[str, object]:
    """These calls want a number, and bitcoin under its futures name."""
    return {"currency": amount.currency, "amount": number(amount.amount)}

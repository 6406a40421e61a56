"""Transfers between the account's parts over REST, on the account host. Nothing is ever resent.

Source: API reference 4 and 4.1. Account types are written in capitals there; bitcoin is BTC on the
funding side and XBT in the futures account, and which of the two a transfer to or from the futures
account takes is not established: BTC is tried first, a refusal of the name teaches the other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, final

from terminal.domain.transfer import AccountKind, Funds
from terminal.domain.units import Money, OrderId, plain
from terminal.exchange import translate
from terminal.exchange.commands import ended_by, rejected
from terminal.exchange.funding_gateway import Repeated
from terminal.exchange.outcome import NotSent, Rejected
from terminal.exchange.translate.funds import COIN, FUNDING_COIN
from terminal.wire.account import TransferablePayload, TransferredPayload
from terminal.wire.codec import excerpt

if TYPE_CHECKING:
    from terminal.domain.transfer import TransferTicket
    from terminal.domain.units import ClientOid
    from terminal.exchange.errors import RejectedError
    from terminal.exchange.funding_gateway import TransferOutcome
    from terminal.exchange.http import HttpClient

TRANSFER_PATH = "/api/v3/accounts/universal-transfer"
_TYPES = {
    AccountKind.MAIN: "MAIN",
    AccountKind.TRADE: "TRADE",
    AccountKind.FUTURES: "CONTRACT",
}
_BAD_PARAMETER = "400100"
_NO_PERMISSION = "400007"
_REPEATED = "300018"
"""The futures service's code for a repeated clientOid; the funding service's is not established, so
a refused parameter counts as well when it says that the clientOid was there before."""
_WAS_THERE = re.compile(r"repeat|duplicate|already (been )?(exist|used|taken|in use)|has been used")
_NO_NAME = re.compile(
    r"invalid|illegal|unknown|incorrect|wrong|unsupported|no such|(not|n't) (\w+ )?"
    r"(exist|support|valid|found)"
)
_NOT_THE_NAME = ("amount", "precision")
"""What else a refusal that names a currency may be about."""


@final
class TransferClient:
    """A ``TransferGateway`` over HTTP. With a ``refusal`` it reads, and sends no transfer."""

    def __init__(self, http: HttpClient, refusal: str = "") -> None:
        self._http = http
        self._refusal = refusal
        self._coin_with_futures = FUNDING_COIN

    @property
    def refusal(self) -> str:
        """Why nothing is moved here; empty when transfers are on."""
        return self._refusal

    async def funds(self, account: AccountKind, currency: str) -> Funds:
        """The main or the trade account in one currency. Raises from ``exchange.errors``."""
        query = {"currency": translate.funding_coin(currency), "type": _TYPES[account]}
        payload = await self._http.get(
            "/api/v1/accounts/transferable", TransferablePayload, query, signed=True
        )
        return Funds(
            account, Money(payload.balance, currency), Money(payload.transferable, currency)
        )

    async def transfer(self, ticket: TransferTicket, client_oid: ClientOid) -> TransferOutcome:
        """Move money once. Never resent by itself."""
        if self._refusal:
            return NotSent(self._refusal)
        name = self._name(ticket)

        def refused(error: RejectedError) -> Rejected | Repeated:
            return self._refused(error, ticket, name)

        return await ended_by(self._post(ticket, client_oid, name), refused)

    async def _post(
        self, ticket: TransferTicket, client_oid: ClientOid, name: str
    ) -> tuple[OrderId, ...]:
        body = {
            "clientOid": client_oid,
            "type": "INTERNAL",
            "currency": name,
            "amount": plain(ticket.money.amount),
            "fromAccountType": _TYPES[ticket.source],
            "toAccountType": _TYPES[ticket.target],
        }
        answer = await self._http.post(TRANSFER_PATH, TransferredPayload, body)
        return (OrderId(answer.orderId),)

    def _name(self, ticket: TransferTicket) -> str:
        """What the exchange calls the currency in this transfer."""
        touches_futures = AccountKind.FUTURES in {ticket.source, ticket.target}
        if touches_futures and ticket.currency == COIN:
            return self._coin_with_futures
        return translate.funding_coin(ticket.currency)

    def _refused(
        self, error: RejectedError, ticket: TransferTicket, name: str
    ) -> Rejected | Repeated:
        words = error.exchange_text.lower()
        if error.code == _REPEATED or (error.code == _BAD_PARAMETER and _names_a_repeat(words)):
            return Repeated()
        if error.code == _NO_PERMISSION:
            return Rejected(
                error.code,
                "This key may not move money.",
                "Give it the universal transfer permission on the exchange's site.",
            )
        is_name = error.code == _BAD_PARAMETER and _refuses_name(words, name)
        if is_name and self._learn(ticket, name):
            said = excerpt(error.exchange_text)
            return Rejected(
                error.code,
                f"The exchange does not take {name} as this coin's name here. It says: {said}",
                f"Transfer again: it will be called {self._coin_with_futures}.",
            )
        return rejected(error)

    def _learn(self, ticket: TransferTicket, name: str) -> bool:
        """Take the coin's other name from now on; False when there is none to take."""
        if ticket.currency != COIN or name != self._coin_with_futures:
            return False
        if AccountKind.FUTURES not in {ticket.source, ticket.target}:
            return False
        self._coin_with_futures = COIN if name == FUNDING_COIN else FUNDING_COIN
        return True


def _names_a_repeat(words: str) -> bool:
    """Whether a refusal says that the id was there before, and not what is wrong with it."""
    return "clientoid" in words and _WAS_THERE.search(words) is not None


def _refuses_name(words: str, name: str) -> bool:
    """Whether a refusal is about the currency's name, and not about how much or how exact."""
    if any(other in words for other in _NOT_THE_NAME):
        return False
    is_named = "currency" in words or re.search(rf"\b{name.lower()}\b", words) is not None
    return is_named and _NO_NAME.search(words) is not None

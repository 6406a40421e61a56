"""Moving money: Protocols for the clients and the fakes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias, final

from terminal.exchange.outcome import Accepted, NotSent, Rejected, Unknown

if TYPE_CHECKING:
    from terminal.domain.clock import TimestampMs
    from terminal.domain.funds_facts import PastTransfer
    from terminal.domain.transfer import AccountKind, Funds, TransferTicket
    from terminal.domain.units import ClientOid, Money
    from terminal.exchange.outcome import Outcome
    from terminal.exchange.paging import Walk


@final
@dataclass(frozen=True, slots=True)
class Repeated:
    """The exchange knows a transfer with this id already and moved nothing again."""


TransferOutcome: TypeAlias = Accepted | Repeated | Rejected | NotSent | Unknown
"""How a transfer command ended; ``Accepted.order_ids`` holds the exchange's id of the transfer."""


class TransferGateway(Protocol):
    """Main and trade balances, and moving money between main, trade and futures.

    The exchange has no question by which a transfer could be looked up by our id. ``refusal`` is
    the sentence why nothing is moved here, empty when transfers are on.
    """

    @property
    def refusal(self) -> str:
        """Why nothing is moved here; empty when transfers are on."""
        ...

    async def funds(self, account: AccountKind, currency: str) -> Funds:
        """The main or the trade account in one currency; the futures account is a wallet."""
        ...

    async def transfer(self, ticket: TransferTicket, client_oid: ClientOid) -> TransferOutcome:
        """Move money once. Never resent by itself."""
        ...


class OldTransferGateway(Protocol):
    """Moving money the old way, without an id of ours: for accounts that the new way fails for."""

    @property
    def refusal(self) -> str:
        """Why nothing is moved here; empty when transfers are on."""
        ...

    async def transfer_out(self, amount: Money, target: AccountKind) -> Outcome:
        """Move money out of the futures account. Accepted means asked."""
        ...

    async def transfer_in(self, amount: Money, source: AccountKind) -> Outcome:
        """Move money into the futures account."""
        ...

    def past_transfers(
        self,
        currency: str | None = None,
        *,
        start_at: TimestampMs | None = None,
        end_at: TimestampMs | None = None,
    ) -> Walk[PastTransfer]:
        """Transfers out of the futures account as the old list tells them."""
        ...

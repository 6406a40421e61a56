"""Money that leaves a futures account by transfer-out: asked for, frozen, gone or given back.

While it is under way it belongs to the account and cannot be used: it is in its cash and its
equity, not in what is available. How it ends, and what the reply says first, are switches. Source:
reference 3.1 frozenFunds, 4.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.trading.transfers import ARRIVES_S, CONTRACT

if TYPE_CHECKING:
    from decimal import Decimal

    from terminal.simexchange.trading.transfers import Funding, Register

SUCCESS, PROCESSING, FAILURE = "SUCCESS", "PROCESSING", "FAILURE"
LISTED = (PROCESSING, SUCCESS, FAILURE)
"""The statuses by which transfers are listed."""
_GIVEN_BACK = {"REJECTED": "The transfer was rejected", "CANCEL": "The transfer was canceled"}
KEPT = 10_000


@final
@dataclass(slots=True)
class Departure:
    """One transfer-out. ``currency`` is that of the futures account, ``status`` one of eight.

    ``number`` grows from one to the next.
    """

    apply_id: str
    biz_no: str
    number: int
    currency: str
    amount: Decimal
    target: str
    status: str
    created_ms: int
    updated_ms: int
    reason: str = ""
    is_over: bool = False

    @property
    def listed_status(self) -> str:
        """Its status among the three of the list."""
        if not self.is_over:
            return PROCESSING
        return SUCCESS if self.status == SUCCESS else FAILURE


@final
class Departures:
    """The transfers out of one account's futures wallets, oldest first; 10,000 are kept."""

    def __init__(self, funding: Funding, register: Register) -> None:
        self._funding = funding
        self._register = register
        self.rows: list[Departure] = []

    def leave(self, currency: str, amount: Decimal, target: str, late_s: float) -> Departure:
        """Freeze an amount and send it on its way; it takes ``late_s`` longer than usual.

        Raises ``Refused`` (300003) when so much cannot leave, and then nothing has changed.
        """
        funding, register = self._funding, self._register
        if amount > funding.left(CONTRACT, currency):
            raise Refused("300003", "Balance insufficient.")
        now_ms = register.clock.now_ms()
        first = register.switches.transfer_out_reply
        row = Departure(
            register.id(),
            register.id(),
            register.number(),
            currency,
            amount,
            target,
            first,
            now_ms,
            now_ms,
        )
        self.rows.append(row)
        del self.rows[:-KEPT]
        funding.account.wallets[currency].frozen += amount
        funding.tell(currency)
        if first == "final":
            self._end(row)
        else:
            register.clock.after(ARRIVES_S + late_s, partial(self._end, row))
        return row

    def _end(self, row: Departure) -> None:
        funding, register = self._funding, self._register
        row.status, row.is_over = register.switches.transfer_out_end, True
        row.updated_ms = register.clock.now_ms()
        funding.account.wallets[row.currency].frozen -= row.amount
        if row.status == SUCCESS:
            funding.add(CONTRACT, row.currency, -row.amount, row.target)
            funding.add(row.target, row.currency, row.amount, CONTRACT)
        else:
            row.reason = _GIVEN_BACK[row.status]
            funding.tell(row.currency)


def arrive(funding: Funding, currency: str, amount: Decimal, source: str) -> None:
    """Move money into the futures account at once (transfer-in).

    Raises ``Refused`` (300003) when it is not there, and then nothing has changed.
    """
    if amount > funding.left(source, currency):
        raise Refused("300003", "Balance insufficient.")
    funding.add(source, currency, -amount, CONTRACT)
    funding.add(CONTRACT, currency, amount, source)

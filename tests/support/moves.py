"""Transfers as a request asks for them, done without a gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from terminal.simexchange.fields import Fields
from terminal.simexchange.trading.move_requests import universal

if TYPE_CHECKING:
    from terminal.simexchange.trading.transfers import Funding


def a_body(**changes: Any) -> dict[str, Any]:
    """A universal-transfer from main to futures."""
    return {
        "clientOid": "one",
        "type": "INTERNAL",
        "currency": "USDT",
        "amount": "25",
        "fromAccountType": "MAIN",
        "toAccountType": "CONTRACT",
        **changes,
    }


def transferred(funding: Funding, body: dict[str, Any]) -> str:
    """Do a universal-transfer; returns its id. Raises ``Refused``."""
    return funding.transfer(universal(Fields(body), funding))

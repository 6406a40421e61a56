"""How commands end, by what talking to the exchange raised."""

from __future__ import annotations

import pytest

from terminal.domain.units import OrderId
from terminal.exchange.commands import ended, ended_by
from terminal.exchange.errors import (
    AddressBlockedError,
    AuthError,
    ClockSkewError,
    EndpointLimitedError,
    ExchangeError,
    OverloadError,
    ProtocolError,
    QuotaSpentError,
    RateLimitedError,
    RejectedError,
    RepeatedError,
    SuspendedError,
    TransportError,
    UnavailableError,
)
from terminal.exchange.outcome import Accepted, NotSent, Rejected, Unknown


async def a_command(error: ExchangeError | None = None) -> tuple[OrderId, ...]:
    if error is not None:
        raise error
    return (OrderId("9"),)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RejectedError("1", "no"), Rejected),
        (AuthError("400007", "no"), Rejected),
        (RateLimitedError("slow", retry_after_s=None), Unknown),
        (TransportError("lost", was_sent=True), Unknown),
        (TransportError("refused", was_sent=False), NotSent),
        (ProtocolError("garbled"), Unknown),
        (ClockSkewError("400002", "time"), Rejected),
        (SuspendedError("300002", "closed"), Rejected),
        (RepeatedError("300018", "clientOid repeated"), Unknown),
        (UnavailableError("503"), Unknown),
        (QuotaSpentError("the gateway's own word", retry_after_s=3.0), Rejected),
        (QuotaSpentError("held back", retry_after_s=3.0, was_sent=False), NotSent),
        (AddressBlockedError("held back", retry_after_s=3.0, was_sent=False), NotSent),
        (AddressBlockedError("HTML", retry_after_s=30.0), Unknown),
        (EndpointLimitedError("200002", retry_after_s=10.0), Unknown),
        (OverloadError("429000", retry_after_s=None), Unknown),
    ],
)
async def test_only_a_refusal_proves_that_nothing_happened(
    error: ExchangeError, kind: type
) -> None:
    """Whatever is not a refusal, nor provably unsent, leaves the end unknown."""
    assert isinstance(await ended(a_command(error)), kind)


async def test_a_command_that_worked_names_what_it_made() -> None:
    """The exchange's ids come along."""
    assert await ended(a_command()) == Accepted((OrderId("9"),))


async def test_refusals_are_read_by_the_caller() -> None:
    """A caller with an own reading of refusals gets the error with the exchange's words."""
    refused = a_command(RejectedError("7", "their words"))
    assert await ended_by(refused, lambda error: error.exchange_text) == "their words"


async def test_a_refusal_carries_its_evidence() -> None:
    """Code, the exchange's own words and HTTP's status, beside what the user reads."""
    error = RejectedError("300003", "Balance", sentence="S.", remedy="R.", status=200)
    assert await ended(a_command(error)) == Rejected("300003", "S.", "R.", "Balance", 200)
    spent = QuotaSpentError("POST: HTTP 429", retry_after_s=3.0, sentence="S.", remedy="R.")
    assert await ended(a_command(spent)) == Rejected("429000", "S.", "R.", "POST: HTTP 429", 429)

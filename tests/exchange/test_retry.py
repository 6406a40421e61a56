"""Who is asked again by itself, and after how long."""

from __future__ import annotations

import pytest

from terminal.exchange.errors import (
    AddressBlockedError,
    AuthError,
    ClockSkewError,
    EndpointLimitedError,
    ExchangeError,
    OverloadError,
    ProtocolError,
    QuotaSpentError,
    RejectedError,
    SuspendedError,
    TransportError,
    UnavailableError,
)
from terminal.exchange.retry import PATIENCE_S, delays, may_retry
from terminal.wire.endpoints import Effect

NEVER = (Effect.ORDER, Effect.TRANSFER, Effect.SETTING)
R, C, A = Effect.READ, Effect.CANCEL, Effect.CANCEL_ALL

CASES: list[tuple[ExchangeError, set[Effect]]] = [
    (TransportError("refused", was_sent=False), {R, C, A}),
    (TransportError("lost", was_sent=True), {R, C}),
    (UnavailableError("503"), {R, C}),
    (OverloadError("429", retry_after_s=None), {R, C, A}),
    (ClockSkewError("400002", "time", may_retry=True), {R, C, A}),
    (QuotaSpentError("429", retry_after_s=3.0), {R}),
    (AddressBlockedError("1015", retry_after_s=30.0), {R}),
    (EndpointLimitedError("200002", retry_after_s=10.0), {R}),
    (QuotaSpentError("held back", retry_after_s=3.0, was_sent=False), set()),
    (SuspendedError("300015", "settling", may_retry=True), {R, C, A}),
    (SuspendedError("300002", "closed"), set()),
    (RejectedError("300003", "balance"), set()),
    (AuthError("400003", "key"), set()),
    (ProtocolError("garbled"), set()),
]


@pytest.mark.parametrize(("error", "allowed"), CASES)
def test_what_may_be_asked_again(error: ExchangeError, allowed: set[Effect]) -> None:
    """A cancel of all only when the first was provably not carried out or refused at the gate."""
    assert {effect for effect in Effect if may_retry(effect, error)} == allowed


@pytest.mark.parametrize("effect", NEVER)
def test_orders_money_and_settings_are_never_sent_twice(effect: Effect) -> None:
    """Neither by the rule nor by the delays: each alone is enough."""
    assert list(delays(effect)) == []
    assert not any(may_retry(effect, error) for error, _ in CASES)


@pytest.mark.parametrize("effect", [R, C, A])
@pytest.mark.parametrize("number", [0.0, 0.5, 0.999])
def test_delays_are_few_bounded_and_spread(effect: Effect, number: float) -> None:
    """Between 0.2 and 1 s each (reference 1.8)."""
    waits_s = list(delays(effect, lambda: number))
    assert 2 <= len(waits_s) <= 3
    assert all(0.2 <= wait_s <= 1.0 for wait_s in waits_s)
    assert waits_s == sorted(waits_s)
    assert sum(waits_s) < PATIENCE_S
    assert waits_s != list(delays(effect, lambda: (number + 0.3) % 1))

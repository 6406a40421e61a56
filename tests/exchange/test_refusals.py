"""The same code is the same error, whichever way the exchange said it."""

from __future__ import annotations

import pytest

from terminal.exchange.commands import outcome_of
from terminal.exchange.errors import (
    AuthError,
    ClockSkewError,
    RateLimitedError,
    RejectedError,
    TransportError,
)
from terminal.exchange.outcome import NotSent, Rejected, Route, Unknown
from terminal.exchange.refusals import refusal


@pytest.mark.parametrize(
    ("code", "error", "outcome"),
    [
        ("400001", AuthError, Rejected),
        ("400002", ClockSkewError, Rejected),
        ("400003", AuthError, Rejected),
        ("400004", AuthError, Rejected),
        ("400005", AuthError, Rejected),
        ("400006", AuthError, Rejected),
        ("400007", AuthError, Rejected),
        ("400008", AuthError, Rejected),
        ("400009", AuthError, Rejected),
        ("400010", AuthError, Rejected),
        ("400011", AuthError, Rejected),
        ("400012", AuthError, Rejected),
        ("300003", RejectedError, Rejected),
        ("987654", RejectedError, Rejected),
        ("429000", RateLimitedError, Unknown),
        ("200002", RateLimitedError, Unknown),
        ("500000", TransportError, Unknown),
    ],
)
def test_codes_by_kind(code: str, error: type, outcome: type) -> None:
    found = refusal("here", code, "m")
    assert type(found) is error
    assert found.sentence.endswith((".", "m"))
    ended = outcome_of(found, Route.SOCKET)
    assert type(ended) is outcome
    assert ended.route is Route.SOCKET


def test_what_never_left_is_not_sent_by_either_way() -> None:
    for route in Route:
        ended = outcome_of(TransportError("no connection", was_sent=False), route)
        assert ended == NotSent("The exchange did not answer.", route)


def test_the_words_of_the_exchange_are_kept_and_a_spent_quota_says_when() -> None:
    assert "The order cost is 9." in refusal("here", "300003", "The order cost is 9.").sentence
    assert "10.1.2.3" in refusal("here", "400006", "the current client IP is: 10.1.2.3.").sentence
    assert "tell nobody" not in refusal("here", "400005", "tell nobody").sentence
    spent = refusal("here", "429000", "slow", retry_after_s=18.5)
    assert isinstance(spent, RateLimitedError)
    assert spent.retry_after_s == 18.5

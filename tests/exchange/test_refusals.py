"""The same code is the same error, whichever way the exchange said it."""

from __future__ import annotations

import pytest

from terminal.exchange.commands import outcome_of
from terminal.exchange.errors import (
    AddressBlockedError,
    AuthError,
    ClockSkewError,
    EndpointLimitedError,
    OverloadError,
    ProtocolError,
    QuotaSpentError,
    RejectedError,
    RepeatedError,
    SuspendedError,
    TransportError,
    UnavailableError,
)
from terminal.exchange.limiter import Block, Wait
from terminal.exchange.meter import Figures
from terminal.exchange.outcome import NotSent, Rejected, Route, Unknown
from terminal.exchange.refusals import held_back, refusal


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
        ("429000", OverloadError, Unknown),
        ("200002", EndpointLimitedError, Unknown),
        ("1015", AddressBlockedError, Unknown),
        ("500000", UnavailableError, Unknown),
        ("100002", UnavailableError, Unknown),
        ("300015", SuspendedError, Rejected),
        ("300018", RepeatedError, Unknown),
        ("", ProtocolError, Unknown),
    ],
)
def test_codes_by_kind(code: str, error: type, outcome: type) -> None:
    found = refusal("here", code, "m")
    assert type(found) is error
    assert found.sentence.endswith(".")
    assert found.remedy.endswith(".")
    ended = outcome_of(found, Route.SOCKET)
    assert type(ended) is outcome
    assert ended.route is Route.SOCKET


def test_the_words_of_a_refusal_have_bounds() -> None:
    """Whatever comes back is one short line in the log and one sentence for the user."""
    for code in ("987654", "300003", "400006", ""):
        found = refusal("GET /x", code, "a\n" * 100_000)
        for told in (str(found), found.sentence):
            assert len(told) < 600
            assert "\n" not in told
    assert str(refusal("GET /x", "300003", "poor")) == "GET /x: 300003: poor"
    assert refusal("x", "987654", "strange").sentence == (
        "The exchange refused with code 987654. The exchange says: strange."
    )


@pytest.mark.parametrize(
    ("code", "theirs", "sentence"),
    [
        ("300005", "The risk limit would be exceeded", "The risk limit would be exceeded."),
        ("300005", "The risk limit 100000 would be exceeded",
         "The risk limit 100000 would be exceeded."),
        ("300009", "No open positions to close.", "No open positions to close."),
        ("300003", "Poor: 3.5",
         "The balance is not enough. The exchange says: Poor: 3.5."),
    ],
)  # fmt: skip
def test_a_cause_is_not_said_twice(code: str, theirs: str, sentence: str) -> None:
    assert refusal("x", code, theirs).sentence == sentence


def test_what_never_left_is_not_sent_by_either_way() -> None:
    for route in Route:
        ended = outcome_of(TransportError("no connection", was_sent=False), route)
        assert ended == NotSent("The exchange did not answer.", route)


def test_the_words_of_the_exchange_are_kept() -> None:
    assert "The order cost is 9." in refusal("here", "300003", "The order cost is 9.").sentence
    assert "10.1.2.3" in refusal("here", "400006", "the current client IP is: 10.1.2.3.").sentence
    assert "tell nobody" not in refusal("here", "400005", "tell nobody").sentence


@pytest.mark.parametrize("route", list(Route))
def test_a_spent_quota_is_evidence_on_both_ways(route: Route) -> None:
    """The gateway's whole figures say that it did not look at the command (reference 1.8)."""
    spent = refusal("here", "429000", "slow", figures=Figures(2000, 0, 18_500))
    assert isinstance(spent, QuotaSpentError)
    assert spent.retry_after_s == 18.5
    outcome = outcome_of(spent, route)
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.route) == ("429000", route)
    assert outcome.status == (429 if route is Route.REST else 0)
    loaded = refusal("here", "429000", "slow", figures=Figures(2000, 7, 18_500))
    assert outcome_of(loaded, route) == Unknown(loaded.sentence, route)
    kept = held_back("here", Wait(3.2, Block.BUDGET))
    assert outcome_of(kept, route) == NotSent(
        "The quota of requests is used up for about 4 s.", route
    )

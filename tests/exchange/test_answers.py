"""What an answer means, before anything is done with it."""

from __future__ import annotations

import json

import pytest

from terminal.exchange.answers import Answer, data_of, envelope_of, found_in
from terminal.exchange.errors import (
    AddressBlockedError,
    ExchangeError,
    NotFoundError,
    ProtocolError,
    QuotaSpentError,
    RejectedError,
    UnavailableError,
)
from terminal.exchange.meter import Figures
from terminal.wire.envelope import Envelope


def an_answer(body: object, status: int = 200, figures: Figures | None = None) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, content, figures, is_past_shield=True)


def raised_by(body: object, status: int = 200, figures: Figures | None = None) -> ExchangeError:
    with pytest.raises(ExchangeError) as caught:
        envelope_of("GET /x", an_answer(body, status, figures))
    return caught.value


@pytest.mark.parametrize("code", ["200000", "200", 200000, 200])
def test_both_success_codes_count_as_text_and_as_number(code: object) -> None:
    envelope = envelope_of("GET /x", an_answer({"code": code, "data": 5}))
    assert data_of("GET /x", envelope, int) == 5


def test_an_error_names_the_request() -> None:
    """Each of them, so that the log tells which one it was (reference 1.6)."""
    for body, status in (
        ({"code": "400005", "msg": "Invalid KC-API-SIGN"}, 401),
        ({"code": "300003", "msg": "poor"}, 200),
        ({"code": "500000", "msg": "oops"}, 500),
        (b"<html>", 200),
        (b"<html>", 502),
        (b"<html>", 403),
        ({"msg": "nothing"}, 200),
    ):
        assert "GET /x: HTTP" in str(raised_by(body, status)), body
    with pytest.raises(ProtocolError, match="GET /x"):
        data_of("GET /x", Envelope(code="200000"), int)


def test_a_page_is_of_the_shield_or_of_a_server_in_between() -> None:
    assert isinstance(raised_by(b"<html>1015</html>", 429), AddressBlockedError)
    assert isinstance(raised_by(b"<html>1015</html>", 403), AddressBlockedError)
    assert isinstance(raised_by(b"<html>", 500), UnavailableError)
    assert isinstance(raised_by(b"<html>", 200), ProtocolError)


def test_the_figures_of_the_answer_tell_a_spent_quota() -> None:
    error = raised_by({"code": "429000", "msg": "slow"}, 429, Figures(2000, 0, 12_000))
    assert isinstance(error, QuotaSpentError)
    assert error.retry_after_s == 12.0


def test_success_of_the_code_and_failure_of_http_contradict() -> None:
    assert isinstance(raised_by({"code": "200000", "data": 1}, 400), ProtocolError)
    assert isinstance(raised_by({"code": "200000", "data": 1}, 302), ProtocolError)


def test_a_read_that_finds_nothing_says_so_and_one_without_words_cannot_be_read() -> None:
    nothing = Envelope(code="200000", msg="Position does not exist")
    with pytest.raises(NotFoundError, match="Position does not exist") as caught:
        found_in("GET /x", nothing, int)
    assert caught.value.sentence == "The exchange says: Position does not exist."
    with pytest.raises(ProtocolError):
        found_in("GET /x", Envelope(code="200000"), int)
    with pytest.raises(ProtocolError):
        data_of("POST /x", nothing, int)


def test_the_code_decides_before_http() -> None:
    """A code of the table is an answer of the exchange, whatever status it travels under."""
    for status in (200, 400, 500, 503):
        error = raised_by({"code": "300003", "msg": "poor"}, status)
        assert type(error) is RejectedError
        assert error.status == status
    assert isinstance(raised_by({"code": "987654", "msg": "?"}, 500), UnavailableError)

"""Whatever is sent to any call: the envelope, never 500, and a refusal changes nothing."""

from __future__ import annotations

import gc
import json
import time
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from tests.support.deadlines import STRETCH
from tests.support.requests import Arena, Asked, requests

if TYPE_CHECKING:
    from terminal.simexchange.rest.gateway import Answer

STATUSES = {200, 400, 401, 403, 404, 405, 415}
LONGEST_S = 0.5
FEWEST, LEAST_SENT = 30_000, 25
MOST_EXAMPLES = FEWEST // LEAST_SENT
QUOTA = {"gw-ratelimit-limit", "gw-ratelimit-remaining", "gw-ratelimit-reset"}
ROUTES = Arena().exchange.gateway.table.routes


def checked(answer: Answer) -> dict[str, Any]:
    """The envelope of an answer that keeps the form."""
    assert answer.status in STATUSES
    envelope = json.loads(answer.body, parse_constant=pytest.fail)
    assert isinstance(envelope, dict)
    code = envelope["code"]
    assert isinstance(code, str)
    assert code.isdigit()
    assert "data" in envelope or isinstance(envelope["msg"], str)
    assert set(answer.headers) >= QUOTA
    return envelope


def check_laws(asked: list[Asked]) -> None:
    arena = Arena()
    before = arena.picture()
    for one in asked:
        gc.disable()  # what all other tests left behind is not this request's
        try:
            started_s = time.process_time()
            envelope = checked(arena.send(one))
            took_s = time.process_time() - started_s
        finally:
            gc.enable()
        assert took_s < LONGEST_S * STRETCH
        if one.method == "GET":
            continue  # the next picture, or the last, shows whether it changed anything
        after = arena.picture()
        assert envelope["code"] == "200000" or after == before, one
        before = after
    assert arena.picture() == before


@hypothesis.settings(max_examples=30, suppress_health_check=list(HealthCheck), print_blob=True)
@given(st.lists(requests(ROUTES), min_size=25, max_size=45))
@example([Asked("GET", "/api/v1/positions", sign="stamp")])
@example([Asked("GET", "/api/v1/positions", sign="oddities")])
@example([Asked("GET", "/api/v1/orders?symbol=\udcff")])
@example([Asked("POST", "/api/v1/bullet-private", b"\xff\xfe{\x00}\x00")])
@example([Asked("POST", "/api/v1/orders", b'{"remark":' + b"[" * 900 + b"]" * 900 + b"}")])
def test_any_request_is_answered_in_the_envelope_and_refusals_change_nothing(
    asked: list[Asked],
) -> None:
    check_laws(asked)


@pytest.mark.nightly
def test_tens_of_thousands_of_requests_keep_the_same_laws() -> None:
    """Another sequence every night; what it finds is printed with its seed."""
    count = 0

    @hypothesis.settings(
        max_examples=MOST_EXAMPLES,
        deadline=None,
        derandomize=False,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(requests(ROUTES), min_size=LEAST_SENT, max_size=45))
    def ask(asked: list[Asked]) -> None:
        nonlocal count
        count += len(asked)
        check_laws(asked)

    ask()
    print(f"{count} requests")  # noqa: T201 - the figure of a nightly run
    assert count >= FEWEST


ORDER = (
    '{{"clientOid":"g-9","symbol":"XBTUSDTM","side":"buy","type":"limit","price":{},"leverage":{},'
    '"size":{}}}'
)


@pytest.mark.parametrize(
    ("price", "leverage", "size"),
    [
        ("9" * 40, "5", "1"),
        (f'"{"9" * 5000}"', "5", "1"),
        ('"1e999999"', "5", "1"),
        ('"99000"', '"1e-999999"', "1"),
        ('"99000"', "5", '"1e999999"'),
    ],
    ids=["forty digits", "thousands of digits", "huge price", "tiny leverage", "huge size"],
)
def test_numbers_beyond_use_are_refused_in_orders(price: str, leverage: str, size: str) -> None:
    body = ORDER.format(price, leverage, size).encode()
    check_laws([Asked("POST", "/api/v1/orders/test", body)])


def test_the_generator_reaches_every_call_and_both_outcomes() -> None:
    """A generator whose requests were all refused would prove nothing."""
    arena = Arena()
    codes: dict[str, int] = {}

    @hypothesis.settings(
        max_examples=12,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.tuples(*(requests((route,)) for route in ROUTES)))
    def ask(asked: tuple[Asked, ...]) -> None:
        for one in asked:
            code = checked(arena.send(one))["code"]
            codes[code] = codes.get(code, 0) + 1

    ask()
    missed = {f"{route.method} {route.path}" for route in ROUTES} - set(
        arena.exchange.gateway.calls
    )
    assert not missed
    assert codes["200000"] > 0.1 * sum(codes.values()), codes
    assert {"400001", "400002", "400003", "400004", "400005", "400009", "400100"} <= set(codes)

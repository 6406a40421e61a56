"""Where callers seem to come from, measured by what keys admit and what quotas count."""

from __future__ import annotations

import pytest

from terminal.simexchange.callers import Callers
from tests.support.caller import Caller

KEY_INFO = "/api/v1/user/api-key"


def test_an_address_of_a_key_wins_over_that_of_everybody() -> None:
    callers = Callers()
    assert callers.address("k", "127.0.0.1") == "127.0.0.1"
    callers.set("203.0.113.7")
    callers.set("::0001", "k")
    assert [callers.address(key, "127.0.0.1") for key in ("k", "")] == ["::1", "203.0.113.7"]
    callers.set("", "k")
    callers.set("", "never")
    assert callers.address("k", "127.0.0.1") == "203.0.113.7"
    callers.set("")
    assert callers.address("k", "127.0.0.1") == "127.0.0.1"


@pytest.mark.parametrize("text", ["somewhere", "1.2.3", "1.2.3.4/8", " "])
def test_what_is_no_address_is_said_and_changes_nothing(text: str) -> None:
    callers = Callers()
    callers.set("203.0.113.7")
    with pytest.raises(ValueError, match="is no IP address"):
        callers.set(text)
    assert callers.everybody == "203.0.113.7"


def test_a_key_that_is_bound_to_an_address_is_refused_from_elsewhere() -> None:
    """400006 names the address; the demo key is bound to none."""
    caller = Caller()
    key = caller.new_key("bot/203.0.113.7")
    status, answer = caller.call("GET", KEY_INFO, key=key)
    assert (status, answer["code"]) == (401, "400006")
    assert "127.0.0.1" in answer["msg"]
    caller.exchange.gateway.callers.set("203.0.113.7", key.key)
    assert caller.data(KEY_INFO, key=key)["ipWhitelist"] == "203.0.113.7"
    caller.exchange.gateway.callers.set("203.0.113.8", key.key)
    assert caller.code(KEY_INFO, key=key) == (401, "400006")
    assert caller.data(KEY_INFO)["remark"] == "demo"


def test_public_calls_are_counted_for_the_address_that_is_seen() -> None:
    caller = Caller()
    caller.call("GET", "/api/v1/timestamp")
    assert {owner for _, owner in caller.exchange.quota.pools} == {"127.0.0.1"}
    caller.exchange.gateway.callers.set("203.0.113.9")
    caller.call("GET", "/api/v1/timestamp")
    assert {owner for _, owner in caller.exchange.quota.pools} == {"203.0.113.9"}

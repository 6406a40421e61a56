"""Where we may connect to."""

from __future__ import annotations

import pytest

from terminal.domain.errors import TernError
from terminal.exchange.hosts import (
    ORDER_SOCKETS,
    REAL,
    Hosts,
    host_problem,
    is_loopback,
    order_socket_of,
    order_socket_problem,
    require_safe,
)


@pytest.mark.parametrize(
    "address",
    [
        "https://api-futures.kucoin.com",
        "http://127.0.0.1:8080",
        "http://[::1]:5",
        "https://LOCALHOST",
    ],
)
def test_encrypted_or_loopback(address: str) -> None:
    assert Hosts(address, address).futures == address


@pytest.mark.parametrize(
    "address",
    [
        "http://api.kucoin.com",
        "ftp://127.0.0.1",
        "127.0.0.1",
        "https://u:p@api.kucoin.com",
        "",
        "https://[::1",
        "https://api.kucoin.com:port",
        "https://api.kucoin.com:0",
        "https://api.kucoin.com/api/v1",
        "https://api.kucoin.com?x=1",
        "https://xn--a.com",
        "https://api.xn--kucon-2sa.com",
        "https://api.kuco\u0131n.com",
        "https://a b.com",
        "https://-a.com",
        "https://a..com",
        "https://" + "a" * 64 + ".com",
        "https://" + "a." * 127 + "com",
        "http://[::1%25lo]:5",
    ],
)
def test_everything_else_is_refused(address: str) -> None:
    with pytest.raises(TernError):
        Hosts(address, "https://api.kucoin.com")


def test_streams_have_their_own_schemes() -> None:
    require_safe("wss://example.org/", secure="wss", plain="ws")
    require_safe("ws://localhost:1/", secure="wss", plain="ws")
    with pytest.raises(TernError):
        require_safe("ws://example.org/", secure="wss", plain="ws")


@pytest.mark.parametrize(
    ("address", "is_ours"),
    [("http://[::1]:1", True), ("http://127.9.9.9", True), ("http://127.0.0.1.example.org", False)],
)
def test_loopback_is_read_from_the_address_not_its_looks(address: str, *, is_ours: bool) -> None:
    assert is_loopback(address) is is_ours


def test_the_exchange_itself_is_encrypted() -> None:
    """The addresses that are built in pass their own rule and are not of this machine."""
    assert Hosts(REAL.futures, REAL.account, ORDER_SOCKETS["main"]) == REAL
    assert not is_loopback(REAL.futures)
    assert not is_loopback(REAL.account)


def test_what_is_wrong_with_an_address_is_one_sentence() -> None:
    """The sentence fits beside a field, and a good address has none."""
    assert host_problem("https://api.kucoin.com/") == ""
    assert host_problem("http://127.0.0.1:8080") == ""
    assert "encrypted" in host_problem("http://api.kucoin.com")
    assert "Only the host" in host_problem("https://api.kucoin.com/path")
    assert "cannot be used" in host_problem("nonsense")


@pytest.mark.parametrize(
    "address", [*ORDER_SOCKETS.values(), "ws://127.0.0.1:8080/v1/private", "ws://localhost/x"]
)
def test_an_order_socket_has_an_address_with_a_path(address: str) -> None:
    assert Hosts(REAL.futures, REAL.account, address).orders == address


@pytest.mark.parametrize(
    "address",
    [
        "ws://wsapi.kucoin.com/v1/private",
        "https://wsapi.kucoin.com/v1/private",
        "wss://wsapi.kucoin.com/v1/private?apikey=1",
        "wss://user:word@wsapi.kucoin.com/v1/private",
        "nonsense",
    ],
)
def test_an_order_socket_is_encrypted_and_names_nothing_else(address: str) -> None:
    with pytest.raises(TernError):
        Hosts(REAL.futures, REAL.account, address)


HERE = "http://127.0.0.1:1"
OWN = "wss://orders.example/v1/private"


@pytest.mark.parametrize(
    ("choice", "futures", "address"),
    [
        ("", REAL.futures, ORDER_SOCKETS["main"]),
        ("", HERE, ""),
        ("none", REAL.futures, ""),
        (" None ", HERE, ""),
        ("main", REAL.futures, ORDER_SOCKETS["main"]),
        ("COLOCATED", REAL.futures, ORDER_SOCKETS["colocated"]),
        (OWN, REAL.futures, OWN),
        (OWN, HERE, OWN),
        ("ws://127.0.0.1:2/v1/private", HERE, "ws://127.0.0.1:2/v1/private"),
    ],
)
def test_the_order_socket_is_a_word_or_an_address(choice: str, futures: str, address: str) -> None:
    """Without a choice the exchange itself has its main one, and a stand-in has none."""
    assert order_socket_of(choice, futures) == address


@pytest.mark.parametrize(
    ("choice", "futures", "words"),
    [
        ("main", HERE, "belongs to the exchange itself"),
        ("colocated", "https://stand-in.example", "belongs to the exchange itself"),
        ("second", REAL.futures, "is main, colocated, none or an address"),
        ("wsapi.kucoin.com/v1/private", REAL.futures, "or an address (wss://)"),
        ("ws://orders.example/v1/private", REAL.futures, "must be encrypted"),
        ("https://orders.example/v1/private", REAL.futures, "must be encrypted"),
        (f"{OWN}?apikey=1", REAL.futures, "Only the address"),
        ("wss://u:p@orders.example/x", REAL.futures, "cannot be used"),
    ],
)
def test_a_wrong_order_socket_is_one_sentence(choice: str, futures: str, words: str) -> None:
    with pytest.raises(TernError) as raised:
        order_socket_of(choice, futures)
    assert words in raised.value.sentence
    if futures == REAL.futures:
        assert order_socket_problem(choice) == raised.value.sentence


def test_a_choice_that_can_be_used_has_no_problem() -> None:
    assert [order_socket_problem(one) for one in ("", "none", "main", OWN)] == [""] * 4

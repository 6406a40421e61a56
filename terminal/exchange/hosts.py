"""Where an exchange is, and what is allowed there: encrypted, except on loopback."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import final
from urllib.parse import urlsplit

from terminal.domain.errors import TernError

_LABEL = r"(?!xn--)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.ASCII)
LONGEST_NAME = 253


@final
@dataclass(frozen=True, slots=True)
class Hosts:
    """Base addresses of the two REST hosts, and the order socket's address with its path.

    Without an address for ``orders`` there is no order socket. Raises ``TernError`` when one is not
    acceptable.
    """

    futures: str
    account: str
    orders: str = ""

    def __post_init__(self) -> None:
        for address in (self.futures, self.account):
            require_safe(address, secure="https", plain="http")
            parts = urlsplit(address)
            if parts.path.strip("/") or parts.query or parts.fragment:
                raise TernError(
                    "an address with a path",
                    sentence="Only the host is wanted, such as https://api.kucoin.com.",
                )
        if self.orders:
            require_safe(self.orders, secure="wss", plain="ws")
            parts = urlsplit(self.orders)
            if parts.query or parts.fragment:
                raise TernError(
                    "an order socket with a query",
                    sentence=f"Only the address is wanted, such as {ORDER_SOCKETS['main']}.",
                )


ORDER_SOCKETS = {
    "main": "wss://wsapi.kucoin.com/v1/private",
    "colocated": "wss://mixed-ws-colo.kucoin.com/v1/private",
}
"""The exchange's order sockets by the words that choose them. Source: API reference 1.1."""
NO_ORDER_SOCKET = "none"
"""The word for orders by REST alone."""


def require_safe(address: str, *, secure: str, plain: str) -> None:
    """Raise ``TernError`` unless the address is encrypted or on loopback."""
    try:
        parts = urlsplit(address)
        has_port = parts.port != 0
    except ValueError:
        raise TernError("not an address", sentence="The address cannot be used.") from None
    host = parts.hostname or ""
    if not _is_name(host) or not has_port or parts.username or parts.password:
        raise TernError("not an address", sentence="The address cannot be used.")
    if parts.scheme == secure or (parts.scheme == plain and is_loopback(address)):
        return
    raise TernError(
        f"{address} is neither {secure} nor on loopback",
        sentence="Connections must be encrypted, except to this machine itself.",
    )


def _is_name(host: str) -> bool:
    """Whether a host, in lower case, is a plain name or an IP address.

    International names are none: a letter that looks like another one leads a key elsewhere.
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return len(host) <= LONGEST_NAME and _NAME.fullmatch(host) is not None
    return "%" not in host


def host_problem(address: str) -> str:
    """Why an address cannot be a host of the exchange, one sentence; empty when it can."""
    try:
        Hosts(address, address)
    except TernError as error:
        return error.sentence
    return ""


def is_loopback(address: str) -> bool:
    """True when the address names this machine itself."""
    host = urlsplit(address).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


REAL = Hosts("https://api-futures.kucoin.com", "https://api.kucoin.com", ORDER_SOCKETS["main"])
"""The exchange itself. Source: API reference 1.1."""


def order_socket_of(choice: str, futures: str) -> str:
    """The order socket's address for a choice: ``main``, ``colocated``, ``none`` or an address.

    An empty choice means the main one of the exchange itself, and none for any other host
    (``futures`` is the REST host). Raises ``TernError`` for what cannot be used; a key of another
    exchange is never taken to the exchange's own sockets.
    """
    word = choice.strip()
    is_real = futures == REAL.futures
    if not word:
        return REAL.orders if is_real else ""
    if word.lower() == NO_ORDER_SOCKET:
        return ""
    named = ORDER_SOCKETS.get(word.lower())
    if named is not None and not is_real:
        raise TernError(
            f"order socket {word} of another exchange",
            sentence=f"The order socket {word} belongs to the exchange itself, not to {futures}.",
            remedy="Give the address of its order socket, or none.",
        )
    address = named or word
    if named is None and "://" not in word:
        names = ", ".join(ORDER_SOCKETS)
        raise TernError(
            "order socket: no address",
            sentence=f"The order socket is {names}, {NO_ORDER_SOCKET} or an address (wss://).",
        )
    return Hosts(REAL.futures, REAL.account, address).orders


def order_socket_problem(choice: str) -> str:
    """Why a choice cannot be the order socket of the exchange, one sentence; empty when it can."""
    try:
        order_socket_of(choice, REAL.futures)
    except TernError as error:
        return error.sentence
    return ""

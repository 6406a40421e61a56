"""Programs by others with our addresses and our key, and nothing else changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.peers.hosted import Hosted


def addressed(program: Any, exchange: Hosted) -> Any:
    """A ccxt exchange object with the addresses of ours; its order stream has them from a reply."""
    addresses = program.urls["api"]
    program.urls["api"] = {
        name: exchange.address if isinstance(address, str) else address
        for name, address in addresses.items()
    }
    return program


def secrets(exchange: Hosted) -> dict[str, str]:
    """What a user of ccxt enters."""
    key = exchange.key
    return {"apiKey": key.key, "secret": key.secret, "password": key.passphrase}


def entered(library: Any, name: str, exchange: Hosted, listed: tuple[Any, Any]) -> Any:
    """A ccxt object with key, addresses and markets."""
    settings = {**secrets(exchange), "options": {"defaultType": "swap"}}
    program = addressed(getattr(library, name)(settings), exchange)
    program.set_markets(*listed)
    return program

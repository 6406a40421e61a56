"""Programs we did not write on the simulated exchange: only the addresses are changed.

They are an extra of the project, ``peers``; without it these tests are skipped, unless
``TERN_TEST_PEERS`` says that it is there.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.peers.hosted import Hosted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

HERE = Path(__file__).parent
LIBRARIES = ("ccxt", "kucoin_universal_sdk")
MISSING = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
IGNORED = (
    # pydantic announces a change of its own; the SDK's transport reads a field on the instance.
    "ignore:Accessing the 'model_fields' attribute on the instance is deprecated",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in this folder."""
    is_promised = bool(os.environ.get("TERN_TEST_PEERS"))
    for item in items:
        if HERE not in item.path.parents:
            continue
        for text in IGNORED:
            item.add_marker(pytest.mark.filterwarnings(text))
        if MISSING and not is_promised:
            reason = f"the extra 'peers' is not installed: no {' and no '.join(MISSING)}"
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
def exchange() -> Iterator[Hosted]:
    """A fresh exchange with live markets."""
    hosted = Hosted()
    yield hosted
    hosted.close()


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


@pytest.fixture(scope="session")
def ccxt() -> Any:
    """The library itself, for its classes and exceptions."""
    return importlib.import_module("ccxt")


@pytest.fixture(scope="session")
def listed(ccxt: Any) -> tuple[Any, Any]:
    """Markets and currencies as ccxt loads them: once, for they cost it half a second."""
    hosted = Hosted()
    program = addressed(ccxt.kucoinfutures(secrets(hosted)), hosted)
    program.load_markets()
    program.session.close()
    hosted.close()
    return program.markets, program.currencies


def entered(library: Any, name: str, exchange: Hosted, listed: tuple[Any, Any]) -> Any:
    """A ccxt object with key, addresses and markets."""
    settings = {**secrets(exchange), "options": {"defaultType": "swap"}}
    program = addressed(getattr(library, name)(settings), exchange)
    program.set_markets(*listed)
    return program


@pytest.fixture
def client(ccxt: Any, exchange: Hosted, listed: tuple[Any, Any]) -> Iterator[Any]:
    """A blocking ccxt client of the class for futures only."""
    program = entered(ccxt, "kucoinfutures", exchange, listed)
    yield program
    program.session.close()


@pytest.fixture(params=["kucoinfutures", "kucoin"])
def either(
    request: pytest.FixtureRequest, ccxt: Any, exchange: Hosted, listed: tuple[Any, Any]
) -> Iterator[Any]:
    """A blocking ccxt client of each class that serves futures."""
    program = entered(ccxt, request.param, exchange, listed)
    yield program
    program.session.close()


@pytest.fixture
async def live(exchange: Hosted, listed: tuple[Any, Any]) -> AsyncIterator[Any]:
    """A ccxt.pro client."""
    pro = importlib.import_module("ccxt.pro")
    program = entered(pro, "kucoinfutures", exchange, listed)
    yield program
    await program.close()

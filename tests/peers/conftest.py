"""Programs we did not write on the simulated exchange: only the addresses are changed.

They are an extra of the project, ``peers``; without it these tests are skipped, unless
``TERN_TEST_PEERS`` says that it is there.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from terminal.simexchange.market.market import FUNDING_MS
from tests.peers.hosted import Hosted
from tests.peers.programs import Official, addressed, entered, library, secrets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

HERE = Path(__file__).parent
IGNORED = (
    # pydantic announces a change of its own; the SDK's transport reads a field on the instance.
    "ignore:Accessing the 'model_fields' attribute on the instance is deprecated",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in this folder."""
    for item in items:
        if HERE not in item.path.parents:
            continue
        for text in IGNORED:
            item.add_marker(pytest.mark.filterwarnings(text))


@pytest.fixture
def exchange() -> Iterator[Hosted]:
    """A fresh exchange with live markets."""
    hosted = Hosted()
    yield hosted
    hosted.close()


@pytest.fixture
def settling() -> Iterator[Hosted]:
    """An exchange that settles funding two seconds after its start, by its own clock."""
    hosted = Hosted(FUNDING_MS * 62_000 - 2_000)
    yield hosted
    hosted.close()


@pytest.fixture(scope="session")
def ccxt() -> Any:
    """The library itself, for its classes and exceptions."""
    return library("ccxt")


@pytest.fixture(scope="session")
def listed(ccxt: Any) -> tuple[Any, Any]:
    """Markets and currencies as ccxt loads them: once, for they cost it half a second."""
    hosted = Hosted()
    program = addressed(ccxt.kucoinfutures(secrets(hosted)), hosted)
    program.load_markets()
    program.session.close()
    hosted.close()
    return program.markets, program.currencies


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
    pro = library("ccxt.pro")
    program = entered(pro, "kucoinfutures", exchange, listed)
    program.open()
    yield program
    await program.close()


@pytest.fixture
def official(exchange: Hosted) -> Iterator[Official]:
    """The exchange's own SDK."""
    program = Official(exchange)
    yield program
    program.close()

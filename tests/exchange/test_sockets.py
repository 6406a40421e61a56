"""Opening connections: errors and logs never hold the address, because it is a secret."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING

import pytest

from terminal.exchange.errors import TransportError
from terminal.exchange.sockets import has_room, open_socket
from terminal.simexchange.server import SimExchange

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SECRET = "apikey=very-hidden"


@pytest.fixture
async def exchange() -> AsyncIterator[SimExchange]:
    exchange = SimExchange(is_calm=True)
    await exchange.start()
    yield exchange
    await exchange.stop()


@pytest.mark.parametrize("address", ["ws://127.0.0.1:1/x", "http://x/"])
async def test_what_cannot_be_opened_was_not_sent_and_is_not_named(address: str) -> None:
    with pytest.raises(TransportError) as raised:
        await open_socket(f"{address}?{SECRET}")
    assert not raised.value.was_sent
    assert "hidden" not in "".join(traceback.format_exception(raised.value))


async def test_a_door_that_is_no_socket_tells_its_status(exchange: SimExchange) -> None:
    with pytest.raises(TransportError, match="HTTP 40") as raised:
        await open_socket(f"ws://127.0.0.1:{exchange.port}/nowhere?{SECRET}")
    assert "hidden" not in "".join(traceback.format_exception(raised.value))


async def test_no_log_holds_the_address_or_what_is_said(
    exchange: SimExchange, caplog: pytest.LogCaptureFixture
) -> None:
    """Even when all of the program logs everything."""
    caplog.set_level(logging.DEBUG)
    socket = await open_socket(f"{exchange.ws_api}?{SECRET}")
    assert "400001" in str(await socket.recv())
    await socket.close()
    assert not has_room(socket)
    # What the simulated exchange logs of itself is its own business.
    lines = [record for record in caplog.records if not record.name.startswith("aiohttp")]
    assert not [record for record in lines if "hidden" in record.getMessage()]

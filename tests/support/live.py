"""The real clients and sessions on a simulated exchange over real sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.guard import GuardLimits
from terminal.exchange.connect import ExchangeClients, connect
from terminal.exchange.credentials import Credentials
from terminal.exchange.hosts import Hosts
from terminal.session.backend import Backend, Safety
from terminal.session.tasks import TaskOwner
from terminal.simexchange.server import SimExchange
from tests.support.builders import XBT
from tests.support.deadlines import eventually
from tests.support.steady_time import SteadyClock, steady_time

if TYPE_CHECKING:
    from terminal.exchange.permit import Permit
    from terminal.session.market import MarketSession
    from terminal.simexchange.switches import Switches


def clients_of(
    exchange: SimExchange, permit: Permit | None = None, *, has_socket: bool = False
) -> ExchangeClients:
    """Clients signed with the demo key; with a permit they send what it allows."""
    key = exchange.key
    return connect(
        Hosts(exchange.rest, exchange.rest, exchange.ws_api if has_socket else ""),
        Credentials(key.key, key.secret, key.passphrase),
        SteadyClock(),
        permit=permit,
    )


@final
class Live:
    """An exchange and a backend on it, in one loop: ``start``, use, ``stop``."""

    def __init__(
        self,
        *,
        is_calm: bool = False,
        switches: Switches | None = None,
        permit: Permit | None = None,
        safety: Safety | None = None,
        has_socket: bool = False,
    ) -> None:
        self._has_socket = has_socket
        self._permit = permit
        self._safety = safety
        self.exchange = SimExchange(is_calm=is_calm, switches=switches, clock=steady_time())
        self.errors: list[str] = []
        self.owner = TaskOwner("live", lambda name, error: self.errors.append(f"{name} {error!r}"))

    async def start(self) -> None:
        """Start both and wait until everything is live and trusted."""
        await self.exchange.start()
        clock = SteadyClock()
        self.backend = Backend(
            clients_of(self.exchange, self._permit, has_socket=self._has_socket),
            clock,
            self.owner,
            GuardLimits,
            safety=self._safety,
        )
        await self.backend.start()
        await eventually(lambda: self.backend.markets.contracts, "the contract list")
        self.market: MarketSession = self.backend.markets.open(XBT)
        await eventually(self.is_ready, "a live book and a trusted account")

    def is_ready(self) -> bool:
        """Everything is live and trusted."""
        backend = self.backend
        return (
            self.market.touch() is not None
            and backend.desk.is_trusted
            and backend.account.is_trusted
            and backend.account.margin_mode(XBT) is not None
        )

    async def stop(self) -> None:
        """End both; no task may have failed."""
        await self.backend.stop()
        await self.exchange.stop()
        assert not self.errors, self.errors

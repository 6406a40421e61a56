"""A trader's program in a process of its own, to be killed while its fuse burns.

Takes address, key, secret, passphrase, the last price, seconds and the fate of stops; opens a
position with a stop, rests an entry, lights the fuse, prints one line and goes on.
"""

from __future__ import annotations

import asyncio
import sys

from terminal.domain.account_facts import StopsFate
from terminal.domain.events import MarginMode, StopDirection, StopReference
from terminal.domain.guard import GuardLimits
from terminal.domain.ticket import StopTrigger, close_ticket
from terminal.domain.units import Lots, Price, Side
from terminal.exchange.connect import connect
from terminal.exchange.credentials import Credentials
from terminal.exchange.hosts import Hosts
from terminal.session.backend import Backend, Safety
from terminal.session.clock import SystemClock
from terminal.session.fuse import FuseState, FuseTerms
from terminal.session.tasks import TaskOwner
from tests.support.builders import XBT, a_ticket
from tests.support.deadlines import eventually


def told(name: str, error: BaseException) -> None:
    sys.stderr.write(f"{name} {error!r}\n")


async def main(address: str, *rest: str) -> None:
    key, secret, passphrase, last, seconds, fate = rest
    clients = connect(Hosts(address, address), Credentials(key, secret, passphrase), SystemClock())
    owner = TaskOwner("child", told)
    safety = Safety(fuse=FuseTerms(StopsFate(fate), int(seconds)))
    backend = Backend(clients, SystemClock(), owner, GuardLimits, safety=safety)
    await backend.start()
    desk = backend.desk
    await eventually(lambda: backend.markets.contracts, "the contract list")
    market = backend.markets.open(XBT)
    await eventually(
        lambda: desk.is_trusted and backend.account.is_trusted and market.touch() is not None,
        "trust",
    )
    touch = market.touch()
    assert touch is not None
    assert touch.best_ask is not None
    desk.submit(a_ticket(side=Side.BUY, price=touch.best_ask, lots=Lots(3)))
    await eventually(backend.account.positions, "a position")
    trigger = StopTrigger(StopDirection.DOWN, StopReference.LAST, Price(int(last) - 5000))
    desk.close_position(close_ticket(XBT, MarginMode.ISOLATED, trigger=trigger))
    desk.submit(a_ticket(side=Side.BUY, price=Price(int(last) - 400), lots=Lots(2)))
    await eventually(lambda: all(order.order_id for order in desk.working()), "both orders")
    assert backend.fuse.light(int(seconds)) == ""
    await eventually(lambda: backend.fuse.status.state is FuseState.LIT, "a burning fuse")
    sys.stdout.write("lit\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

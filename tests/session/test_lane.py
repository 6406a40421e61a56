"""One connection of a feed."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.guard import GuardLimits
from terminal.domain.secret import Secret
from terminal.exchange.connect import connect
from terminal.exchange.connect_window import WINDOW_CONNECTIONS, ConnectWindow
from terminal.exchange.credentials import Credentials
from terminal.exchange.hosts import Hosts
from terminal.exchange.order_socket import CROWDED, SocketState, SocketStatus
from terminal.session.backend import Backend
from terminal.session.lane import FeedStatus, Lane
from terminal.session.tasks import TaskOwner
from tests.support.builders import a_delta
from tests.support.fake_clock import FakeClock
from tests.support.fakes import FakeStream

if TYPE_CHECKING:
    from terminal.exchange.gateway import StreamFact


@final
class Host:
    """Notes what a lane tells."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.data: list[StreamFact] = []

    def lane_opened(self, _lane: Lane) -> None:
        self.log.append("opened")

    def lane_lost(self, lane: Lane) -> None:
        self.log.append(f"lost: {lane.reason}")

    def lane_changed(self) -> None:
        pass

    def take_data(self, fact: StreamFact, _now_s: float) -> None:
        self.data.append(fact)

    def take_control(self, _lane: Lane, fact: StreamFact) -> None:
        self.log.append(type(fact).__name__)


class Harness:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.stream = FakeStream()
        self.errors: list[str] = []
        self.owner = TaskOwner("test", lambda name, error: self.errors.append(f"{name} {error!r}"))
        self.host = Host()
        self.lane = Lane(self.stream, self.clock, self.owner, self.host, ConnectWindow())

    async def live(self) -> Harness:
        self.lane.start("lane")
        await self.clock.settle()
        assert self.lane.is_live
        return self

    async def end(self) -> None:
        await self.lane.stop()
        await self.owner.close()
        assert not self.errors


async def test_a_doubted_connection_is_lost_at_once_heard_no_more_and_replaced() -> None:
    h = await Harness().live()
    on_fact = h.stream.heard_by
    h.lane.renew("The computer slept.")
    assert h.host.log == ["opened", "lost: The computer slept."]
    assert on_fact is not None
    on_fact(a_delta(1))
    assert h.host.data == [], "nobody believes it any more"
    await h.clock.settle()
    assert h.lane.is_live
    assert h.stream.runs == 2
    h.stream.push(a_delta(2))
    assert h.host.data == [a_delta(2)]
    await h.end()


async def test_a_wait_ends_when_there_is_reason_to_hurry() -> None:
    h = Harness()
    h.stream.connects = False
    h.lane.start("lane")
    for _ in range(3):
        await h.clock.advance(4.0)
    runs = h.stream.runs
    assert h.lane.status is FeedStatus.WAITING
    h.stream.connects = True
    h.lane.renew("The computer slept.")
    await h.clock.settle()
    assert h.stream.runs == runs + 1
    assert h.lane.is_live
    await h.end()


async def test_however_often_it_is_doubted_it_connects_only_so_often_in_a_minute() -> None:
    h = await Harness().live()
    for _ in range(100):
        h.lane.renew("again")
        await h.clock.advance(0.1)
    assert h.stream.runs == WINDOW_CONNECTIONS
    assert h.lane.retry_at_s is not None
    await h.clock.advance(60.0)
    assert h.lane.is_live
    await h.end()


async def test_a_connection_in_the_making_is_not_doubted() -> None:
    h = Harness()
    h.lane.status = FeedStatus.CONNECTING
    h.lane.renew("The computer slept.")
    h.lane.status = FeedStatus.STOPPED
    await h.live()
    assert h.stream.runs == 1
    await h.end()


async def test_connections_that_wait_for_one_place_do_not_all_take_it() -> None:
    h = Harness()
    window = ConnectWindow(1, 60.0)
    window.note(0.0)
    lanes = [Lane(FakeStream(), h.clock, h.owner, h.host, window) for _ in range(3)]
    for lane in lanes:
        lane.start("lane")
    live: list[int] = []
    for _ in range(3):
        await h.clock.advance(60.0)
        live.append(sum(lane.is_live for lane in lanes))
    assert live == [1, 2, 3]
    for lane in lanes:
        await lane.stop()
    await h.owner.close()
    assert not h.errors


async def test_both_feeds_and_the_order_socket_share_one_window() -> None:
    """However often they are doubted and refused: of an account, not of a connection (5.4)."""
    h = Harness()
    hosts = Hosts("http://127.0.0.1:1", "http://127.0.0.1:1", "ws://127.0.0.1:1/x")
    clients = connect(hosts, Credentials(Secret("k"), Secret("s"), Secret("p")), h.clock)
    backend = Backend(clients, h.clock, h.owner, GuardLimits)
    now_s = h.clock.monotonic_s()
    for _ in range(WINDOW_CONNECTIONS):
        assert clients.window.wait_s(now_s) == 0.0
        clients.window.note(now_s)
    assert clients.order_socket is not None
    h.owner.spawn("order socket", clients.order_socket.run())
    for feed in (backend.market_feed, backend.account_feed):
        feed.start()
    await h.clock.advance(59.0)
    waits = [feed.health.retry_at_s for feed in (backend.market_feed, backend.account_feed)]
    assert waits == [now_s + 60.0] * 2
    assert clients.order_socket.state == SocketState(SocketStatus.WAITING, CROWDED)
    await backend.stop()
    assert not h.errors

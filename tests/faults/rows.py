"""The table of faults: what goes wrong, what is done meanwhile, what is seen, how soon it is over.

Seconds are those of the client's clock.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, final

from terminal.domain.order import OrderState
from terminal.simexchange.errors import Refused
from terminal.simexchange.faults import Fate
from tests.support.builders import XBT
from tests.support.quick_time import until
from tests.support.tamper import (
    as_plain_text,
    cut_off,
    in_two_pages,
    lost_before,
    page_after,
    page_before,
    refused_with,
    wrong_code,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from terminal.simexchange.sockets.hub import Listener
    from terminal.simexchange.sockets.order_commands import Reply
    from tests.support.rig import Rig
    from tests.support.tamper import Bend

    Begin: TypeAlias = Mapping[str, object] | Callable[[Rig], None]
    Act: TypeAlias = Callable[[Rig], Awaitable[None]]

PLACE = "POST /api/v1/orders"
LEVEL2 = "/contractMarket/level2:XBTUSDTM"
ORDERS_TOPIC = "/contractMarket/tradeOrders*"
NO_REPLY = "No answer to the order: asking what became of it."
NOT_PLACED = "The exchange does not know this order; it was not placed."


async def nothing(_rig: Rig) -> None:
    """Look on."""


@final
@dataclass(frozen=True)
class Row:
    """One kind of fault.

    ``begin`` is a setting of the exchange's own table, or hands on the wire. It lasts through
    ``act`` and ``lasts_s`` more, or until it is used up when that is None. ``within_s`` after its
    end, or after its begin when it is used up, everything is whole again. ``sees`` are parts of
    sentences that the user read; ``is_stale`` says whether the market was said not to be trusted,
    ``is_doubted`` whether orders and positions were not (None: either). A book that the exchange
    left behind is shown as live for no longer than ``believes_s``.
    """

    name: str
    begin: Begin = field(default_factory=dict)
    act: Act = nothing
    lasts_s: float | None = None
    within_s: float = 10.0
    sees: tuple[str, ...] = ()
    is_lost: bool = False
    """Everything was said not to be trusted."""
    is_stale: bool | None = None
    is_doubted: bool | None = None
    believes_s: float = 0.5
    has_socket: bool = False
    is_lied_to: bool = False
    """The exchange itself tells what is not: it may be shown for the moment that is allowed."""
    is_from_start: bool = False
    """It is there before the client is."""


# What is done meanwhile --------------------------------------------------------------------------


async def reconnects(rig: Rig) -> None:
    """Both streams are closed, so that everything is read anew."""
    rig.exchange.drop_streams()
    await until(lambda: not rig.desk.is_trusted, "the loss", 5.0)


async def places(rig: Rig) -> None:
    """An order that rests; then it is known what became of it."""
    await rig.clear_up(rig.rests(), 90.0)


async def submits(rig: Rig) -> None:
    """An order whose end is not waited for."""
    rig.rests()


async def places_in_vain(rig: Rig) -> None:
    """The exchange vanishes from the net, and before anybody knows, an order is to be sent."""
    await rig.vanish()
    oid = rig.rests()
    await rig.clear_up(oid, 3.0)
    assert rig.state(oid) is OrderState.REJECTED
    assert not rig.tamper.received[oid]
    await asyncio.sleep(5.0)
    await rig.reappear()


async def takes(rig: Rig) -> None:
    """An order that fills at once; then it is known what became of it."""
    await rig.clear_up(rig.takes(3), 90.0)


async def places_and_cancels(rig: Rig) -> None:
    """An order that rests, canceled under the fault."""
    await rig.cancel(rig.standing)


async def cancels_in_vain(rig: Rig) -> None:
    """A cancel that fails, or may have failed, and says so; asked for again after the fault."""
    rig.desk.cancel(rig.standing)
    ends = ("Not canceled.", "Not known whether it was canceled")
    await until(lambda: any(words.startswith(ends) for words in rig.said), "the end", 60.0)
    rig.faults.clear()
    rig.tamper.clear()
    assert rig.desk.orders[rig.standing].is_working
    await rig.cancel(rig.standing)


async def cancels_all(rig: Rig) -> None:
    """Everything of the contract is canceled."""
    rig.desk.cancel_all(XBT)
    await until(lambda: not rig.desk.working(XBT), "the end of all orders", 60.0)


async def is_blocked(rig: Rig) -> None:
    """An order that the client knows at once was not placed."""
    oid = rig.rests()
    await rig.clear_up(oid, 3.0)
    assert rig.state(oid) is OrderState.REJECTED


async def sits_busy(rig: Rig) -> None:
    """The market was busy for a while, so that silence means something."""
    for _ in range(80):
        rig.exchange.step(XBT)
        await asyncio.sleep(0.25)


async def misses_fills(rig: Rig) -> None:
    """While no stream is let in, the market fills a resting order and another one is placed."""
    rig.exchange.drop_streams()
    await until(lambda: not rig.desk.is_trusted, "the loss", 5.0)
    near = rig.exchange.engine.account.active()[0]
    rig.exchange.engine.trade_at(XBT, (near.price or 0) - 5)
    assert near.filled


async def acts_elsewhere(rig: Rig) -> None:
    """While no stream is let in, an order of ours is canceled elsewhere."""
    rig.exchange.drop_streams()
    await until(lambda: not rig.desk.is_trusted, "the loss", 5.0)
    rig.exchange.engine.cancel(rig.exchange.engine.account.active()[0])


async def places_and_loses(rig: Rig) -> None:
    """The private stream breaks between an order and its first event, while it fills."""
    oid = rig.takes(4)
    rig.exchange.drop_streams()
    await rig.clear_up(oid, 60.0)


async def places_as_it_breaks(rig: Rig) -> None:
    """The order socket breaks before the frame of an order is read."""
    rig.exchange.order_sockets.drop_all()
    await rig.clear_up(rig.rests(), 90.0)


async def places_by_rest(rig: Rig) -> None:
    """The order socket is ended and nobody is let in again: the next order goes by REST."""
    rig.exchange.order_sockets.end_all("maintenance")
    socket = rig.clients.order_socket
    assert socket is not None
    await until(lambda: not socket.is_ready, "the end of the socket", 5.0)
    before = rig.exchange.gateway.calls.get(PLACE, 0)
    await places(rig)
    assert rig.exchange.gateway.calls.get(PLACE, 0) == before + 1
    rig.said.append(rig.clients.trading.route.reason)


async def breaks_with_replies_held(rig: Rig) -> None:
    """Two orders are done, their replies wait, and the connection ends."""
    rig.exchange.order_sockets.holds_replies = True
    oids = [rig.rests(), rig.takes(1)]
    await until(lambda: len(rig.exchange.order_sockets.held) == 2, "two replies", 5.0)
    rig.exchange.order_sockets.end_all("maintenance")
    rig.exchange.order_sockets.holds_replies = False
    for oid in oids:
        await rig.clear_up(oid)


async def replies_late(rig: Rig) -> None:
    """A reply comes after it was given up; no event tells of the order meanwhile."""
    rig.exchange.order_sockets.holds_replies = True
    oid = rig.rests()
    await until(lambda: rig.state(oid) is OrderState.UNKNOWN, "that it is not known", 10.0)
    rig.exchange.order_sockets.holds_replies = False
    rig.exchange.order_sockets.release()
    await rig.clear_up(oid)


async def places_two(rig: Rig) -> None:
    """Two orders at once."""
    for oid in (rig.rests(), rig.rests()):
        await rig.clear_up(oid)


async def idles(rig: Rig) -> None:
    """Nothing is done until the client finds out by itself that its socket is dead."""
    socket = rig.clients.order_socket
    assert socket is not None
    await until(lambda: not socket.is_ready, "the end of the socket", 60.0)
    rig.said.append(socket.state.reason)


async def signs_in_anew(rig: Rig) -> None:
    """The order socket is ended; signing in again fails first."""
    rig.exchange.order_sockets.end_all("maintenance")
    socket = rig.clients.order_socket
    assert socket is not None
    socket.on_changed = lambda: rig.said.append(socket.state.reason)
    await asyncio.sleep(3.0)


# Hands on the wire -------------------------------------------------------------------------------


def answers(pattern: str, bend: Bend, times: int = 1) -> Callable[[Rig], None]:
    """Change answers of REST."""
    return lambda rig: rig.tamper.answers(pattern, bend, times)


def swallowing(kind: str, times: int) -> Callable[[Rig], None]:
    """Frames of a kind do not come, so many times."""

    def begin(rig: Rig) -> None:
        left = [times]

        def bend(_to: Listener, frame: dict[str, Any], _text: str) -> Iterable[str] | None:
            if frame["type"] == kind and left[0]:
                left[0] -= 1
                return ()
            return None

        rig.tamper.frames(bend)

    return begin


def refusing(topic: str, code: int, words: str, times: int = 1) -> Callable[[Rig], None]:
    """The exchange refuses a topic: its listener is taken off, and an error comes for the ack."""

    def begin(rig: Rig) -> None:
        left = [times]

        def bend(to: Listener, frame: dict[str, Any], _text: str) -> Iterable[str] | None:
            if frame["type"] != "ack" or not left[0]:
                return None
            found = [name for name in to.topics if topic in name]
            if not found:
                return None
            left[0] -= 1
            for name in found:
                rig.exchange.hub.unsubscribe(to, name)
            return (json.dumps({**frame, "type": "error", "code": code, "data": words}),)

        rig.tamper.frames(bend)

    return begin


def on_level2(change: Callable[[Rig, dict[str, Any]], Iterable[dict[str, Any]]],
              times: int = 1) -> Callable[[Rig], None]:  # fmt: skip
    """Change frames of the book."""

    def begin(rig: Rig) -> None:
        left = [times]

        def bend(_to: Listener, frame: dict[str, Any], _text: str) -> Iterable[str] | None:
            if frame.get("topic") != LEVEL2 or not left[0]:
                return None
            left[0] -= 1
            return [json.dumps(one) for one in change(rig, frame)]

        rig.tamper.frames(bend)

    return begin


def _crossed(rig: Rig, frame: dict[str, Any]) -> Iterable[dict[str, Any]]:
    price = rig.exchange.engine.markets[XBT].spec.text(rig.ask + 30)
    return ({**frame, "data": {**frame["data"], "change": f"{price},buy,7"}},)


def _off_tick(rig: Rig, frame: dict[str, Any]) -> Iterable[dict[str, Any]]:
    price = rig.exchange.engine.markets[XBT].spec.text(rig.bid - 400)
    return ({**frame, "data": {**frame["data"], "change": f"{price}05,buy,7"}},)


def _nonsense(_rig: Rig, frame: dict[str, Any]) -> Iterable[dict[str, Any]]:
    return ({**frame, "data": {**frame["data"], "change": "many,buy,7"}},)


def strange_frames(rig: Rig) -> None:
    """Among the frames come topics, subjects and types that nobody knows."""

    def bend(_to: Listener, frame: dict[str, Any], text: str) -> Iterable[str] | None:
        if frame["type"] != "message":
            return None
        return (
            json.dumps({**frame, "topic": "/contractMarket/tomorrow:XBTUSDTM"}),
            json.dumps({"type": "notice", "data": "Hello."}),
            json.dumps({**frame, "subject": "tomorrow", "topic": "/contract/announcement"}),
            text,
            json.dumps({"type": "pong", "id": "nobody's"}),
        )

    rig.tamper.frames(bend)


def unreadable_private(rig: Rig) -> None:
    """The first event of an order cannot be read."""
    rig.faults.set("frames_truncated", f"1@{ORDERS_TOPIC}")


def denied_first(rig: Rig) -> None:
    """An order is taken and denied, and no event comes before the denial."""
    rig.tamper.answers(PLACE, wrong_code)
    rig.faults.set("reply_first")


def bullet_limited(rig: Rig) -> None:
    """No tokens for a while: too many were asked for."""
    words = "Too many requests in a short period of time"
    rig.tamper.answers("POST /api/v1/bullet-*", refused_with("429000", words, 429), 12)


def too_many_connections(rig: Rig) -> None:
    """The exchange lets no more connections in."""
    limits = rig.exchange.streams._parts.limits
    limits.connections = 0
    rig.exchange.clock.after(8.0, partial(setattr, limits, "connections", 50))


def wall_clock_back(rig: Rig) -> None:
    """Somebody sets this machine's clock back by an hour."""
    rig.clock.shift_ms -= 3_600_000


def wall_clock_ahead(rig: Rig) -> None:
    """Somebody sets this machine's clock ahead by a minute."""
    rig.clock.shift_ms += 60_000


def skewed(rig: Rig) -> None:
    """The exchange's clock leaves ours by a minute, and stays there."""
    rig.exchange.clock.shift_ms = 60_000


async def sleeps(rig: Rig) -> None:
    """The machine sleeps for ten minutes."""
    rig.clock.machine_sleeps(600.0)
    await asyncio.sleep(2.0)


def withheld(operation: str) -> Callable[[Rig], None]:
    """Commands over the order socket are done and never answered."""

    def begin(rig: Rig) -> None:
        def bend(frame: dict[str, Any], original: Callable[[], Reply | None]) -> Reply | None:
            reply = original()
            return None if frame.get("op") == operation else reply

        rig.tamper.replies(bend)

    return begin


def unread_reply(rig: Rig) -> None:
    """The reply to an order over the socket says success, and nothing that can be read."""

    def bend(frame: dict[str, Any], original: Callable[[], Reply | None]) -> Reply | None:
        reply = original()
        if reply is not None and frame.get("op") == "futures.order":
            reply.content["data"] = ["?"]
        return reply

    rig.tamper.replies(bend)


def slow_replies(seconds: float) -> Callable[[Rig], None]:
    """Replies over the order socket are so late."""

    def begin(rig: Rig) -> None:
        def bend(frame: dict[str, Any], original: Callable[[], Reply | None]) -> Reply | None:
            reply = original()
            if reply is not None and frame.get("op") != "ping":
                reply.fate = Fate(seconds)
            return reply

        rig.tamper.replies(bend)

    return begin


def sign_in_refused(rig: Rig) -> None:
    """The exchange does not take the answer to its challenge, once."""
    sockets = rig.exchange.order_sockets
    login = sockets._login
    left = [1]

    async def refusing_once(*args: Any) -> bool:
        if left[0]:
            left[0] -= 1
            raise Refused("400011", "Session verification failed.")
        return await login(*args)

    sockets._login = refusing_once  # type: ignore[method-assign, assignment]  # its own mistake


def no_fills_list(rig: Rig) -> None:
    """The list of fills fails again and again."""
    rig.tamper.answers("GET /api/v1/recentFills*", page_before, 6)


def standing_still(rig: Rig) -> None:
    """The market does nothing any more."""
    rig.is_moving = False


_GETS = "GET /api/v1/*"

READS = (
    Row("reads answered 500 with an envelope", {"server_errors": 4}, reconnects, is_lost=True),
    Row("reads answered 500 with a page", answers(_GETS, page_before, 6), reconnects, is_lost=True),
    Row("reads answered 503 with a page", {"unavailable": 6}, reconnects, is_lost=True),
    Row("the shield blocks this address (429, error 1015)", {"blocked": 1}, reconnects,
        within_s=75.0, sees=("shield",), is_lost=True),
    Row("reads answered 429 for the exchange's own load", {"overloads": 6}, reconnects,
        is_lost=True),
    Row("reads find the quota spent (429000 with figures)", {"quotas_spent": 1}, reconnects,
        within_s=45.0, is_lost=True),
    Row("answers to reads later than their time-out", {"read_delay_s": 7.0}, reconnects,
        lasts_s=20.0, within_s=45.0, is_lost=True),
    Row("connections break while reads are sent", {"refuses_connections": True}, reconnects,
        lasts_s=10.0, within_s=20.0, sees=("stream was lost",), is_lost=True),
    Row("connections break before reads are answered", answers(_GETS, lost_before, 6), reconnects,
        is_lost=True),
    Row("JSON as text/plain", answers("*", as_plain_text, 100), reconnects, within_s=5.0,
        is_lost=True),
    Row("JSON cut off in the middle", answers(_GETS, cut_off, 3), reconnects,
        sees=("could not be read",), is_lost=True),
    Row("reads answered with a code that nobody knows", answers(_GETS, wrong_code, 3), reconnects,
        is_lost=True),
    Row("the full book cannot be had several times",
        answers("GET /api/v1/level2/snapshot*", page_before, 12), reconnects, within_s=20.0,
        sees=("The order book could not be read.",), is_lost=True),
    Row("the full book is older than its changes", {"snapshot_lag": 40}, reconnects,
        lasts_s=8.0, within_s=20.0, is_lost=True),
    Row("a list of orders fails between its pages",
        answers("GET /api/v1/orders?status=active*", in_two_pages(6), 40), reconnects,
        lasts_s=6.0, sees=("The orders could not be read.",), is_lost=True),
    Row("the list of fills fails again and again", no_fills_list, reconnects,
        sees=("The orders could not be read.",), is_lost=True),
    Row("the contract list fails at the start",
        answers("GET /api/v1/contracts/active*", page_before, 12), is_from_start=True,
        within_s=30.0, sees=("No contract list yet.",)),
)  # fmt: skip

CLOCKS = (
    Row("the exchange's clock leaves ours: 400002", skewed, places, within_s=10.0,
        sees=("The clock is off",)),
    Row("our clock is set back by an hour", wall_clock_back, places),
    Row("our clock is set ahead by a minute", wall_clock_ahead, places, within_s=15.0),
    Row("the machine sleeps for ten minutes", {}, sleeps, within_s=15.0,
        sees=("stream was lost",), believes_s=2.0, is_lost=True),
)  # fmt: skip

ORDERS = (
    Row("an order is taken and its reply lost", {"answers_lost": 1}, places),
    Row("an order is lost before it is taken", answers(PLACE, lost_before), places,
        within_s=25.0, sees=(NO_REPLY, NOT_PLACED)),
    Row("the reply to an order comes after its time-out", {"answer_delay_s": 8.0}, places,
        lasts_s=0.0),
    Row("an order that fills, its reply lost", {"answers_lost": 1}, takes),
    Row("connections break while an order is sent", {"refuses_connections": True}, submits,
        lasts_s=4.0, within_s=40.0, sees=(NO_REPLY, NOT_PLACED)),
    Row("the exchange has vanished when an order is sent", {}, places_in_vain, within_s=20.0,
        sees=("Not sent: The exchange did not answer.",), is_doubted=True),
    Row("an order finds the quota spent", {"quotas_spent": 1}, is_blocked, within_s=40.0,
        sees=("Rejected: The quota of requests is used up",)),
    Row("an order refused for the exchange's own load", {"overloads": 1}, places,
        within_s=25.0, sees=(NO_REPLY, NOT_PLACED)),
    Row("an order answered by the shield", {"blocked": 1}, places, within_s=75.0,
        sees=(NO_REPLY,)),
    Row("an order answered 500", {"server_errors": 1}, places, within_s=25.0,
        sees=(NO_REPLY, NOT_PLACED)),
    Row("an order is taken and answered by a page of 502", answers(PLACE, page_after), places),
    Row("an order is taken and its reply cut off", answers(PLACE, cut_off), places),
    Row("an order is taken and its reply is plain text", answers(PLACE, as_plain_text), places),
    Row("an order is taken, and a code that nobody knows denies it",
        answers(PLACE, wrong_code), places, sees=("The exchange has this order after all.",)),
    Row("the same, and the reply comes before the event",
        denied_first, places, lasts_s=0.0,
        sees=("The exchange has this order after all.",)),
    Row("the event of an order comes before its reply", {"events_first": True}, takes, lasts_s=0.0),
    Row("the reply to an order comes before its event", {"reply_first": True}, takes, lasts_s=0.0),
    Row("the event of an order never comes", {"frames_dropped": f"all@{ORDERS_TOPIC}"}, places,
        lasts_s=0.0),
    Row("the event of a fill never comes", {"frames_dropped": f"all@{ORDERS_TOPIC}"}, takes,
        lasts_s=0.0),
    Row("every event comes twice", {"frames_doubled": "all"}, takes, lasts_s=0.0),
    Row("events come in the wrong order", {"frames_swapped": f"all@{ORDERS_TOPIC}"}, takes,
        lasts_s=0.0),
    Row("events are late", {"frames_delayed": f"all:6@{ORDERS_TOPIC}"}, takes, lasts_s=0.0,
        within_s=15.0),
    Row("the exchange refuses an order", {"rejects": "300003:Balance insufficient."}, is_blocked,
        sees=("The balance is not enough.",)),
    Row("maintenance: orders can only be canceled", {"status": "cancelonly"}, is_blocked,
        sees=("Trading is suspended",), lasts_s=0.0),
)  # fmt: skip

CANCELS = (
    Row("a cancel is done and its reply lost", {"cancels_lost": 1}, places_and_cancels),
    Row("a cancel is lost before it is done", answers("DELETE *", lost_before), places_and_cancels),
    Row("a cancel answered 500", {"server_errors": 1}, places_and_cancels),
    Row("the reply to a cancel comes after its time-out", {"answer_delay_s": 8.0},
        places_and_cancels, lasts_s=0.0),
    Row("a cancel finds the quota spent", {"quotas_spent": 1}, places_and_cancels, within_s=45.0),
    Row("no connection for a cancel", {"refuses_connections": True}, cancels_in_vain,
        within_s=20.0, sees=("Not known whether it was canceled",)),
    Row("maintenance: nothing can be canceled", {"status": "close"}, cancels_in_vain,
        sees=("Trading is suspended",), lasts_s=0.0),
    Row("a cancel of all is done and its reply lost", {"cancels_lost": 2}, cancels_all),
    Row("a cancel of all answered by a page, undone", answers("DELETE *", page_before, 2),
        cancels_all),
)  # fmt: skip

STREAMS = (
    Row("tokens cannot be had several times",
        answers("POST /api/v1/bullet-*", page_before, 6), reconnects, within_s=40.0, is_lost=True),
    Row("too many tokens were asked for", bullet_limited, reconnects, within_s=60.0, is_lost=True),
    Row("a token has expired when it is used", {"tokens_expired": 4}, reconnects, within_s=20.0,
        sees=("token is expired",), is_lost=True),
    Row("no new streams are let in", {"refuses_streams": True}, reconnects, lasts_s=10.0,
        within_s=20.0, is_lost=True),
    Row("too many connections", too_many_connections, reconnects, lasts_s=10.0, within_s=20.0,
        is_lost=True),
    Row("the welcome does not come", swallowing("welcome", 2), reconnects, within_s=30.0,
        is_lost=True),
    Row("subscriptions are not confirmed at first", swallowing("ack", 2), reconnects, within_s=45.0,
        sees=("Waiting for the exchange to confirm the order book",), is_lost=True),
    Row("subscriptions are not confirmed for long", swallowing("ack", 12), reconnects,
        within_s=90.0, sees=("in time",), is_lost=True),
    Row("the order book is refused once",
        refusing("level2:", 404, f"topic {LEVEL2} is not found"), reconnects, within_s=45.0,
        sees=("The exchange refused the order book",), is_lost=True),
    Row("the order stream is refused once",
        refusing("tradeOrders", 404, "topic /contractMarket/tradeOrders is not found"),
        reconnects, within_s=45.0, sees=("The exchange refused the order stream",), is_lost=True),
    Row("streams are half open: nothing is heard, nothing told", {"half_open": True},
        lasts_s=45.0, within_s=20.0, believes_s=32.0,
        sees=("the exchange did not answer a ping in time",), is_lost=True),
    Row("pings are not answered", {"withholds_pongs": True}, lasts_s=45.0, within_s=45.0,
        sees=("the exchange did not answer a ping in time",), is_lost=True),
    Row("the book says nothing, everything else goes on", {"silent_topics": "*level2:*"},
        lasts_s=70.0, within_s=45.0, believes_s=35.0, sees=("Nothing came for 30 s",),
        is_stale=True),
    Row("the mark price says nothing", {"mark_is_silent": True}, lasts_s=15.0, within_s=15.0,
        sees=("No mark price for",), is_stale=True),
    Row("changes of the book are lost", {"frames_dropped": f"3@{LEVEL2}"},
        sees=("changes of the order book are missing",), is_stale=True, believes_s=2.0),
    Row("a gap in the sequence", {"level2_skipped": 1},
        sees=("1 changes of the order book are missing",), is_stale=True, believes_s=2.0),
    Row("changes of the book come twice", {"level2_doubled": 20}, is_stale=False,
        is_doubted=False),
    Row("changes of the book come in the wrong order", {"frames_swapped": f"3@{LEVEL2}"},
        within_s=20.0, is_stale=True, believes_s=2.0),
    Row("changes of the book are late", {"frames_delayed": f"5:3@{LEVEL2}"},
        within_s=20.0, believes_s=4.0, is_stale=True),
    Row("the book is crossed and stays so", on_level2(_crossed),
        sees=("The order book was crossed.",), is_stale=True, is_lied_to=True),
    Row("a level lies between two ticks, and the stream breaks", on_level2(_off_tick), reconnects,
        is_lost=True),
    Row("a change of the book cannot be read", on_level2(_nonsense),
        sees=("A change of the order book could not be read.",), is_stale=True),
    Row("a frame of the book breaks off", {"frames_truncated": f"1@{LEVEL2}"},
        sees=("A change of the order book could not be read.",), is_stale=True),
    Row("an event of an order breaks off", unreadable_private, places,
        sees=("could not be read",), is_doubted=True),
    Row("topics, subjects and types that nobody knows", strange_frames, takes, lasts_s=5.0,
        is_stale=False, is_doubted=False),
    Row("a connection breaks in place of a message", {"connections_dropped": 2},
        sees=("The stream broke off.",), is_stale=True),
    Row("the exchange closes both streams", {}, reconnects, is_lost=True),
    Row("fills happen while nobody listens", {"refuses_streams": True}, misses_fills,
        lasts_s=5.0, within_s=20.0, is_lost=True),
    Row("an order is canceled elsewhere while nobody listens", {"refuses_streams": True},
        acts_elsewhere, lasts_s=5.0, within_s=20.0, is_lost=True),
    Row("the private stream breaks while an order fills", {}, places_and_loses, within_s=15.0,
        is_lost=True),
    Row("a busy market stands still", standing_still, lasts_s=100.0, is_stale=True,
        sees=("Nothing came for 30 s",), is_doubted=False),
)  # fmt: skip

SOCKET = tuple(
    replace(row, has_socket=True)
    for row in (
        Row("the order socket is refused", {"refuses_streams": True}, places_by_rest, lasts_s=5.0,
            within_s=15.0),
        Row("signing in to the order socket is refused once", sign_in_refused, signs_in_anew,
            sees=("did not take the sign-in",)),
        Row("the order socket breaks in place of a reply", {"answers_lost": 1}, places),
        Row("the order socket breaks before an order is read", {}, places_as_it_breaks,
            within_s=25.0, sees=(NO_REPLY, NOT_PLACED)),
        Row("an order over the socket is never answered", withheld("futures.order"), places,
            within_s=40.0, lasts_s=0.0),
        Row("an order that fills over the socket is never answered", withheld("futures.order"),
            takes, within_s=40.0, lasts_s=0.0),
        Row("replies of the socket come out of order", {"replies_swapped": 1}, places_two),
        Row("the socket ends while replies are on their way", {}, breaks_with_replies_held),
        Row("a reply of the socket comes after it was given up, and no event",
            {"frames_dropped": f"all@{ORDERS_TOPIC}"}, replies_late, sees=(NO_REPLY,), lasts_s=0.0),
        Row("replies of the socket are late", slow_replies(8.0), places_two, within_s=15.0,
            lasts_s=0.0),
        Row("pings of the socket are not answered", withheld("ping"), idles, within_s=15.0,
            sees=("did not answer a ping in time",), lasts_s=0.0),
        Row("the socket is half open", {"half_open": True}, idles, within_s=40.0,
            believes_s=32.0, sees=("did not answer a ping in time",), lasts_s=0.0),
        Row("an order over the socket finds the quota spent", {"quotas_spent": 1}, is_blocked,
            within_s=45.0, sees=("The quota of requests is used up",)),
        Row("a cancel over the socket is done and its reply lost", {"cancels_lost": 1},
            places_and_cancels),
        Row("a cancel over the socket is never answered", withheld("futures.cancel"),
            places_and_cancels, within_s=40.0, lasts_s=0.0),
        Row("a reply of the socket cannot be read", unread_reply, places, lasts_s=0.0),
        Row("the clock is off when the socket is signed in to", skewed, signs_in_anew,
            within_s=20.0, sees=("The clock is off",)),
        Row("everything at once: half open, then nobody is let in",
            {"half_open": True}, sits_busy, lasts_s=15.0, within_s=40.0, believes_s=40.0),
    )
)  # fmt: skip

ROWS = (*READS, *CLOCKS, *ORDERS, *CANCELS, *STREAMS, *SOCKET)

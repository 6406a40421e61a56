"""Both hands on one ladder while the world goes on: one history, judged after every step.

What may be sent is written down when a hand asks for it, from what the last frame has shown: that
is the judge's own book, and nothing that opens may be sent which is not in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, final

from terminal.domain.access import Access
from terminal.domain.events import PositionSide
from terminal.domain.guard import Touch
from terminal.domain.ladder_habits import LadderHabits, OtherButton
from terminal.domain.order import OrderState
from terminal.domain.ticket import OrderTerms
from terminal.domain.units import Lots, OrderId, Price, Side
from terminal.session.results import Submitted
from terminal.viewmodels.ladder_clicks import SECOND_SIZE, Button, Spot
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.ladder_trading import ArmedBy
from tests.support.builders import XBT, a_delta, a_ticket, an_order_update
from tests.support.desktop import OTHER
from tests.support.mouse_meaning import Meaning, meaning_of
from tests.support.mouse_scene import ASK, BID, HOLD_MS, Scene

if TYPE_CHECKING:
    from collections.abc import Callable

CURSOR = ("Up", "Down", "Home", "End", "Space", "PgUp")
SENDS = {"B": Side.BUY, "S": Side.SELL}
TOUCHES = {
    "Q": (Side.BUY, Side.BUY), "A": (Side.SELL, Side.SELL),
    "W": (Side.BUY, Side.SELL), "Z": (Side.SELL, Side.BUY),
}  # fmt: skip
MARKET = {"Ctrl+Shift+B Ctrl+Shift+B": Side.BUY, "Ctrl+Shift+S Ctrl+Shift+S": Side.SELL}
ENDS_ALL = {
    "Ctrl+Delete", "Ctrl+Shift+Delete", "F F", "cancel elsewhere", "flatten elsewhere", "lock",
    "disarm", "disconnect", "contract", "hide",
}  # fmt: skip
CALLS_OFF = {"Ctrl+Delete", "Ctrl+Shift+Delete", "F F", "cancel elsewhere", "flatten elsewhere"}
"""After these nothing is in hand any more, and nothing that was asked for before is sent."""


@final
class Asked(NamedTuple):
    """An order that a hand asked for, as the judge wrote it down. ``tick`` is None at market."""

    hand: ArmedBy | None
    """None is another panel's."""
    side: str
    tick: int | None
    lots: tuple[int, ...]
    is_post_only: bool
    has_exits: bool
    lane: PositionSide | None
    is_move: bool = False

    def is_it(self, sent: Meaning) -> bool:
        """Whether this is the order that was sent."""
        if (self.side, self.tick, self.lane) != (sent.side, sent.tick, sent.lane):
            return False
        if sent.lots not in self.lots:
            return False
        if self.is_move or sent.kind == "stop":
            return True
        is_post = self.is_post_only and sent.kind == "limit"
        return (is_post, self.has_exits) == (sent.is_post_only, sent.has_exits)


@final
class HandsWalk:
    """One history. ``do`` takes a step and raises ``AssertionError`` where it broke the law."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.ladder = scene, scene.ladder
        self.asked: list[Asked] = []
        self._judged = 0
        self._seen: int | None = None
        self._at = Spot(None, None)
        self._bid, self._ask = BID, ASK
        self._framed = (BID, ASK)
        self._sequence = 100
        self._now_ms = 10_000_000
        self._is_stale = False

    # What is in hand -------------------------------------------------------------------------

    def in_hand(self) -> list[str]:
        """Everything that could still be sent without a further gesture that asks for it."""
        ladder = self.ladder
        found = {
            "held": ladder.holding.is_holding,
            "grabbed": ladder.trading.grab is not None,
            "dragged": ladder.mouse.drag.now is not None,
            "pressed": ladder.mouse.is_busy,
        }
        return [name for name, is_so in found.items() if is_so]

    async def do(self, step: tuple[Any, ...]) -> None:
        """One step, then everything that needs no time, then the judge."""
        what, *rest = step
        is_locked_already = step[-1] == "lock" and self.scene.lock.is_locked
        getattr(self, f"_do_{what}")(*rest)
        if step[-1] in ENDS_ALL and not self._is_silent and not is_locked_already:
            self._ends(str(step[-1]))
        await self.scene.bench.clock.settle()
        self._judge()
        if not self.ladder.holding.is_holding and not self.ladder.mouse.is_busy:
            self.asked = [one for one in self.asked if one.is_move]
        armed = {None, *self.ladder.trading.armed}
        self.asked = [one for one in self.asked if one.hand in armed]

    @property
    def _is_silent(self) -> bool:
        """Whether nothing is sent anyway, not even what would call something off."""
        return self.scene.bench.trading.access is Access.WATCH_ONLY

    def _ends(self, name: str) -> None:
        left = {*self.in_hand()}
        assert not left, f"{left} survived {name}"
        self.asked = [one for one in self.asked if one.is_move and name == "hide"]

    def _judge(self) -> None:
        trading, desk = self.ladder.trading, self.scene.bench
        for ticket in self.scene.placed[self._judged :]:
            self._judged += 1
            is_silent = self._is_silent and not desk.desk.flattening(XBT)
            assert not is_silent, f"watching only, sent {ticket}"
            if self.scene.lock.is_locked:
                assert (ticket.trigger, ticket.price) == (None, None), f"locked, sent {ticket}"
            if ticket.reduces_only:
                continue
            sent = meaning_of(ticket)
            found = next((one for one in self.asked if one.is_it(sent)), None)
            assert found is not None, f"sent {sent}, asked for {self.asked}"
            assert found.hand in {None, *trading.armed}, f"{found.hand} is not armed, sent {sent}"
            self.asked.remove(found)

    # Writing down ----------------------------------------------------------------------------

    def _ask_for(
        self, hand: ArmedBy, side: Side, tick: int | None, lots: tuple[int, ...] = ()
    ) -> None:
        trading = self.ladder.trading
        lane = trading.lane if self.scene.is_hedged else None
        current = trading.sizes.current
        size = lots or (() if current is None else (current,))
        exits = trading.bracket is not None
        asked = Asked(hand, side.value, tick, size, trading.is_post_only, exits, lane)
        self.asked.append(asked)

    def _price(self, row: int, side: Side) -> int:
        step = self.ladder.axis.step
        return row * step if side is Side.BUY else row * step + step - 1

    def _do_frame(self) -> None:
        self.scene.tick()
        self._framed = (self._bid, self._ask)
        at = next((row.price for row in self.ladder.view.rows if row.is_cursor), None)
        self._seen = None if at is None else at // self.ladder.axis.step

    # Keys ------------------------------------------------------------------------------------

    def _do_key(self, name: str) -> None:
        ladder = self.ladder
        armed = ArmedBy.KEYBOARD
        plain = name.removeprefix("Shift+")
        if plain in SENDS and self._seen is not None:
            self._ask_for(armed, SENDS[plain], self._price(self._seen, SENDS[plain]))
        elif name in TOUCHES:
            side, of = TOUCHES[name]
            self._ask_for(armed, side, self._framed[0 if of is Side.BUY else 1])
        elif name in MARKET:
            self._ask_for(armed, MARKET[name], None)
        elif name == "Enter":
            self._ask_move(
                armed, None if ladder.trading.grab is None else ladder.trading.grab.target
            )
        for key in name.split():
            self._press(key)
        if name in CURSOR and self._seen is not None:
            self._seen = ladder.axis.cursor

    def _press(self, name: str) -> None:
        self._now_ms += 200
        self.scene.press_as_at(name, self._now_ms)

    def _ask_move(self, hand: ArmedBy, target: int | None) -> None:
        """The order in hand at the row where it is shown."""
        ladder = self.ladder
        grab, drag = ladder.trading.grab, ladder.mouse.drag.now
        oid = drag.client_oid if drag is not None else None if grab is None else grab.client_oid
        order = None if oid is None else self.scene.bench.desk.orders.get(oid)
        if order is None or target is None or order.side is None:
            return
        asked = Asked(
            hand, order.side.value, self._price(target, order.side), (order.remaining,),
            order.is_post_only, has_exits=False, lane=order.position_side, is_move=True,
        )  # fmt: skip
        self.asked.append(asked)

    # Mouse -----------------------------------------------------------------------------------

    def _do_point(self, row: int, column: LadderColumn) -> None:
        self._at = Spot(row, column)
        self.ladder.mouse_moved(self._at)

    def _do_scroll(self, rows: int) -> None:
        """The wheel."""
        self.ladder.scroll(rows)

    def _do_leave(self) -> None:
        self._at = Spot(None, None)
        self.ladder.mouse_moved(self._at)

    def _do_aim(self, row: int, column: LadderColumn, button: Button, held: str) -> None:
        """Point, see a frame, press."""
        self._do_point(row, column)
        self._do_frame()
        self._do_down(button, held)

    def _do_own(self, row: int) -> None:
        """Press on an own buy and draw it to a row; without one nothing."""
        self._do_frame()
        places = [at for at, one in enumerate(self.ladder.view.rows) if one.own_bid is not None]
        if places:
            self._do_aim(places[0], LadderColumn.OWN_BID, Button.LEFT, "")
            self._do_point(row, LadderColumn.OWN_BID)
            self._do_frame()

    def _do_grab(self) -> None:
        """Take an own buy in hand by key; without one nothing."""
        self._do_frame()
        found = [one.price for one in self.ladder.view.rows if one.own_bid is not None]
        if found:
            self.ladder.axis.place_cursor(found[0] // self.ladder.axis.step)
            self._do_frame()
            self._press("G")

    def _do_down(self, button: Button, held: str) -> None:
        ladder, spot = self.ladder, self._at
        spot = spot._replace(shift=held == "Shift", ctrl=held == "Ctrl")
        self._at = spot
        sides = {LadderColumn.BID: Side.BUY, LadderColumn.ASK: Side.SELL}
        if spot.row is not None and spot.column in sides and spot.row < len(ladder.view.rows):
            side = sides[spot.column]
            row = ladder.view.rows[spot.row].price // ladder.axis.step
            sizes = ladder.trading.sizes
            lots = sizes.lots_at(SECOND_SIZE) if button is Button.OTHER else sizes.current
            self._ask_for(ArmedBy.MOUSE, side, self._price(row, side), (lots or 0,))
        self.scene.press_at(spot, button)

    def _do_up(self, button: Button) -> None:
        drag = self.ladder.mouse.drag.now
        if drag is not None and button is Button.LEFT:
            self._ask_move(ArmedBy.MOUSE, drag.target)
        self.ladder.mouse_released(self._at, button)

    # The user, elsewhere ---------------------------------------------------------------------

    def _do_user(self, what: str) -> None:
        ladder, scene = self.ladder, self.scene
        acts: dict[str, Callable[[], object]] = {
            "keyboard": ladder.toggle_keyboard,
            "mouse": ladder.toggle_mouse,
            "disarm": lambda: ladder.disarm("by the menu."),
            "lock": scene.lock.lock,
            "unlock": scene.lock.unlock,
            "hide": ladder.hidden,
            "contract": self._other_contract,
            "cancel elsewhere": scene.bench.desk.cancel_everywhere,
            "flatten elsewhere": lambda: scene.bench.desk.flatten(XBT),
            "watch": lambda: self._access(Access.WATCH_ONLY),
            "trade": lambda: self._access(Access.FULL),
        }
        acts[what]()

    def _other_contract(self) -> None:
        is_first = self.ladder.view.symbol == str(XBT)
        self.ladder.choose_contract(str(OTHER if is_first else XBT))

    def _access(self, access: Access) -> None:
        self.scene.bench.trading.access = access

    def _do_habits(self, release: bool, hold: bool, place: bool, other: OtherButton) -> None:
        self.ladder.habits = LadderHabits(
            acts_on_release=release, hold_ms=HOLD_MS if hold else 0, infers_type=place,
            other_button=other,
        )  # fmt: skip

    # The world -------------------------------------------------------------------------------

    def _do_time(self, ms: int) -> None:
        self.scene.time.now_s += ms / 1000
        self.scene.timer.advance(ms)

    def _do_market(self, ticks: int) -> None:
        """Both best prices go up or down."""
        stream = self.scene.desktop.market_stream
        bid, ask = self._bid + ticks, self._ask + ticks
        if self._is_stale:
            return
        for side, price, lots in (
            *((Side.SELL, one, 0) for one in range(self._ask, ask)),
            *((Side.BUY, one, 0) for one in range(self._bid, bid, -1)),
            (Side.BUY, bid, 5),
            (Side.SELL, ask, 4),
        ):
            self._sequence += 1
            stream.push(a_delta(self._sequence, side, price, lots))
        self._bid, self._ask = bid, ask
        self.scene.bench.touch = Touch(Price(bid), Price(ask))

    def _do_world(self, what: str) -> None:
        bench = self.scene.bench
        match what:
            case "disconnect":  # as the program wires it
                self.ladder.disarm("the connection was lost.")
            case "no touch":
                bench.touch = None
            case "touch":
                bench.touch = Touch(Price(self._bid), Price(self._ask))
            case "answers":
                self._answers(fills=False)
            case "fills":
                self._answers(fills=True)
            case "own order":
                self._rest()
            case _:
                raise AssertionError(what)

    def _rest(self) -> None:
        """An order of another panel, whose terms are known: it can be moved."""
        if self.scene.lock.is_locked:
            return
        lane = self.ladder.lane if self.scene.is_hedged else None
        price, lots = self._bid - 3, 4
        ticket = a_ticket(
            price=Price(price), lots=Lots(lots), terms=OrderTerms(position_side=lane),
            is_reduce_only=lane is PositionSide.SHORT,
        )  # fmt: skip
        if isinstance(self.scene.bench.desk.submit(ticket), Submitted):
            self.asked.append(Asked(None, "buy", price, (lots,), False, False, lane))

    def _answers(self, *, fills: bool) -> None:
        """The exchange tells of all orders: they rest, those that are canceled are gone."""
        bench = self.scene.bench
        for order in bench.desk.working():
            if order.order_id is None or order.state is OrderState.UNTRIGGERED:
                continue
            is_gone = order.order_id in bench.trading.cancels
            left = order.lots - order.filled
            bench.stream.push(
                an_order_update(
                    order_id=OrderId(order.order_id), client_oid=None, side=order.side,
                    price=order.price, lots=order.lots, is_done=is_gone or fills,
                    canceled=Lots(left if is_gone and not fills else 0),
                    filled=Lots(order.lots if fills else order.filled),
                    position_side=order.position_side, is_post_only=order.is_post_only,
                    is_reduce_only=order.is_reduce_only, is_close_order=False,
                )
            )  # fmt: skip

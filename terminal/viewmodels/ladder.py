"""The ladder's view-model: book, own orders and position as rows; keys and clicks as actions."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, final

from PySide6.QtCore import QObject, Signal
from typing_extensions import override

from terminal.domain.access import Access
from terminal.domain.depth_rows import price_for_side, row_index
from terminal.domain.guard import Touch
from terminal.domain.ladder_habits import LadderHabits
from terminal.domain.lanes import HEDGED, lane_help, lane_words
from terminal.domain.position import unrealized
from terminal.domain.sizing import SizeUnit
from terminal.domain.triggers import words
from terminal.domain.units import Side
from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.keys import (
    BUTTON_PRESS_MS,
    DEFAULT_KEYS,
    DOUBLE_PRESSED,
    REPEATABLE,
    Chord,
    LadderAction,
    chords_of,
    first_key,
)
from terminal.viewmodels.ladder_axis import PAGE_ROWS, LadderAxis
from terminal.viewmodels.ladder_bracket import LadderBracket
from terminal.viewmodels.ladder_clicks import Button
from terminal.viewmodels.ladder_face import OWN_SIDES, LadderFace, RowFacts
from terminal.viewmodels.ladder_hold import CALLED_OFF, LadderHold
from terminal.viewmodels.ladder_lanes import lane_at, lane_heads
from terminal.viewmodels.ladder_mouse import LadderMouse
from terminal.viewmodels.ladder_outbox import LadderOutbox
from terminal.viewmodels.ladder_places import Kind, LadderPlaces
from terminal.viewmodels.ladder_protection import LadderProtection
from terminal.viewmodels.ladder_sizes import LadderSizes
from terminal.viewmodels.ladder_staging import LadderStaging
from terminal.viewmodels.ladder_trading import ArmedBy, LadderTrading
from terminal.viewmodels.ladder_view import (
    EMPTY_LADDER,
    LadderRow,
    LadderView,
    LaneHead,
    Message,
    StagedOrder,
)
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from terminal.domain.contract import Contract
    from terminal.domain.events import PositionSide
    from terminal.domain.units import Price, Symbol
    from terminal.session.account import AccountSession, Position
    from terminal.session.exits import Protecting
    from terminal.session.market import MarketSession
    from terminal.session.orders import OrderDesk
    from terminal.session.results import BatchResult, OrderResult
    from terminal.viewmodels.base import Removable
    from terminal.viewmodels.frame import FrameClock
    from terminal.viewmodels.ladder_clicks import Spot
    from terminal.viewmodels.ladder_columns import Columns, LadderColumn
    from terminal.viewmodels.ladder_insight import LadderInsight
    from terminal.viewmodels.ladder_options import LadderOptions
    from terminal.viewmodels.ladder_studies import RowStudies
    from terminal.viewmodels.protection import ProtectionViewModel
    from terminal.viewmodels.sizes import Sizes
    from terminal.viewmodels.workspace import Workspace

    StudySource: TypeAlias = Callable[[MarketSession], RowStudies | None]

KEY_BOUNCE_MS = 30
"""The same trading key again within this time is a bouncing switch, not a second order."""

_NO_TOUCH = Touch(None, None)


@final
class _PositionTexts(NamedTuple):
    lots: str = EMPTY_LADDER.position_text
    lots_role: Role = EMPTY_LADDER.position_role
    pnl: str = ""
    pnl_role: Role = EMPTY_LADDER.pnl_role
    entry: str = ""
    mark: str = ""


@final
class LadderViewModel(ViewModel):
    """One ladder on the workspace's contract.

    ``sizes_changed`` tells that the five sizes should be stored, ``keys_changed`` that tooltips
    name other keys. ``view`` is what to draw. ``habits`` are the user's and may be replaced at any
    time.
    """

    contracts_changed = Signal()
    sizes_changed = Signal()
    keys_changed = Signal()
    options_changed = Signal()

    def __init__(
        self,
        workspace: Workspace,
        desk: OrderDesk,
        account: AccountSession,
        sizes: Sizes,
        frame: FrameClock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self.view: LadderView = EMPTY_LADDER
        self.axis = LadderAxis()
        self.face = LadderFace(self.axis, _now_ms)
        self.staged: StagedOrder | None = None
        self.trading = LadderTrading(desk, account, sizes)
        self._places = LadderPlaces(self.trading, desk, account, self._infers_type)
        self.mouse = LadderMouse(
            self.trading, self.axis, self.face, desk, account, self._places, _now_ms, self.recenter
        )
        self.foot = LadderSizes(self.trading, desk, account)
        self.keys = dict(DEFAULT_KEYS)
        self._habits = LadderHabits()
        self.holding = LadderHold(desk.latency, self._hold_ms, self.trading.say, self.mark_dirty)
        self.staging = LadderStaging(self.trading, desk, self._places)
        self._outbox = LadderOutbox(
            self.trading, desk, self.holding, self._hold_ms, self._shown_market
        )
        self._bracket = LadderBracket(self.trading, desk)
        self._hand: LadderProtection | None = None
        self._workspace = workspace
        self._desk = desk
        self._account = account
        self._market: MarketSession | None = None
        self._market_handles: list[Removable] = []
        self._studies: StudySource | None = None
        self._habits = self.mouse.habits
        self._is_hovered = False
        self._last_press: tuple[LadderAction, int] | None = None
        self._has_account = desk.access is not Access.MARKET_DATA
        self._actions = self._bind_actions()
        self._mend: ProtectionViewModel | None = None
        self.insight: LadderInsight | None = None

    def know_more(self, insight: LadderInsight) -> None:
        """Give the ladder its studies, worth, exits and notes; called once, before the start."""
        self.insight = self.face.insight = insight
        self._actions[LadderAction.NOTE] = insight.ask_note
        self.study_with(insight.studies_of)

    @property
    def habits(self) -> LadderHabits:
        """How the user wants his gestures taken."""
        return self._habits

    @habits.setter
    def habits(self, habits: LadderHabits) -> None:
        self._habits = self.mouse.habits = habits

    def protect_with(self, protecting: Protecting, mend: ProtectionViewModel) -> LadderProtection:
        """Give the ladder its protecting hand; called once, before the start."""
        hand = LadderProtection(self.trading, self._desk, protecting)
        self.mouse.protection = self.foot.protection = hand
        self._mend, self._hand = mend, hand
        self.staging.reference = hand.stop_reference
        self._places.has_stops = True
        self._bracket.fires = hand.fires
        mend.lane_of = self._chosen_lane
        mend.changed.connect(self.mark_dirty)
        self._actions.update(self._bind_protection(hand, mend))
        return hand

    @property
    def lane(self) -> PositionSide:
        """The lane that the ladder shows and acts on; BOTH in one-way mode."""
        return self.trading.lane

    @property
    def lane_words(self) -> tuple[str, str]:
        """The lane's name and what its sides do; both empty in one-way mode."""
        return lane_words(self.lane).capitalize(), lane_help(self.lane)

    def _hold_ms(self) -> int:
        return self.habits.hold_ms

    def _infers_type(self) -> bool:
        return self.habits.infers_type

    def _shown_market(self) -> MarketSession | None:
        return self._market

    def _chosen_lane(self) -> PositionSide:
        return self.trading.lane

    # Life ------------------------------------------------------------------------------------

    @override
    def connect_sources(self) -> None:
        self._workspace.contract_changed.connect(self._on_contract_changed)
        self._workspace.contracts_changed.connect(self.contracts_changed)
        self.listen(
            self._desk.on_changed.add(self._on_orders_changed),
            self._desk.on_outcome.add(self._on_outcome),
            self._desk.on_batch.add(self._on_batch),
            self._account.on_changed.add(self.mark_dirty),
        )
        if self.insight is not None:
            self.insight.connect_sources()
        self._on_contract_changed()

    @override
    def stop(self) -> None:
        if not self._is_running:
            return
        super().stop()
        self.holding.drop("the program ends.")
        self._leave_market()
        self.face.set_contract(None)
        self._workspace.contract_changed.disconnect(self._on_contract_changed)
        self._workspace.contracts_changed.disconnect(self.contracts_changed)

    def _standing(self) -> Message | None:
        """Why orders are not sent, while there is nothing else to say."""
        reason = self._desk.access.reason
        return Message(reason, Role.TEXT_DIM) if reason else None

    def disarm(self, because: str) -> None:
        """Disarm both hands: a reconnect, a restart, the lock. What is held back is dropped."""
        self.trading.disarm(because)
        self.holding.drop(because)
        self.mouse.lost(f"Dropped: {because}")
        self.mark_dirty()

    def set_keys(self, keys: Mapping[Chord, LadderAction]) -> None:
        """Let these keys hold from now on; whoever shows ``keys`` shows them, too."""
        self.keys.clear()
        self.keys.update(keys)
        self.trading.arming_key = first_key(LadderAction.ARM_KEYBOARD, keys)
        self.keys_changed.emit()

    def window_left(self) -> None:
        """Another window has the focus: disarm, if the user wants that."""
        if self.habits.disarms_on_focus_loss:
            self.disarm("another window has the focus.")

    # Gestures --------------------------------------------------------------------------------

    @property
    def contracts(self) -> tuple[str, ...]:
        """What the picker offers."""
        return self._workspace.symbols

    def choose_contract(self, symbol: str) -> None:
        """Show and trade another contract; unknown symbols are answered with a sentence."""
        if not self._workspace.choose(symbol.strip().upper()):
            self.trading.say(f"The exchange lists no contract {symbol.strip()}.", Role.CAUTION)
        self.mark_dirty()

    def set_visible_rows(self, count: int) -> None:
        """The widget shows so many whole rows."""
        self.axis.set_count(count)
        self.mark_dirty()

    def set_hovered(self, hovered: bool) -> None:  # noqa: FBT001 - a state told by the widget
        """Rows never jump under the pointer."""
        self._is_hovered = hovered
        if not hovered:
            self.face.point_at(None, None, self.view.rows)
            self.mouse.left()
        self.mark_dirty()

    def point_at(self, row: int | None, column: LadderColumn | None) -> None:
        """The pointer is over a cell: where rows move by themselves an own order is held there."""
        self.face.point_at(row, column, self.view.rows)

    @property
    def options(self) -> LadderOptions:
        """The user's choices for this ladder."""
        return self.face.options

    def set_options(self, options: LadderOptions) -> None:
        """Look and move as chosen; ``options_changed`` tells that it should be stored."""
        if options == self.face.options:
            return
        self.face.options = options
        self.options_changed.emit()
        self.mark_dirty()

    def set_columns(self, columns: Columns) -> None:
        """Other columns, or the same ones otherwise."""
        self.set_options(replace(self.options, columns=columns))

    def study_with(self, source: StudySource) -> None:
        """Fill the columns of trades: called with every market that the ladder shows."""
        self._studies = source
        self._face_market()

    def key_pressed(self, chord: Chord, at_ms: int, is_repeat: bool) -> bool:  # noqa: FBT001 - a key event's own mark
        """Act on a key of the ladder. True when the chord is bound, acted upon or not.

        ``at_ms`` is the event's own time. A held key moves the cursor and nothing else.
        """
        action = self.keys.get(chord)
        if action is None:
            return False
        if is_repeat and action not in REPEATABLE:
            return True
        if self._is_bounce(action, at_ms):
            return True
        with self._desk.latency.gesture():
            self._act(action, at_ms)
        self.holding.key_done()
        self.mark_dirty()
        return True

    def run(self, action: LadderAction) -> None:
        """An action chosen by its name: the rules of its key hold, twice included."""
        at_ms = int(monotonic() * 1000)
        with self._desk.latency.gesture():
            if action in DOUBLE_PRESSED and not self.holding.takes_key(action):
                self.trading.press(action, at_ms, BUTTON_PRESS_MS)
            elif action not in DOUBLE_PRESSED:
                self._act(action, at_ms)
        self.holding.key_done()
        self.mark_dirty()

    @property
    def silence(self) -> str:
        """Why nothing at all is sent here, not even a cancel; empty while something is."""
        return self._desk.access.silence

    def _act(self, action: LadderAction, at_ms: int) -> None:
        if self.holding.takes_key(action):
            self.trading.forget_press()
        elif action in DOUBLE_PRESSED:
            self.trading.press(action, at_ms)
        elif action is LadderAction.BACK:
            self._back(at_ms)
        else:
            self._actions.get(action, self._say_no_protection)()
            self.trading.forget_press()

    def mouse_pressed(self, spot: Spot, button: Button) -> None:
        """A mouse button goes down on the rows."""
        if not (button is Button.LEFT and self._took_lane(spot)):
            self.mouse.pressed(spot, button)
        self.mark_dirty()

    def _took_lane(self, spot: Spot) -> bool:
        """A press in the other lane's column focuses it; whether that was all that was meant."""
        side = None if spot.column is None else OWN_SIDES.get(spot.column)
        if spot.row is None or side is None or not self.trading.is_hedged:
            return False
        if lane_at(side) is self.lane:
            return False
        self.take_lane(lane_at(side))
        index = self.face.index_of_own(spot.row, side)
        return not self.trading.orders_at(index, self.axis.step, side)

    def mouse_moved(self, spot: Spot) -> None:
        """The pointer is over another cell, or modifiers changed under it."""
        self.point_at(spot.row, spot.column)
        if self.mouse.moved(spot):
            self.mark_dirty()

    def mouse_released(self, spot: Spot, button: Button) -> None:
        """A mouse button is let go, on the rows or elsewhere."""
        self.mouse.released(spot, button)
        self.mark_dirty()

    def mouse_lost(self) -> None:
        """The rows lost the keyboard's focus: what the mouse had begun is dropped."""
        if self.mouse.is_busy:
            self.mouse.lost("The ladder lost the focus.")
            self.mark_dirty()

    def scroll(self, rows: int) -> None:
        """Move the window; positive is up. Rows stay where they are under a button that is down."""
        if not self.mouse.is_busy:
            self.axis.scroll(rows)
        self.mark_dirty()

    def step(self, finer: bool) -> None:  # noqa: FBT001 - a direction
        """Finer or coarser price grouping."""
        if self.trading.grab is not None or self.mouse.is_busy:
            self.trading.say("Commit or drop the order you hold first.", Role.CAUTION)
        else:
            self.axis.change_step(finer=finer)
        self.mark_dirty()

    def recenter(self) -> None:
        """Inside to the middle, cursor to the inside; not under a button that is down."""
        if not self.mouse.is_busy:
            self.axis.recenter(self._shown_touch())
        self.mark_dirty()

    def is_armed_on(self, symbol: Symbol) -> bool:
        """Whether this ladder is armed, by either hand, on a contract."""
        contract = self.trading.contract
        return bool(self.trading.armed) and contract is not None and contract.symbol == symbol

    def toggle_keyboard(self) -> None:
        """Arm or disarm keyboard trading."""
        self.trading.toggle(ArmedBy.KEYBOARD)
        self.holding.look()  # what was held is gone, also if it is armed again at once
        self.mark_dirty()

    def toggle_mouse(self) -> None:
        """Arm or disarm mouse trading."""
        self.trading.toggle(ArmedBy.MOUSE)
        self.holding.look()
        self.mark_dirty()

    def choose_size(self, number: int) -> None:
        """Take stored size 1 to 5, or answer an open question."""
        if self.trading.choice is not None:
            self.trading.choose(number, self.axis.step)
        else:
            self.trading.sizes.choose(number)
            self.sizes_changed.emit()
        self.mark_dirty()

    def store_size_text(self, number: int, typed: str) -> None:
        """Keep a typed size as 1 to 5; nonsense is answered with a sentence."""
        if self._take_size(typed):
            self.trading.sizes.store(number)
            self.sizes_changed.emit()

    def set_size_text(self, typed: str) -> None:
        """Take a typed size in hand; nonsense is answered with a sentence."""
        self._take_size(typed)

    def take_lane(self, lane: PositionSide) -> None:
        """Let keys and clicks act on a lane of hedge mode."""
        if lane is not self.lane:
            self.toggle_lane()

    def toggle_lane(self) -> None:
        """The other lane of hedge mode; what was staged for the one before is dropped."""
        self.trading.toggle_lane()
        if self._mend is not None:
            self._mend.drop()
        self.mark_dirty()

    def toggle_post_only(self) -> None:
        """Post-only for the next order, on or off."""
        self.trading.toggle_post_only()
        self.mark_dirty()

    def toggle_reduce_only(self) -> None:
        """Reduce-only for the next order, on or off."""
        self.trading.toggle_reduce_only()
        self.mark_dirty()

    def toggle_exits(self) -> None:
        """Exits with the next order, on or off; they lie where the settings say."""
        self._actions.get(LadderAction.BRACKET, self._say_no_protection)()
        self.mark_dirty()

    def cancel_all(self) -> None:
        """Cancel everything of this contract."""
        self.holding.drop(CALLED_OFF)
        self.trading.cancel_all()
        self.mark_dirty()

    def cancel_everywhere(self) -> None:
        """Cancel everything in every contract."""
        self.holding.drop(CALLED_OFF)
        self.trading.cancel_everywhere()
        self.mark_dirty()

    def flatten_chosen(self) -> None:
        """The flatten of button and menu: chosen twice, with the time that a hand needs."""
        self._choose_twice(LadderAction.FLATTEN)

    def reverse_chosen(self) -> None:
        """The reverse of the menu: chosen twice, and armed."""
        self._choose_twice(LadderAction.REVERSE)

    def close_half_chosen(self) -> None:
        """The menu's closing of a half: chosen twice."""
        self._choose_twice(LadderAction.CLOSE_HALF)

    def _choose_twice(self, action: LadderAction) -> None:
        self.holding.drop(CALLED_OFF)
        self.trading.press(action, int(monotonic() * 1000), BUTTON_PRESS_MS)
        self.mark_dirty()

    def cancel_side(self, side: Side) -> None:
        """Cancel this contract's buys or sells."""
        self.holding.drop(CALLED_OFF)
        self.trading.cancel_side(side)
        self.mark_dirty()

    def cancel_stops(self) -> None:
        """Cancel the stops of this contract that wait."""
        self.holding.drop(CALLED_OFF)
        self.trading.cancel_stops()
        self.mark_dirty()

    def tooltip(self, action: LadderAction) -> str:
        """What a control does, with its keys."""
        labels = " or ".join(chord.label for chord in chords_of(action, self.keys))
        return f"{action.value} ({labels})" if labels else action.value

    # Refresh ---------------------------------------------------------------------------------

    @override
    def refresh(self) -> bool:
        self.trading.drop_ended_grab()
        self.holding.look()
        self.trading.sizes.settle()
        self.mouse.settle()
        view = self._build()
        changed = view != self.view
        self.view = view
        if self.face.is_unsettled or self.holding.is_holding:
            self.mark_dirty()
        return changed

    def _build(self) -> LadderView:
        market, trading = self._market, self.trading
        position = self._position_texts(market)
        rows = self._rows(market)
        off_market, is_above = self._off_market()
        stale = None if market is None else market.staleness()
        return LadderView(
            symbol="" if market is None else str(market.contract.symbol),
            unit_text="" if market is None else _unit_text(market.contract),
            rows=self.mouse.marked(rows),
            step_text=_step_text(market, self.axis.step),
            sizes=self.foot.cells(),
            size_text=self.foot.in_hand(),
            is_keyboard_armed=ArmedBy.KEYBOARD in trading.armed,
            is_mouse_armed=ArmedBy.MOUSE in trading.armed,
            is_post_only=trading.is_post_only,
            is_reduce_only=trading.is_reduce_only,
            is_grabbing=trading.grab is not None,
            position_text=position.lots,
            position_role=position.lots_role,
            pnl_text=position.pnl,
            pnl_role=position.pnl_role,
            entry_text=position.entry,
            mark_text=position.mark,
            message=trading.message or self._standing(),
            off_market=off_market,
            is_market_above=is_above,
            stale=stale.reason if stale is not None else None,
            waiting=self._waiting(market),
            options=self.face.options,
            units=() if market is None else self.face.units(market.contract),
            missing=self.face.missing,
            price_digits=max((len(row.price_text) for row in (*rows[:1], *rows[-1:])), default=0),
            pointer=self.mouse.shape,
            own_list=self.mouse.own_list(),
            foot=self.foot.foot(),
            lanes=self._lane_heads(market),
        )

    def _rows(self, market: MarketSession | None) -> tuple[LadderRow, ...]:
        if market is None:
            return ()
        trading, symbol = self.trading, market.contract.symbol
        return self.face.rows(
            RowFacts(
                market=market,
                touch=self._shown_touch(),
                orders=tuple(self._desk.working(symbol)),
                position=self._account.position(symbol, self.lane),
                staged=self._staged_orders(market.contract),
                lanes=self._lane_positions(market),
                grab_target=self.mouse.target if trading.grab is None else trading.grab.target,
                is_hovered=self._is_hovered,
                is_busy=trading.grab is not None or bool(trading.choice) or self.mouse.is_busy,
            )
        )

    def _lane_positions(self, market: MarketSession | None) -> tuple[Position, ...]:
        """The positions of both lanes; none in one-way mode."""
        if market is None or not self._account.is_hedged:
            return ()
        return tuple(self._account.position(market.contract.symbol, lane) for lane in HEDGED)

    def _lane_heads(self, market: MarketSession | None) -> tuple[LaneHead, ...]:
        if market is None:
            return ()
        mark = None if market.mark is None else market.mark.mark_price
        return lane_heads(self._lane_positions(market), self.lane, mark, market.contract)

    def _staged_orders(self, contract: Contract) -> tuple[StagedOrder, ...]:
        """What was shown and not sent: a grabbed order's new place, mending stops, a staged one."""
        exits = None if self.insight is None else self.insight.staged
        found = [one for one in (self.staged, exits) if one is not None]
        grabbed = self.trading.grabbed(self.axis.step)
        if grabbed is not None:
            found.append(grabbed._replace(held_share=self.holding.share))
        found += self._bracket.staged(self.axis.step)
        at_cursor, dragged = self._at_cursor(), self.mouse.drag.staged()
        found += [one for one in (at_cursor, dragged) if one is not None]
        proposal = None if self._mend is None else self._mend.staged
        if proposal is not None and proposal.symbol == contract.symbol:
            found += [
                StagedOrder(
                    None if ticket.is_close_order else ticket.side,
                    ticket.trigger.price,
                    "close all" if ticket.is_close_order else "stop",
                    None if ticket.is_close_order else ticket.lots,
                    words(
                        ticket.trigger.direction,
                        ticket.trigger.reference,
                        text.price(ticket.trigger.price, contract),
                    ),
                )
                for ticket in proposal.places
                if ticket.trigger is not None
            ]
        return tuple(found)

    def _at_cursor(self) -> StagedOrder | None:
        """What is held back, else what B and S would send at the cursor of an armed ladder."""
        axis, trading, market = self.axis, self.trading, self._market
        if self.holding.is_holding:
            self.staging.forget()
            return self.holding.staged
        if (
            ArmedBy.KEYBOARD not in trading.armed
            or trading.grab is not None
            or trading.choice is not None
            or axis.top_index is None
            or axis.cursor not in axis.indices
            or market is None
            or market.staleness() is not None
        ):
            self.staging.forget()
            return None
        return self.staging.preview(axis.cursor, axis.step)

    def _position_texts(self, market: MarketSession | None) -> _PositionTexts:
        if market is None:
            return _PositionTexts()
        contract = market.contract
        position = self._account.position(contract.symbol, self.lane)
        core = position.core
        mark = market.mark.mark_price if market.mark is not None else None
        pnl = None if mark is None or core.is_flat else unrealized(core, mark, contract)
        return _PositionTexts(
            lots=_position_words(position) if self._has_account else "No account",
            lots_role=_side_role(core.lots),
            pnl="" if pnl is None else text.money(pnl, sign=True),
            pnl_role=Role.TEXT_DIM if pnl is None else text.gain_role(pnl),
            entry=""
            if core.average_entry is None
            else text.exact_price(core.average_entry, contract),
            mark=text.exact_price(mark, contract),
        )

    def _off_market(self) -> tuple[str, bool]:
        rows = self.axis.rows_outside(self._shown_touch())
        if rows == 0:
            return "", False
        unit = "row" if abs(rows) == 1 else "rows"
        where = "above" if rows > 0 else "below"
        return f"The market is {abs(rows)} {unit} {where}. Space recentres.", rows > 0

    def _waiting(self, market: MarketSession | None) -> str | None:
        if market is None:
            return EMPTY_LADDER.waiting
        if self.axis.top_index is None and not market.book_is_live:
            return f"Waiting for the order book of {market.contract.symbol}."
        return None

    def _shown_touch(self) -> Touch:
        """The touch of the book in hand, for placing the window; trading asks the session."""
        market = self._market
        if market is None or not market.book_is_live:
            return _NO_TOUCH
        return Touch(market.book.best_bid, market.book.best_ask)

    # Sources ---------------------------------------------------------------------------------

    def _on_contract_changed(self) -> None:
        self._leave_market()
        market = self._workspace.market
        self._market = market
        self.axis.reset()
        self.trading.message = None
        self.mouse.lost("The contract changed.")
        self.trading.set_contract(None if market is None else market.contract)
        self.holding.drop("the contract changed.")
        self.trading.sizes.enter("" if market is None else str(market.contract.symbol))
        self._face_market()
        if market is not None:
            self._market_handles = [
                market.on_book_changed.add(self.mark_dirty),
                market.on_trade.add(self._on_trade),
                market.on_mark_changed.add(self.mark_dirty),
                market.on_status_changed.add(self.mark_dirty),
            ]
        self.mark_dirty()

    def _face_market(self) -> None:
        market = self._market
        if market is None:
            self.face.set_contract(None)
        else:
            source = self._studies
            self.face.set_contract(market.contract, None if source is None else source(market))
        self.mark_dirty()

    def _leave_market(self) -> None:
        for handle in self._market_handles:
            handle.remove()
        self._market_handles = []

    def _on_trade(self, _trade: object) -> None:
        self.mark_dirty()

    def _on_orders_changed(self) -> None:
        self.mark_dirty()

    def _on_outcome(self, result: OrderResult) -> None:
        if result.order.symbol == getattr(self.trading.contract, "symbol", None):
            self.trading.say(result.sentence, Role.TEXT_DIM if result.ok else Role.DANGER)
            self.mark_dirty()

    def _on_batch(self, result: BatchResult) -> None:
        if result.symbol in {None, getattr(self.trading.contract, "symbol", None)}:
            self.trading.say(result.sentence, Role.TEXT_DIM if result.ok else Role.DANGER)
            self.mark_dirty()

    # Keys ------------------------------------------------------------------------------------

    def _bind_actions(self) -> dict[LadderAction, Callable[[], None]]:
        sizes, trading = self.trading.sizes, self.trading
        bound: dict[LadderAction, Callable[[], None]] = {
            LadderAction.ARM_KEYBOARD: self.toggle_keyboard,
            LadderAction.CURSOR_UP: partial(self._move, 1),
            LadderAction.CURSOR_DOWN: partial(self._move, -1),
            LadderAction.PAGE_UP: partial(self._move, PAGE_ROWS),
            LadderAction.PAGE_DOWN: partial(self._move, -PAGE_ROWS),
            LadderAction.TO_BEST_BID: partial(self._cursor_to, Side.BUY),
            LadderAction.TO_BEST_ASK: partial(self._cursor_to, Side.SELL),
            LadderAction.RECENTER: self.recenter,
            LadderAction.STEP_FINER: partial(self.step, finer=True),
            LadderAction.STEP_COARSER: partial(self.step, finer=False),
            LadderAction.SIZE_DOWN: partial(self._resize, partial(sizes.step, -1)),
            LadderAction.SIZE_UP: partial(self._resize, partial(sizes.step, 1)),
            LadderAction.SIZE_HALF: partial(self._resize, sizes.halve),
            LadderAction.SIZE_DOUBLE: partial(self._resize, sizes.double),
            LadderAction.SIZE_OF_POSITION: self._size_of_position,
            LadderAction.BUY: partial(self._send_at_cursor, Side.BUY),
            LadderAction.SELL: partial(self._send_at_cursor, Side.SELL),
            LadderAction.JOIN_BID: partial(self._send_at_touch, Side.BUY, Side.BUY),
            LadderAction.JOIN_ASK: partial(self._send_at_touch, Side.SELL, Side.SELL),
            LadderAction.BUY_AT_ASK: partial(self._send_at_touch, Side.BUY, Side.SELL),
            LadderAction.SELL_AT_BID: partial(self._send_at_touch, Side.SELL, Side.BUY),
            LadderAction.GRAB: self._grab,
            LadderAction.GRAB_ALL_UP: partial(self._shift_bracket, 1),
            LadderAction.GRAB_ALL_DOWN: partial(self._shift_bracket, -1),
            LadderAction.COMMIT: self._commit,
            LadderAction.CANCEL_AT_CURSOR: self._cancel_at_cursor,
            LadderAction.CANCEL_NEWEST: trading.cancel_newest,
            LadderAction.CANCEL_BUYS: partial(trading.cancel_side, Side.BUY),
            LadderAction.CANCEL_SELLS: partial(trading.cancel_side, Side.SELL),
            LadderAction.CANCEL_ALL: trading.cancel_all,
            LadderAction.CANCEL_EVERYWHERE: trading.cancel_everywhere,
            LadderAction.POST_ONLY: self.toggle_post_only,
            LadderAction.REDUCE_ONLY: self.toggle_reduce_only,
            LadderAction.OTHER_LANE: self.toggle_lane,
        }
        for number in range(1, 6):
            bound[LadderAction[f"SIZE_{number}"]] = partial(self.choose_size, number)
            bound[LadderAction[f"STORE_{number}"]] = partial(self._store, number)
        return bound

    def _bind_protection(
        self, hand: LadderProtection, mend: ProtectionViewModel
    ) -> dict[LadderAction, Callable[[], None]]:
        return {
            LadderAction.STOP_BUY: partial(self._stop_at_cursor, hand.stop_entry, Side.BUY),
            LadderAction.STOP_SELL: partial(self._stop_at_cursor, hand.stop_entry, Side.SELL),
            LadderAction.CLOSE_BUY: partial(self._stop_at_cursor, hand.close_at, Side.BUY),
            LadderAction.CLOSE_SELL: partial(self._stop_at_cursor, hand.close_at, Side.SELL),
            LadderAction.BREAKEVEN: hand.breakeven,
            LadderAction.BRACKET: hand.toggle_bracket,
            LadderAction.PROTECT: mend.press,
        }

    def _stop_at_cursor(self, send: Callable[[Side, Price | None], None], side: Side) -> None:
        cursor = self.axis.cursor
        send(side, None if cursor is None else price_for_side(cursor, self.axis.step, side))

    def _back(self, at_ms: int) -> None:
        if self.mouse.back() or (self.insight is not None and self.insight.back()):
            return
        if self._mend is not None and self._mend.drop():
            self.trading.say("Nothing was sent.", Role.TEXT_DIM)
        else:
            self.trading.back(at_ms)

    def _say_no_protection(self) -> None:
        self.trading.say("There is no account whose positions could be protected.", Role.TEXT_DIM)

    def _is_bounce(self, action: LadderAction, at_ms: int) -> bool:
        before, self._last_press = self._last_press, (action, at_ms)
        return (
            before is not None
            and action not in REPEATABLE
            and before[0] is action
            and 0 <= at_ms - before[1] < KEY_BOUNCE_MS
        )

    def _move(self, rows: int) -> None:
        if self.trading.grab is None:
            self.axis.move_cursor(rows)
            return
        self.trading.move_target(rows)
        if self.trading.grab is not None:
            self.axis.reveal(self.trading.grab.target)

    def _cursor_to(self, side: Side) -> None:
        price = self._best(side)
        if price is not None:
            self.axis.place_cursor(row_index(price, self.axis.step))

    def _best(self, side: Side) -> Price | None:
        touch = self._shown_touch()
        return touch.best_bid if side is Side.BUY else touch.best_ask

    def _send_at_cursor(self, side: Side) -> None:
        cursor = self.axis.cursor
        price = None if cursor is None else price_for_side(cursor, self.axis.step, side)
        kind = self.staging.kind_to_send(side, cursor, self.axis.step)
        if kind is Kind.LIMIT:
            self.trading.send_limit(side, price, ArmedBy.KEYBOARD)
        elif kind is not None and self._hand is not None:
            self._hand.stop_entry(side, price, reduces=kind is Kind.STOP_REDUCES)

    def _send_at_touch(self, side: Side, touch_side: Side) -> None:
        self.trading.send_limit(side, self._best(touch_side), ArmedBy.KEYBOARD)

    def _grab(self) -> None:
        if self.trading.grab is None:
            self.trading.grab_at(self.axis.cursor, self.axis.step)

    def _shift_bracket(self, rows: int) -> None:
        self._bracket.shift(rows, self.axis.step)
        if self.trading.grab is not None:
            self.axis.reveal(self.trading.grab.target)

    def _commit(self) -> None:
        self._outbox.commit(self.axis.step)

    def _cancel_at_cursor(self) -> None:
        self.trading.cancel_at(self.axis.cursor, self.axis.step)

    def _resize(self, change: Callable[[], None]) -> None:
        change()

    def choose_unit(self, number: int) -> None:
        """Write the sizes of this contract in unit 0 to 3, in the order of ``SizeUnit``."""
        self.trading.sizes.choose_unit(tuple(SizeUnit)[number])
        self.sizes_changed.emit()
        self.mark_dirty()

    def resize(self, action: LadderAction) -> None:
        """A button of size arithmetic: does what its key does."""
        self._actions[action]()
        self.mark_dirty()

    def _store(self, number: int) -> None:
        self.trading.sizes.store(number)
        words = f"{self.foot.in_hand()} {self.foot.foot().unit}"
        self.trading.say(f"Size {number} is now {words}.", Role.TEXT_DIM)
        self.sizes_changed.emit()

    def _size_of_position(self) -> None:
        if self._market is None:
            return
        lots = abs(self._account.position(self._market.contract.symbol, self.lane).core.lots)
        if lots:
            self.trading.sizes.set_current(lots)
        else:
            self.trading.say("There is no position whose size could be loaded.", Role.TEXT_DIM)

    def _take_size(self, typed: str) -> bool:
        problem = self.trading.sizes.take_text(typed)
        if problem:
            self.trading.say(problem, Role.CAUTION)
        self.mark_dirty()
        return not problem


def _now_ms() -> float:
    return monotonic() * 1000


def _step_text(market: MarketSession | None, step: int) -> str:
    if market is None:
        return ""
    scale = market.contract.scale
    return text.number(scale.tick_size * step, scale.decimals)


def _unit_text(contract: Contract) -> str:
    unit = contract.quote_currency if contract.is_inverse else contract.base_currency
    return f"1 lot = {contract.multiplier.normalize():f} {unit}"


def _position_words(position: Position) -> str:
    """With a star while our own fills are in it that the exchange's word does not cover yet."""
    lots, star = position.core.lots, "*" if position.is_provisional else ""
    if lots == 0:
        lane = lane_words(position.lane)
        return f"Flat{star}, {lane}" if lane else f"Flat{star}"
    return f"{'Long' if lots > 0 else 'Short'} {text.whole(abs(lots))}{star}"


def _side_role(lots: int) -> Role:
    if lots == 0:
        return Role.TEXT_DIM
    return Role.BUY if lots > 0 else Role.SELL

"""The ladder's view-model: book, own orders and position as rows; keys and clicks as actions."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QObject, Signal
from typing_extensions import override

from terminal.domain.depth_rows import row_index
from terminal.domain.ladder_habits import LadderHabits
from terminal.domain.lanes import lane_help, lane_words
from terminal.domain.sizing import UNITS
from terminal.session.origins import Surface, asked_by
from terminal.session.results import OrderResult
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
from terminal.viewmodels.ladder_actions import LadderActions
from terminal.viewmodels.ladder_axis import LadderAxis
from terminal.viewmodels.ladder_bracket import LadderBracket
from terminal.viewmodels.ladder_building import LadderBuilder, shown_touch
from terminal.viewmodels.ladder_clicks import Button
from terminal.viewmodels.ladder_face import OWN_SIDES, LadderFace
from terminal.viewmodels.ladder_hold import CALLED_OFF, LadderHold
from terminal.viewmodels.ladder_lanes import lane_at
from terminal.viewmodels.ladder_mouse import LadderMouse
from terminal.viewmodels.ladder_outbox import LadderOutbox
from terminal.viewmodels.ladder_places import LadderPlaces
from terminal.viewmodels.ladder_protection import LadderProtection
from terminal.viewmodels.ladder_sizes import LadderSizes
from terminal.viewmodels.ladder_staging import LadderStaging
from terminal.viewmodels.ladder_trading import ArmedBy, LadderTrading
from terminal.viewmodels.ladder_view import (
    EMPTY_LADDER,
    LadderView,
    StagedOrder,
)
from terminal.viewmodels.mode_change import ModeChange
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from terminal.domain.events import PositionSide
    from terminal.domain.units import Side, Symbol
    from terminal.session.account import AccountSession
    from terminal.session.exits import Protecting
    from terminal.session.listeners import Listeners
    from terminal.session.market import MarketSession
    from terminal.session.orders import OrderDesk
    from terminal.session.protection import Mended
    from terminal.session.results import BatchResult
    from terminal.viewmodels.base import Removable
    from terminal.viewmodels.frame import FrameClock
    from terminal.viewmodels.ladder_clicks import Spot
    from terminal.viewmodels.ladder_columns import Columns, LadderColumn
    from terminal.viewmodels.ladder_insight import LadderInsight
    from terminal.viewmodels.ladder_options import LadderOptions
    from terminal.viewmodels.ladder_studies import RowStudies
    from terminal.viewmodels.ladder_view import TagMark
    from terminal.viewmodels.protection import ProtectionViewModel
    from terminal.viewmodels.sizes import Sizes
    from terminal.viewmodels.workspace import Workspace

    StudySource: TypeAlias = Callable[[MarketSession], RowStudies | None]


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
    hand: LadderProtection | None = None
    mend: ProtectionViewModel | None = None
    insight: LadderInsight | None = None
    _mended: Listeners[[Mended]] | None = None

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
        self.habits = LadderHabits()
        """How the user wants his gestures taken."""
        self.mouse = LadderMouse(
            self.trading,
            self.axis,
            self.face,
            desk,
            account,
            self._places,
            lambda: self.habits,
            _now_ms,
            self.recenter,
        )
        self.foot = LadderSizes(self.trading, desk, account)
        self.keys = dict(DEFAULT_KEYS)
        self.holding = LadderHold(desk.latency, self._hold_ms, self.trading.say, self.mark_dirty)
        self.staging = LadderStaging(self.trading, desk)
        self.outbox = LadderOutbox(
            self.trading, desk, self.holding, self._hold_ms, self._shown_market
        )
        self.mouse.drag.moves = self.outbox.move
        self.bracket = LadderBracket(self.trading, desk)
        self._workspace = workspace
        self._desk = desk
        self._account = account
        self.market: MarketSession | None = None
        self._market_handles: list[Removable] = []
        self._studies: StudySource | None = None
        self.is_hovered = False
        self._actions = LadderActions(self, account, self.sizes_changed.emit)
        self._builder = LadderBuilder(self, desk, account)
        self._mode_change = ModeChange(account)
        self._surface = Surface()
        self.speaks: Callable[[], bool] = lambda: True
        """Whether answers that no surface asked for are told here, of the ladders of a contract."""

    def know_more(self, insight: LadderInsight) -> None:
        """Give the ladder its studies, worth, exits and notes; called once, before the start."""
        self.insight = self.face.insight = insight
        self.mouse.exits = insight.exits
        self._actions.add(LadderAction.NOTE, insight.ask_note)
        self.study_with(insight.studies_of)

    def protect_with(self, protecting: Protecting, mend: ProtectionViewModel) -> LadderProtection:
        """Give the ladder its protecting hand; called once, before the start."""
        hand = LadderProtection(self.trading, self._desk, protecting)
        self.mouse.protection = self.foot.protection = hand
        self.mend, self.hand = mend, hand
        self._mended = protecting.watch.on_mended
        self._places.has_stops = True
        self.bracket.fires = hand.fires
        mend.lane_of = self._chosen_lane
        mend.changed.connect(self.mark_dirty)
        self._actions.protect_with(hand, mend)
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
        return self.market

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
            self._desk.on_called_off.add(self._on_called_off),
            self._account.on_changed.add(self._on_account_changed),
        )
        if self._mended is not None:
            self.listen(self._mended.add(self._on_mended))
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
        self.staging.take_keys(keys)
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
        self.is_hovered = hovered
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
        self._take_step()
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
        if self._actions.is_bounce(action, at_ms):
            return True
        with self._desk.latency.gesture(), asked_by(self._surface):
            self._actions.act(action, at_ms)
        self.holding.key_done()
        self.mark_dirty()
        return True

    def run(self, action: LadderAction) -> None:
        """An action chosen by its name: the rules of its key hold, twice included."""
        at_ms = int(monotonic() * 1000)
        with self._desk.latency.gesture(), asked_by(self._surface):
            if action in DOUBLE_PRESSED and not self.holding.takes_key(action):
                self.trading.press(action, at_ms, BUTTON_PRESS_MS)
            elif action not in DOUBLE_PRESSED:
                self._actions.act(action, at_ms)
        self.holding.key_done()
        self.mark_dirty()

    @property
    def silence(self) -> str:
        """Why nothing at all is sent here, not even a cancel; empty while something is."""
        return self._desk.access.silence

    def mouse_pressed(self, spot: Spot, button: Button) -> None:
        """A mouse button goes down on the rows.

        Where something lies on them no row is meant: on the plate that tells where the market is
        it goes there.
        """
        if spot.row is not None and self.axis.is_covered(spot.row) and not self.mouse.is_open:
            self.mouse.rest(spot)
            if self.view.off_market:
                self.recenter()
        elif (
            spot.picks
            or spot.edge is not None
            or not (button is Button.LEFT and self._took_lane(spot))
        ):
            with asked_by(self._surface):
                self.mouse.pressed(spot, button)
        self.mark_dirty()

    def _took_lane(self, spot: Spot) -> bool:
        """A press in the other lane's column focuses it; whether that was all that was meant."""
        side = None if spot.column is None else OWN_SIDES.get(spot.column)
        if spot.row is None or side is None or not self.trading.is_hedged or self.mouse.is_open:
            return False
        if lane_at(side) is self.lane:
            return False
        self.take_lane(lane_at(side))
        index = self.face.index_of_own(spot.row, side)
        return not self.trading.orders_at(index, self.axis.step, side)

    def price_to_ticket(self) -> None:
        """The price of the cursor's row goes into the ticket; armed or not, nothing is sent."""
        self._actions.do(LadderAction.TO_TICKET)
        self.mark_dirty()

    def mouse_moved(self, spot: Spot) -> None:
        """The pointer is over another cell, or modifiers changed under it."""
        self.point_at(spot.row, spot.column)
        if self.mouse.moved(spot):
            self.mark_dirty()

    def mouse_released(self, spot: Spot, button: Button) -> None:
        """A mouse button is let go, on the rows or elsewhere."""
        with asked_by(self._surface):
            self.mouse.released(spot, button)
        self.mark_dirty()

    def mouse_lost(self) -> None:
        """The rows lost the keyboard's focus: what the mouse had begun is dropped."""
        if self.mouse.is_busy:
            self.mouse.lost("The ladder lost the focus.")
            self.mark_dirty()

    def hidden(self) -> None:
        """Nobody sees the rows any more: what was begun or held back there is not sent."""
        self._let_go("the ladder is out of sight.")
        self.staging.forget_touch()
        self.set_hovered(False)  # a hidden panel is told of no pointer that leaves

    def set_message_rows(self, rows: int) -> None:
        """So many rows at the bottom lie under a message: nothing is sent from there."""
        if rows != self.axis.message_rows:
            self.axis.message_rows = rows
            self.axis.cover(shown_touch(self.market))
            if self.axis.seen_cursor is None:
                self.staging.hide()
            self.mark_dirty()

    def scroll(self, rows: int) -> None:
        """Move the window; positive is up. Rows stay where they are under a button that is down."""
        if not self.mouse.is_busy:
            self.axis.scroll(rows)
        self.mark_dirty()

    def bring(self, tag: TagMark) -> None:
        """Scroll to what lies out of view, as a click on its plate does; nothing is sent."""
        if not self.mouse.is_busy and tag.at is not None:
            self.axis.bring(row_index(tag.at, self.axis.step))
        self.mark_dirty()

    def step(self, finer: bool) -> None:  # noqa: FBT001 - a direction
        """Finer or coarser price grouping."""
        if self.trading.grab is not None or self.mouse.is_busy:
            self.trading.say("Commit or drop the order you hold first.", Role.CAUTION)
        else:
            self._regroup(finer=finer)
        self.mark_dirty()

    def _regroup(self, *, finer: bool) -> None:
        """Group otherwise, and remember it for this ladder and contract."""
        market = self.market
        if self.axis.change_step(finer=finer) and market is not None:
            self.set_options(self.options.with_step(market.contract.symbol, self.axis.step))

    def _take_step(self) -> None:
        """Group as this ladder was left on the contract."""
        step = 1 if self.market is None else self.options.step_of(self.market.contract.symbol)
        if step != self.axis.step:
            self.axis.take_step(step)

    def recenter(self) -> None:
        """Inside to the middle, cursor to the inside; not under a button that is down."""
        if not self.mouse.is_busy:
            self.axis.recenter(shown_touch(self.market))
        self.mark_dirty()

    def is_armed_on(self, symbol: Symbol) -> bool:
        """Whether this ladder is armed, by either hand, on a contract."""
        contract = self.trading.contract
        return bool(self.trading.armed) and contract is not None and contract.symbol == symbol

    def toggle_keyboard(self) -> None:
        """Arm or disarm keyboard trading."""
        self.trading.toggle(ArmedBy.KEYBOARD)
        self._keep_cursor()
        self.holding.look()  # what was held is gone, also if it is armed again at once
        self.mark_dirty()

    def _keep_cursor(self) -> None:
        """Orders are sent at the cursor while the keyboard is armed: it stays on its row then."""
        self.axis.is_kept = ArmedBy.KEYBOARD in self.trading.armed

    def toggle_mouse(self) -> None:
        """Arm or disarm mouse trading."""
        self.trading.toggle(ArmedBy.MOUSE)
        self.holding.look()
        self.mark_dirty()

    def choose_size(self, number: int) -> None:
        """Take stored size 1 to 5, or answer an open question."""
        if self.trading.choice is not None:
            with asked_by(self._surface):
                self.trading.choose(number, self.axis.step)
        else:
            self.trading.sizes.choose(number)
            self.sizes_changed.emit()
        self.mark_dirty()

    def store_size_text(self, number: int, typed: str) -> None:
        """Keep a typed size as 1 to 5; nonsense is answered with a sentence."""
        if self._take_size(typed) and self.trading.sizes.store(number):
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
        if self.mend is not None:
            self.mend.drop()
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
        self._actions.do(LadderAction.BRACKET)
        self.mark_dirty()

    def cancel_all(self) -> None:
        """Cancel everything of this contract."""
        self._let_go(CALLED_OFF)
        with asked_by(self._surface):
            self.trading.cancel_all()
        self.mark_dirty()

    def cancel_everywhere(self) -> None:
        """Cancel everything in every contract."""
        self._let_go(CALLED_OFF)
        with asked_by(self._surface):
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
        self._let_go(CALLED_OFF)
        with asked_by(self._surface):
            self.trading.press(action, int(monotonic() * 1000), BUTTON_PRESS_MS)
        self.mark_dirty()

    def cancel_side(self, side: Side) -> None:
        """Cancel this contract's buys or sells."""
        self._let_go(CALLED_OFF)
        with asked_by(self._surface):
            self.trading.cancel_side(side)
        self.mark_dirty()

    def cancel_stops(self) -> None:
        """Cancel the stops of this contract that wait."""
        self._let_go(CALLED_OFF)
        with asked_by(self._surface):
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
        self._keep_cursor()
        self.holding.look()
        if not self.mouse.is_busy:  # what is sent on release is what stood there at the press
            self.trading.sizes.settle()
        self.mouse.settle()
        view = self._builder.build()
        changed = view != self.view
        self.view = view
        if self.face.is_unsettled or self.holding.is_holding:
            self.mark_dirty()
        return changed

    # Sources ---------------------------------------------------------------------------------

    def _on_contract_changed(self) -> None:
        self._leave_market()
        market = self._workspace.market
        self.market = market
        self.axis.reset()
        self._take_step()
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
        market = self.market
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

    def _on_account_changed(self) -> None:
        """Where sides mean something else now, nothing that a hand began before is carried out."""
        because = self._mode_change.words()
        if because:
            self._let_go(because)
            self.disarm(because)
            if self.mend is not None:
                self.mend.drop()
        self.mark_dirty()

    def _on_outcome(self, result: OrderResult) -> None:
        if result.order.symbol == self._symbol:
            self._answered(result)

    def _on_mended(self, mended: Mended) -> None:
        """A position is protected now: an alarm of before is no word on it any more."""
        message = self.trading.message
        is_ours = mended.symbol == getattr(self.trading.contract, "symbol", None)
        if mended.ok and is_ours and message is not None and message.role is Role.DANGER:
            self.trading.message = None
            self.mark_dirty()

    def _on_called_off(self, symbol: Symbol | None) -> None:
        """Somebody cancels or flattens, here or in another panel: nothing held back goes after."""
        if symbol in {None, getattr(self.trading.contract, "symbol", None)}:
            self._let_go("orders were being canceled.")

    def _let_go(self, because: str) -> None:
        """Whatever a hand has begun or holds back ends here, and is said."""
        self.holding.drop(because)
        self.trading.let_go(because)
        if self.insight is not None:
            self.insight.exits.drop()
        if self.mouse.is_busy:
            self.mouse.lost(f"Dropped: {because}")
        self.mark_dirty()

    def _on_batch(self, result: BatchResult) -> None:
        if result.symbol in {None, self._symbol}:
            self._answered(result)

    @property
    def _symbol(self) -> Symbol | None:
        return None if self.trading.contract is None else self.trading.contract.symbol

    def tells(self, result: OrderResult | BatchResult) -> bool:
        """Whether the user sees here how a command ended."""
        symbol = result.order.symbol if isinstance(result, OrderResult) else result.symbol
        is_shown = symbol in {None, self._symbol}  # None is of a command about all contracts
        return self.is_seen and is_shown and self._is_told_here(result)

    def _is_told_here(self, result: OrderResult | BatchResult) -> bool:
        """An answer is told where it was asked for; one that nobody asked for, in one ladder."""
        is_mine = result.origin is self._surface
        return is_mine or (result.origin is None and self.speaks())

    def _answered(self, result: OrderResult | BatchResult) -> None:
        if self._is_told_here(result):
            self.trading.say(result.sentence, Role.TEXT_DIM if result.ok else Role.DANGER)
            self.trading.question.note(result, self.trading.message)
            self.mark_dirty()

    def choose_unit(self, number: int) -> None:
        """Write the sizes of this contract in unit 0 to 3, in the order of ``UNITS``."""
        self.trading.sizes.choose_unit(UNITS[number])
        self.sizes_changed.emit()
        self.mark_dirty()

    def resize(self, action: LadderAction) -> None:
        """A button of size arithmetic: does what its key does."""
        self._actions.do(action)
        self.mark_dirty()

    def _take_size(self, typed: str) -> bool:
        problem = self.trading.sizes.take_text(typed)
        if problem:
            self.trading.say(problem, Role.CAUTION)
        self.mark_dirty()
        return not problem


def _now_ms() -> float:
    return monotonic() * 1000

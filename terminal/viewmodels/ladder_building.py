"""What a ladder shows: the view is made here, once a frame, from market, orders and gestures."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.access import Access
from terminal.domain.guard import Touch
from terminal.domain.lanes import HEDGED, lane_words
from terminal.domain.position import unrealized
from terminal.domain.triggers import words
from terminal.viewmodels import text
from terminal.viewmodels.ladder_face import RowFacts
from terminal.viewmodels.ladder_fading import Fading
from terminal.viewmodels.ladder_lanes import lane_heads
from terminal.viewmodels.ladder_tags import edge_price, liquidation_of
from terminal.viewmodels.ladder_trading import ArmedBy
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
    from terminal.domain.contract import Contract
    from terminal.domain.units import ExactPrice
    from terminal.session.account import AccountSession, Position
    from terminal.session.market import MarketSession
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.ladder_inside import LadderInside
    from terminal.viewmodels.ladder_tags import PriceTag

_NO_TOUCH = Touch(None, None)


def shown_touch(market: MarketSession | None) -> Touch:
    """The touch of the book in hand, for placing the window; trading asks the session."""
    if market is None or not market.book_is_live:
        return _NO_TOUCH
    return Touch(market.book.best_bid, market.book.best_ask)


@final
class _PositionTexts(NamedTuple):
    lots: str = EMPTY_LADDER.position_text
    lots_role: Role = EMPTY_LADDER.position_role
    pnl: str = ""
    pnl_role: Role = EMPTY_LADDER.pnl_role
    entry: str = ""
    mark: str = ""
    breakeven: str = ""
    liquidation: str = ""
    help: str = ""


@final
class LadderBuilder:
    """Builds the view of one ladder; it changes nothing that is traded."""

    def __init__(self, ladder: LadderInside, desk: OrderDesk, account: AccountSession) -> None:
        self._ladder = ladder
        self._desk = desk
        self._account = account
        self._trading, self._axis, self._face = ladder.trading, ladder.axis, ladder.face
        self._mouse, self._foot, self._holding = ladder.mouse, ladder.foot, ladder.holding
        self._staging, self._bracket = ladder.staging, ladder.bracket
        self._fading = Fading(self._face.now_ms)

    def build(self) -> LadderView:
        """What is drawn now."""
        market, trading = self._ladder.market, self._trading
        rows = self._rows(market)
        position = self._position_texts(market)  # after the rows: with them its charges are known
        off_market, is_above = self._off_market()
        stale = None if market is None else market.staleness()
        is_known = trading.question.is_answered(trading.message)
        if is_known or self._fading.is_over(trading.message):
            trading.message = None
        return LadderView(
            symbol="" if market is None else str(market.contract.symbol),
            unit_text="" if market is None else _unit_text(market.contract),
            rows=self._mouse.marked(rows),
            step_text=_step_text(market, self._axis.step),
            sizes=self._foot.cells(),
            size_text=self._foot.in_hand(),
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
            breakeven_text=position.breakeven,
            liquidation_text=position.liquidation,
            position_help=position.help,
            message=trading.message or self._standing(),
            off_market=off_market,
            is_market_above=is_above,
            stale=stale.reason if stale is not None else None,
            waiting=self._waiting(market),
            options=self._face.options,
            units=() if market is None else self._face.units(market.contract),
            missing=self._face.missing,
            price_digits=max((len(row.price_text) for row in (*rows[:1], *rows[-1:])), default=0),
            pointer=self._mouse.shape,
            own_list=self._mouse.own_list(),
            foot=self._foot.foot(),
            lanes=self._lane_heads(market),
        )

    def _rows(self, market: MarketSession | None) -> tuple[LadderRow, ...]:
        if market is None:
            return ()
        trading, symbol = self._trading, market.contract.symbol
        is_collapsed = self._face.options.is_spread_collapsed
        facts = RowFacts(
            market=market,
            touch=shown_touch(self._ladder.market),
            orders=tuple(self._desk.working(symbol)),
            position=self._account.position(symbol, self._ladder.lane),
            staged=self._staged_orders(market.contract) if is_collapsed else (),
            lanes=self._lane_positions(market),
            grab_target=self._mouse.target if trading.grab is None else trading.grab.target,
            is_hovered=self._ladder.is_hovered,
            is_busy=trading.grab is not None or bool(trading.choice) or self._mouse.is_busy,
        )
        self._staging.see_touch(facts.touch)
        self._face.place(facts)  # a free cursor moves; what is staged at it goes with it
        self._axis.cover(facts.touch)
        return self._face.rows(facts._replace(staged=self._staged_orders(market.contract)))

    def _lane_positions(self, market: MarketSession | None) -> tuple[Position, ...]:
        """The positions of both lanes; none in one-way mode."""
        if market is None or not self._account.is_hedged:
            return ()
        return tuple(self._account.position(market.contract.symbol, lane) for lane in HEDGED)

    def _lane_heads(self, market: MarketSession | None) -> tuple[LaneHead, ...]:
        if market is None:
            return ()
        mark = None if market.mark is None else market.mark.mark_price
        contract, held = market.contract, self._lane_positions(market)
        heads = lane_heads(held, self._ladder.lane, mark, contract)
        insight = self._ladder.insight
        even = None if insight is None else insight.breakeven
        helps = (
            _position_help(one, contract, even if head.is_focused else None, mark)
            for head, one in zip(heads, held, strict=True)
        )
        mend = self._ladder.mend
        return tuple(
            head._replace(
                help="\n".join(filter(None, (more, head.help))),
                alarm="" if mend is None else mend.alarm(head.lane),
            )
            for head, more in zip(heads, helps, strict=True)
        )

    def _staged_orders(self, contract: Contract) -> tuple[StagedOrder, ...]:
        """What was shown and not sent: a grabbed order's new place, mending stops, a staged one."""
        exits = None if self._ladder.insight is None else self._ladder.insight.staged
        found = [one for one in (self._ladder.staged, exits) if one is not None]
        grabbed = self._trading.grabbed(self._axis.step)
        if grabbed is not None:
            found.append(grabbed._replace(held_share=self._holding.share))
        found += self._bracket.staged(self._axis.step)
        at_cursor, dragged = self._at_cursor(), self._mouse.drag.staged()
        found += [one for one in (at_cursor, dragged) if one is not None]
        proposal = None if self._ladder.mend is None else self._ladder.mend.staged
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
        axis, trading, market = self._axis, self._trading, self._ladder.market
        cursor = axis.seen_cursor
        self._staging.see(cursor, axis.step)
        if self._holding.is_holding:
            return self._holding.staged
        if (
            cursor is None
            or ArmedBy.KEYBOARD not in trading.armed
            or trading.grab is not None
            or trading.choice is not None
            or market is None
            or market.staleness() is not None
        ):
            return None
        return self._staging.preview(cursor, axis.step)

    def _position_texts(self, market: MarketSession | None) -> _PositionTexts:
        if market is None:
            return _PositionTexts()
        contract = market.contract
        position = self._account.position(contract.symbol, self._ladder.lane)
        core = position.core
        mark = market.mark.mark_price if market.mark is not None else None
        pnl = None if mark is None or core.is_flat else unrealized(core, mark, contract)
        insight = self._ladder.insight
        even = None if insight is None or core.is_flat else insight.breakeven
        liquidation = liquidation_of(position, contract)
        return _PositionTexts(
            lots=_position_words(position)
            if self._desk.access is not Access.MARKET_DATA
            else "No account",
            lots_role=_side_role(core.lots),
            pnl="" if pnl is None else text.money(pnl, sign=True),
            pnl_role=Role.TEXT_DIM if pnl is None else text.gain_role(pnl),
            entry=""
            if core.average_entry is None
            else text.exact_price(core.average_entry, contract),
            mark=text.exact_price(mark, contract),
            breakeven="" if insight is None or core.is_flat else insight.breakeven_text,
            liquidation="" if liquidation is None else edge_price(liquidation, contract),
            help=_position_help(position, contract, even, mark),
        )

    def _off_market(self) -> tuple[str, bool]:
        rows = self._axis.rows_outside(shown_touch(self._ladder.market))
        if rows == 0:
            return "", False
        unit = "row" if abs(rows) == 1 else "rows"
        where = "above" if rows > 0 else "below"
        return f"The market is {text.whole(abs(rows))} {unit} {where}. Space recentres.", rows > 0

    def _waiting(self, market: MarketSession | None) -> str | None:
        if market is None:
            return EMPTY_LADDER.waiting
        if self._axis.top_index is None and not market.book_is_live:
            return f"Waiting for the order book of {market.contract.symbol}."
        return None

    def _standing(self) -> Message | None:
        """Why orders are not sent, while there is nothing else to say."""
        reason = self._desk.access.reason
        return Message(reason, Role.TEXT_DIM) if reason else None


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


def _position_help(
    position: Position, contract: Contract, even: PriceTag | None, mark: ExactPrice | None
) -> str:
    """A line for entry, breakeven, liquidation, margin and result, as far as they are known."""
    core = position.core
    if core.is_flat:
        return ""
    lines = [f"{_position_words(position)} at {text.exact_price(core.average_entry, contract)}"]
    if even is not None:
        lines.append(f"{even.words[:1].upper()}{even.words[1:]}")
    liquidation = liquidation_of(position, contract)
    if liquidation is not None:
        lines.append(f"Liquidation {text.exact_price(liquidation, contract)}")
    if position.margin is not None:
        mode = "" if position.margin_mode is None else f", {position.margin_mode.value}"
        times = "" if position.leverage is None else f" {position.leverage.normalize():f}x"
        lines.append(f"Margin {text.money(position.margin)}{mode}{times}")
    if mark is not None:
        pnl = text.money(unrealized(core, mark, contract), sign=True)
        lines.append(f"{pnl} at the mark {text.exact_price(mark, contract)}, "
                     "without fees and funding")  # fmt: skip
    return "\n".join(lines)


def _side_role(lots: int) -> Role:
    if lots == 0:
        return Role.TEXT_DIM
    return Role.BUY if lots > 0 else Role.SELL

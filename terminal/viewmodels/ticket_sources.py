"""What the ticket is told by market, account and candles. Reads only; keeps the candles open."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Protocol, final

from terminal.domain.access import Access
from terminal.domain.candles import CandleInterval
from terminal.domain.draft import Standing, only_reduces
from terminal.domain.effect import effect_of
from terminal.domain.events import PositionSide
from terminal.domain.lanes import closes, lane_words, wire_lane
from terminal.domain.sizing import SizeBasis
from terminal.domain.slippage import sweep
from terminal.domain.ticket import ASSUMED_MODE
from terminal.domain.triggers import UNKNOWN_REFERENCES, References
from terminal.domain.true_range import average_true_range
from terminal.domain.units import Side
from terminal.viewmodels import text
from terminal.viewmodels.stop_distance import stop_distance
from terminal.viewmodels.ticket_figures import NOTHING, SideFigures
from terminal.viewmodels.ticket_form import typed_price

if TYPE_CHECKING:
    from decimal import Decimal

    from terminal.domain.contract import Contract
    from terminal.domain.draft import Draft
    from terminal.domain.slippage import Sweep
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import Price, Symbol
    from terminal.session.account import AccountSession
    from terminal.session.candles import CandleSession
    from terminal.session.exits import Protecting
    from terminal.session.market import MarketSession
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.ticket_form import TicketForm
    from terminal.viewmodels.workspace import Workspace


class Candles(Protocol):
    """Who keeps candles; each ``open`` needs its ``close``."""

    def open(self, symbol: Symbol, interval: CandleInterval) -> CandleSession:
        """The running session of a contract and interval."""
        ...

    def close(self, source: CandleSession) -> None:
        """Give a session back."""
        ...


class QuickPrice(Enum):
    """Prices that one press takes; the values are the words shown."""

    BID = "Bid"
    MID = "Mid"
    ASK = "Ask"
    LAST = "Last"


@final
class TicketSources:
    """The present market and account of the workspace's contract."""

    def __init__(self, workspace: Workspace, desk: OrderDesk, account: AccountSession) -> None:
        self._workspace = workspace
        self._desk = desk
        self._account = account
        self.candles: Candles | None = None
        self.protecting: Protecting | None = None
        """What is known of protection; set before the start."""
        self._minutes: CandleSession | None = None
        self._range: tuple[int, Decimal | None] = (0, None)

    # Market ----------------------------------------------------------------------------------

    @property
    def market(self) -> MarketSession | None:
        """The market that is shown."""
        return self._workspace.market

    @property
    def contract(self) -> Contract | None:
        """Its contract."""
        market = self.market
        return None if market is None else market.contract

    def stale(self) -> str | None:
        """Why what is previewed may be wrong, None when it can be trusted."""
        stale = None if self.market is None else self.market.staleness()
        return None if stale is None else stale.reason

    def far(self, side: Side) -> Price | None:
        """The best price of the other side, None while there is none to be trusted."""
        touch = None if self.market is None else self.market.touch()
        if touch is None:
            return None
        return touch.best_ask if side is Side.BUY else touch.best_bid

    def references(self) -> References:
        """The prices that stops watch; unknown while the market is stale."""
        market = self.market
        if market is None or market.staleness() is not None:
            return UNKNOWN_REFERENCES
        mark, last = market.mark, market.last_trade
        return References(
            None if last is None else last.price,
            None if mark is None else mark.mark_price,
            None if mark is None else mark.index_price,
        )

    def quick(self, wanted: QuickPrice) -> Price | None:
        """A price to be taken over, on a tick; the mid rounded down. None while not known."""
        market = self.market
        touch = None if market is None else market.touch()
        if market is None or touch is None:
            return None
        bid, ask = touch.best_bid, touch.best_ask
        if wanted is QuickPrice.LAST:
            return None if market.last_trade is None else market.last_trade.price
        if wanted is QuickPrice.MID:
            if bid is None or ask is None:
                return None
            return market.contract.scale.ticks_below(
                (market.contract.scale.decimal(bid) + market.contract.scale.decimal(ask)) / 2
            )
        return bid if wanted is QuickPrice.BID else ask

    def last(self) -> Decimal | None:
        """The last trade's price."""
        market = self.market
        if market is None or market.last_trade is None:
            return None
        return market.contract.scale.decimal(market.last_trade.price)

    def average_range(self) -> Decimal | None:
        """The average true range of 14 minutes, in ticks; the first call begins to read candles."""
        contract = self.contract
        if self.candles is None or contract is None:
            return None
        if self._minutes is None:
            self._minutes = self.candles.open(contract.symbol, CandleInterval.M1)
        series = self._minutes.series
        if self._minutes.staleness() is not None or not len(series):
            return None
        if self._range[0] != series.starts[-1]:  # closed candles change once a minute
            self._range = (series.starts[-1], average_true_range(series))
        return self._range[1]

    def leave(self) -> None:
        """The contract is another one, or nobody looks any more: the candles are given back."""
        if self._minutes is not None and self.candles is not None:
            self.candles.close(self._minutes)
        self._minutes, self._range = None, (0, None)

    # Account ---------------------------------------------------------------------------------

    def lane(self, form: TicketForm) -> PositionSide:
        """The lane that is meant: the chosen one of hedge mode, else BOTH."""
        return form.lane if self._account.is_hedged else PositionSide.BOTH

    def standing(self, form: TicketForm, contract: Contract, side: Side) -> Standing | None:
        """What a side takes from the account; None while the margin mode is not known.

        What only reduces goes without knowing it: that is no reason to keep it back.
        """
        lane = self.lane(form)
        mode = self._account.margin_mode(contract.symbol)
        is_out = form.is_reduce_only or form.kind.is_exit or form.is_close or closes(lane, side)
        if mode is None and is_out:
            mode = ASSUMED_MODE
        if mode is None:
            return None
        return Standing(
            mode,
            self._account.leverage(contract.symbol, wire_lane(lane)),
            lane,
            self.references(),
            {one: self.far(one) for one in Side},
            self._held(contract, lane),
        )

    def _held(self, contract: Contract, lane: PositionSide) -> int | None:
        """Signed lots of the one position; None in lanes, and while the account is not sure."""
        if lane is not PositionSide.BOTH or not self._has_account or not self._account.is_trusted:
            return None
        return int(self._account.position(contract.symbol).core.lots)

    def sizing(self, form: TicketForm) -> SizeBasis | None:
        """What the units of the size are reckoned with.

        The price is that of the order; without one the trigger, then the best ask.
        """
        contract = self.contract
        if contract is None:
            return None
        price = typed_price(form.price_text, contract) if form.kind.has_price else None
        if price is None and form.kind.waits:
            price = typed_price(form.trigger_text, contract)
        if price is None and not form.kind.needs_price:
            price = self.far(Side.BUY)
        wallet = self._account.wallet(contract.settle_currency) if self._has_account else None
        ticks, words = self._risk(form, price, contract)
        return SizeBasis(
            contract,
            None if price is None else contract.scale.decimal(price),
            None if wallet is None else wallet.equity.amount,
            ticks,
            words,
            self._account.leverage(contract.symbol, wire_lane(self.lane(form))),
            None if wallet is None else wallet.available.amount,
        )

    def _risk(
        self, form: TicketForm, price: Price | None, contract: Contract
    ) -> tuple[int | None, str]:
        """Ticks to the stop-loss that goes with the order, else to the stop that there is."""
        loss = None if form.kind.waits else typed_price(form.loss_text, contract)
        if loss is not None and price is not None and loss != price:
            ticks = abs(price - loss)
            at = text.price(loss, contract)
            return ticks, f"to the order's stop-loss at {at}, {text.whole(ticks)} ticks"
        if self.protecting is None:
            return None, ""
        return stop_distance(self.protecting.watch, contract, self.lane(form))

    @property
    def _has_account(self) -> bool:
        return self._desk.access is not Access.MARKET_DATA

    # Figures ---------------------------------------------------------------------------------

    def figures(self, ticket: OrderTicket, contract: Contract) -> SideFigures:
        """What a ticket would do, at the worst price that it can have now."""
        if not self._has_account:
            return NOTHING
        facts = self._desk.guarding.preview(ticket, contract)
        taken = self._sweep(ticket, contract)
        price = self.price(ticket, contract, taken)
        if price is None or price <= 0:
            return SideFigures(None, taken)
        return SideFigures(effect_of(ticket, contract, facts, price), taken)

    def _sweep(self, ticket: OrderTicket, contract: Contract) -> Sweep | None:
        """What fills at once; nothing of what waits, or may not take."""
        market, side, lots = self.market, ticket.side, ticket.lots
        if ticket.is_close_order and ticket.trigger is None:
            lane = ticket.terms.position_side
            held = self._account.position(contract.symbol, lane).core.lots
            side, lots = (Side.SELL if held > 0 else Side.BUY), type(held)(abs(held))
        if market is None or market.touch() is None or side is None or not lots:
            return None
        if ticket.trigger is not None or ticket.is_post_only:
            return None
        return sweep(market.book, contract, side, lots, ticket.price)

    def price(self, ticket: OrderTicket, contract: Contract, taken: Sweep | None) -> Decimal | None:
        """The worst price: its limit, else its trigger, else the average of what it takes."""
        if ticket.price is not None:
            return contract.scale.decimal(ticket.price)
        if ticket.trigger is not None:
            return contract.scale.decimal(ticket.trigger.price)
        if taken is not None:
            return taken.average
        far = self.far(Side.BUY if ticket.side is None else ticket.side)
        return None if far is None else contract.scale.decimal(far)

    def effect_words(self, form: TicketForm, draft: Draft | None, contract: Contract) -> str:
        """What each side makes of the position, by name: ``Position 2: buy makes 5, sell -1``.

        While there is no order yet (None), only what is held.
        """
        if not self._has_account:
            return ""
        lane = self.lane(form)
        held = int(self._account.position(contract.symbol, wire_lane(lane)).core.lots)
        name = lane_words(lane).capitalize() or "Position"
        if draft is None or (draft.lots is None and not draft.is_close):
            return f"{name} {text.whole(held)}"
        after: dict[Side, int] = {}
        for side in Side:
            signed = side.sign * int(draft.lots or 0)
            if draft.is_close:
                signed = -held
            elif only_reduces(draft, side, lane):
                signed = _reduced(held, signed)
            after[side] = held + signed
        return _held_words(name, held, after)


def _reduced(held: int, signed: int) -> int:
    if held * signed >= 0:
        return 0
    return max(signed, -held) if signed < 0 else min(signed, -held)


def _held_words(name: str, held: int, after: dict[Side, int]) -> str:
    bought, sold = (text.whole(after[side]) for side in Side)
    if bought == sold:
        return f"{name} {text.whole(held)}: makes {bought}"
    return f"{name} {text.whole(held)}: buy makes {bought}, sell {sold}"

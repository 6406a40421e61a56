"""The order ticket: an intention filled in by hand, previewed, and sent by a second press."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, final

from PySide6.QtCore import Signal
from typing_extensions import override

from terminal.domain.access import Access
from terminal.domain.errors import UnitError
from terminal.domain.events import OrderType, StopReference
from terminal.domain.guard import Block, BlockField
from terminal.domain.lanes import lane_for, lane_words
from terminal.domain.ticket import ASSUMED_MODE, AttachedExits, OrderTerms, OrderTicket
from terminal.domain.units import Lots, Price, Side
from terminal.session.results import Blocked
from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.ladder_view import Message
from terminal.viewmodels.protection import NOT_ESTABLISHED, exits_words
from terminal.viewmodels.sizes import parse_lots
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QObject

    from terminal.domain.contract import Contract
    from terminal.session.account import AccountSession
    from terminal.session.exits import Protecting
    from terminal.session.orders import OrderDesk
    from terminal.session.results import DryRun, OrderResult
    from terminal.viewmodels.base import Removable
    from terminal.viewmodels.frame import FrameClock
    from terminal.viewmodels.workspace import Workspace


@final
@dataclass(frozen=True, slots=True)
class TicketView:
    """Everything the ticket shows. ``staged`` is the sentence that a second press would send.

    With ``is_dry`` the buttons let the exchange test the order, and nothing is ever sent.
    """

    symbol: str
    is_market: bool
    price_text: str
    lots_text: str
    is_post_only: bool
    is_reduce_only: bool
    loss_text: str
    profit_text: str
    exits_text: str
    exits_error: str
    price_error: str
    lots_error: str
    value_text: str
    fee_text: str
    effect_text: str
    is_dry: bool
    buy_text: str
    sell_text: str
    can_buy: bool
    can_sell: bool
    blocked_reason: str
    stale: str | None
    staged: str | None
    staged_role: Role
    message: Message | None


@final
class TicketViewModel(ViewModel):
    """An order ticket on the workspace's contract. Staging never sends; ``confirm`` does, once.

    ``scale_asked`` when many orders are wanted in place of one.
    """

    scale_asked = Signal()

    def __init__(
        self,
        workspace: Workspace,
        desk: OrderDesk,
        account: AccountSession,
        frame: FrameClock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self._workspace = workspace
        self._desk = desk
        self._account = account
        self._handles: list[Removable] = []
        self._is_market = False
        self._price_text = ""
        self._lots_text = "1"
        self._is_post_only = False
        self._is_reduce_only = False
        self._loss_text = ""
        self._profit_text = ""
        self.protecting: Protecting | None = None
        """What is known of protection; set before the start, exits are by mark without."""
        self.locked: Callable[[], str] = str
        """Why no order is entered by hand at all; empty while some may be."""
        self._staged: OrderTicket | None = None
        self._message: Message | None = None
        self.view = self._build()

    # Editing ---------------------------------------------------------------------------------

    def set_market(self, is_market: bool) -> None:  # noqa: FBT001 - a switch told by the widget
        """Market or limit; a market order has no price and no post-only."""
        self._is_market = is_market
        self._edited()

    def set_price_text(self, typed: str) -> None:
        """Price as typed."""
        self._price_text = typed
        self._edited()

    def set_lots_text(self, typed: str) -> None:
        """Lots as typed."""
        self._lots_text = typed
        self._edited()

    def set_post_only(self, is_set: bool) -> None:  # noqa: FBT001 - a switch told by the widget
        """Rest or be refused, never take."""
        self._is_post_only = is_set
        self._edited()

    def set_reduce_only(self, is_set: bool) -> None:  # noqa: FBT001 - a switch told by the widget
        """Never open or enlarge a position."""
        self._is_reduce_only = is_set
        self._edited()

    def set_loss_text(self, typed: str) -> None:
        """Trigger of an attached stop-loss as typed; empty for none."""
        self._loss_text = typed
        self._edited()

    def set_profit_text(self, typed: str) -> None:
        """Trigger of an attached take-profit as typed; empty for none."""
        self._profit_text = typed
        self._edited()

    def _edited(self) -> None:
        self._staged = None
        self._message = None
        self.mark_dirty()

    def ask_for_scale(self) -> None:
        """Somebody wants many orders between two prices."""
        self.scale_asked.emit()

    # Sending ---------------------------------------------------------------------------------

    def stage(self, side: Side) -> None:
        """First press: say what would be sent. The same side again sends it."""
        if self._is_locked():
            return
        if self._staged is not None and self._staged.side is side:
            self.confirm()
            return
        self._message = None
        self._staged = None
        if self._is_dry:
            self._test(side)
            return
        ticket, blocks = self._ticket(side)
        if ticket is None or blocks:
            reason = blocks[0].reason if blocks else "The ticket is not complete."
            self._message = Message(f"Not sent. {reason}", Role.DANGER)
        else:
            self._staged = ticket
        self.mark_dirty()

    def _test(self, side: Side) -> None:
        """Ask what the exchange would say; a press more is not needed where nothing is sent."""
        ticket, blocks = self._ticket(side)
        blocked = None
        if ticket is not None and not blocks:
            blocked = self._desk.dry_run(ticket)
        if blocked is not None:
            blocks = blocked.blocks
        if ticket is None or blocks:
            reason = blocks[0].reason if blocks else "The ticket is not complete."
            self._message = Message(f"Not tested. {reason}", Role.DANGER)
        else:
            self._message = Message("Testing the order.", Role.TEXT_DIM)
        self.mark_dirty()

    def confirm(self) -> None:
        """Second press: send what is staged, once."""
        if self._is_locked():
            return
        staged, self._staged = self._staged, None
        if staged is None:
            return
        with self._desk.latency.gesture():
            result = self._desk.submit(staged)
        if isinstance(result, Blocked):
            self._message = Message(f"Not sent. {result.blocks[0].reason}", Role.DANGER)
        else:
            self._message = Message("Sent.", Role.TEXT_DIM)
        self.mark_dirty()

    def _is_locked(self) -> bool:
        """Whether order entry is locked; what was staged is dropped then."""
        reason = self.locked()
        if reason:
            self._staged, self._message = None, Message(f"Not sent. {reason}", Role.CAUTION)
            self.mark_dirty()
        return bool(reason)

    def drop(self) -> None:
        """Take back what is staged; never sends."""
        self._staged = None
        self._message = None
        self.mark_dirty()

    # Refresh ---------------------------------------------------------------------------------

    @override
    def connect_sources(self) -> None:
        self._workspace.contract_changed.connect(self._on_contract_changed)
        self.listen(
            self._account.on_changed.add(self.mark_dirty),
            self._desk.on_outcome.add(self._on_outcome),
            self._desk.on_dry_run.add(self._on_dry_run),
        )
        self._on_contract_changed()

    @override
    def stop(self) -> None:
        super().stop()
        self._leave()
        self._workspace.contract_changed.disconnect(self._on_contract_changed)

    @override
    def refresh(self) -> bool:
        view = self._build()
        changed = view != self.view
        self.view = view
        return changed

    def _build(self) -> TicketView:
        contract = self._contract()
        buy, buy_blocks = self._ticket(Side.BUY)
        sell, sell_blocks = self._ticket(Side.SELL)
        blocks = [block for block in buy_blocks if block in sell_blocks]
        lots = parse_lots(self._lots_text)
        value, fee = self._preview(contract, lots)
        return TicketView(
            symbol="" if contract is None else str(contract.symbol),
            is_market=self._is_market,
            price_text=self._price_text,
            lots_text=self._lots_text,
            is_post_only=self._is_post_only and not self._is_market,
            is_reduce_only=self._is_reduce_only,
            loss_text=self._loss_text,
            profit_text=self._profit_text,
            exits_text=self._exits_text(contract),
            exits_error=self._exits_error(contract),
            price_error=self._price_error(contract),
            lots_error="" if lots is not None else "A whole number of lots above zero.",
            value_text=value,
            fee_text=fee,
            effect_text=self._effect(contract, lots),
            is_dry=self._is_dry,
            buy_text=f"Test buy {self._lots_text}" if self._is_dry else f"Buy {self._lots_text}",
            sell_text=f"Test sell {self._lots_text}" if self._is_dry else f"Sell {self._lots_text}",
            can_buy=buy is not None and not buy_blocks and not self.locked(),
            can_sell=sell is not None and not sell_blocks and not self.locked(),
            blocked_reason=self.locked()
            or self._desk.access.reason_for(reduces=self._is_reduce_only)
            or (blocks[0].reason if blocks else ""),
            stale=self._stale(),
            staged=None if self._staged is None else self._staged_words(self._staged, contract),
            staged_role=Role.TEXT
            if self._staged is None
            else Role.BUY
            if self._staged.side is Side.BUY
            else Role.SELL,
            message=self._message,
        )

    def _stale(self) -> str | None:
        """Why what is previewed may be wrong, None when it can be trusted."""
        market = self._workspace.market
        stale = None if market is None else market.staleness()
        return None if stale is None else stale.reason

    def _contract(self) -> Contract | None:
        market = self._workspace.market
        return None if market is None else market.contract

    def _price(self, contract: Contract | None) -> Price | None:
        if contract is None or self._is_market:
            return None
        try:
            return contract.scale.ticks(Decimal(text.bare_number(self._price_text)))
        except (InvalidOperation, UnitError):
            return None

    def _price_error(self, contract: Contract | None) -> str:
        if contract is None or self._is_market or not self._price_text.strip():
            return ""
        try:
            price = Decimal(text.bare_number(self._price_text))
        except InvalidOperation:
            return "Not a price."
        if not price.is_finite() or price <= 0:
            return "Not a price."
        if price % contract.scale.tick_size:
            return f"The tick is {contract.scale.tick_size.normalize():f}."
        return ""

    def _ticket(self, side: Side) -> tuple[OrderTicket | None, tuple[Block, ...]]:
        contract, lots = self._contract(), parse_lots(self._lots_text)
        if contract is None or lots is None or self._price_error(contract):
            return None, ()
        if self._exits_error(contract):
            return None, (Block(BlockField.PRICE, self._exits_error(contract)),)
        price = self._price(contract)
        if price is None and not self._is_market:
            return None, (Block(BlockField.PRICE, "Enter a price."),)
        if self._desk.access is Access.MARKET_DATA:
            return None, (Block(BlockField.ACCESS, self._desk.access.reason),)
        mode = self._account.margin_mode(contract.symbol)
        if self._is_reduce_only:
            mode = mode or ASSUMED_MODE
        if mode is None:
            return None, (Block(BlockField.CONTRACT, "The margin mode is not known yet."),)
        lane = lane_for(side, self._account.position_mode, reduces=self._is_reduce_only)
        inverted = self._inverted(side, price, contract)
        if inverted:
            return None, (Block(BlockField.PRICE, inverted),)
        ticket = OrderTicket(
            symbol=contract.symbol,
            order_type=OrderType.MARKET if self._is_market else OrderType.LIMIT,
            side=side,
            price=price,
            lots=lots,
            margin_mode=mode,
            leverage=self._account.leverage(contract.symbol, lane),
            is_post_only=self._is_post_only and not self._is_market,
            is_reduce_only=self._is_reduce_only,
            exits=self._exits(side, contract),
            terms=OrderTerms(position_side=lane),
        )
        blocks = self._desk.dry_run_blocks if self._is_dry else self._desk.blocks
        return ticket, blocks(ticket)

    # Exits -----------------------------------------------------------------------------------

    def _exit_prices(self, contract: Contract) -> tuple[Price | None, Price | None]:
        """Stop-loss and take-profit as typed; None for what is empty or no price."""
        return _typed_price(self._loss_text, contract), _typed_price(self._profit_text, contract)

    def _exits_error(self, contract: Contract | None) -> str:
        if contract is None:
            return ""
        for typed in (self._loss_text, self._profit_text):
            if typed.strip() and _typed_price(typed, contract) is None:
                return "An exit is at a price above zero, on a tick."
        loss, profit = self._exit_prices(contract)
        if loss is not None and loss == profit:
            return "Stop-loss and take-profit lie at one price."
        if self._is_reduce_only and (loss is not None or profit is not None):
            return "An order that only reduces takes no exits with it."
        return ""

    def _exits(self, side: Side, contract: Contract) -> AttachedExits | None:
        loss, profit = self._exit_prices(contract)
        if loss is None and profit is None:
            return None
        up, down = (profit, loss) if side is Side.BUY else (loss, profit)
        reference = StopReference.MARK
        if self.protecting is not None:
            reference = self.protecting.watch.settings.reference
        return AttachedExits(reference, up, down)

    def _inverted(self, side: Side, price: Price | None, contract: Contract) -> str:
        """Why the exits cannot be those of a buy, or a sell; empty when they can."""
        loss, profit = self._exit_prices(contract)
        base = price if price is not None else self._far_touch(side)
        if base is None:
            is_wanted = loss is not None or profit is not None
            return "There is no price to compare the exits with." if is_wanted else ""
        sign, verb = side.sign, side.value
        below, above = ("below", "above") if side is Side.BUY else ("above", "below")
        if loss is not None and (base - loss) * sign <= 0:
            return f"The stop-loss of a {verb} lies {below} its price."
        if profit is not None and (profit - base) * sign <= 0:
            return f"The take-profit of a {verb} lies {above} its price."
        return ""

    def _far_touch(self, side: Side) -> Price | None:
        market = self._workspace.market
        touch = None if market is None else market.touch()
        if touch is None:
            return None
        return touch.best_ask if side is Side.BUY else touch.best_bid

    def _exits_text(self, contract: Contract | None) -> str:
        """The exits as conditions, for the side that they fit, and what is not documented."""
        if contract is None or self._exits_error(contract):
            return ""
        price = self._price(contract)
        for side in Side:
            exits = None
            if not self._inverted(side, price, contract):
                exits = self._exits(side, contract)
            if exits is not None:
                words = exits_words(exits, contract)
                return f"{side.value.capitalize()} with {words}. {NOT_ESTABLISHED}"
        return ""

    def _preview(self, contract: Contract | None, lots: Lots | None) -> tuple[str, str]:
        if contract is None or lots is None:
            return text.EMPTY, text.EMPTY
        price = self._price(contract)
        if price is None and self._workspace.market is not None:
            touch = self._workspace.market.touch()
            price = None if touch is None else touch.best_ask
        if price is None or price <= 0:
            return text.EMPTY, text.EMPTY
        value = contract.settle_value(contract.scale.decimal(price), lots)
        rate = contract.taker_fee_rate
        if self._is_post_only and not self._is_market:
            rate = contract.maker_fee_rate
        fee = text.number(value.amount * rate, text.money_decimals(value.currency) + 2)
        return text.money(value), f"{fee} {value.currency}"

    def _effect(self, contract: Contract | None, lots: Lots | None) -> str:
        if contract is None or lots is None or self._desk.access is Access.MARKET_DATA:
            return ""
        effects = [self._effect_of(contract, lots, side) for side in Side]
        if effects[0][:2] == effects[1][:2]:
            name, held, bought = effects[0]
            sold = text.whole(effects[1][2])
            return f"{name} {text.whole(held)}: buy makes {text.whole(bought)}, sell {sold}"
        return ". ".join(
            f"{name} {text.whole(held)}: {side.value} makes {text.whole(after)}"
            for side, (name, held, after) in zip(Side, effects, strict=True)
        )

    def _effect_of(self, contract: Contract, lots: Lots, side: Side) -> tuple[str, int, int]:
        """The position that a side is about: its name, its lots now, and after the order."""
        mode = self._account.position_mode
        lane = lane_for(side, mode, reduces=self._is_reduce_only)
        known = lane or self._account.lanes(contract.symbol)[0]
        held = self._account.position(contract.symbol, known).core.lots
        return lane_words(known).capitalize() or "Position", held, held + side.sign * lots

    def _staged_words(self, staged: OrderTicket, contract: Contract | None) -> str:
        verb = "Buy" if staged.side is Side.BUY else "Sell"
        where = "at market"
        if staged.price is not None and contract is not None:
            where = f"at {text.price(staged.price, contract)}"
        flags = "".join(
            word
            for word, is_set in (
                (", post-only", staged.is_post_only),
                (", reduce-only", staged.is_reduce_only),
            )
            if is_set
        )
        if staged.terms.position_side is not None:
            flags = f", {lane_words(staged.terms.position_side)}{flags}"
        exits = ""
        if staged.exits is not None and contract is not None:
            exits = f", {exits_words(staged.exits, contract)}"
        return f"{verb} {text.whole(staged.lots or 0)} {staged.symbol} {where}{flags}{exits}?"

    def _on_contract_changed(self) -> None:
        self._leave()
        self._staged = None
        self._message = None
        self._price_text = self._loss_text = self._profit_text = ""
        market = self._workspace.market
        if market is not None:
            self._handles = [market.on_status_changed.add(self.mark_dirty)]
        self.mark_dirty()

    @property
    def _is_dry(self) -> bool:
        return self._desk.access.is_watching

    def _on_dry_run(self, run: DryRun) -> None:
        if run.ticket.symbol == self.view.symbol:
            self._message = Message(run.sentence, Role.BUY if run.ok else Role.DANGER)
            self.mark_dirty()

    def _on_outcome(self, result: OrderResult) -> None:
        if not result.ok and result.order.symbol == self.view.symbol:
            self._message = Message(result.sentence, Role.DANGER)
            self.mark_dirty()

    def _leave(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles = []


def _typed_price(typed: str, contract: Contract) -> Price | None:
    """A typed price above zero on a tick, else None."""
    try:
        ticks = contract.scale.ticks(Decimal(text.bare_number(typed)))
    except (InvalidOperation, UnitError):
        return None
    return ticks if ticks > 0 else None

"""All markets and all accounts: takes commands, and reports in the order of events."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, final

from terminal.simexchange.engine.adl import Deleveraging, Holders
from terminal.simexchange.engine.broadcast import Broadcast
from terminal.simexchange.engine.checks import Checks, Cost
from terminal.simexchange.engine.deadman import DeadMan
from terminal.simexchange.engine.delivery import Deliveries, Hands
from terminal.simexchange.engine.exits import Exits, read_exits
from terminal.simexchange.engine.filling import Filling, Shared
from terminal.simexchange.engine.forced import Forced
from terminal.simexchange.engine.funding import FundingPayments
from terminal.simexchange.engine.insurance import Insurance
from terminal.simexchange.engine.liquidation import Liquidations, Tools
from terminal.simexchange.engine.margins import Margins
from terminal.simexchange.engine.reports import Reports
from terminal.simexchange.engine.settlements import Settlements
from terminal.simexchange.engine.stops import Stops
from terminal.simexchange.engine.takeover import Takeovers
from terminal.simexchange.errors import Refused
from terminal.simexchange.faults import CANCEL_ONLY, Faults
from terminal.simexchange.market.contracts import listed
from terminal.simexchange.market.market import SETTLED, Market
from terminal.simexchange.market.world import World
from terminal.simexchange.trading.accounts import Accounts
from terminal.simexchange.trading.margin import CROSS, ISOLATED
from terminal.simexchange.trading.orders import OrderNumbers
from terminal.simexchange.trading.sides import BOTH

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from terminal.simexchange.auth import ApiKey
    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.engine.broadcast import Publisher
    from terminal.simexchange.engine.checks import Halts
    from terminal.simexchange.market.market import Trade
    from terminal.simexchange.market.matching import Match
    from terminal.simexchange.switches import Switches
    from terminal.simexchange.trading.account import Account
    from terminal.simexchange.trading.orders import UserOrder

_WAVE_S = 0.5


@final
class Engine:
    """Everything happens synchronously, in one order. ``account`` is the one ``key`` opens."""

    def __init__(
        self, seed: int, key: ApiKey, clock: SimClock, publisher: Publisher, switches: Switches
    ) -> None:
        self.switches = switches
        self._clock = clock
        self._numbers = OrderNumbers(clock.now_ms())
        self.markets: dict[str, Market] = {}
        self.broadcast = Broadcast(self.markets, publisher, clock)
        self.reports = Reports(self.markets, publisher, clock, switches)
        self.world = World(clock.monotonic_s())
        for spec in listed(clock.now_ms()):
            self.markets[spec.symbol] = Market(spec, seed, clock, self, self.world)
            self.markets[spec.symbol].forcing = self
        self.settlements = Settlements(self.markets, self.broadcast, clock)
        self.accounts = Accounts(self.markets, clock, self.reports.wallet, switches)
        self.account = self.accounts.add(key)
        self._checks = Checks(self.markets, clock, switches)
        self._checks.halts.settling = self.settlements.settling
        shared = Shared(self.accounts, self.reports, self._numbers, clock, switches)
        self._filling = Filling(shared)
        self._stops = Stops(shared, self.markets, self._checks, self._filling)
        self._exits = Exits(shared, self._stops)
        self._filling.on_filled = self._exits.filled
        self._filling.on_ended = self._exits.ended
        self._stops.on_fired = self._exits.fired
        self._stops.error = self._stop_error
        self._stops.check_service = self._check_service
        self.settlements.on_end = self._stops.check
        self.margins = Margins(self.markets, self._checks, self.reports, switches, self._take_out)
        self.dead_man = DeadMan(clock, switches, self._checks.halts, self._take_out)
        self.faults = Faults(clock)
        self.insurance = Insurance()
        self.liquidations = self._with_liquidations(shared)
        self._pay_funding(clock.now_ms())

    def _with_liquidations(self, shared: Shared) -> Liquidations:
        """Everything that is done to accounts without being asked."""
        holders, forced = Holders(self.markets), Forced(shared, self._filling)
        takeovers = Takeovers(self.insurance, Deleveraging(holders, forced), self._numbers)
        tools = Tools(
            holders,
            self.insurance,
            forced,
            takeovers,
            self._filling,
            self._checks.halts,
            self._take_out,
        )
        liquidations = Liquidations(shared, self.markets, tools)
        liquidations.on_worked = self._stops.check
        self._filling.on_held = liquidations.held
        self._filling.on_fee = self.insurance.fee
        hands = Hands(holders, liquidations, self.insurance, forced, self._take_out, self._moved)
        self.deliveries = Deliveries(shared, self.markets, self.settlements, hands)
        return liquidations

    def _pay_funding(self, now_ms: int) -> None:
        payments = FundingPayments(self.accounts, self.reports, now_ms)
        payments.on_payment = self.insurance.paid_funding
        # Who cannot pay any more is liquidated.
        payments.on_paid = partial(self.liquidations.look, is_due=True)
        self.settlements.on_begin = payments.pay

    @property
    def halts(self) -> Halts:
        """What stops trading for a while; whoever settles or liquidates sets it."""
        return self._checks.halts

    @property
    def is_suspended(self) -> bool:
        """True when nothing may be placed; canceling goes on."""
        return self._checks.halts.is_suspended

    @is_suspended.setter
    def is_suspended(self, value: bool) -> None:
        self._checks.halts.is_suspended = value

    def market(self, symbol: str) -> Market:
        """A listed contract's market. Raises ``Refused`` for an unknown one."""
        return self._checks.market(symbol)

    def listed(self) -> list[Market]:
        """The markets of all contracts but those that were delivered."""
        return [market for market in self.markets.values() if market.phase != SETTLED]

    @property
    def status(self) -> str:
        """Service status: open, cancelonly or close."""
        return CANCEL_ONLY if self.is_suspended else self.faults.status

    # What markets tell -----------------------------------------------------------------------

    def book_changed(self, market: Market, change: tuple[int, str, int, int]) -> None:
        """A level changed."""
        self.broadcast.book_changed(market, change)

    def traded(self, market: Market, trade: Trade, match: Match) -> None:
        """A match: everybody is told, then the maker if it is somebody's."""
        self.broadcast.traded(market, trade)
        self._stops.traded(market, trade.price)
        if match.maker.owner:
            self._filling.maker_filled(match.maker, market, trade)

    def taken(self, market: Market, trade: Trade) -> None:
        """The last match of a taker."""
        self.broadcast.taken(market, trade)

    def step(self, symbol: str) -> None:
        """Let a market act once, then look at stops and margins."""
        market = self.markets[symbol]
        market.step()
        self._moved(market)

    def check_stops(self, symbol: str) -> None:
        """Look at stops and margins of a contract; after prices were moved by hand."""
        self._moved(self.markets[symbol])

    def _moved(self, market: Market) -> None:
        self._stops.check(market)
        self.liquidations.look(market)

    def move(self, symbol: str, ticks: int) -> None:
        """Let the price of a market jump, over everything on the way; stops and margins follow."""
        self.trade_at(symbol, max(1, self.markets[symbol].last + ticks))
        self.step(symbol)

    def cascade(self, symbol: str, *, of_longs: bool, waves: int = 5) -> None:
        """Let a price fall through positions wave by wave (rise, when of shorts).

        Each wave goes just beyond the next liquidation price of anybody's position of that side, at
        most a tenth of the price away, or 0.4 % on without one; the next comes when the lock of a
        liquidation is over. What is liquidated pushes the book further.
        """
        market = self.markets[symbol]
        sign, mark = -1 if of_longs else 1, market.mark_price
        ahead = self._liquidations_ahead(symbol, of_longs=of_longs)
        way = min(ahead) + mark / 1000 if ahead else mark / 250
        self.move(symbol, sign * max(1, int(way / market.spec.tick)))
        if waves > 1:
            go_on = partial(self.cascade, symbol, of_longs=of_longs, waves=waves - 1)
            self._clock.after(max(self.liquidations.lasts_s, _WAVE_S), go_on)

    def has_liquidations(self, symbol: str, *, of_longs: bool) -> bool:
        """Whether a wave of a cascade would come upon a position."""
        return bool(self._liquidations_ahead(symbol, of_longs=of_longs))

    def _liquidations_ahead(self, symbol: str, *, of_longs: bool) -> list[Decimal]:
        """How far away liquidation prices of a side are, up to a tenth of the mark price."""
        sign, mark = -1 if of_longs else 1, self.markets[symbol].mark_price
        return [
            (price - mark) * sign
            for held, price in self.liquidations.prices(symbol)
            if (held.lots > 0) == of_longs and 0 < (price - mark) * sign <= mark / 10
        ]

    def trade_at(self, symbol: str, price: int) -> None:
        """Let the crowd trade to a price (ticks); stops and margins follow."""
        market = self.markets[symbol]
        if not market.phase:
            market.trade_at(price)
            self._moved(market)

    # Placing ---------------------------------------------------------------------------------

    def place(self, account: Account, body: Mapping[str, Any]) -> UserOrder:
        """Place an order. Raises ``Refused``; what happens next is told by events."""
        self.faults.check_item()
        order = self._numbered(self._accepted(account, body))
        market = self.markets[order.symbol]
        if order.stop:
            self._stops.wait(account, order)
        else:
            account.add(order)
            self._filling.enter(order, market)
        self._stops.check(market)
        self.reports.wallet(account, market.spec.settle)
        return order

    def place_with_exits(self, account: Account, body: Mapping[str, Any]) -> UserOrder:
        """Place an order with exits attached (``st-orders``). Raises ``Refused``."""
        self.faults.check_item()
        wanted = read_exits(body)
        # The type of the exits' price is no part of the main order.
        main = {name: value for name, value in body.items() if name != "stopPriceType"}
        order = self._accepted(account, main)
        if order.position_side != BOTH and order.only_reduces:
            raise Refused("300000", "Exits are for orders that open a position")
        self._checks.check_stop_room(account, order.symbol, len(wanted.prices))
        order = self._numbered(order)
        market = self.markets[order.symbol]
        account.add(order)
        self._exits.attach(order, wanted)
        self._filling.enter(order, market)
        self._stops.check(market)
        self.reports.wallet(account, market.spec.settle)
        return order

    def test(self, account: Account, body: Mapping[str, Any]) -> UserOrder:
        """Check an order like ``place`` and forget it."""
        return self._numbered(self._accepted(account, body))

    def _stop_error(self) -> str:
        return self.faults.stop_error()

    def _check_service(self) -> None:
        self.faults.check_service()

    def _accepted(self, account: Account, body: Mapping[str, Any]) -> UserOrder:
        self.faults.check_service()
        return self._checks.accepted(account, body)

    def _numbered(self, order: UserOrder) -> UserOrder:
        order.number = self._numbers.next()
        order.id = str(order.number)
        return order

    # Canceling -------------------------------------------------------------------------------

    def cancel(self, order: UserOrder) -> None:
        """Cancel one order. Raises ``Refused`` when it has ended."""
        self.faults.check_item()
        if not order.is_active:
            raise Refused("100004", "The order cannot be canceled.")
        self._checks.check_liquidation(order.uid, order.symbol)
        self._take_out(order)

    def _take_out(self, order: UserOrder) -> None:
        """Cancel an order that works or waits; nothing stands against it any more."""
        if order.waits:
            self._stops.cancel(order)
            self._exits.canceled(order)
        else:
            self._filling.cancel(order, self.markets[order.symbol])

    def cancel_all(self, account: Account, symbol: str | None, *, stops: bool) -> list[str]:
        """Cancel all plain orders, or all waiting stops; returns their ids."""
        canceled = []
        for order in account.active(symbol):
            # Canceling one may end another.
            if order.is_active and order.waits is stops:
                self.cancel(order)
                canceled.append(order.id)
        return canceled

    # Settings --------------------------------------------------------------------------------

    def check_settings(self, account: Account, symbol: str | None = None) -> None:
        """Raise ``Refused`` when leverage or modes may not be changed: of a contract, or of all."""
        self._checks.check_settings(account.uid, symbol)

    # Sizes -----------------------------------------------------------------------------------

    def max_open_lots(
        self, account: Account, market: Market, side: str, price: Decimal, leverage: Decimal
    ) -> int:
        """The most lots that a limit order of a side would open (3.11); leverage if cross."""
        return self._checks.max_open_lots(account, market, side, Cost(price, leverage))

    # Pulses ----------------------------------------------------------------------------------

    def publish_second(self) -> None:
        """What is told once a second, of positions as they are by their margins then."""
        for market in self.markets.values():
            self.liquidations.look(market)
        self.broadcast.second()
        for account in self.accounts.by_uid.values():
            self.reports.mark(account)

    def set_margin_mode(self, symbol: str, mode: str) -> None:
        """Select the margin mode of a contract in the first account (for tests)."""
        if mode not in (ISOLATED, CROSS):
            raise Refused("400100", "marginMode is invalid")
        self.account.margin_modes[symbol] = mode

"""Whether an account may place an order now: every refusal of reference 1.6 that an order can meet.

Nothing here changes anything, so a refused command leaves no trace.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.market.contracts import plain
from terminal.simexchange.market.market import BEING_SETTLED, SETTLED
from terminal.simexchange.market.matching import BUY, SELL, opposite
from terminal.simexchange.trading import risk, sizing
from terminal.simexchange.trading.margin import CROSS, ISOLATED
from terminal.simexchange.trading.orders import UserOrder
from terminal.simexchange.trading.requests import IMMEDIATE, RETAIL, bad, read_request
from terminal.simexchange.trading.sides import BOTH, opening_side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.market.market import Market
    from terminal.simexchange.switches import Switches
    from terminal.simexchange.trading.account import Account
    from terminal.simexchange.trading.legs import Leg
    from terminal.simexchange.trading.requests import PlaceRequest

MAX_ACTIVE = 100
MAX_STOPS = 200
CLOSING_ONLY_MS = 10 * 60_000
"""So long before its delivery a contract's positions can only be closed (reference 7.9)."""
COVERING = 1 << 60
"""More lots than any position has."""


@final
@dataclass(slots=True)
class Halts:
    """What stops trading for a while: everywhere, in a contract, or in one position."""

    is_suspended: bool = False
    settling: set[str] = field(default_factory=set)
    """Contracts whose funding is being settled: no placing (300015)."""
    liquidating: set[tuple[str, str]] = field(default_factory=set)
    """Account and contract of positions in liquidation: no placing, no canceling (300014)."""


@final
class Cost(NamedTuple):
    """What an order is reckoned with: a price, and the leverage of the contract in cross mode."""

    price: Decimal
    leverage: Decimal


@final
class Checks:
    """Reads requests, refuses what may not be, and makes orders of the others."""

    def __init__(self, markets: Mapping[str, Market], clock: SimClock, switches: Switches) -> None:
        self._markets = markets
        self._clock = clock
        self._switches = switches
        self.halts = Halts()

    def market(self, symbol: object) -> Market:
        """A listed contract's market. Raises ``Refused`` for none and for an unknown one."""
        if not isinstance(symbol, str) or not symbol:
            raise bad("symbol is required")
        found = self._markets.get(symbol)
        if found is None or (
            found.phase == SETTLED and self._switches.delivered_contract == "unknown"
        ):
            raise _unknown(symbol)
        return found

    def accepted(self, account: Account, body: Mapping[str, Any]) -> UserOrder:
        """The order that a request asks for; it has no id yet. Raises ``Refused``."""
        self._check_suspended()
        market = self.market(body.get("symbol"))
        self._check_open(market)
        request = read_request(
            body,
            market.spec,
            market.spec.price(market.last),
            takes_retail=self._switches.retail_orders == "accepted",
        )
        if account.legs.is_hedged and request.is_close_order and request.position_side == BOTH:
            request = self._with_leg(account, request, market.spec.symbol)
        self._check_account(account, request, market)
        order = self._made(account, request, market)
        if not order.stop:
            self.check_now(account, order, market)
        return order

    # The account -----------------------------------------------------------------------------

    def _with_leg(self, account: Account, request: PlaceRequest, symbol: str) -> PlaceRequest:
        """A request to close in hedge mode that does not say which leg (3.3: not captured)."""
        if self._switches.hedge_close_side == "required":
            return request
        sides = [held.side for held in account.legs.open(symbol)]
        return replace(request, position_side=sides[0]) if len(sides) == 1 else request

    def _check_account(self, account: Account, request: PlaceRequest, market: Market) -> None:
        symbol = market.spec.symbol
        self._check_position_mode(account, request)
        if request.margin_mode != account.mode(symbol):
            raise Refused("330005", "The order's margin mode does not match the selected one")
        if account.is_active_oid(request.client_oid):
            raise Refused("300018", "clientOid repeated")
        if request.stop:
            self.check_stop_room(account, symbol, 1)
        else:
            self._check_room(account, symbol)
        self._check_halts(account.uid, symbol)

    def _check_position_mode(self, account: Account, request: PlaceRequest) -> None:
        is_for_leg = request.position_side != BOTH
        if is_for_leg != account.legs.is_hedged:
            code = self._switches.one_way_in_hedge if account.legs.is_hedged else "330011"
            raise Refused(code, "The order's position mode does not match the account's")
        if (
            is_for_leg
            and request.margin_mode == ISOLATED
            and self._switches.hedge_isolated == "refused"
        ):
            raise Refused("330012", "Isolated margin is not offered in hedge mode")

    def check_start(self, account: Account, symbol: str) -> None:
        """What must hold besides ``check_now`` when a fired stop starts to work."""
        self._check_suspended()
        self._check_open(self._markets[symbol])
        self._check_room(account, symbol)
        self.check_liquidation(account.uid, symbol)

    def _check_suspended(self) -> None:
        if self.halts.is_suspended:
            raise Refused("300002", "Trading is suspended")

    @staticmethod
    def _check_open(market: Market) -> None:
        if market.phase == BEING_SETTLED:
            raise Refused("300015", "The contract is being settled")
        if market.phase == SETTLED:
            raise _unknown(market.spec.symbol)
        if market.is_paused:
            raise Refused("300002", "Trading of the contract is suspended")

    @staticmethod
    def _check_room(account: Account, symbol: str) -> None:
        current = len(account.working(symbol))
        if current >= MAX_ACTIVE:
            raise Refused(
                "300001", f"Active orders above the limit of {MAX_ACTIVE}, current {current}"
            )

    @staticmethod
    def check_stop_room(account: Account, symbol: str, count: int) -> None:
        """Raise ``Refused`` when so many more stops are too many."""
        current = len(account.waiting(symbol))
        if current + count > MAX_STOPS:
            raise Refused(
                "300004", f"Stop orders above the limit of {MAX_STOPS}, current {current}"
            )

    def _check_halts(self, uid: str, symbol: str) -> None:
        self.check_liquidation(uid, symbol)
        if symbol in self.halts.settling:
            raise Refused("300015", "Funding of the contract is being settled")

    def check_liquidation(self, uid: str, symbol: str) -> None:
        """Raise ``Refused`` while the account's position in a contract is in liquidation."""
        if (uid, symbol) in self.halts.liquidating:
            raise Refused("300014", "The position is in liquidation")

    def check_settings(self, uid: str, symbol: str | None = None) -> None:
        """Raise ``Refused`` when leverage or modes may not be changed: of a contract, or of all.

        That a liquidation stands against it is not established: the code says placing (1.6).
        """
        if self._switches.liquidation_settings == "refused" and any(
            owner == uid and symbol in (None, name) for owner, name in self.halts.liquidating
        ):
            raise Refused("300014", "The position is in liquidation")

    # The order -------------------------------------------------------------------------------

    def _made(self, account: Account, request: PlaceRequest, market: Market) -> UserOrder:
        symbol = market.spec.symbol
        side, size = self._resolved(account, request, market)
        leverage = self._leverage(account, request, market, (side, size))
        now_ns = self._clock.now_ns()
        asked = request.size if request.size is not None else size
        return UserOrder(
            id="",
            number=0,
            uid=account.uid,
            client_oid=request.client_oid,
            symbol=symbol,
            side=side,
            type=request.type,
            price=request.price,
            size=size,
            cut=asked - size,
            leverage=leverage,
            margin_mode=request.margin_mode,
            created_ms=now_ns // 1_000_000,
            updated_ms=now_ns // 1_000_000,
            time_ns=now_ns,
            is_post_only=request.is_post_only,
            is_reduce_only=request.is_reduce_only,
            is_close_order=request.is_close_order,
            is_immediate=request.time_in_force == IMMEDIATE,
            is_retail=request.time_in_force == RETAIL,
            is_hidden=request.is_hidden,
            is_iceberg=request.is_iceberg,
            visible_size=request.visible_size,
            stp=request.stp,
            holds_margin=request.holds_margin,
            takes_side=request.side is None,
            position_side=request.position_side,
            remark=request.remark,
            stop=request.stop,
            stop_price_type=request.stop_price_type,
            stop_price=request.stop_price,
        )

    @staticmethod
    def _resolved(account: Account, request: PlaceRequest, market: Market) -> tuple[str, int]:
        """Side and size; those of an order that only reduces depend on the position."""
        held = account.legs.one(market.spec.symbol, request.position_side).lots
        side, size = request.side, request.size
        if not request.only_reduces and side is not None and size is not None:
            return side, size
        closing = SELL if held > 0 else BUY
        opening = opening_side(request.position_side)
        if opening:
            closing = opposite(opening)
            side = side or closing
            if side != closing:
                # What opens a leg never reduces it, whatever comes.
                raise Refused("300009", "No open positions to close.")
        if request.stop and side is not None:
            # Its position may come later; what it may reduce is looked at when it fires.
            return side, size or abs(held) or 1
        if held == 0 or (side is not None and side != closing):
            raise Refused("300009", "No open positions to close.")
        return closing, min(size or abs(held), abs(held))

    @staticmethod
    def _leverage(
        account: Account, request: PlaceRequest, market: Market, order: tuple[str, int]
    ) -> Decimal:
        """Only what opens needs a leverage, and only in isolated mode is it the order's own."""
        symbol = market.spec.symbol
        if request.margin_mode == CROSS:
            return account.cross_leverage[symbol]
        leg = account.legs.one(symbol, request.position_side)
        asked = request.leverage
        opens = not request.only_reduces and (
            bool(request.stop) or leg.holds.uncovered(order[0], leg.lots, order[1])
        )
        if opens and asked is None:
            raise bad("leverage is required")
        if opens and asked is not None and asked > market.spec.max_leverage:
            limit = market.spec.max_leverage
            raise Refused("300016", f"The leverage must not be above {limit}")
        return asked or leg.position.leverage

    # What may be placed at this moment -------------------------------------------------------

    def check_now(self, account: Account, order: UserOrder, market: Market) -> None:
        """What must hold when an order starts to work: at once, or when its stop fires."""
        self._check_bounds(order, market)
        self._check_delivery(account, order, market)
        self._check_close_price(account, order, market)
        if order.type == "market" and market.book.front(opposite(order.side)) is None:
            if order.is_close_order:
                raise Refused("300010", "Closing failed: there is no order on the other side")
            raise Refused("300008", "There is no order on the other side")
        if (
            order.never_takes
            and order.price is not None
            and self._switches.post_only_crossing == "reject"
            and market.book.would_take(order.side, order.price)
        ):
            raise Refused("300000", "The order would take at once")
        # A cross position's size follows from the margin; an isolated one's limit is asked last, so
        # that who cannot pay is told that.
        is_cross = order.margin_mode == CROSS
        if is_cross and not order.only_reduces:
            self._check_size_of_position(account, order, market)
        if not order.only_reduces or order.holds_margin:
            self._check_balance(account, order, market)
        if not is_cross and not order.only_reduces:
            self._check_size_of_position(account, order, market)

    def _check_delivery(self, account: Account, order: UserOrder, market: Market) -> None:
        """Shortly before its delivery nothing of a contract is opened (7.9)."""
        if market.expires_ms is None or order.only_reduces:
            return
        if self._clock.now_ms() < market.expires_ms - CLOSING_ONLY_MS:
            return
        leg = account.legs.one(order.symbol, order.position_side)
        if leg.holds.uncovered(order.side, leg.lots, order.size):
            code = self._switches.delivery_refusal
            raise Refused(code, "Positions of the contract can only be closed before its delivery")

    @staticmethod
    def _check_bounds(order: UserOrder, market: Market) -> None:
        if order.price is None:
            return
        price = market.spec.price(order.price)
        if order.side == BUY and price > market.buy_limit:
            raise Refused("300011", f"The price must not be above {plain(market.buy_limit)}")
        if order.side == SELL and price < market.sell_limit:
            raise Refused("300012", f"The price must not be below {plain(market.sell_limit)}")

    @staticmethod
    def _check_close_price(account: Account, order: UserOrder, market: Market) -> None:
        """An isolated position is not closed where its margin would not pay for it."""
        position = account.legs.one(order.symbol, order.position_side).position
        if order.price is None or not order.only_reduces or position.margin_mode != ISOLATED:
            return
        price, prices = market.spec.price(order.price), risk.prices(account, position)
        bounds = (
            ("300006", "bankruptcy", prices.bankruptcy),
            ("300007", "liquidation", prices.liquidation),
        )
        for code, name, bound in bounds:
            if bound and (price < bound if order.side == SELL else price > bound):
                raise Refused(code, f"The price is worse than the {name} price {bound:.8f}")

    def _check_size_of_position(self, account: Account, order: UserOrder, market: Market) -> None:
        leg = account.legs.one(order.symbol, order.position_side)
        level = leg.position.level
        if (
            order.margin_mode == ISOLATED
            and order.leverage > level.max_leverage
            and leg.holds.uncovered(order.side, leg.lots, order.size)
        ):
            text = f"The leverage must not be above {level.max_leverage} at level {level.level}"
            raise Refused("300016", text)
        cost = Cost(self._basis(order, market), account.cross_leverage[order.symbol])
        refused = self._oversize(account, order, market, cost)
        if refused is not None:
            raise refused

    def _oversize(
        self, account: Account, order: UserOrder, market: Market, cost: Cost
    ) -> Refused | None:
        """300005 above the risk limit (isolated), 330008 above the largest open size (cross)."""
        spec, leg = market.spec, account.legs.one(order.symbol, order.position_side)
        held = leg.lots
        opens = leg.holds.uncovered(order.side, held, order.size)
        if not opens:
            return None
        same = abs(held) if (held > 0) == (order.side == BUY) else 0
        value = spec.value(cost.price, opens + same)
        value += leg.holds.side_value(order.side, held)
        if order.margin_mode == ISOLATED:
            limit = leg.position.level.most
            if value <= limit:
                return None
            return Refused("300005", f"The risk limit {limit} would be exceeded")
        most = self.max_open_value(account, market, cost)
        if value <= most:
            return None
        return Refused(
            "330008",
            f"The current margin and leverage have reached the maximum open size, worth {most:.4f}",
        )

    @staticmethod
    def max_open_value(account: Account, market: Market, cost: Cost) -> Decimal:
        """The largest value of a cross position by margin and leverage (reference 7.6)."""
        bound = account.bound(market.spec.symbol)
        margin = account.wallet_state(market.spec.settle).available + bound.position + bound.order
        return sizing.max_open_value(market.spec, cost.price, margin, cost.leverage)

    def max_open_lots(self, account: Account, market: Market, side: str, cost: Cost) -> int:
        """The most lots that a limit order of a side would open without a refusal (3.11).

        What it would close of a position comes in addition. Costs a few dozen comparisons.
        """
        symbol = market.spec.symbol
        mode, leg = account.mode(symbol), account.legs.opened_by(symbol, side)
        if mode == CROSS:
            most = self.max_open_value(account, market, cost)
        else:
            most = Decimal(leg.position.level.most)
        probe = _probe(account, leg, side, mode, cost)
        covered = COVERING - leg.holds.uncovered(side, leg.lots, COVERING)

        def fits(lots: int) -> bool:
            probe.size = covered + lots
            return (
                self._oversize(account, probe, market, cost) is None
                and self._shortage(account, probe, market, cost) is None
            )

        low, high = 0, sizing.lots_worth(market.spec, cost.price, most) + 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if fits(middle) else (low, middle)
        return low

    def _check_balance(self, account: Account, order: UserOrder, market: Market) -> None:
        cost = Cost(self._basis(order, market), account.cross_leverage[order.symbol])
        refused = self._shortage(account, order, market, cost)
        if refused is not None:
            raise refused

    @staticmethod
    def _shortage(account: Account, order: UserOrder, market: Market, cost: Cost) -> Refused | None:
        """300003 when the margin and the fee of what it opens are not there."""
        needed = account.order_cost(order, cost.price, cost.leverage)
        if not needed:
            return None
        available = account.wallet_state(market.spec.settle).available
        if needed <= available:
            return None
        return Refused(
            "300003",
            f"Balance insufficient. The order cost is {needed:.8f}, "
            f"available balance is {available:.8f}.",
        )

    def _basis(self, order: UserOrder, market: Market) -> Decimal:
        """The price that an order must be able to pay."""
        if order.price is not None:
            return market.spec.price(order.price)
        best = market.book.best(opposite(order.side))
        if self._switches.market_order_margin == "best_price" and best is not None:
            return market.spec.price(best)
        return market.buy_limit


def _unknown(symbol: str) -> Refused:
    return Refused("100003", f"symbol {symbol:.40} does not exist")


def _probe(account: Account, leg: Leg, side: str, mode: str, cost: Cost) -> UserOrder:
    """A limit order to be measured; it is never placed."""
    return UserOrder(
        id="",
        number=0,
        uid=account.uid,
        client_oid="",
        symbol=leg.position.spec.symbol,
        side=side,
        position_side=leg.side,
        type="limit",
        price=None,
        size=0,
        leverage=cost.leverage,
        margin_mode=mode,
        created_ms=0,
        time_ns=0,
    )

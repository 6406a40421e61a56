"""REST routes on aiohttp's server: check who asks, charge the quota, answer in the envelope."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, final

from aiohttp import web

from terminal.simexchange import payloads
from terminal.simexchange.auth import Refused, check
from terminal.simexchange.transfers import TRANSFER_PATH

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from terminal.simexchange.account import UserFill
    from terminal.simexchange.auth import ApiKey
    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.engine import Engine
    from terminal.simexchange.faults import Faults
    from terminal.simexchange.market import Market
    from terminal.simexchange.orders import UserOrder
    from terminal.simexchange.quota import Quota
    from terminal.simexchange.ws_server import Streams

    Handler = Callable[[web.Request, dict[str, Any]], Any]

PING_INTERVAL_MS = 18_000
PING_TIMEOUT_MS = 10_000
GRANULARITIES = frozenset({1, 5, 15, 30, 60, 120, 240, 480, 720, 1440, 10080})
MAX_KLINES = 500


def reply(data: object, headers: dict[str, str] | None = None) -> web.Response:
    """A success in the envelope."""
    return web.json_response({"code": "200000", "data": data}, headers=headers)


def refusal(refused: Refused, headers: dict[str, str] | None = None) -> web.Response:
    """A refusal in the envelope."""
    body = {"code": refused.code, "msg": refused.text}
    return web.json_response(body, status=refused.status, headers=headers)


@final
class RestRoutes:
    """All REST calls of the simulated exchange."""

    def __init__(
        self,
        engine: Engine,
        streams: Streams,
        clock: SimClock,
        faults: Faults,
        quota: Quota,
    ) -> None:
        self._engine = engine
        self._streams = streams
        self._clock = clock
        self._faults = faults
        self._quota = quota
        self.keys: dict[str, ApiKey] = {engine.account.key.key: engine.account.key}
        self.calls: dict[str, int] = {}
        self.signed_calls = 0

    def add_to(
        self, app: web.Application, more: Iterable[tuple[str, str, str, Handler]] = ()
    ) -> None:
        """Register every route, and ``more`` signed ones: method, path, permission, handler."""
        public: tuple[tuple[str, str, Handler], ...] = (
            ("GET", "/api/v1/contracts/active", self._contracts),
            ("GET", "/api/v1/contracts/{symbol}", self._contract),
            ("GET", "/api/v1/ticker", self._ticker),
            ("GET", "/api/v1/allTickers", self._all_tickers),
            ("GET", "/api/v1/level2/snapshot", self._snapshot),
            ("GET", "/api/v1/level2/depth20", self._depth20),
            ("GET", "/api/v1/level2/depth100", self._depth100),
            ("GET", "/api/v1/trade/history", self._trades),
            ("GET", "/api/v1/kline/query", self._klines),
            ("GET", "/api/v1/mark-price/{symbol}/current", self._mark_price),
            ("GET", "/api/v1/status", self._status),
            ("GET", "/api/v1/timestamp", lambda _r, _b: self._clock.now_ms()),
            ("POST", "/api/v1/bullet-public", lambda r, _b: self._bullet(r, is_private=False)),
        )
        private: tuple[tuple[str, str, str, Handler], ...] = (
            ("POST", "/api/v1/bullet-private", "General", self._bullet_private),
            ("GET", "/api/v1/user/api-key", "General", self._api_key),
            ("GET", "/api/ua/v1/account/mode", "General", self._account_mode),
            ("GET", "/api/v1/account-overview", "Futures", self._overview),
            ("GET", "/api/v2/position/getMarginMode", "Futures", self._margin_mode),
            (
                "GET",
                "/api/v2/position/getPositionMode",
                "Futures",
                lambda _r, _b: {"positionMode": 0},
            ),
            ("GET", "/api/v2/getCrossUserLeverage", "Futures", self._cross_leverage),
            ("GET", "/api/v1/position", "Futures", self._position),
            ("GET", "/api/v2/position", "Futures", self._position_v2),
            ("GET", "/api/v1/positions", "Futures", self._positions),
            ("POST", "/api/v1/orders", "Futures", self._place),
            ("POST", "/api/v1/orders/test", "Futures", self._test),
            ("DELETE", "/api/v1/orders/client-order/{oid}", "Futures", self._cancel_by_client_oid),
            ("DELETE", "/api/v1/orders/{id}", "Futures", self._cancel),
            ("DELETE", "/api/v3/orders", "Futures", self._cancel_all),
            ("DELETE", "/api/v1/stopOrders", "Futures", self._cancel_stops),
            ("GET", "/api/v1/orders", "General", self._orders),
            ("GET", "/api/v1/stopOrders", "General", self._stops),
            ("GET", "/api/v1/recentDoneOrders", "General", self._recent_done),
            ("GET", "/api/v1/orders/byClientOid", "General", self._order_by_client_oid),
            ("GET", "/api/v1/orders/{id}", "General", self._order),
            ("GET", "/api/v1/fills", "General", self._fills),
            ("GET", "/api/v1/recentFills", "General", self._recent_fills),
        )
        for method, path, handler in public:
            app.router.add_route(method, path, self._wrapped(handler, None))
        for method, path, permission, handler in (*private, *more):
            app.router.add_route(method, path, self._wrapped(handler, permission))

    def _wrapped(
        self, handler: Handler, permission: str | None
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            name = f"{request.method} {request.path}"
            self.calls[name] = self.calls.get(name, 0) + 1
            self.signed_calls += "KC-API-KEY" in request.headers
            fits, headers = self._quota.spend(
                request.method, request.path, self._clock.monotonic_s()
            )
            try:
                self._gate(fits=fits)
                raw = await request.text()
                if permission is not None:
                    self._signed(request, raw, permission)
                answer = handler(request, _body(raw))
            except Refused as refused:
                return refusal(refused, headers)
            return await self._answered(request, answer, headers)

        return handle

    def _gate(self, *, fits: bool) -> None:
        if self._faults.use("server_errors"):
            raise Refused("500000", "Internal Server Error", 500)
        if self._faults.use("overloads") or not fits:
            raise Refused("429000", "Too many requests in a short period of time", 429)

    def _signed(self, request: web.Request, raw: str, permission: str) -> None:
        target = request.raw_path
        asked = (request.method, target, raw)
        key = check(self.keys, request.headers, self._clock.now_ms(), asked)
        if key.ip_list and request.remote not in key.ip_list.split(","):
            raise Refused("400006", f"The IP address {request.remote} is not on the list", 401)
        if not key.may(permission):
            raise Refused("400007", f"Access denied, require more permission: {permission}", 403)

    async def _answered(
        self,
        request: web.Request,
        data: object,
        headers: dict[str, str],
    ) -> web.StreamResponse:
        is_place = request.method == "POST" and request.path == "/api/v1/orders"
        is_cancel = request.method == "DELETE"
        is_transfer = request.path == TRANSFER_PATH
        if (is_place or is_cancel or is_transfer) and self._faults.answer_delay_s:
            await asyncio.sleep(self._faults.answer_delay_s)
        if (
            (is_place and self._faults.use("answers_lost"))
            or (is_cancel and self._faults.use("cancels_lost"))
            or (is_transfer and self._faults.use("transfers_lost"))
        ):
            if request.transport is not None:
                request.transport.abort()
            raise asyncio.CancelledError
        answer = reply(data, headers)
        if request.path == "/api/v1/status":
            answer.content_type = "text/plain"  # the exchange's own mistake (reference 2.8)
        return answer

    # Public ----------------------------------------------------------------------------------

    def _market(self, request: web.Request) -> Market:
        symbol = request.match_info.get("symbol") or request.query.get("symbol", "")
        market = self._engine.markets.get(symbol)
        if market is None:
            raise Refused("100003", f"symbol {symbol} does not exist")
        return market

    def _contracts(self, _request: web.Request, _body: dict[str, Any]) -> object:
        now_ms = self._clock.now_ms()
        return [payloads.contract(market, now_ms) for market in self._engine.markets.values()]

    def _contract(self, request: web.Request, _body: dict[str, Any]) -> object:
        return payloads.contract(self._market(request), self._clock.now_ms())

    def _ticker(self, request: web.Request, _body: dict[str, Any]) -> object:
        return payloads.ticker(self._market(request))

    def _all_tickers(self, _request: web.Request, _body: dict[str, Any]) -> object:
        return [payloads.ticker(market) for market in self._engine.markets.values()]

    def _snapshot(self, request: web.Request, _body: dict[str, Any]) -> object:
        return payloads.book(self._market(request), self._clock.now_ns())

    def _depth20(self, request: web.Request, _body: dict[str, Any]) -> object:
        return payloads.book(self._market(request), self._clock.now_ns(), 20)

    def _depth100(self, request: web.Request, _body: dict[str, Any]) -> object:
        return payloads.book(self._market(request), self._clock.now_ns(), 100)

    def _trades(self, request: web.Request, _body: dict[str, Any]) -> object:
        market = self._market(request)
        return [
            {**payloads.trade(market, trade), "contractId": 1} for trade in reversed(market.trades)
        ]

    def _klines(self, request: web.Request, _body: dict[str, Any]) -> object:
        market = self._market(request)
        minutes = _whole(request, "granularity")
        if minutes not in GRANULARITIES:
            raise Refused("400100", "granularity is invalid")
        start_ms, end_ms = _whole(request, "from"), _whole(request, "to")
        rows = market.candles.rows(minutes, start_ms, end_ms, MAX_KLINES)
        return [payloads.kline_row(market, row) for row in rows]

    def _mark_price(self, request: web.Request, _body: dict[str, Any]) -> object:
        market = self._market(request)
        return {
            "symbol": market.spec.symbol,
            "granularity": 1000,
            "timePoint": self._clock.now_ms(),
            "value": float(market.mark_price),
            "indexPrice": float(market.index_price),
        }

    def _status(self, _request: web.Request, _body: dict[str, Any]) -> object:
        return {"msg": "", "status": "cancelonly" if self._engine.is_suspended else "open"}

    def _bullet(self, request: web.Request, *, is_private: bool) -> object:
        return {
            "token": self._streams.new_token(is_private=is_private),
            "instanceServers": [
                {
                    "endpoint": f"ws://{request.host}/endpoint",
                    "encrypt": False,
                    "protocol": "websocket",
                    "pingInterval": PING_INTERVAL_MS,
                    "pingTimeout": PING_TIMEOUT_MS,
                }
            ],
        }

    def _bullet_private(self, request: web.Request, _body: dict[str, Any]) -> object:
        return self._bullet(request, is_private=True)

    # Account ---------------------------------------------------------------------------------

    def _api_key(self, request: web.Request, _body: dict[str, Any]) -> object:
        key = self.keys[request.headers["KC-API-KEY"]]
        return {
            "remark": "demo",
            "apiKey": key.key,
            "apiVersion": key.version,
            "permission": ",".join(sorted(key.permissions)),
            **({"ipWhitelist": key.ip_list} if key.ip_list else {}),
            "createdAt": 1_760_000_000_000,
            "uid": 60_000_000,
            "isMaster": True,
        }

    def _account_mode(self, _request: web.Request, _body: dict[str, Any]) -> object:
        return {"selfAccountMode": "CLASSIC", "unifiedSubAccount": [], "classicSubAccount": []}

    def _overview(self, request: web.Request, _body: dict[str, Any]) -> object:
        currency = request.query.get("currency", "XBT")
        if currency not in self._engine.account.wallets:
            raise Refused("400100", f"currency {currency} is invalid")
        return payloads.overview(self._engine.account.wallet_state(currency))

    def _margin_mode(self, request: web.Request, _body: dict[str, Any]) -> object:
        symbol = self._market(request).spec.symbol
        return {"symbol": symbol, "marginMode": self._engine.account.margin_modes[symbol]}

    def _cross_leverage(self, request: web.Request, _body: dict[str, Any]) -> object:
        symbol = self._market(request).spec.symbol
        leverage = self._engine.account.cross_leverage[symbol]
        return {"symbol": symbol, "leverage": str(leverage)}

    def _position(self, request: web.Request, _body: dict[str, Any]) -> object:
        return self._engine.position_payload(self._market(request))

    def _position_v2(self, request: web.Request, _body: dict[str, Any]) -> object:
        payload = self._engine.position_payload(self._market(request))
        return [payloads.position_v2(payload)] if payload["isOpen"] else []

    def _positions(self, request: web.Request, _body: dict[str, Any]) -> object:
        root = request.query.get("currency")
        return [
            self._engine.position_payload(market)
            for symbol, market in self._engine.markets.items()
            if self._engine.account.positions[symbol].lots
            and (root is None or root == market.spec.root)
        ]

    # Orders ----------------------------------------------------------------------------------

    def _place(self, _request: web.Request, body: dict[str, Any]) -> object:
        if self._faults.rejects:
            code, text = self._faults.rejects.pop(0)
            raise Refused(code, text)
        order = self._engine.place(body)
        return {"orderId": order.id, "clientOid": order.client_oid}

    def _test(self, _request: web.Request, body: dict[str, Any]) -> object:
        order = self._engine.test(body)
        return {"orderId": order.id, "clientOid": order.client_oid}

    def _cancel(self, request: web.Request, _body: dict[str, Any]) -> object:
        order = self._engine.account.orders.get(request.match_info["id"])
        if order is None:
            raise Refused("100004", "The order cannot be canceled.")
        self._engine.cancel(order)
        return {"cancelledOrderIds": [order.id]}

    def _cancel_by_client_oid(self, request: web.Request, _body: dict[str, Any]) -> object:
        symbol = self._market(request).spec.symbol
        order = self._engine.account.by_client_oid(request.match_info["oid"])
        if order is None or order.symbol != symbol:
            raise Refused("100004", "The order cannot be canceled.")
        self._engine.cancel(order)
        return {"clientOid": order.client_oid}

    def _cancel_all(self, request: web.Request, _body: dict[str, Any]) -> object:
        symbol = self._market(request).spec.symbol
        return {"cancelledOrderIds": self._engine.cancel_all(symbol, stops=False)}

    def _cancel_stops(self, request: web.Request, _body: dict[str, Any]) -> object:
        symbol = self._market(request).spec.symbol if "symbol" in request.query else None
        return {"cancelledOrderIds": self._engine.cancel_all(symbol, stops=True)}

    def _orders(self, request: web.Request, _body: dict[str, Any]) -> object:
        status = request.query.get("status", "done")
        if status not in ("active", "done"):
            raise Refused("400100", "status is active or done")
        is_active = status == "active"
        return self._page(
            request,
            (
                order
                for order in self._chosen(request)
                if order.is_active is is_active and not order.waits
            ),
        )

    def _stops(self, request: web.Request, _body: dict[str, Any]) -> object:
        return self._page(request, (order for order in self._chosen(request) if order.waits))

    def _recent_done(self, request: web.Request, _body: dict[str, Any]) -> object:
        done = [order for order in self._chosen(request) if not order.is_active]
        return [self._payload(order) for order in reversed(done[-1000:])]

    def _order(self, request: web.Request, _body: dict[str, Any]) -> object:
        return self._found(self._engine.account.orders.get(request.match_info["id"]))

    def _order_by_client_oid(self, request: web.Request, _body: dict[str, Any]) -> object:
        client_oid = request.query.get("clientOid", "")
        return self._found(self._engine.account.by_client_oid(client_oid))

    def _fills(self, request: web.Request, _body: dict[str, Any]) -> object:
        query = request.query
        start_ms, end_ms = _whole(request, "startAt"), _whole(request, "endAt")
        fills = [
            self._fill_payload(fill)
            for fill in self._engine.account.fills
            if query.get("orderId", fill.order_id) == fill.order_id
            and query.get("symbol", fill.symbol) == fill.symbol
            and query.get("side", fill.side) == fill.side
            and query.get("type", fill.order_type) == fill.order_type
            and (start_ms is None or fill.at_ns >= start_ms * 1_000_000)
            and (end_ms is None or fill.at_ns <= end_ms * 1_000_000)
        ]
        return _paged(request, fills[::-1])

    def _recent_fills(self, request: web.Request, _body: dict[str, Any]) -> object:
        symbol = request.query.get("symbol")
        return [
            self._fill_payload(fill)
            for fill in reversed(self._engine.account.fills)
            if symbol is None or fill.symbol == symbol
        ]

    def _fill_payload(self, fill: UserFill) -> dict[str, Any]:
        return payloads.fill(fill, self._engine.markets[fill.symbol])

    def _chosen(self, request: web.Request) -> list[UserOrder]:
        query = request.query
        start_ms, end_ms = _whole(request, "startAt"), _whole(request, "endAt")
        return [
            order
            for order in self._engine.account.orders.values()
            if query.get("symbol", order.symbol) == order.symbol
            and query.get("side", order.side) == order.side
            and query.get("type", order.type) == order.type
            and (start_ms is None or order.created_ms >= start_ms)
            and (end_ms is None or order.created_ms <= end_ms)
        ]

    def _page(self, request: web.Request, orders: Iterable[UserOrder]) -> object:
        return _paged(request, [self._payload(order) for order in orders][::-1])

    def _found(self, order: UserOrder | None) -> dict[str, Any]:
        if order is None:
            raise Refused("100001", "error.getOrder.orderNotExist")
        return self._payload(order)

    def _payload(self, order: UserOrder) -> dict[str, Any]:
        return payloads.order(order, self._engine.markets[order.symbol])


def _paged(request: web.Request, rows: list[dict[str, Any]]) -> dict[str, Any]:
    page = max(1, _whole(request, "currentPage") or 1)
    size = min(1000, max(1, _whole(request, "pageSize") or 50))
    return {
        "currentPage": page,
        "pageSize": size,
        "totalNum": len(rows),
        "totalPage": -(-len(rows) // size),
        "items": rows[(page - 1) * size : page * size],
    }


def _whole(request: web.Request, name: str) -> int | None:
    value = request.query.get(name)
    if value is None:
        return None
    if not value.isdigit():
        raise Refused("400100", f"{name} is invalid")
    return int(value)


def _body(raw: str) -> dict[str, Any]:
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except ValueError:
        raise Refused("400100", "The body is no JSON") from None
    if not isinstance(body, dict):
        raise Refused("400100", "The body is no JSON object")
    return body

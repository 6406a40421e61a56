"""The control endpoint: what whoever plays with the exchange may look at and turn, over HTTP.

It lies outside the exchange's own paths, on the same port. Everything is JSON; a wrong request
changes nothing and is answered with a sentence. No page of the web can use it: a request must name
loopback as its host, must not come from another site, and must say that its body is JSON.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Protocol, final

from aiohttp import web

from terminal.simexchange.account_plans import MOST, plans_of, read_balances
from terminal.simexchange.clock import TOP_SPEED
from terminal.simexchange.faults import FAULTS, KINDS
from terminal.simexchange.keys import MAIN, named_key, shown_key, uid_of, with_traits
from terminal.simexchange.market import scenarios
from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.switches import choices_of, described

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from terminal.simexchange.account_plans import AccountPlan
    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.engine.engine import Engine
    from terminal.simexchange.faults import Faults
    from terminal.simexchange.keys import NamedKey
    from terminal.simexchange.rest.gateway import Gateway
    from terminal.simexchange.sockets.hub import Hub
    from terminal.simexchange.sockets.order_socket import OrderSockets
    from terminal.simexchange.switches import Switches

PREFIX = "/_sim"
MAX_ADVANCE_MS = 7 * 24 * 3600 * 1000
MAX_SHIFT_MS = 10**12
MAX_STEPS = 10_000
MAX_MOVE = 10**9
MAX_WAVES = 100
_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})


class Exchange(Protocol):
    """What is controlled."""

    seed: int
    start_ms: int
    clock: SimClock
    faults: Faults
    switches: Switches
    engine: Engine
    hub: Hub
    gateway: Gateway
    order_sockets: OrderSockets
    keys: dict[str, NamedKey]

    def add_key(self, named: NamedKey) -> None:
        """Let a key in. Raises ``ValueError``."""
        ...

    def remove_key(self, name: str) -> None:
        """Delete a key. Raises ``ValueError``."""
        ...

    def accounts(self) -> list[dict[str, Any]]:
        """All accounts, to be shown."""
        ...

    def open_accounts(self, plans: Sequence[AccountPlan]) -> None:
        """Open or change accounts. Raises ``ValueError``."""
        ...

    def step(self, symbol: str, count: int = 1) -> None:
        """Let a market act so many times."""
        ...


class Wrong(ValueError):  # noqa: N818 - an answer, not a fault of the program
    """A request cannot be followed; the text says why. ``status`` is that of the answer."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


@final
class Control:
    """Answers everything below ``/_sim``."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._reads: dict[str, Callable[[], object]] = {
            "state": self._state,
            "faults": self._faults,
            "time": self._time,
            "switches": self._switches,
            "market": self._markets,
            "keys": self._keys,
            "accounts": self._accounts,
            "address": self._addresses,
            "scenario": self._scenarios,
            "insurance": self._insurance,
            "delivery": self._deliveries,
        }
        self._writes: dict[str, Callable[[Mapping[str, Any]], object]] = {
            "faults": self._set_faults,
            "switches": self._set_switches,
            "keys": self._add_key,
            "accounts": self._set_account,
            "address": self._set_address,
            "drop": self._drop,
            "scenario": self._set_scenario,
            "insurance": self._set_insurance,
            "delivery": self._set_delivery,
        }

    def add_to(self, app: web.Application) -> None:
        """Take all paths below the prefix."""
        app.router.add_route("*", f"{PREFIX}/{{path:.*}}", self._handle)

    async def _handle(self, request: web.Request) -> web.Response:
        try:
            answer, status = await self._answered(request), 200
        except Wrong as wrong:
            answer, status = {"error": str(wrong)}, wrong.status
        except ValueError as error:
            answer, status = {"error": str(error)}, 400
        except web.HTTPRequestEntityTooLarge:
            answer, status = {"error": "The body is too large."}, 413
        return web.Response(
            status=status, body=json.dumps(answer).encode(), content_type="application/json"
        )

    async def _answered(self, request: web.Request) -> object:
        _check_origin(request)
        name, _, rest = request.match_info["path"].partition("/")
        if request.method == "GET" and name in self._reads and not rest:
            return self._reads[name]()
        is_market = name == "market" and rest
        if not (is_market or (not rest and (name in self._writes or name in self._reads))):
            known = ", ".join((*self._reads, "market/{symbol}", "drop"))
            raise Wrong(f"There is no {PREFIX}/{name}; there are {known}.", 404)
        if request.method != "POST" or (name in {"state", "market"} and not is_market):
            raise Wrong(f"{request.method} is not for {request.path}.", 405)
        fields = _fields(await request.read(), request.content_type)
        if is_market:
            return self._move_market(rest, fields)
        if name == "time":
            return await self._set_time(fields)
        return self._writes[name](fields)

    # Looking ---------------------------------------------------------------------------------

    def _state(self) -> object:
        exchange = self._exchange
        return {
            "seed": exchange.seed,
            "start": exchange.start_ms,
            "time": self._time(),
            "market": self._markets(),
            "streams": [
                {"account": listener.uid, "topics": list(listener.topics)}
                for listener in exchange.hub.listeners
            ],
            "frames_sent": exchange.hub.sent,
            "calls": exchange.gateway.calls,
            "status": exchange.engine.status,
            "keys": self._keys(),
            "insurance": self._insurance(),
            "faults": exchange.faults.shown(),
            "switches": self._switch_values(),
        }

    def _time(self) -> dict[str, object]:
        clock = self._exchange.clock
        return {
            "now_ms": clock.now_ms(),
            "speed": clock.speed,
            "paused": clock.is_paused,
            "shift_ms": clock.shift_ms,
            "given_up_s": round(clock.given_up_s, 3),
            "skipped_s": round(clock.skipped_s, 3),
        }

    def _faults(self) -> object:
        values = self._exchange.faults.shown()
        return [
            {
                "name": row.name,
                "value": values[row.name],
                "takes": f"{row.kind}: {KINDS[row.kind]}",
                "help": row.help,
                "group": row.group,
            }
            for row in FAULTS
        ]

    def _switch_values(self) -> dict[str, str]:
        return {row[0]: getattr(self._exchange.switches, row[0]) for row in described()}

    def _switches(self) -> object:
        values = self._switch_values()
        return [
            {
                "name": name,
                "value": values[name],
                "choices": choices,
                "source": source,
                "help": text,
            }
            for name, choices, source, text in described()
        ]

    def _markets(self) -> dict[str, object]:
        return {symbol: self._market(symbol) for symbol in self._exchange.engine.markets}

    def _market(self, symbol: str) -> dict[str, object]:
        market = self._exchange.engine.markets[symbol]
        bid, ask = market.book.best(BUY), market.book.best(SELL)
        return {
            "last": market.spec.text(market.last),
            "bid": None if bid is None else market.spec.text(bid),
            "ask": None if ask is None else market.spec.text(ask),
            "mark": str(market.mark_price),
            "index": str(market.index_price),
            "tick": str(market.spec.tick),
            "sequence": market.book.sequence,
        }

    def _scenarios(self) -> object:
        running: dict[str, list[str]] = {name: [] for name in scenarios.SCENARIOS}
        for symbol, market in self._exchange.engine.markets.items():
            if market.scenario is not None:
                running[market.scenario.name].append(symbol)
        return [
            {"name": name, "help": kind.help, "running": running[name]}
            for name, kind in scenarios.SCENARIOS.items()
        ]

    def _keys(self) -> object:
        """Keys without what would let somebody use them."""
        shown = [shown_key(named) for named in self._exchange.keys.values()]
        return [
            {name: value for name, value in key.items() if name not in {"secret", "passphrase"}}
            for key in shown
        ]

    def _insurance(self) -> object:
        """The insurance fund and the fees of all trades, by currency."""
        return self._exchange.engine.insurance.shown()

    # Turning ---------------------------------------------------------------------------------

    def _set_faults(self, fields: Mapping[str, Any]) -> object:
        faults, values = self._exchange.faults, dict(fields)
        clears = _flag(values.pop("clear", False), "clear")
        faults.check(values)
        if clears:
            faults.clear()
        faults.set_all(values)
        return faults.shown()

    def _set_switches(self, fields: Mapping[str, Any]) -> object:
        for name, value in fields.items():
            if not isinstance(value, str):
                raise Wrong(f"{name} is one of {', '.join(choices_of(name))}, not {value!r}.")
        self._exchange.switches.set_all(fields)
        return self._switch_values()

    async def _set_time(self, fields: Mapping[str, Any]) -> object:
        _check_names(fields, ("speed", "paused", "advance_ms", "shift_ms"))
        clock = self._exchange.clock
        speed = fields.get("speed")
        if speed is not None and (
            not isinstance(speed, int | float)
            or isinstance(speed, bool)
            or not 0 <= speed <= TOP_SPEED
        ):
            raise Wrong(f"speed is a number from 0 to {TOP_SPEED:.0f}, not {speed!r}.")
        paused = fields.get("paused")
        if paused is not None:
            _flag(paused, "paused")
        advance_ms = _whole(fields, "advance_ms", 0, MAX_ADVANCE_MS)
        shift_ms = _whole(fields, "shift_ms", -MAX_SHIFT_MS, MAX_SHIFT_MS)
        if speed is not None:
            clock.speed = speed
        if paused is not None:
            (clock.pause if paused else clock.resume)()
        if shift_ms is not None:
            clock.shift_ms = shift_ms
        if advance_ms:
            await clock.pass_time(advance_ms / 1000)
        return self._time()

    def _move_market(self, symbol: str, fields: Mapping[str, Any]) -> object:
        engine = self._exchange.engine
        if symbol not in engine.markets:
            raise Wrong(f"There is no market {symbol}.", 404)
        names = ("move_ticks", "step", "last", "liquidating", "account", "cascade", "waves")
        _check_names(fields, names)
        spec = engine.markets[symbol].spec
        move = _whole(fields, "move_ticks", -MAX_MOVE, MAX_MOVE)
        steps = _whole(fields, "step", 0, MAX_STEPS)
        last = None if fields.get("last") is None else _ticks(fields["last"], spec.tick)
        cascade, waves = fields.get("cascade"), _whole(fields, "waves", 1, MAX_WAVES)
        if cascade not in (None, "longs", "shorts"):
            raise Wrong(f"cascade is longs or shorts, not {cascade!r}.")
        if waves is not None and cascade is None:
            raise Wrong("waves belongs to cascade.")
        self._liquidate(symbol, fields)
        if cascade is not None:
            engine.cascade(symbol, of_longs=cascade == "longs", waves=waves or 1)
        if move:
            engine.move(symbol, move)
        if last is not None:
            engine.trade_at(symbol, last)
        if steps:
            self._exchange.step(symbol, steps)
        return self._market(symbol)

    def _liquidate(self, symbol: str, fields: Mapping[str, Any]) -> None:
        """Let a position be in liquidation or not: meanwhile its orders are refused (300014)."""
        account = _text(fields.get("account", MAIN), "account")
        if "liquidating" not in fields:
            if "account" in fields:
                raise Wrong("account belongs to liquidating.")
            return
        is_on = _flag(fields["liquidating"], "liquidating")
        uid = uid_of(account, self._exchange.seed)
        if uid not in self._exchange.engine.accounts.by_uid:
            raise Wrong(f"There is no account {account!r}.", 404)
        liquidating = self._exchange.engine.halts.liquidating
        (liquidating.add if is_on else liquidating.discard)((uid, symbol))

    def _accounts(self) -> object:
        return self._exchange.accounts()

    def _addresses(self) -> object:
        callers = self._exchange.gateway.callers
        names = {named.key.key: name for name, named in self._exchange.keys.items()}
        by_key = {names[key]: at for key, at in callers.by_key.items() if key in names}
        return {"everybody": callers.everybody, "keys": by_key}

    def _set_address(self, fields: Mapping[str, Any]) -> object:
        """Let everybody, or whoever uses a key, seem to come from an address."""
        _check_names(fields, ("address", "key"))
        address, key = _text(fields.get("address"), "address"), ""
        if "key" in fields:
            named = self._exchange.keys.get(_text(fields["key"], "key"))
            if named is None:
                raise Wrong(f"There is no key named {fields['key']}.", 404)
            key = named.key.key
        self._exchange.gateway.callers.set(address, key)
        return self._addresses()

    def _set_account(self, fields: Mapping[str, Any]) -> object:
        """Open an account as in the file of accounts, freeze one, or let money come and go."""
        exchange = self._exchange
        row = {name: value for name, value in fields.items() if name != "deposit"}
        plans = list(plans_of(row, exchange.seed))
        accounts, uid = exchange.engine.accounts, plans[0].uid
        if "deposit" not in fields:
            if uid in accounts.by_uid and "frozen" not in fields:
                plans[0] = plans[0]._replace(is_frozen=accounts.is_frozen(uid))
            exchange.open_accounts(plans)
            return exchange.accounts()
        if set(fields) != {"name", "deposit"}:
            raise Wrong("deposit stands alone beside the name.")
        if uid not in accounts.by_uid:
            raise Wrong(f"There is no account {plans[0].name!r}.", 404)
        amounts = read_balances(fields["deposit"], plans[0].name, least=-MOST)
        for (kind, currency), amount in amounts.items():
            if -amount > accounts.funding[uid].left(kind, currency):
                raise Wrong(f"There is not so much {currency} to take out of {kind.lower()}.")
        for (kind, currency), amount in amounts.items():
            if amount:
                accounts.change(uid, kind, currency, amount)
        return exchange.accounts()

    def _set_insurance(self, fields: Mapping[str, Any]) -> object:
        """Let the fund of a currency have another balance."""
        _check_names(fields, ("currency", "balance"))
        currency = _text(fields.get("currency"), "currency")
        try:
            balance = Decimal(_text(fields.get("balance"), "balance"))
        except InvalidOperation:
            raise Wrong("balance is a number as a text.") from None
        self._exchange.engine.insurance.set_balance(currency, balance)
        return self._insurance()

    def _deliveries(self) -> dict[str, object]:
        """The dated contracts: when each is delivered (epoch ms), and how far that is."""
        return {
            symbol: {"at_ms": market.expires_ms, "phase": market.phase or "Open"}
            for symbol, market in self._exchange.engine.markets.items()
            if market.expires_ms is not None
        }

    def _set_delivery(self, fields: Mapping[str, Any]) -> object:
        """Let dated contracts, or one of them, be delivered so many seconds from now."""
        _check_names(fields, ("symbol", "in_s"))
        engine, ahead_s = self._exchange.engine, _whole(fields, "in_s", 0, MAX_ADVANCE_MS // 1000)
        if ahead_s is None:
            raise Wrong("in_s is a whole number of seconds from now.")
        symbol = _text(fields.get("symbol", ""), "symbol")
        if symbol and symbol not in engine.markets:
            raise Wrong(f"There is no market {symbol}.", 404)
        dated = [one for one in engine.listed() if one.expires_ms is not None and not one.phase]
        for market in [engine.markets[symbol]] if symbol else dated:
            engine.deliveries.bring(market, ahead_s)
        return self._deliveries()

    def _add_key(self, fields: Mapping[str, Any]) -> object:
        """Let a key in, or with ``remove`` delete one."""
        _check_names(fields, ("name", "permissions", "account", "ips", "traits", "remove"))
        if _flag(fields.get("remove", False), "remove"):
            if set(fields) != {"name", "remove"}:
                raise Wrong("remove stands alone beside the name.")
            self._exchange.remove_key(_text(fields["name"], "name"))
            return self._keys()
        named = named_key(
            self._exchange.seed,
            _text(fields.get("name"), "name"),
            _texts(fields.get("permissions", ["General", "Futures"]), "permissions"),
            _text(fields.get("account", MAIN), "account"),
            _texts(fields.get("ips", []), "ips"),
        )
        named = with_traits(named, _texts(fields.get("traits", []), "traits"))
        self._exchange.add_key(named)
        return shown_key(named)

    def _set_scenario(self, fields: Mapping[str, Any]) -> object:
        """Start a scenario, or end what runs (name null), in some contracts or in all."""
        _check_names(fields, ("name", "symbols", "ticks"))
        if "name" not in fields:
            raise Wrong("name is that of a scenario, or null to end what runs.")
        symbols = _texts(fields.get("symbols", []), "symbols")
        ticks = _whole(fields, "ticks", -MAX_MOVE, MAX_MOVE)
        markets = self._exchange.engine.markets
        if fields["name"] is None:
            if ticks is not None:
                raise Wrong("ticks belong to a scenario.")
            scenarios.stop(markets, symbols)
        else:
            scenarios.start(markets, _text(fields["name"], "name"), symbols, ticks)
        return self._scenarios()

    def _drop(self, fields: Mapping[str, Any]) -> object:
        """Drop streams: all, those of an account, or those that have none."""
        _check_names(fields, ("account", "politely"))
        account, politely = fields.get("account"), _flag(fields.get("politely", False), "politely")
        uid = None
        if account is not None:
            uid = uid_of(_text(account, "account"), self._exchange.seed)
        chosen = [
            listener
            for listener in self._exchange.hub.listeners
            if account is None or listener.uid == uid
        ]
        for listener in chosen:
            (listener.end if politely else listener.abort)()
        sockets = self._exchange.order_sockets.end(uid, is_abrupt=not politely)
        return {"dropped": len(chosen) + sockets}


def _check_origin(request: web.Request) -> None:
    host = request.headers.get("Host", "").rpartition(":")[0] or request.headers.get("Host", "")
    if host.lower() not in _HOSTS or "Origin" in request.headers:
        raise Wrong("Only programs of this machine may ask, no pages of the web.", 403)


def _fields(body: bytes, media: str) -> Mapping[str, Any]:
    if media != "application/json":
        raise Wrong("The Content-Type must be application/json.", 415)
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Wrong("The body is no JSON.") from None
    if not isinstance(found, dict):
        raise Wrong("The body is no JSON object.")
    return found


def _check_names(fields: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for name in fields:
        if name not in known:
            raise Wrong(f"There is no field {name!r}; there are {', '.join(known)}.")


def _whole(fields: Mapping[str, Any], name: str, least: int, most: int) -> int | None:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Wrong(f"{name} is a whole number from {least} to {most}, not {value!r}.")
    return value


def _flag(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise Wrong(f"{name} is true or false, not {value!r}.")
    return value


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise Wrong(f"{name} is a text, not {value!r}.")
    return value


def _texts(value: object, name: str) -> list[str]:
    if not isinstance(value, list):
        raise Wrong(f"{name} is a list of texts, not {value!r}.")
    return [_text(one, name) for one in value]


def _ticks(value: object, tick: Decimal) -> int:
    try:
        price = Decimal(str(value))
        ticks = price / tick
        is_good = not isinstance(value, bool) and 0 < ticks <= MAX_MOVE and ticks == int(ticks)
    except (InvalidOperation, ValueError, OverflowError):
        is_good, ticks = False, Decimal(0)
    if not is_good:
        raise Wrong(f"last is a price on the grid of {tick}, not {value!r}.")
    return int(ticks)

"""Generated requests: for every call there is, right, nearly right and wrong in every part.

Calls come from the exchange's own table, so that a new one is covered as soon as it is there; what
its parameters are called and look like comes from the reference (2 to 4), for all calls together.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, fields, is_dataclass, replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, final
from urllib.parse import quote

from hypothesis import strategies as st

from terminal.simexchange.clock import SimClock
from terminal.simexchange.keys import read_key
from terminal.simexchange.rest.gateway import Answer, Request
from terminal.simexchange.server import SimExchange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from terminal.simexchange.rest.routing import Route
    from terminal.simexchange.switches import Switches

START_MS = 1_760_000_000_000
ORDER, STOP, OTHER = "@order", "@stop", "@other"
"""Stand for the ids of orders that are there when a request is sent."""
SUB, MASTER = "@sub", "@master"
"""Stand for the uids of a sub-account and of the account that asks."""

_SYMBOLS = ["XBTUSDTM", "ETHUSDTM", "XBTUSDM", "XBTUSDTM", "XBTUSDTM,ETHUSDTM", "NOPE", "xbtusdtm"]
_NUMBERS = ["1", "2", "0", "10", "100", "0.5", "-1", "1000000", "1e3", "0.000000001"]
_TIMES = [str(START_MS), str(START_MS - 86_400_000), "0", "1", str(10**17), str(2**63)]
_CURRENCIES = ["USDT", "XBT", "BTC", "USDC", "ETH", "usdt", "KCS"]
_ACCOUNTS = ["MAIN", "TRADE", "CONTRACT", "main", "trade", "contract", "option", "MARGIN_V2"]
_IDS = [ORDER, STOP, OTHER, "1", "400000000000000001", "g-1", "g-2", "t-1"]
_WORDS: dict[str, Sequence[str]] = {
    "symbol": _SYMBOLS,
    "symbols": _SYMBOLS,
    "side": ["buy", "sell", "BUY", "long"],
    "type": [
        "limit", "market", "INTERNAL", "main", "trade", "MAIN", "TRADE", "PARENT_TO_SUB",
        "SUB_TO_PARENT",
    ],
    "status": ["active", "done", "open", "PROCESSING", "SUCCESS", "true"],
    "queryStatus": ["PROCESSING", "SUCCESS,FAILURE"],
    "timeInForce": ["GTC", "IOC", "RPI", "FOK", "GTT"],
    "marginMode": ["ISOLATED", "CROSS", "isolated"],
    "positionSide": ["BOTH", "LONG", "SHORT"],
    "positionMode": ["0", "1", "2"],
    "stop": ["up", "down", "entry"],
    "stopPriceType": ["TP", "MP", "IP"],
    "stp": ["CN", "CO", "CB", "DC"],
    "tradeType": ["FUTURES", "SPOT"],
    "direction": ["IN", "OUT"],
    "accountType": _ACCOUNTS,
    "subAccountType": _ACCOUNTS,
    "fromAccountType": _ACCOUNTS,
    "toAccountType": _ACCOUNTS,
    "recAccountType": _ACCOUNTS,
    "payAccountType": _ACCOUNTS,
    "from": [*_ACCOUNTS, *_TIMES],
    "to": [*_ACCOUNTS, *_TIMES],
    "currency": _CURRENCIES,
    "baseCurrency": _CURRENCIES,
    "granularity": ["1", "5", "60", "1440", "10080", "3", "0", "43200"],
    "price": ["95000", "99000.5", "100000", "105000", "0.1", "1", "3000", "99000.55"],
    "stopPrice": ["90000", "110000", "100000", "1"],
    "triggerStopUpPrice": ["110000", "1"],
    "triggerStopDownPrice": ["90000", "1"],
    "leverage": ["1", "5", "10", "100", "125", "126", "0", "2.5"],
    "size": ["1", "2", "10", "1000000", "0", "-1", "1.5"],
    "clientOid": ["g-1", "g-2", "t-1", "g-3", "g-4", "g-5", "x" * 41, "a b"],
    "clientOidsList": ["g-1"],
    "orderId": _IDS,
    "orderIdsList": _IDS,
    "timeout": ["5", "-1", "86400", "1", "86401"],
    "pageSize": ["1", "10", "50", "100", "1000", "1001", "0"],
    "currentPage": ["1", "2", "0", "1000000000"],
    "positionValue": ["100000", "1000000.5", "0", "1e3"],
    "level": ["1", "2", "12", "13", "0"],
    **dict.fromkeys(("startAt", "endAt"), _TIMES),
    **dict.fromkeys(
        ("postOnly", "hidden", "iceberg", "reduceOnly", "closeOrder", "forceHold", "forward",
         "reverse", "autoDeposit", "includeBaseAmount"),
        ("true", "false"),
    ),
    **dict.fromkeys(
        ("qty", "valueQty", "visibleSize", "amount", "margin", "withdrawAmount", "totalMargin",
         "offset", "maxCount", "limit", "pageId", "baseAmount"),
        _NUMBERS,
    ),
    **dict.fromkeys(
        ("remark", "tag", "bizNo", "fromAccountTag", "toAccountTag", "tradeId", "accountId",
         "connectId"),
        ("", "1", "text", "BTC-USDT"),
    ),
    **dict.fromkeys(("subUserId", "fromUserId", "toUserId"), (SUB, SUB, MASTER, "1", "")),
}  # fmt: skip
_JSON_NUMBERS = {"size", "leverage", "amount", "margin", "timeout", "level"}
_ORDER = (
    "clientOid", "symbol", "side", "type", "leverage", "marginMode", "positionSide", "price",
    "size", "qty", "valueQty", "timeInForce", "postOnly", "hidden", "iceberg", "visibleSize",
    "reduceOnly", "closeOrder", "forceHold", "stop", "stopPriceType", "stopPrice", "stp", "remark",
)  # fmt: skip
_PAGES = ("currentPage", "pageSize", "startAt", "endAt")
_ROWS = ("startAt", "endAt", "offset", "forward", "reverse", "maxCount")
_MOVE = (
    "clientOid", "type", "currency", "amount", "fromAccountType", "toAccountType", "fromUserId",
    "toUserId", "fromAccountTag", "toAccountTag",
)  # fmt: skip
_PARAMETERS: dict[str, tuple[str, ...]] = {
    "/api/v1/kline/query": ("symbol", "granularity", "from", "to"),
    "/api/v1/index/query": ("symbol", *_ROWS),
    "/api/v1/interest/query": ("symbol", *_ROWS),
    "/api/v1/premium/query": ("symbol", *_ROWS),
    "/api/v1/contract/funding-rates": ("symbol", "from", "to"),
    "/api/v1/orders": (*_ORDER, "status", *_PAGES),
    "/api/v1/orders/test": _ORDER,
    "/api/v1/orders/multi": _ORDER,
    "/api/v1/st-orders": (*_ORDER, "triggerStopUpPrice", "triggerStopDownPrice"),
    "/api/v1/orders/multi-cancel": ("orderIdsList", "clientOidsList", "symbol", "clientOid"),
    "/api/v1/stopOrders": ("symbol", "side", "type", "orderIds", *_PAGES),
    "/api/v1/fills": ("orderId", "symbol", "side", "type", "tradeTypes", *_PAGES),
    "/api/v1/history-positions": ("symbol", "from", "to", "limit", "pageId"),
    "/api/v1/transaction-history": ("currency", "type", *_ROWS),
    "/api/v1/funding-history": ("symbol", "from", "to", *_ROWS),
    "/api/v2/position/changeMarginMode": ("symbol", "marginMode"),
    "/api/v2/position/batchChangeMarginMode": ("symbols", "marginMode"),
    "/api/v2/changeCrossUserLeverage": ("symbol", "leverage"),
    "/api/v2/position/switchPositionMode": ("positionMode",),
    "/api/v1/position/margin/deposit-margin": ("symbol", "margin", "bizNo", "positionSide"),
    "/api/v1/margin/withdrawMargin": ("symbol", "withdrawAmount", "positionSide"),
    "/api/v1/position/margin/auto-deposit-status": ("symbol", "status"),
    "/api/v2/getMaxOpenSize": ("symbol", "price", "leverage"),
    "/api/v2/batchGetCrossOrderLimit": ("symbol", "totalMargin", "leverage"),
    "/api/v2/getCrossModeMarginRequirement": ("symbol", "positionValue", "leverage"),
    "/api/v1/position/risk-limit-level/change": ("symbol", "level"),
    "/api/v3/accounts/universal-transfer": _MOVE,
    "/api/v2/accounts/sub-transfer": (
        "clientOid", "currency", "amount", "direction", "accountType", "subAccountType",
        "subUserId",
    ),
    "/api/v2/accounts/inner-transfer": ("clientOid", "currency", "amount", "from", "to"),
    "/api/v3/transfer-out": ("currency", "amount", "recAccountType"),
    "/api/v1/transfer-in": ("currency", "amount", "payAccountType"),
    "/api/v1/transfer-list": ("currency", "status", "queryStatus", "type", "tag", *_PAGES),
    "/api/v2/sub/user": ("currentPage", "pageSize"),
    "/api/v2/sub-accounts": ("currentPage", "pageSize"),
    "/api/v1/sub-accounts/{subUserId}": ("includeBaseAmount", "baseCurrency", "baseAmount"),
    "/api/v1/accounts/transferable": ("currency", "type", "tag"),
    "/api/v1/accounts": ("currency", "type"),
    "/api/ua/v1/dcp/set": ("tradeType", "timeout", "symbol", "symbols"),
    "/api/ua/v1/dcp/query": ("tradeType",),
}  # fmt: skip
_USUAL = ("symbol", "currency", "clientOid", "orderId", "currentPage", "pageSize")

_JUNK_TEXT = [
    "", " ", "0", "-0", "-1", "+1", ".5", "5.", "1_0", "0x10", "1e5", "1e999999", "-1e999999",
    "1e-999999", "9" * 19, "9" * 5000, "0." + "0" * 400 + "1", "NaN", "sNaN", "Infinity", "\x00",
    "a\x00b", "é", "💥", "٣", "²", "null", "true", "TRUE", "None", "{}", "[]", "../..", "%", "%2F",
    "a,b", ",", ",,,", "XBTUSDTM,", "a" * 5000, "'; --", "<b>", "\n", "\u2028", "__class__",
]  # fmt: skip
_JUNK_JSON = [
    "null", "true", "false", "0", "-0", "-1", "1.5", "-0.0", "1e308", "1e999", "1e999999", "1E400",
    "-1e999999", "1e-400", "NaN", "Infinity", "-Infinity", "9" * 40, "9" * 5000, "[]", "{}",
    "[[]]", '[""]', '["1",2,null]', '{"a":1}', '{"a":{"b":[]}}', '""', '"\\u0000"', '"\\ud800"',
    '"\\ud83d\\ude00"', '"é"', "[" * 100 + "]" * 100, "[" * 100_000, "0.1234567890123456789",
    "0.30000000000000004", "tr", "01", "'a'", "1.", "[1,]", "",
]  # fmt: skip
_JUNK_BODIES = [
    b"{", b"[]", b"{}", b"[{}]", b"null", b"1", b'"text"', b"true", b"[" * 200_000, b"{}{}",
    b'{"a":' * 500, b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b"\xff", b" ", b"\x00", b"NaN",
    b'{"symbol":"XBTUSDTM","symbol":1}', b"[[{}]]", b"[null]", b"[" + b"{}," * 99 + b"{}]",
]  # fmt: skip


@final
@dataclass(frozen=True)
class Asked:
    """A request to be. ``sign`` is no, right, or the name of what is wrong with the signature."""

    method: str
    target: str
    body: bytes = b""
    sign: str = "right"
    media: str = "application/json"


SIGNS = (
    *["right"] * 12, "no", "no", "key", "passphrase", "sign", "stamp", "late", "version",
    "oddities", "decoded",
)  # fmt: skip
_MEDIA = (*["application/json"] * 12, "", "text/plain", "application/json; charset=utf-8", "é/\x00")


def requests(routes: Sequence[Route]) -> st.SearchStrategy[Asked]:
    """Requests to these calls, and now and then to what there is not."""
    odd = st.builds(
        Asked,
        st.sampled_from(["GET", "POST", "PUT", "PATCH", "HEAD", "", "get", "\x00"]),
        st.one_of(
            st.text(max_size=12),
            st.sampled_from([route.path for route in routes]),
            st.sampled_from(["/", "//", "/api/v1/orders/", "*", "http://h", "?", "/%", "/%00"]),
        ),
        st.sampled_from([b"", *_JUNK_BODIES]),
        st.sampled_from(SIGNS),
    )
    known = st.sampled_from(routes).flatmap(_to)
    return st.one_of(known, known, known, known, known, known, known, known, known, odd)


def _to(route: Route) -> st.SearchStrategy[Asked]:
    names = _PARAMETERS.get(route.path, _USUAL)
    bodies = st.just(b"")
    if route.method != "GET":
        made = _bodies(names, is_list=route.path.endswith("/multi"))
        bodies = st.one_of(made, made, made, made, st.sampled_from(_JUNK_BODIES), st.just(b""))
    queries = st.just("")
    if route.method != "POST":
        good = st.lists(_pairs(names), max_size=6).map("&".join)
        queries = st.one_of(
            good, good, good, st.sampled_from(["&", "=", "a", "%", "%ff", "&" * 99])
        )
    path = st.tuples(*(_part(part) for part in route.path.split("/"))).map("/".join)
    return st.builds(
        _asked,
        st.just(route.method),
        path,
        queries,
        bodies,
        st.sampled_from(SIGNS),
        st.sampled_from(_MEDIA),
    )


def _asked(*given: Any) -> Asked:
    method, path, query, body, sign, media = given
    return Asked(method, f"{path}?{query}" if query else path, body, sign, media)


def _part(part: str) -> st.SearchStrategy[str]:
    if not part.startswith("{"):
        return st.just(part)
    words = st.sampled_from(_WORDS.get(part[1:-1], _IDS))
    junk = st.sampled_from(_JUNK_TEXT).map(partial(quote, safe=""))
    return st.one_of(words, words, words, junk)


def _pairs(names: Sequence[str]) -> st.SearchStrategy[str]:
    def pair(name: str) -> st.SearchStrategy[str]:
        words = st.sampled_from([quote(word, safe=",@") for word in _WORDS.get(name, _NUMBERS)])
        junk = st.sampled_from([quote(word[:1000]) for word in _JUNK_TEXT])
        raw = st.sampled_from(["%", "%zz", "%ff", "+", "a+b", "a=b", "%F0%9F"])
        return st.one_of(words, words, words, words, junk, raw).map(lambda value: f"{name}={value}")

    return st.sampled_from(names).flatmap(pair)


def _bodies(names: Sequence[str], *, is_list: bool) -> st.SearchStrategy[bytes]:
    one = _objects(names)
    if is_list:
        one = st.lists(one, max_size=4).map(lambda items: f"[{','.join(items)}]")
    return one.map(str.encode)


_SENSIBLE = {
    "clientOid": '"g-9"', "symbol": '"XBTUSDTM"', "side": '"buy"', "type": '"limit"',
    "leverage": "5", "price": '"99000"', "size": "1", "marginMode": '"ISOLATED"',
}  # fmt: skip
_SENSIBLE_MOVE = {
    "clientOid": '"m-9"', "type": '"INTERNAL"', "currency": '"USDT"', "amount": '"25"',
    "fromAccountType": '"MAIN"', "toAccountType": '"CONTRACT"',
}  # fmt: skip
_STARTS: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("stopPriceType", _SENSIBLE),
    ("toAccountType", _SENSIBLE_MOVE),
    ("bizNo", {"symbol": '"XBTUSDTM"', "margin": "10", "bizNo": '"b-9"'}),
    ("withdrawAmount", {"symbol": '"XBTUSDTM"', "withdrawAmount": '"0.1"'}),
    ("positionValue", {"symbol": '"XBTUSDTM"', "positionValue": '"100000"'}),
    ("level", {"symbol": '"XBTUSDTM"', "level": "2"}),
    ("timeout", {"tradeType": '"FUTURES"', "timeout": "5"}),
    ("subAccountType", {
        "clientOid": '"m-8"', "currency": '"USDT"', "amount": '"5"', "direction": '"OUT"',
        "accountType": '"MAIN"', "subAccountType": '"MAIN"', "subUserId": f'"{SUB}"',
    }),
    ("recAccountType", {"currency": '"USDT"', "amount": "2.5", "recAccountType": '"MAIN"'}),
    ("payAccountType", {"currency": '"XBT"', "amount": "0.01", "payAccountType": '"TRADE"'}),
    ("from", {
        "clientOid": '"m-7"', "currency": '"USDT"', "amount": '"5"', "from": '"main"',
        "to": '"trade"',
    }),
)  # fmt: skip
"""Requests that are granted, by a parameter that only they have."""


def _objects(names: Sequence[str]) -> st.SearchStrategy[str]:
    """Objects as text: a sensible one with some members put in or replaced, or only those."""
    start = next((sensible for sign, sensible in _STARTS if sign in names), {})
    changes = st.lists(st.sampled_from(names).flatmap(_member), max_size=4)
    starts = st.sampled_from([start, start, start, {}])

    def made(first: Mapping[str, str], pairs: list[tuple[str, str]]) -> str:
        changed = {name for name, _ in pairs}
        kept = [(name, text) for name, text in first.items() if name not in changed]
        inner = ",".join(f'"{name}":{text}' for name, text in [*kept, *pairs])
        return f"{{{inner}}}"

    return st.builds(made, starts, changes)


def _member(name: str) -> st.SearchStrategy[tuple[str, str]]:
    words = [json.dumps(word) for word in _WORDS.get(name, _NUMBERS)]
    if name in _JSON_NUMBERS:
        words = [*words, *(word.strip('"') for word in words)]
    if words[0] == '"true"':
        words = ["true", "false", "true", "1", '"true"']
    if name.endswith("List") or name == "symbols":
        words = [f"[{word}]" for word in words] + ["[]"]
    junk = st.sampled_from(_JUNK_JSON + [json.dumps(word) for word in _JUNK_TEXT])
    good = st.sampled_from(words)
    return st.tuples(st.just(name), st.one_of(good, good, good, junk))


# Sending ---------------------------------------------------------------------------------------


class Arena:
    """A fresh exchange on which time stands still, with orders, a stop and a position."""

    def __init__(self, switches: Switches | None = None) -> None:
        self.exchange = SimExchange(
            is_calm=True, clock=SimClock(start_ms=START_MS, speed=0), switches=switches
        )
        key, accounts = self.exchange.key, self.exchange.engine.accounts
        self.exchange.add_key(read_key("sub@main/desk1", self.exchange.seed))
        accounts.keys[key.key] = replace(key, permissions=key.permissions | {"Spot"})
        (sub,) = accounts.funding[key.uid].subs
        self.ids: dict[str, str] = {SUB: sub, MASTER: key.uid}
        first = {"symbol": "XBTUSDTM", "leverage": 5, "clientOid": "g-1", "size": 2, "side": "buy"}
        stop = {"stop": "down", "stopPriceType": "TP", "stopPrice": "90000", "type": "market"}
        for mark, more in (
            (ORDER, {"type": "limit", "price": "98000"}),
            (STOP, {**stop, "clientOid": "g-2"}),
            ("", {"type": "market", "clientOid": "g-3"}),
            (OTHER, {"type": "limit", "price": "103000", "side": "sell", "clientOid": "g-4"}),
        ):
            body = json.dumps({**first, **more}).encode()
            answer = self.send(Asked("POST", "/api/v1/orders", body))
            self.ids[mark] = json.loads(answer.body)["data"]["orderId"]

    def request(self, asked: Asked) -> Request:
        """The request itself, signed as it was asked for."""
        target, body = asked.target, asked.body
        for mark in (ORDER, STOP, OTHER, SUB, MASTER):
            target = target.replace(mark, self.ids.get(mark, ""))
            body = body.replace(mark.encode(), self.ids.get(mark, "").encode())
        headers = {"Content-Type": asked.media} if asked.media else {}
        if asked.sign != "no":
            headers |= self._signed(asked.sign, asked.method, target, body)
        return Request(asked.method, target, headers, body)

    def _signed(self, how: str, method: str, target: str, body: bytes) -> dict[str, str]:
        key = self.exchange.key
        stamp = str(self.exchange.clock.now_ms() - (5_001 if how == "late" else 0))
        text = f"{stamp}{method}{target}".encode("utf-8", "surrogatepass") + body
        headers = {
            "KC-API-KEY": key.key,
            "KC-API-TIMESTAMP": stamp,
            "KC-API-SIGN": _sign(key.secret, text),
            "KC-API-PASSPHRASE": _sign(key.secret, key.passphrase.encode()),
        }
        wrong = {
            "key": {"KC-API-KEY": "nobody"},
            "passphrase": {"KC-API-PASSPHRASE": key.passphrase},
            "sign": {"KC-API-SIGN": "x"},
            "stamp": {"KC-API-TIMESTAMP": "²"},
            "version": {"KC-API-KEY-VERSION": "1"},
            "oddities": {"KC-API-PASSPHRASE": "é\udcff💥", "KC-API-SIGN": "\x00\udcff"},
        }
        return {**headers, **wrong.get(how, {})}

    def send(self, asked: Asked) -> Answer:
        """The answer, in process; no quota is ever spent."""
        self.exchange.quota.pools.clear()
        return self.exchange.gateway.answer(self.request(asked))

    def picture(self) -> Any:
        """All that a refused request must not change, as one comparable value."""
        engine = self.exchange.engine
        markets = [
            (symbol, market.book.sequence, market.last, len(market.trades))
            for symbol, market in engine.markets.items()
        ]
        accounts = engine.accounts
        known = [
            _Seen("Account", accounts.by_uid),
            _Seen("Funding", accounts.funding),
            _Seen("Departures", accounts.departures),
        ]
        seen: dict[int, int] = {}
        return [markets, [_plain(one.value, seen) for one in known], engine.is_suspended]


class _Seen(NamedTuple):
    name: str
    value: Any


_LEAVES = (str, int, float, Decimal, bytes, type(None), frozenset)
_SKIPPED = frozenset({"Market", "ContractSpec", "SimClock", "Reports", "Broadcast", "Switches"})


def _plain(value: Any, seen: dict[int, int]) -> Any:
    """Objects as nested lists of their attributes; markets and functions are left out.

    What is reached again, by another way or in a circle, is the number of its first time.
    """
    if isinstance(value, _LEAVES):
        return value
    if callable(value) or type(value).__name__ in _SKIPPED:
        return None
    if id(value) in seen:
        return ("as before", seen[id(value)])
    seen[id(value)] = len(seen)
    if isinstance(value, dict):
        return [(str(name), _plain(one, seen)) for name, one in value.items()]
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    if hasattr(value, "__iter__"):
        is_lasting = hasattr(value, "__len__")  # an iterator would be used up
        return [_plain(one, seen) for one in value] if is_lasting else None
    if is_dataclass(value):
        return [(one.name, _plain(getattr(value, one.name), seen)) for one in fields(value)]
    names = value.__slots__ if hasattr(value, "__slots__") else vars(value)
    return [(name, _plain(getattr(value, name), seen)) for name in sorted(names)]


def _sign(secret: str, text: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()

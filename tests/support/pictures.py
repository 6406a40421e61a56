"""What all reads of the exchange answer: two exchanges with the same pictures are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from terminal.simexchange.auth import ApiKey
    from terminal.simexchange.trading.account import Account
    from tests.support.caller import Caller

SYMBOLS = ("XBTUSDTM", "ETHUSDTM", "XBTUSDM")
_QUERIES = {
    "/api/v1/contracts/active": "",
    "/api/v1/allTickers": "",
    "/api/v1/kline/query": "symbol={symbol}&granularity=5",
    "/api/v1/index/query": "symbol=.{symbol}",
    "/api/v2/getMaxOpenSize": "symbol={symbol}&price=1000&leverage=5",
    "/api/v2/getCrossModeMarginRequirement": "symbol={symbol}&positionValue=1000",
    "/api/v1/contract/funding-rates": "symbol=XBTUSDTM&from=1760000000000&to=1860000000000",
    "/api/ua/v1/dcp/query": "tradeType=FUTURES",
    "/api/v1/account-overview": "currency={currency}",
    "/api/v1/account-overview-all": "currency={currency}",
    "/api/v1/transaction-history": "currency={currency}",
    "/api/v1/transfer-list": "currency={currency}",
    "/api/v1/accounts/transferable": "currency={currency}&type=MAIN",
    "/api/v1/orders/byClientOid": "clientOid={client_oid}",
}
"""What a read is asked with, by default for each of a few contracts."""
_CURRENCIES = ("USDT", "USDC", "XBT", "BTC")


def reads(caller: Caller, key: ApiKey, *, with_public: bool) -> list[str]:
    """The targets of all calls that read something of an account, or of everybody."""
    account = caller.engine.accounts.of(key)
    fills = _fills(account, caller)
    targets: dict[str, None] = {}
    for route in caller.exchange.gateway.table.routes:
        if route.method != "GET" or not (with_public or route.permission):
            continue
        query = _QUERIES.get(route.path, "" if "{" in route.path else "symbol={symbol}")
        target = f"{route.path}?{query}" if query else route.path
        for name, values in fills.items():
            if f"{{{name}}}" in target:
                targets.update(dict.fromkeys(target.format(**{name: one}) for one in values))
                break
        else:
            targets[target] = None
    return list(targets)


def _fills(account: Account, caller: Caller) -> dict[str, list[str]]:
    """What may stand at a place of a path or a query."""
    return {
        "symbol": list(SYMBOLS),
        "currency": list(_CURRENCIES),
        "orderId": list(account.orders),
        "client_oid": [order.client_oid for order in account.orders.values() if order.client_oid],
        "accountId": [str(548_600_000_000 + number) for number in range(1, 7)],
        "subUserId": list(caller.engine.accounts.by_uid),
    }


def pictures(caller: Caller) -> dict[str, bytes]:
    """What every read answers to every key, byte by byte, as long as the time is the same."""
    found: dict[str, bytes] = {}
    for number, (name, named) in enumerate(caller.exchange.keys.items()):
        for target in reads(caller, named.key, with_public=number == 0):
            found[f"{name} {target}"] = caller.raw(target, named.key)
    return found


def differences(one: dict[str, bytes], other: dict[str, bytes]) -> dict[str, Any]:
    """Where two sets of pictures differ; empty when nowhere."""
    return {
        name: (one.get(name), other.get(name))
        for name in {**one, **other}
        if one.get(name) != other.get(name)
    }

"""Programs by others with our addresses and our key, and nothing else changed."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import warnings
from typing import TYPE_CHECKING, Any, final

import pytest

if TYPE_CHECKING:
    from tests.peers.hosted import Hosted


LIBRARIES = ("ccxt", "kucoin_universal_sdk")


def require() -> None:
    """Skip the module that asks when the extra is not installed, unless it is promised to be."""
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    if missing and not os.environ.get("TERN_TEST_PEERS"):
        reason = f"the extra 'peers' is not installed: no {' and no '.join(missing)}"
        pytest.skip(reason, allow_module_level=True)


def addressed(program: Any, exchange: Hosted) -> Any:
    """A ccxt exchange object with the addresses of ours; its order stream has them from a reply."""
    addresses = program.urls["api"]
    program.urls["api"] = {
        name: exchange.address if isinstance(address, str) else address
        for name, address in addresses.items()
    }
    return program


def secrets(exchange: Hosted) -> dict[str, str]:
    """What a user of ccxt enters."""
    key = exchange.key
    return {"apiKey": key.key, "secret": key.secret, "password": key.passphrase}


def entered(library: Any, name: str, exchange: Hosted, listed: tuple[Any, Any]) -> Any:
    """A ccxt object with key, addresses and markets."""
    settings = {"enableRateLimit": False, **secrets(exchange), "options": {"defaultType": "swap"}}
    program = addressed(getattr(library, name)(settings), exchange)
    program.set_markets(*listed)
    return program


def library(name: str) -> Any:
    """A module of a library; what it warns of while it is loaded is its own affair."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(name)


@final
class Official:
    """The exchange's own SDK, blocking and with threads for its streams."""

    def __init__(self, exchange: Hosted) -> None:
        model, api = library("kucoin_universal_sdk.model"), library("kucoin_universal_sdk.api")
        key = exchange.key
        # Tries again every 0.2 s, because nobody watches a test for the usual five.
        streams = model.WebSocketClientOptionBuilder().with_reconnect_interval(0.2)
        option = (
            model.ClientOptionBuilder()
            .set_key(key.key)
            .set_secret(key.secret)
            .set_passphrase(key.passphrase)
            .set_spot_endpoint(exchange.address)
            .set_futures_endpoint(exchange.address)
            .set_broker_endpoint(exchange.address)
            .set_transport_option(model.TransportOptionBuilder().build())
            .set_websocket_client_option(streams.build())
            .build()
        )
        client = api.DefaultClient(option)
        rest = client.rest_service()
        futures, account = rest.get_futures_service(), rest.get_account_service()
        self.streams = client.ws_service()
        self.option = option
        self._apis = {
            "market": futures.get_market_api(),
            "order": futures.get_order_api(),
            "positions": futures.get_positions_api(),
            "funding": futures.get_funding_fees_api(),
            "account": account.get_account_api(),
            "fee": account.get_fee_api(),
            "transfer": account.get_transfer_api(),
            "sub": account.get_sub_account_api(),
        }

    def ask(self, area: str, method: str, **fields: object) -> Any:
        """Call a method of an API with a request of its own kind, if it takes one."""
        function = getattr(self._apis[area], method)
        parameter = next(iter(inspect.signature(function).parameters.values()))
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            return function()
        return function(parameter.annotation(**fields))

    def close(self) -> None:
        """Give back the connections of all calls."""
        for api in self._apis.values():
            api.transport.close()


def told(model: Any) -> dict[str, Any]:
    """What a model of the SDK says, under the names of the wire."""
    made: dict[str, Any] = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    made.pop("common_response", None)
    return made


def known(model: Any, raw: dict[str, Any]) -> dict[str, Any]:
    """What a model should say of a raw payload: all that it has a name for."""
    names = {field.alias or name for name, field in type(model).model_fields.items()}
    return {name: value for name, value in raw.items() if name in names and value is not None}

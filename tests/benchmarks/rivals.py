"""The programs we are measured against: ccxt and the exchange's own SDK, from the extra ``bench``.

They are loaded when the first benchmark wants them, which are the last ones of a run: ccxt changes
aiohttp in its process.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import warnings
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from tests.benchmarks.children import Secrets
    from tests.benchmarks.scoreboard import Scoreboard

LIBRARIES = {"ccxt": "ccxt", "kucoin_universal_sdk": "kucoin-universal-sdk"}
BTC = "BTC/USDT:USDT"


def require(benchmark: BenchmarkFixture, scoreboard: Scoreboard) -> None:
    """Skip a comparison when there is nobody to compare with, and say who is missing.

    Outside of the bench command only when ``TERN_TEST_PEERS`` asks for it, for the same reason as
    the tests of these programs: never beside other tests.
    """
    missing = [name for module, name in LIBRARIES.items() if not importlib.util.find_spec(module)]
    if missing:
        scoreboard.missing = (
            f"Nothing was compared with others: {' and '.join(missing)} not installed "
            "(the extra 'bench')."
        )
        pytest.skip(scoreboard.missing)
    if benchmark.disabled and not os.environ.get("TERN_TEST_PEERS"):
        pytest.skip("programs by others run in the bench command, or alone")


def library(name: str) -> Any:
    """A module of a library; what it warns of while it is loaded is its own affair."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(name)


def listed(address: str) -> tuple[Any, Any]:
    """Markets and currencies as ccxt loads them."""
    program = ccxt_of("ccxt", address)
    program.load_markets()
    program.session.close()
    return program.markets, program.currencies


def ccxt_of(module: str, address: str = "", secrets: Secrets | None = None) -> Any:
    """A ccxt object on an address of ours, with its own limiter off."""
    settings: dict[str, Any] = {"enableRateLimit": False, "options": {"defaultType": "swap"}}
    if secrets is not None:
        key, secret, password = secrets
        settings |= {"apiKey": key, "secret": secret, "password": password}
    program = library(module).kucoinfutures(settings)
    addresses = program.urls["api"]
    program.urls["api"] = {
        name: address if isinstance(old, str) else old for name, old in addresses.items()
    }
    return program


def official(address: str, secrets: Secrets) -> Any:
    """The client of the exchange's own SDK, with its usual transport."""
    model, api = library("kucoin_universal_sdk.model"), library("kucoin_universal_sdk.api")
    builder = model.ClientOptionBuilder()
    builder.set_key(secrets.key).set_secret(secrets.secret).set_passphrase(secrets.passphrase)
    for name in ("spot", "futures", "broker"):
        getattr(builder, f"set_{name}_endpoint")(address)
    builder.set_transport_option(model.TransportOptionBuilder().build())
    return api.DefaultClient(builder.build())

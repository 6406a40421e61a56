"""Asks the exchange about a key before it is used: clock, version, permissions, restrictions.

Reads only. Each failure raises from ``exchange.errors`` with a sentence that says what to do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from terminal.domain.api_key import ApiKeyFacts, read_permissions
from terminal.domain.errors import TernError
from terminal.exchange.credentials import KEY_VERSIONS
from terminal.exchange.errors import AuthError, ProtocolError
from terminal.exchange.exchange_time import ExchangeTime, TimeKeeper
from terminal.exchange.http import HttpClient
from terminal.wire.account import AccountModePayload, ApiKeyPayload

if TYPE_CHECKING:
    from terminal.domain.clock import Clock
    from terminal.exchange.credentials import Credentials
    from terminal.exchange.hosts import Hosts
    from terminal.exchange.limiter import RateBudget

LONGEST_OWNER = 40
WRONG_VERSION = "400009"
ADDRESS_REFUSED = "400006"
PERMISSION_MISSING = "400007"
WRONG_PHRASE = "400004"
_ADDRESS = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b[0-9A-Fa-f:]*:[0-9A-Fa-f:]+\b")


async def check_key(
    hosts: Hosts,
    credentials: Credentials,
    clock: Clock,
    proxy: str = "",
    *,
    budget: RateBudget | None = None,
) -> tuple[ApiKeyFacts, Credentials]:
    """Ask about a key; returns what it is and the credentials with the version that works.

    ``budget`` is told what asking costs and what the exchange says is left.
    Raises from ``exchange.errors``, and ``TernError`` for a proxy that cannot be used.
    """
    futures = HttpClient(hosts.futures, clock, proxy=proxy)
    exchange_time = ExchangeTime(clock)
    try:
        keeper = TimeKeeper(exchange_time, clock, lambda: futures.get("/api/v1/timestamp", int))
        offset_ms = await keeper.measure()
    finally:
        await futures.aclose()
    refused: AuthError | None = None
    for version in KEY_VERSIONS:
        chosen = credentials.of_version(version)
        account = HttpClient(
            hosts.account,
            clock,
            chosen,
            proxy=proxy,
            budget=budget,
            exchange_time=exchange_time,
        )
        try:
            facts = await _facts(account, offset_ms)
        except AuthError as error:
            if error.code != WRONG_VERSION:
                raise _in_full(error) from error
            refused = error
            continue
        finally:
            await account.aclose()
        usable = facts.version if facts.version in KEY_VERSIONS else version
        return facts, credentials.of_version(usable)
    raise refused or ProtocolError("no version was tried")


async def _facts(account: HttpClient, offset_ms: int) -> ApiKeyFacts:
    payload = await account.get("/api/v1/user/api-key", ApiKeyPayload, signed=True)
    permissions, unknown = read_permissions(payload.permission or "")
    return ApiKeyFacts(
        version=payload.apiVersion,
        permissions=permissions,
        unknown=unknown,
        has_ip_list=bool(payload.ipWhitelist and payload.ipWhitelist.strip()),
        is_unified=await _is_unified(account),
        clock_offset_ms=offset_ms,
        owner="" if payload.uid is None else str(payload.uid)[:LONGEST_OWNER],
    )


async def _is_unified(account: HttpClient) -> bool:
    """Ask once; who does not answer is taken for classic (API reference 3.15)."""
    try:
        mode = await account.get("/api/ua/v1/account/mode", AccountModePayload, signed=True)
    except TernError:
        return False
    return mode.selfAccountMode.upper() == "UNIFIED"


def _in_full(error: AuthError) -> AuthError:
    """Name the permission that asking needs, and the address that the exchange saw."""
    sentence, remedy = error.sentence, error.remedy
    if error.code == PERMISSION_MISSING:
        sentence = "The key lacks the General permission: orders and balances cannot be read."
    if error.code == WRONG_PHRASE:
        # The passphrase travels signed with the secret: either can be the wrong one.
        sentence, remedy = "The passphrase or the secret is wrong.", "Enter both again."
    seen = _ADDRESS.search(error.exchange_text) if error.code == ADDRESS_REFUSED else None
    if seen is not None:
        sentence = f"The address {seen.group()} is not on the key's list."
        remedy = "Add it to the key on the exchange's site."
    return AuthError(error.code, error.exchange_text, sentence=sentence, remedy=remedy)

"""What a check found out, as a value: its result, figures, one sentence, and what can be done.

Nothing here prints or asks. The table at the end is the whole of what is asked of an exchange; its
names and the names of its figures are a promise to whoever reads them by program.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias, final

from terminal.domain.errors import TernError
from terminal.exchange.errors import TransportError, UnavailableError
from terminal.wire.endpoints import Pool

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

Figure: TypeAlias = "int | float | str | bool | None"
Figures: TypeAlias = "Mapping[str, Figure]"
NONE: Figures = MappingProxyType({})

_log = logging.getLogger("app")


class Verdict(Enum):
    """How a check ended. Skipped is what could not be asked or was not wanted."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@final
@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked at.

    ``figures`` are the names of what is measured, each with its unit at its end; ``shown`` is the
    one of them for a table (empty for none). A vital check stops trading when it fails.
    """

    name: str
    title: str
    figures: tuple[str, ...] = ()
    shown: str = ""
    is_vital: bool = False

    def ok(self, sentence: str, remedy: str = "", figures: Figures = NONE) -> Finding:
        """Everything is as it should be."""
        return self._found(Verdict.OK, sentence, remedy, figures)

    def warning(self, sentence: str, remedy: str = "", figures: Figures = NONE) -> Finding:
        """It works, and the user should know something."""
        return self._found(Verdict.WARNING, sentence, remedy, figures)

    def failed(self, sentence: str, remedy: str = "", figures: Figures = NONE) -> Finding:
        """It does not work."""
        return self._found(Verdict.FAILED, sentence, remedy, figures)

    def skipped(self, sentence: str, remedy: str = "", figures: Figures = NONE) -> Finding:
        """It was not looked at; the sentence says why."""
        return self._found(Verdict.SKIPPED, sentence, remedy, figures)

    def _found(self, verdict: Verdict, sentence: str, remedy: str, figures: Figures) -> Finding:
        unknown = figures.keys() - set(self.figures)
        if unknown:
            raise ValueError(f"{self.name} has no figures {sorted(unknown)}")
        return Finding(
            self, verdict, sentence, remedy, {name: figures.get(name) for name in self.figures}
        )


@final
@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found out. Every figure of the check is there, None when it is not known."""

    check: Check
    verdict: Verdict
    sentence: str
    remedy: str
    figures: Figures

    @property
    def stops_trading(self) -> bool:
        """Whether nothing can be traded because of it."""
        return self.check.is_vital and self.verdict is Verdict.FAILED


async def within(check: Check, work: Awaitable[Finding], deadline_s: float) -> Finding:
    """Wait for a finding so long; whatever goes wrong is a finding, too. Never raises."""
    try:
        async with asyncio.timeout(deadline_s):
            return await work
    except TernError as error:
        return check.failed(*words_of(error))
    except TimeoutError:
        return check.failed(
            f"There was no answer within {deadline_s:g} s.", "Check the connection and try again."
        )
    except Exception as error:  # noqa: BLE001 - one broken check must not hide what others found
        # Its text is not shown: nobody knows what is in it.
        _log.error("check %s: %s", check.name, type(error).__name__)
        return check.failed(
            f"The check itself broke off ({type(error).__name__}).", "Please report this."
        )


def words_of(error: TernError) -> tuple[str, str]:
    """Sentence and remedy; here nothing is shown that could be out of date."""
    if not isinstance(error, TransportError) or isinstance(error, UnavailableError):
        return error.sentence, error.remedy
    sentence = error.sentence if error.was_sent else "No connection could be made."
    return sentence, "Check the network, the proxy and the firewall."


def _pool_figures() -> tuple[str, ...]:
    names = [pool.value.lower() for pool in Pool]
    return tuple(f"{name}_{what}_weight" for name in names for what in ("limit", "remaining"))


_TRIPS = ("round_trip_ms", "first_answer_ms")
_STREAM = ("token_ms", "opened_ms", "ping_round_trip_ms")

FUTURES_HOST = Check("futures_host", "Futures host", _TRIPS, "round_trip_ms", is_vital=True)
ACCOUNT_HOST = Check("account_host", "Account host", _TRIPS, "round_trip_ms", is_vital=True)
CLOCK = Check(
    "clock",
    "Clock of this machine",
    ("offset_ms", "uncertainty_ms", "sample_count"),
    "offset_ms",
)
"""Not vital: Tern signs by the exchange's clock, which was measured."""
SERVICE = Check("service", "Exchange open", ("service_status",), "service_status", is_vital=True)
PUBLIC_STREAM = Check("public_stream", "Market stream", _STREAM, _STREAM[2], is_vital=True)
KEY = Check("key", "Key accepted", ("key_version",), "key_version", is_vital=True)
PERMISSIONS = Check("permissions", "Rights of the key", ("permissions",), is_vital=True)
KEY_ADDRESSES = Check("key_addresses", "Addresses of the key", ("has_address_list",))
ACCOUNT_MODE = Check("account_mode", "Account mode", ("mode",), "mode", is_vital=True)
POSITION_MODE = Check("position_mode", "Position mode", ("mode",), "mode", is_vital=True)
PRIVATE_STREAM = Check("private_stream", "Account stream", _STREAM, _STREAM[2], is_vital=True)
ORDER_SOCKET = Check(
    "order_socket",
    "Order socket",
    ("opened_ms", "ping_round_trip_ms"),
    "ping_round_trip_ms",
)
"""Not vital: without it orders go by REST."""
RATE_BUDGET = Check(
    "rate_budget",
    "Quota of requests",
    (*_pool_figures(), "lowest_remaining_percent"),
    "lowest_remaining_percent",
)

PUBLIC = (FUTURES_HOST, ACCOUNT_HOST, CLOCK, SERVICE, PUBLIC_STREAM)
PRIVATE = (
    KEY,
    PERMISSIONS,
    KEY_ADDRESSES,
    ACCOUNT_MODE,
    POSITION_MODE,
    PRIVATE_STREAM,
    ORDER_SOCKET,
)
"""What needs a key."""

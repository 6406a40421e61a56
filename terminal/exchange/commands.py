"""How a command ends, by what talking to the exchange raised: the same rule for all commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from terminal.exchange.errors import (
    ProtocolError,
    RateLimitedError,
    RejectedError,
    TransportError,
)
from terminal.exchange.outcome import Accepted, NotSent, Outcome, Rejected, Route, Unknown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from terminal.domain.units import OrderId
    from terminal.exchange.errors import ExchangeError

Refusal = TypeVar("Refusal")


def rejected(error: RejectedError) -> Rejected:
    """A refusal in the words of the table of codes."""
    return Rejected(error.code, error.sentence, error.remedy)


async def ended(command: Awaitable[tuple[OrderId, ...]]) -> Outcome:
    """Say how a command ended. Only a business refusal is evidence that nothing happened."""
    return await ended_by(command, rejected)


async def ended_by(
    command: Awaitable[tuple[OrderId, ...]], refused: Callable[[RejectedError], Refusal]
) -> Accepted | NotSent | Unknown | Refusal:
    """Like ``ended``, with refusals read by the caller.

    An answer that cannot be read, a server error and a lost answer all mean Unknown: the exchange
    may have acted.
    """
    try:
        return Accepted(await command)
    except RejectedError as error:
        return refused(error)
    except (RateLimitedError, TransportError, ProtocolError) as error:
        return _unanswered(error, Route.REST)


def outcome_of(error: ExchangeError, route: Route) -> Outcome:
    """How a command ended that came back with this error: the rule of ``ended``, as a value."""
    if isinstance(error, RejectedError):
        return Rejected(error.code, error.sentence, error.remedy, route)
    return _unanswered(error, route)


def _unanswered(error: ExchangeError, route: Route) -> NotSent | Unknown:
    # A spent quota is refused at the gate, before the command was looked at (API reference 1.8) -
    # but overload protection is not proof, so the caller must still look.
    if isinstance(error, TransportError) and not error.was_sent:
        return NotSent(error.sentence, route)
    return Unknown(error.sentence, route)

"""How a command ends, by what talking to the exchange raised: the same rule for all commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from terminal.exchange.errors import (
    ExchangeError,
    QuotaSpentError,
    RateLimitedError,
    RejectedError,
    RepeatedError,
    TransportError,
)
from terminal.exchange.outcome import Accepted, NotSent, Outcome, Rejected, Route, Unknown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from terminal.domain.units import OrderId

Refusal = TypeVar("Refusal")


def rejected(error: RejectedError, route: Route = Route.REST) -> Rejected:
    """A refusal in the words of the table of codes."""
    return Rejected(
        error.code, error.sentence, error.remedy, error.exchange_text, error.status, route
    )


async def ended(command: Awaitable[tuple[OrderId, ...]]) -> Outcome:
    """Say how a command by REST ended. Only a refusal is evidence that nothing happened."""
    return await ended_by(command, _by_rest)


async def ended_by(
    command: Awaitable[tuple[OrderId, ...]], refused: Callable[[RejectedError], Refusal]
) -> Accepted | NotSent | Unknown | Refusal:
    """Like ``ended``, with refusals read by the caller."""
    try:
        return Accepted(await command)
    except ExchangeError as error:
        refusal = _refusal_in(error, Route.REST)
        return _unanswered(error, Route.REST) if refusal is None else refused(refusal)


def outcome_of(error: ExchangeError, route: Route) -> Outcome:
    """How a command ended that came back with this error: the rule of ``ended``, as a value.

    An answer that cannot be read, a server error and a lost answer all mean Unknown: the exchange
    may have acted. So does every way of being asked to slow down but one: when the gateway says
    that our quota is spent, it did not look at the command (API reference 1.8).
    """
    refusal = _refusal_in(error, route)
    return _unanswered(error, route) if refusal is None else _refused(refusal, route)


def _by_rest(error: RejectedError) -> Outcome:
    return _refused(error, Route.REST)


def _refused(error: RejectedError, route: Route) -> Outcome:
    """A refusal, unless it says that the order is there: then it must be asked for by its id."""
    if isinstance(error, RepeatedError):
        return Unknown(error.sentence, route)
    return rejected(error, route)


def _refusal_in(error: ExchangeError, route: Route) -> RejectedError | None:
    if isinstance(error, RejectedError):
        return error
    if isinstance(error, QuotaSpentError) and error.was_sent:
        return RejectedError(
            error.code,
            str(error),
            sentence=error.sentence,
            remedy=error.remedy,
            status=429 if route is Route.REST else 0,
        )
    return None


def _unanswered(error: ExchangeError, route: Route) -> NotSent | Unknown:
    if isinstance(error, (RateLimitedError, TransportError)) and not error.was_sent:
        return NotSent(error.sentence, route)
    return Unknown(error.sentence, route)

"""How a command ends, by what talking to the exchange raised: the same rule for all commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from terminal.exchange.errors import (
    ProtocolError,
    QuotaSpentError,
    RateLimitedError,
    RejectedError,
    TransportError,
)
from terminal.exchange.outcome import Accepted, NotSent, Outcome, Rejected, Unknown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from terminal.domain.units import OrderId

Refusal = TypeVar("Refusal")


def rejected(error: RejectedError) -> Rejected:
    """A refusal in the words of the table of codes."""
    return Rejected(error.code, error.sentence, error.remedy, error.exchange_text, error.status)


async def ended(command: Awaitable[tuple[OrderId, ...]]) -> Outcome:
    """Say how a command ended. Only a business refusal is evidence that nothing happened."""
    return await ended_by(command, rejected)


async def ended_by(
    command: Awaitable[tuple[OrderId, ...]], refused: Callable[[RejectedError], Refusal]
) -> Accepted | NotSent | Unknown | Refusal:
    """Like ``ended``, with refusals read by the caller.

    An answer that cannot be read, a server error and a lost answer all mean Unknown: the exchange
    may have acted. So does every way of being asked to slow down but one: when the gateway says
    that our quota is spent, it did not look at the command (API reference 1.8).
    """
    try:
        return Accepted(await command)
    except RejectedError as error:
        return refused(error)
    except RateLimitedError as error:
        if not error.was_sent:
            return NotSent(error.sentence)
        if isinstance(error, QuotaSpentError):
            return refused(_as_refusal(error))
        return Unknown(error.sentence)
    except TransportError as error:
        return Unknown(error.sentence) if error.was_sent else NotSent(error.sentence)
    except ProtocolError as error:
        return Unknown(error.sentence)


def _as_refusal(error: QuotaSpentError) -> RejectedError:
    return RejectedError(
        error.code, str(error), sentence=error.sentence, remedy=error.remedy, status=429
    )

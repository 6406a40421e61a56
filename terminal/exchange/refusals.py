"""What a refusal is, by its code: the same errors whichever way the exchange said no.

And what our own budget keeps back, which is said in the same words.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from terminal.exchange.errors import (
    AddressBlockedError,
    AuthError,
    ClockSkewError,
    EndpointLimitedError,
    ExchangeError,
    NotFoundError,
    OverloadError,
    ProtocolError,
    QuotaSpentError,
    RateLimitedError,
    RejectedError,
    RepeatedError,
    SuspendedError,
    UnavailableError,
    said_once,
)
from terminal.exchange.limiter import ADDRESS_BLOCK_S, ENDPOINT_BLOCK_S, Block
from terminal.wire.codec import excerpt
from terminal.wire.envelope import Kind, Meaning, meaning

if TYPE_CHECKING:
    from terminal.exchange.limiter import Wait
    from terminal.exchange.meter import Figures

ADDRESS_REFUSED = "400006"
"""Its text names the address that the exchange sees, which the user must know."""

_REJECTIONS: dict[Kind, type[RejectedError]] = {
    Kind.AUTH: AuthError,
    Kind.CLOCK: ClockSkewError,
    Kind.NOT_FOUND: NotFoundError,
    Kind.REPEATED: RepeatedError,
    Kind.SUSPENDED: SuspendedError,
}
_IN_THEIR_WORDS = frozenset({Kind.BUSINESS, Kind.SUSPENDED, Kind.NOT_OFFERED})


def refusal(
    where: str, code: str, text: str, *, status: int = 0, figures: Figures | None = None
) -> ExchangeError:
    """Build the error for a code and the exchange's own words (API reference 1.6).

    ``where`` names the request for the log, ``status`` is HTTP's (0 for what came another way);
    the code decides before it. ``figures`` are the gateway's, which tell a spent quota from a
    load of its own (reference 1.8). An answer without a code that says nothing else is a
    ``ProtocolError``: it is no evidence of a refusal.
    """
    known = meaning(code, text, status)
    technical = f"{where}: {code} {excerpt(text)}"
    slowed = _slowed(technical, known, status, figures)
    if slowed is not None:
        return slowed
    if known.kind is Kind.SERVER:
        return UnavailableError(technical, sentence=known.sentence, remedy=known.remedy)
    if not code and known.kind is Kind.BUSINESS:
        return ProtocolError(f"{where}: no code, {excerpt(text)}")
    return _rejection(known, where, code, text, status)


def blocked(technical: str) -> AddressBlockedError:
    """The shield in front of the exchange answered for it."""
    known = meaning("1015", "")
    return AddressBlockedError(
        technical, retry_after_s=ADDRESS_BLOCK_S, sentence=known.sentence, remedy=known.remedy
    )


def held_back(name: str, wait: Wait) -> RateLimitedError:
    """Why our own budget does not let a request go; ``name`` is for the log."""
    words = "The quota of requests is used up"
    if wait.why is Block.ADDRESS:
        words = "The exchange's shield blocks this address"
    elif wait.why is Block.ENDPOINT:
        words = "The exchange pauses this call"
    remedy = "Ask for less at once."
    if wait.wait_s is not None:
        words = f"{words} for about {max(1, math.ceil(wait.wait_s))} s"
        remedy = "Try again then."
    kind = {Block.ADDRESS: AddressBlockedError, Block.ENDPOINT: EndpointLimitedError}
    return kind.get(wait.why, QuotaSpentError)(
        f"{name}: held back, {wait.why.value}",
        retry_after_s=wait.wait_s,
        was_sent=False,
        sentence=f"{words}.",
        remedy=remedy,
    )


def _slowed(
    technical: str, known: Meaning, status: int, figures: Figures | None
) -> RateLimitedError | None:
    """Tell the kinds of "too much" apart (reference 1.8); None for other refusals."""
    if known.kind is Kind.ADDRESS:
        return blocked(technical)
    if known.kind is Kind.ENDPOINT_RATE:
        return EndpointLimitedError(technical, retry_after_s=ENDPOINT_BLOCK_S)
    if known.kind is not Kind.RATE and status != 429:
        return None
    if figures is not None and figures.remaining == 0:
        reset_s = figures.reset_ms / 1000
        words = f"The quota of requests is used up for about {max(1, math.ceil(reset_s))} s."
        return QuotaSpentError(
            technical, retry_after_s=reset_s, sentence=words, remedy="Try again then."
        )
    words = "The exchange has too much to do and refused the request."
    return OverloadError(technical, retry_after_s=None, sentence=words)


def _rejection(known: Meaning, where: str, code: str, text: str, status: int) -> RejectedError:
    sentence, text = known.sentence, excerpt(text)
    says_more = known.kind in _IN_THEIR_WORDS or code == ADDRESS_REFUSED
    if text and says_more:
        sentence = said_once(sentence, text)
    kind = _REJECTIONS.get(known.kind, RejectedError)
    return kind(
        code,
        text,
        sentence=sentence,
        remedy=known.remedy,
        status=status,
        may_retry=known.may_retry,
        where=where,
    )

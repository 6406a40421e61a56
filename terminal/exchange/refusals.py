"""What a refusal is, by its code: the same errors whichever way the exchange said no."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.exchange.errors import (
    AuthError,
    ClockSkewError,
    RateLimitedError,
    RejectedError,
    TransportError,
)
from terminal.wire.codec import excerpt
from terminal.wire.envelope import Kind, meaning

if TYPE_CHECKING:
    from terminal.exchange.errors import ExchangeError

ADDRESS_REFUSED = "400006"
"""Its text names the address that the exchange sees, which the user must know."""


def refusal(
    where: str, code: str, text: str, *, status: int = 200, retry_after_s: float | None = None
) -> ExchangeError:
    """Build the error for a code and the exchange's own words (API reference 1.6).

    ``where`` names the request for the log, ``status`` is HTTP's. ``retry_after_s`` is when a spent
    quota is full again; None when the quota was not the reason.
    """
    known = meaning(code, text)
    technical = f"{where}: {code} {text}"
    if known.kind is Kind.RATE or status == 429:
        return RateLimitedError(technical, retry_after_s=retry_after_s)
    if known.kind is Kind.SERVER or status >= 500:
        return TransportError(technical, was_sent=True)
    sentence = known.sentence
    says_more = known.kind is Kind.BUSINESS or code == ADDRESS_REFUSED
    if text and says_more and text != sentence:
        sentence = f"{sentence} The exchange says: {excerpt(text)}"
    if known.kind is Kind.AUTH:
        return AuthError(code, text, sentence=sentence, remedy=known.remedy)
    if known.kind is Kind.CLOCK:
        return ClockSkewError(code, text, sentence=sentence, remedy=known.remedy)
    return RejectedError(code, text, sentence=sentence, remedy=known.remedy)

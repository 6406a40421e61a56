"""What talking to the exchange can end in.

::

    ExchangeError
    ├── TransportError            no answer: no connection, time-out, broken socket
    │   └── UnavailableError      an answer, but only that it does not work at the moment (5xx)
    ├── ProtocolError             an answer that cannot be read
    ├── RejectedError             the exchange said no, with a code
    │   ├── AuthError             key, passphrase, signature, permission
    │   ├── ClockSkewError        time stamp outside the exchange's window
    │   ├── NotFoundError         it does not know what was asked for
    │   ├── RepeatedError         it knows the id of this order already
    │   └── SuspendedError        trading stands still for everybody or for this contract
    └── RateLimitedError          asked too much
        ├── QuotaSpentError       our own quota; by our own count nothing was even sent
        ├── OverloadError         the exchange protects itself; nothing to do with us
        ├── EndpointLimitedError  one call is paused
        └── AddressBlockedError   the shield in front of the exchange blocks this address

Of a command only a ``RejectedError``, a ``QuotaSpentError`` and what was not sent are evidence that
nothing happened; but a ``RepeatedError`` is evidence that an order of this id is there.
"""

from __future__ import annotations

import re

from terminal.domain.errors import TernError
from terminal.wire.codec import excerpt

_WORD = re.compile(r"\w+(?:\.\w+)*")
_EMPTY_WORDS = frozenset(
    {"a", "an", "and", "be", "been", "error", "exchange", "is", "it", "of", "on", "the", "there"}
    | {"this", "to", "was", "with", "would", "your"}
)


def in_their_words(text: str) -> str:
    """The exchange's own words as a sentence."""
    said = excerpt(text).strip()
    if not said:
        return "The exchange refused."
    return f"The exchange says: {said}" + ("" if said.endswith((".", "!", "?")) else ".")


def said_once(ours: str, theirs: str) -> str:
    """The cause of a refusal, not said twice: by our sentence, by theirs, or by both.

    Theirs alone where it says what ours does and names a figure or more; ours alone where theirs
    adds no word to it. ``theirs`` is not empty.
    """
    own, their = _words(ours), _words(theirs)
    if not adds_words(ours, theirs):
        return ours
    said = excerpt(theirs).strip()
    if own and len(own & their) * 5 >= len(own) * 4 and not said.endswith("..."):
        return said if said.endswith((".", "!", "?")) else f"{said}."
    return f"{ours} {in_their_words(theirs)}"


def adds_words(ours: str, theirs: str) -> bool:
    """Whether the exchange's own words say anything that is not in ours."""
    return not _words(theirs) <= _words(ours)


def _words(sentence: str) -> set[str]:
    """The words of a sentence that carry meaning, in small letters, and its figures."""
    found = (word for word in _WORD.findall(sentence.lower()) if word not in _EMPTY_WORDS)
    return {word.rstrip("s") for word in found}


class ExchangeError(TernError):
    """Root of everything that talking to the exchange can end in."""


class TransportError(ExchangeError):
    """No answer: no connection, time-out, broken socket.

    ``was_sent`` is False only when the request provably never left this machine (the connection
    was not made); otherwise nobody knows what the exchange did with it.
    """

    def __init__(
        self, technical: str, *, was_sent: bool, sentence: str = "", remedy: str = ""
    ) -> None:
        super().__init__(
            technical,
            sentence=sentence or "The exchange did not answer.",
            remedy=remedy or "Check the connection; what is shown may be out of date.",
        )
        self.was_sent = was_sent


class UnavailableError(TransportError):
    """The exchange answered that it cannot serve: an internal error, or maintenance.

    It may have acted all the same (API reference 9).
    """

    def __init__(self, technical: str, *, sentence: str = "", remedy: str = "") -> None:
        super().__init__(
            technical,
            was_sent=True,
            sentence=sentence or "The exchange cannot answer at the moment.",
            remedy=remedy or "Try again in a moment; what is shown may be out of date.",
        )


class ProtocolError(ExchangeError):
    """An answer or a frame that cannot be read. The text names the field and a clipped excerpt."""

    def __init__(self, technical: str) -> None:
        super().__init__(
            technical,
            sentence="The exchange sent something that could not be read.",
            remedy="The event log has the details.",
        )


class RejectedError(ExchangeError):
    """The exchange said no.

    ``code`` is its code as text, ``exchange_text`` its own words, ``status`` that of HTTP (0 when
    the answer came another way). ``may_retry`` says that the same again can be taken. ``where``
    names the request for the log.
    """

    def __init__(  # noqa: PLR0913 - all but the first two by name
        self,
        code: str,
        exchange_text: str,
        *,
        sentence: str = "",
        remedy: str = "",
        status: int = 0,
        may_retry: bool = False,
        where: str = "",
    ) -> None:
        place = f"{where}: " if where else ""
        super().__init__(
            f"{place}{code}: {excerpt(exchange_text)}",
            # Without a sentence of ours a sentence is made of theirs: nothing else is at hand.
            sentence=sentence or in_their_words(exchange_text),
            remedy=remedy,
        )
        self.code = code
        self.exchange_text = exchange_text
        self.status = status
        self.may_retry = may_retry


class AuthError(RejectedError):
    """Key, passphrase, signature or permission was refused."""


class ClockSkewError(RejectedError):
    """The request's time stamp lay outside the exchange's window."""


class NotFoundError(RejectedError):
    """The exchange does not know what was asked for, such as an order."""


class RepeatedError(RejectedError):
    """The exchange has an order of this id already: most likely the very one (reference 1.6)."""


class SuspendedError(RejectedError):
    """Trading stands still: for everybody, or for a contract that settles or is liquidated."""


class RateLimitedError(ExchangeError):
    """Asked too much. ``retry_after_s`` is None when not told.

    ``was_sent`` is False when our own budget kept the request back.
    """

    code = "429000"

    def __init__(
        self,
        technical: str,
        *,
        retry_after_s: float | None,
        was_sent: bool = True,
        sentence: str = "",
        remedy: str = "",
    ) -> None:
        super().__init__(
            technical,
            sentence=sentence or "The exchange asks us to slow down.",
            remedy=remedy or "Nothing is lost; try again in a moment.",
        )
        self.retry_after_s = retry_after_s
        self.was_sent = was_sent


class QuotaSpentError(RateLimitedError):
    """Our quota of requests is used up; the gateway looks at it before it looks at the request."""


class OverloadError(RateLimitedError):
    """The exchange refuses for its own load. Whether it looked at the request is not proven."""


class EndpointLimitedError(RateLimitedError):
    """The exchange pauses one call for this account."""

    code = "200002"


class AddressBlockedError(RateLimitedError):
    """The shield in front of the exchange blocks this machine's address."""

    code = "1015"

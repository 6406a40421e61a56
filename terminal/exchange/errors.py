"""What talking to the exchange can end in. The tree is drawn in ``terminal.domain.errors``."""

from __future__ import annotations

from terminal.domain.errors import TernError


class ExchangeError(TernError):
    """Root of everything that talking to the exchange can end in."""


class TransportError(ExchangeError):
    """No answer: no connection, time-out, broken socket.

    ``was_sent`` is False only when the request provably never left this machine (the connection
    was not made); otherwise nobody knows what the exchange did with it.
    """

    def __init__(self, technical: str, *, was_sent: bool, sentence: str = "") -> None:
        super().__init__(
            technical,
            sentence=sentence or "The exchange did not answer.",
            remedy="Check the connection; what is shown may be out of date.",
        )
        self.was_sent = was_sent


class ProtocolError(ExchangeError):
    """An answer or a frame that cannot be read. The text names the field and a clipped excerpt."""

    def __init__(self, technical: str) -> None:
        super().__init__(
            technical,
            sentence="The exchange sent something that could not be read.",
            remedy="The event log has the details.",
        )


class RejectedError(ExchangeError):
    """The exchange said no. ``code`` is its code as text, ``exchange_text`` its own words."""

    def __init__(
        self, code: str, exchange_text: str, *, sentence: str = "", remedy: str = ""
    ) -> None:
        super().__init__(f"{code}: {exchange_text}", sentence=sentence, remedy=remedy)
        self.code = code
        self.exchange_text = exchange_text


class AuthError(RejectedError):
    """Key, passphrase, signature or permission was refused."""


class ClockSkewError(RejectedError):
    """The request's time stamp lay outside the exchange's window."""


class RateLimitedError(ExchangeError):
    """Quota spent, overload, or an address block. ``retry_after_s`` is None when not told."""

    def __init__(self, technical: str, *, retry_after_s: float | None) -> None:
        super().__init__(
            technical,
            sentence="The exchange asks us to slow down.",
            remedy="Nothing is lost; try again in a moment.",
        )
        self.retry_after_s = retry_after_s

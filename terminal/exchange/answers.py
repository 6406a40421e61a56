"""What an answer to a request says: its envelope, its data, or the error that it means.

Pure; no answer is trusted before it is read. Source: API reference 1.4, 1.6 and 1.8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar, final

from terminal.exchange.errors import (
    ExchangeError,
    NotFoundError,
    ProtocolError,
    RejectedError,
    UnavailableError,
    in_their_words,
)
from terminal.exchange.refusals import blocked, refusal
from terminal.wire.codec import DecodeError, decode, excerpt
from terminal.wire.endpoints import Effect
from terminal.wire.envelope import SUCCESS, Envelope, meaning

if TYPE_CHECKING:
    from terminal.exchange.meter import Figures

T = TypeVar("T")


@final
class Answer(NamedTuple):
    """A whole answer. ``figures`` are the gateway's (None without them).

    ``is_past_shield`` says that the exchange itself answered, not the shield in front of it.
    """

    status: int
    content: bytes
    figures: Figures | None
    is_past_shield: bool

    @property
    def is_success(self) -> bool:
        """HTTP's own opinion."""
        return 200 <= self.status < 300


def envelope_of(name: str, answer: Answer, effect: Effect = Effect.READ) -> Envelope:
    """The envelope of a success to a call with this effect; ``name`` is for the log.

    Raises from ``exchange.errors``.
    """
    where = f"{name}: HTTP {answer.status}"
    try:
        envelope = decode(answer.content, Envelope)
    except DecodeError as error:
        raise _unreadable(where, answer, error) from error
    if envelope.is_success and answer.is_success:
        return envelope
    raise _refused(where, answer, envelope, effect)


def data_of(name: str, envelope: Envelope, kind: type[T]) -> T:
    """The data of a success. Raises ``ProtocolError`` with the request, the field, an excerpt."""
    try:
        return decode(bytes(envelope.data), kind)
    except DecodeError as error:
        said = f", with the message {excerpt(envelope.msg)}" if envelope.msg else ""
        raise ProtocolError(f"{name}: {error}{said}") from error


def found_in(name: str, envelope: Envelope, kind: type[T]) -> T:
    """Like ``data_of`` for a read, whose success may say that there is nothing (reference 1.4).

    That raises ``NotFoundError``.
    """
    try:
        return data_of(name, envelope, kind)
    except ProtocolError:
        if envelope.has_data or not envelope.msg:
            raise
    words = in_their_words(envelope.msg)
    raise NotFoundError(envelope.code_text, envelope.msg, sentence=words, where=name)


def _unreadable(where: str, answer: Answer, error: DecodeError) -> ExchangeError:
    """What an answer is that holds no envelope: a page of the shield or of a server in between."""
    if answer.status in {403, 429}:
        return blocked(f"{where}: blocked by address")
    if answer.status >= 500:
        known = meaning("", "", answer.status)
        return UnavailableError(
            f"{where}: {excerpt(answer.content)}", sentence=known.sentence, remedy=known.remedy
        )
    return ProtocolError(f"{where}: {error}")


def _refused(where: str, answer: Answer, envelope: Envelope, effect: Effect) -> ExchangeError:
    """The error of an envelope that is no success. The code decides, then HTTP's status.

    Of a transfer, ``success`` as false is a failure whatever else is said (reference 4.3). Of an
    order it is none beside a code of success and data, which may name an order that is there.
    """
    if effect is Effect.ORDER and envelope.code_text in SUCCESS and envelope.has_data:
        return ProtocolError(f"{where}: data of an order and no success")
    if not envelope.code_text:
        where = f"{where}: {excerpt(answer.content)}"
    error = refusal(
        where,
        envelope.code_text,
        envelope.msg or "",
        status=answer.status,
        figures=answer.figures,
    )
    if envelope.is_success and isinstance(error, RejectedError):
        return ProtocolError(f"{where}: success of the code and failure of HTTP")
    return error

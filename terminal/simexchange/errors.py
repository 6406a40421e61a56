"""The one exception of the exchange: a request is answered with a code and a text."""

from __future__ import annotations

from typing import final


@final
class Refused(Exception):  # noqa: N818 - an answer of the exchange, not a fault of the program
    """A request is refused. ``code`` is one of reference 1.6, ``status`` the HTTP status.

    ``body`` replaces the envelope (a page of HTML), ``headers`` those of the answer.
    """

    def __init__(
        self,
        code: str,
        text: str,
        status: int = 200,
        headers: dict[str, str] | None = None,
        body: str | None = None,
    ) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text
        self.status = status
        self.headers = headers
        self.body = body

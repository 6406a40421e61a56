"""The root of our exception tree.

::

    TernError
    ├── UnitError              a number that is no whole tick or lot, or mixes two currencies
    ├── LaneNotNamedError      (terminal.session) a position of hedge mode without its lane
    └── ExchangeError          (terminal.exchange.errors) everything that talking can end in
        ├── TransportError     no connection, time-out, broken socket, maintenance
        ├── ProtocolError      an answer that cannot be read
        ├── RejectedError      the exchange said no, with a code
        └── RateLimitedError   quota, overload, a paused call or an address block

Each error carries a technical text for the log, one calm sentence for the user, and what the user
can do.
"""


class TernError(Exception):
    """Root of every error that we raise on purpose.

    ``str(error)`` is the technical text for the log. ``sentence`` is what the user reads and
    ``remedy`` what the user can do; both are whole sentences, the remedy may be empty.
    """

    def __init__(self, technical: str, *, sentence: str = "", remedy: str = "") -> None:
        super().__init__(technical)
        self.sentence = sentence or technical
        self.remedy = remedy

    def told_at(self, where: str) -> None:
        """Add to the technical text where it happened, by who knows that."""
        self.args = (f"{self}, {where}",)


class UnitError(TernError):
    """Raised when a number is no whole tick or lot, or when two currencies would be mixed."""

"""The envelope around every REST answer, and what the exchange's codes mean.

Source: API reference 1.4 and 1.6. Codes are compared as text: the same one comes as text or as a
number. Texts are shown and never decided by, with one exception: code 100001 means a wrong
parameter, and with ``orderNotExist`` an order that is not known.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

import msgspec

from terminal.wire.codec import excerpt
from terminal.wire.fields import MaybeWords

SUCCESS = frozenset({"200000", "200"})
LONGEST_CODE = 40
"""The exchange's codes have up to seven digits; what is longer is none and is shown clipped."""
_NOT_FOUND_CODE, _NOT_FOUND_TEXT = "100001", "notexist"


def code_text(code: str | int | None) -> str:
    """A code as text, for comparing; empty when there is none."""
    return "" if code is None else str(code)[:LONGEST_CODE]


class Envelope(msgspec.Struct):
    """``{"code": ..., "msg": ..., "data": ...}`` with the data left undecoded."""

    code: str | int | None = ""
    msg: MaybeWords = None
    success: bool | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def code_text(self) -> str:
        """The code as text; empty when there is none."""
        return code_text(self.code)

    @property
    def is_success(self) -> bool:
        """True for both success codes, unless the old envelope says otherwise."""
        return self.code_text in SUCCESS and self.success is not False

    @property
    def has_data(self) -> bool:
        """True when there is something behind ``data``."""
        return bytes(self.data) != b"null"


class Kind(Enum):
    """What a refusal is about, for the reaction to it."""

    AUTH = "auth"
    CLOCK = "clock"
    RATE = "rate"
    ENDPOINT_RATE = "endpoint rate"
    ADDRESS = "address"
    NOT_FOUND = "not found"
    NOT_CANCELLABLE = "not cancellable"
    REPEATED = "repeated"
    NOT_OFFERED = "not offered"
    SUSPENDED = "suspended"
    SERVER = "server"
    BUSINESS = "business"


class Meaning(NamedTuple):
    """A code's kind, one calm sentence, and what the user can do.

    ``may_retry`` says that the same request can be taken a moment later, so that a read or a cancel
    may be asked again by itself. Orders never are.
    """

    kind: Kind
    sentence: str
    remedy: str
    may_retry: bool = False


def _auth(sentence: str, remedy: str) -> Meaning:
    return Meaning(Kind.AUTH, sentence, remedy)


def _business(sentence: str, remedy: str) -> Meaning:
    return Meaning(Kind.BUSINESS, sentence, remedy)


_REPORT = "Report this."
_ASK = "Ask the exchange."
_SMALLER = "Use a smaller size."
_SLOW = "The exchange asks us to slow down."
_AGAIN = "Try again in a moment; what is shown may be out of date."
_PARAMETER = _business("The exchange found a parameter wrong.", "Change what its words name.")
_REGION = _auth("The exchange does not serve this account's region.", _ASK)
_SYMBOL = _business("The exchange does not know this contract.", "Choose another contract.")
_BROKER = _auth("The exchange refused a partner's sign-in.", _REPORT)
_NO_OTHER_SIDE = _business("There is nothing on the other side of the book.", "Use a limit order.")
_HANDSHAKE = Meaning(
    Kind.AUTH,
    "The exchange did not take the sign-in of the order socket.",
    "It is tried again; orders go by REST meanwhile.",
    may_retry=True,
)

MEANINGS: dict[str, Meaning] = {
    # The gateway and signing in.
    "400001": _auth("The request lacked a sign-in header.", _REPORT),
    "400002": Meaning(
        Kind.CLOCK,
        "The clock differs from the exchange's by over 5 s.",
        "It is measured again; set this machine's clock if that does not help.",
        may_retry=True,
    ),
    "400003": _auth("The exchange does not know this key.", "Check the key."),
    "400004": _auth("The passphrase is wrong.", "Enter it again."),
    "400005": _auth("The exchange refused the signature.", "Check the secret."),
    "400006": _auth("This address is not on the key's list.", "Add it to the key."),
    "400007": _auth("The key lacks the permission for this.", "Grant it to the key."),
    "400008": _auth("The key is too old.", "Create a new key."),
    "400009": _auth("The exchange refused the key's version.", "Create a new key."),
    "400010": _auth("The exchange refused the account.", _ASK),
    "400011": _HANDSHAKE,
    "400012": _HANDSHAKE,
    "400100": _PARAMETER,
    "400200": _BROKER,
    "400201": _BROKER,
    "400202": _BROKER,
    "400301": _REGION,
    "400303": _auth(
        "The exchange wants to know the account's owner first.", "Verify on the exchange's site."
    ),
    "404000": Meaning(
        Kind.NOT_OFFERED, "The exchange does not offer this.", "Look for a newer version."
    ),
    "411100": _auth("The account is frozen.", _ASK),
    "415000": _business("The exchange refused the form of the request.", _REPORT),
    "4001002": _business("The exchange refused a frame without an id.", _REPORT),
    "429000": Meaning(Kind.RATE, _SLOW, _AGAIN, may_retry=True),
    "500000": Meaning(Kind.SERVER, "The exchange had an internal error.", _AGAIN, may_retry=True),
    "1015": Meaning(
        Kind.ADDRESS,
        "The exchange's shield blocks this address for a while.",
        "Others may share it, as with a VPN; waiting helps.",
        may_retry=True,
    ),
    "200002": Meaning(
        Kind.ENDPOINT_RATE, _SLOW, "Wait for ten seconds; other requests are free.", may_retry=True
    ),
    # Futures business.
    "40010": _REGION,
    "100001": _PARAMETER,
    "100002": Meaning(Kind.SERVER, "The exchange is set up wrongly.", _AGAIN, may_retry=True),
    "100003": _SYMBOL,
    "100004": Meaning(
        Kind.NOT_CANCELLABLE,
        "The order can no longer be canceled.",
        "It is asked what became of it.",
    ),
    "100005": _business("This risk limit level does not exist.", "Choose another level."),
    "101030": _business("The exchange refused.", _ASK),
    "126042": _business("The largest position allowed would be exceeded.", _SMALLER),
    "200001": _business(
        "The exchange does not answer for so large a part of the book.", "Ask for fewer rows."
    ),
    "200003": _SYMBOL,
    "200005": _business(
        "The balance is not enough to change the risk limit.", "Add funds, or choose a lower level."
    ),
    "230003": _business(
        "The account has not enough to move.",
        "Main and trade are two accounts; look at what is transferable in each.",
    ),
    "300000": _PARAMETER,
    "300001": _business("Too many working orders on this contract.", "Cancel some."),
    "300002": Meaning(
        Kind.SUSPENDED, "Trading is suspended on the exchange.", "Wait until it is open again."
    ),
    "300003": _business("The balance is not enough.", _SMALLER),
    "300004": _business("Too many stop orders on this contract.", "Cancel some."),
    "300005": _business("The risk limit would be exceeded.", _SMALLER),
    "300006": _business("The price is beyond the bankruptcy price.", "Choose another price."),
    "300007": _business("The price is beyond the liquidation price.", "Choose another price."),
    "300008": _NO_OTHER_SIDE,
    "300009": _business("There is no position to close.", "Look at the positions."),
    "300010": _business("Closing failed on the exchange.", "Check the position."),
    "300011": _business("The buy price is above the exchange's bound.", "Choose a lower price."),
    "300012": _business("The sell price is below the exchange's bound.", "Choose a higher price."),
    "300013": _NO_OTHER_SIDE,
    "300014": Meaning(
        Kind.SUSPENDED, "The position is being liquidated.", "Nothing can be placed until it ended."
    ),
    "300015": Meaning(
        Kind.SUSPENDED, "Settlement is in progress.", "Try again in seconds.", may_retry=True
    ),
    "300016": _business(
        "The leverage is above the contract's maximum.", "Choose a lower leverage."
    ),
    "300017": _business(
        "The position belongs to a contest of the exchange.", "Change it on the exchange's site."
    ),
    "300018": Meaning(
        Kind.REPEATED,
        "An order with this id exists already.",
        "It is asked for by its id; look at the orders.",
    ),
    "330005": _business(
        "The margin mode differs from the contract's setting.", "Read the mode again, then decide."
    ),
    "330008": _business("The margin is not enough.", _SMALLER),
    "330011": _business(
        "The position mode differs from the account's setting.", "Read the mode again, then decide."
    ),
    "330012": _business(
        "The exchange refused the order in this mode.", "Read the mode again, then decide."
    ),
    "50002": _business(
        "The contract has an order or a position.", "Cancel and close first, then change it."
    ),
}
"""Every code of reference 1.6, with 4001002 of 6.3 and 230003 of the funding service."""

_STATUS_MEANINGS: dict[int, Meaning] = {
    401: _auth("The exchange refused the sign-in.", "Check the key."),
    403: _auth("The exchange forbids this.", "Check the key's permissions and address list."),
    404: MEANINGS["404000"],
    405: MEANINGS["404000"],
    415: MEANINGS["415000"],
    429: MEANINGS["429000"],
    503: Meaning(
        Kind.SERVER,
        "The exchange is under maintenance.",
        "Wait until it is open again.",
        may_retry=True,
    ),
}
"""What HTTP says when a code is not in the table."""


def meaning(code: str, text: str, status: int = 0) -> Meaning:
    """Say what a refusal means. ``status`` is that of HTTP, for codes that are not known."""
    if code == _NOT_FOUND_CODE and _NOT_FOUND_TEXT in text.lower():
        return Meaning(
            Kind.NOT_FOUND, "The exchange does not know this order.", "Look at the orders."
        )
    known = MEANINGS.get(code)
    if known is not None:
        return known
    by_status = _STATUS_MEANINGS.get(status)
    if by_status is not None:
        return by_status
    if status >= 500:
        return MEANINGS["500000"]
    named = f" with code {excerpt(code)}" if code else ""
    return _business(f"The exchange refused{named}.", _ASK)

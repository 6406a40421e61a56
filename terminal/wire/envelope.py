"""The envelope around every REST answer, and what the exchange's codes mean.

Source: API reference 1.4 and 1.6. Codes are compared as text.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple

import msgspec

SUCCESS = frozenset({"200000", "200"})


class Envelope(msgspec.Struct):
    """``{"code": ..., "msg": ..., "data": ...}`` with the data left undecoded."""

    code: str | int = ""
    msg: str | None = None
    success: bool | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def is_success(self) -> bool:
        """True for both success codes, unless the old envelope says otherwise."""
        return str(self.code) in SUCCESS and self.success is not False

    @property
    def has_data(self) -> bool:
        """True when there is something behind ``data``."""
        return bytes(self.data) != b"null"


class Kind(Enum):
    """What a refusal is about, for the reaction to it."""

    AUTH = "auth"
    CLOCK = "clock"
    RATE = "rate"
    NOT_FOUND = "not found"
    NOT_CANCELLABLE = "not cancellable"
    SERVER = "server"
    BUSINESS = "business"


class Meaning(NamedTuple):
    """A code's kind, one calm sentence, and what the user can do (may be empty)."""

    kind: Kind
    sentence: str
    remedy: str = ""


MEANINGS: dict[str, Meaning] = {
    "400001": Meaning(Kind.AUTH, "The request lacked a sign-in header.", "Report this."),
    "400002": Meaning(Kind.CLOCK, "The clock differs from the exchange's by over 5 s."),
    "400003": Meaning(Kind.AUTH, "The exchange does not know this key.", "Check the key."),
    "400004": Meaning(Kind.AUTH, "The passphrase is wrong.", "Enter it again."),
    "400005": Meaning(Kind.AUTH, "The exchange refused the signature.", "Check the secret."),
    "400006": Meaning(Kind.AUTH, "This address is not on the key's list.", "Add it to the key."),
    "400007": Meaning(Kind.AUTH, "The key lacks the permission for this.", "Grant it to the key."),
    "400008": Meaning(Kind.AUTH, "The key is too old.", "Create a new key."),
    "400009": Meaning(Kind.AUTH, "The exchange refused the key's version.", "Create a new key."),
    "400010": Meaning(Kind.AUTH, "The exchange refused the account."),
    "400011": Meaning(Kind.AUTH, "The exchange refused the sign-in of the order socket."),
    "400012": Meaning(Kind.AUTH, "The sign-in of the order socket took too long."),
    "400301": Meaning(Kind.AUTH, "The exchange does not serve this account's region."),
    "400303": Meaning(Kind.AUTH, "The exchange wants to know the account's owner first."),
    "411100": Meaning(Kind.AUTH, "The account is frozen.", "Ask the exchange."),
    "400100": Meaning(Kind.BUSINESS, "The exchange found a parameter wrong."),
    "404000": Meaning(Kind.BUSINESS, "The exchange does not offer this."),
    "429000": Meaning(Kind.RATE, "The exchange asks us to slow down."),
    "200002": Meaning(Kind.RATE, "The exchange asks us to slow down."),
    "500000": Meaning(Kind.SERVER, "The exchange had an internal error."),
    "100001": Meaning(Kind.NOT_FOUND, "The exchange found a parameter wrong."),
    "100003": Meaning(Kind.BUSINESS, "The exchange does not know this contract."),
    "100004": Meaning(Kind.NOT_CANCELLABLE, "The order can no longer be canceled."),
    "230003": Meaning(
        Kind.BUSINESS,
        "The account has not enough to move.",
        "Main and trade are two accounts; look at what is transferable in each.",
    ),
    "300000": Meaning(Kind.BUSINESS, "The exchange found a parameter wrong."),
    "300001": Meaning(Kind.BUSINESS, "Too many working orders on this contract.", "Cancel some."),
    "300002": Meaning(Kind.BUSINESS, "Trading is suspended on the exchange."),
    "300003": Meaning(Kind.BUSINESS, "The balance is not enough.", "Use a smaller size."),
    "300004": Meaning(Kind.BUSINESS, "Too many stop orders on this contract.", "Cancel some."),
    "300005": Meaning(Kind.BUSINESS, "The risk limit would be exceeded.", "Use a smaller size."),
    "300006": Meaning(Kind.BUSINESS, "The price is beyond the bankruptcy price."),
    "300007": Meaning(Kind.BUSINESS, "The price is beyond the liquidation price."),
    "300008": Meaning(Kind.BUSINESS, "There is nothing on the other side of the book."),
    "300009": Meaning(Kind.BUSINESS, "There is no position to close."),
    "300010": Meaning(Kind.BUSINESS, "Closing failed on the exchange.", "Check the position."),
    "300011": Meaning(Kind.BUSINESS, "The buy price is above the exchange's bound."),
    "300012": Meaning(Kind.BUSINESS, "The sell price is below the exchange's bound."),
    "300013": Meaning(Kind.BUSINESS, "There is nothing on the other side of the book."),
    "300014": Meaning(Kind.BUSINESS, "The position is being liquidated."),
    "300015": Meaning(Kind.BUSINESS, "Settlement is in progress.", "Try again in seconds."),
    "300016": Meaning(Kind.BUSINESS, "The leverage is above the contract's maximum."),
    "300018": Meaning(Kind.BUSINESS, "An order with this id exists already."),
    "330005": Meaning(Kind.BUSINESS, "The margin mode differs from the contract's setting."),
    "330008": Meaning(Kind.BUSINESS, "The margin is not enough.", "Use a smaller size."),
    "330011": Meaning(Kind.BUSINESS, "The position mode differs from the account's setting."),
}
"""The codes of reference 1.6 that a ladder can meet."""


def meaning(code: str, text: str) -> Meaning:
    """Say what a refusal means; unknown codes keep the exchange's own words."""
    known = MEANINGS.get(code)
    if known is None:
        return Meaning(Kind.BUSINESS, text or f"The exchange refused with code {code}.")
    return known


def unwrapped(data: msgspec.Raw) -> Any:  # noqa: ANN401 - plain JSON values
    """Decode data as plain JSON values with exact numbers."""
    return msgspec.json.decode(data)

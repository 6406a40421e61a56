"""The three secrets of an API key, in a type that cannot print them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from typing_extensions import override


@final
@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """Key, secret and passphrase of one account."""

    key: str
    secret: str
    passphrase: str

    @override
    def __repr__(self) -> str:
        return "Credentials(redacted)"

"""A text that cannot be printed by accident.

It does not show in repr, str, format, copies made by dataclasses, pickles or tracebacks. Only
``reveal`` gives it out, so every use can be found by that word.
"""

from __future__ import annotations

import hmac
from typing import NoReturn, SupportsIndex, final

from typing_extensions import override

REDACTED = "(redacted)"


@final
class Secret:
    """One secret text. Immutable by manners: nothing outside can set it."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """The text itself: for signing and for the key ring, for nothing else."""
        return self.__text

    @property
    def tail(self) -> str:
        """The last four characters behind dots; dots alone when that would be half of it."""
        shown = self.__text[-4:] if len(self.__text) >= 12 else ""
        return f"\N{HORIZONTAL ELLIPSIS}{shown}"

    def __bool__(self) -> bool:
        return bool(self.__text)

    @override
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__text.encode(), other.__text.encode())

    @override
    def __hash__(self) -> int:
        return hash(self.__text)

    @override
    def __repr__(self) -> str:
        return f"Secret{REDACTED}"

    @override
    def __str__(self) -> str:
        return REDACTED

    @override
    def __format__(self, format_spec: str) -> str:
        return REDACTED

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, _memo: object) -> Secret:
        return self

    @override
    def __reduce_ex__(self, _protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a secret is not pickled")

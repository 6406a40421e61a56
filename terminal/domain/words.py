"""Words of the exchange that nobody had heard when this was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, slots=True)
class UnknownWord:
    """A word in place of one that we know. It is shown as it came and decides nothing."""

    text: str

    @property
    def value(self) -> str:
        """The word itself, named like the value of an enumeration."""
        return self.text

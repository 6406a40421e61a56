"""How far commands to one account may go right now: one object that whoever sends looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.access import Access

if TYPE_CHECKING:
    from collections.abc import Callable

_RANK = {
    Access.MARKET_DATA: 0,
    Access.SECOND: 1,
    Access.WATCH_ONLY: 1,
    Access.REDUCING: 2,
    Access.FULL: 3,
}


@final
class Permit:
    """``access`` is what may be sent now, ``most`` the highest it can ever be raised to.

    ``on_changed`` is called after every change. Raises ``ValueError`` for more than ``most``.
    """

    def __init__(self, access: Access, most: Access | None = None) -> None:
        self.most = access if most is None else most
        self._access = access
        self.on_changed: Callable[[], None] | None = None
        self._check(access)

    @property
    def access(self) -> Access:
        """What may be sent now."""
        return self._access

    def change(self, access: Access) -> None:
        """Raise or lower what may be sent; what is on its way already is not called back."""
        self._check(access)
        if access is not self._access:
            self._access = access
            if self.on_changed is not None:
                self.on_changed()

    def _check(self, access: Access) -> None:
        if _RANK[access] > _RANK[self.most]:
            raise ValueError(f"{access.value} is more than {self.most.value}")
